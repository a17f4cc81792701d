"""Recording an intent, a deferral or a task: in which order, and what follows each failure."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.codevf.attachments import Packing
from reviewbot.domain.github.pull_request import CheckRun
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.check_copies import why_unrecorded
from reviewbot.domain.machine.known import Known, OpenTask, Wrote
from reviewbot.domain.machine.record import for_intent
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.verdict import Reason, Status
from reviewbot.errors import ForgeUnreachable, NotFound, Refused
from reviewbot.values import replace
from tests.domain.builders import HEAD, pull, purchase
from tests.domain.machine.test_transitions import COMMENT, bought, go, in_check_run, known, moved, reread
from tests.domain.machine.world import OTHER_HEAD

CHECK = CheckRun(1, "CodeVF review", HEAD, "in_progress", None, "", "https://x/1")
LOST = steps.Failed(ForgeUnreachable("GitHub did not respond."))
DELETED = steps.Failed(NotFound("The comment was deleted."))
REFUSED = steps.Failed(Refused("GitHub refused the request."))
TASK = Task("task_1", TaskStatus.PENDING, "pending")


def in_summary(now: Known) -> Known:
    """Return the state after the summary comment was written."""
    return replace(now, stored=replace(now.stored, summary=COMMENT))


def labelled(now: Known) -> Known:
    """Return a run with the approval label on the pull request."""
    request = replace(now.request, policy=replace(now.request.policy, approve_spend="spend"))
    return replace(now, request=request, snapshot=replace(now.snapshot, pull=pull(labels=frozenset({"spend"}))))


def quoted(*, parts: int = 1, **settings: Any) -> phases.Quoted:  # noqa: ANN401 — any setting
    at = bought(known(max_tasks=parts, **settings))
    made = at.bought.with_purchase(replace(at.bought.purchase, parts=parts))
    left = (steps.RecordInSummary, steps.RecordInCheckRun, steps.RemoveLabel) if parts > 1 else at.left
    return phases.Quoted(at.known, made, at.candidate, left)


def submitted(now: Known | None = None, **settings: Any) -> Any:  # noqa: ANN401 — any setting
    """Return the phase after the task was created."""
    at = bought(known(**settings))
    at = replace(at, known=replace(now or at.known, change=at.known.change, ledgers=at.known.ledgers))
    return go(go(at, in_check_run(at)), steps.TaskCreated(TASK, Packing((), (), ()), is_whole=True))


# An intent


def test_an_intent_in_the_check_run_is_not_recorded_in_the_summary() -> None:
    at = quoted()
    step = decide(at)
    assert isinstance(step, steps.RecordInCheckRun)
    assert step.known.purchase == at.bought.purchase
    assert at.known.purchase is None, "it is not recorded yet"
    after = go(at, replace(step.known, wrote=Wrote(check=CHECK)))
    assert isinstance(after, phases.Intended)
    assert after.known.purchase == at.bought.purchase


@pytest.mark.parametrize("parts", [1, 2])
def test_where_an_intent_is_recorded(parts: int) -> None:
    new, old = known(), in_summary(known())
    first = (steps.RecordInSummary,) if parts > 1 else ()
    assert for_intent(purchase(parts=parts), new) == (*first, steps.RecordInCheckRun, steps.RemoveLabel)
    first = (steps.ReadAgain, *first) if parts > 1 else ()
    assert for_intent(purchase(parts=parts), old) == (*first, steps.RecordInCheckRun, steps.RemoveLabel)


def test_the_approval_label_is_removed_last() -> None:
    at = quoted()
    at = replace(at, known=labelled(at.known))
    recorded = go(at, in_check_run(at))
    assert isinstance(decide(recorded), steps.RemoveLabel)
    assert isinstance(go(recorded, steps.Done()), phases.Intended)


def test_an_intent_that_no_check_run_records_is_recorded_in_the_summary() -> None:
    at = quoted()
    step = decide(at)
    assert isinstance(step, steps.RecordInCheckRun)
    new = go(at, step.known)
    assert isinstance(decide(new), steps.RecordInSummary), "there is no summary to read again"
    assert new.known.purchase is None
    there = go(replace(at, known=in_summary(at.known)), in_summary(step.known))
    assert decide(there) == steps.ReadAgain(at.bought.purchase.identity), "other runs may have written the summary"
    again = go(there, reread(in_summary(at.known)))
    assert isinstance(decide(again), steps.RecordInSummary)
    assert isinstance(go(again, in_summary(step.known)), phases.Intended)


def test_no_intent_is_recorded_for_an_outdated_head() -> None:
    at = replace(quoted(), left=(steps.ReadAgain, steps.RecordInSummary))
    ended = go(at, moved(in_summary(at.known)))
    assert ended.outcome.reason is Reason.SUPERSEDED
    assert not ended.known.ledger.purchases


def test_an_intent_for_several_tasks_is_recorded_in_the_summary_first() -> None:
    at = quoted(parts=2)
    step = decide(at)
    assert isinstance(step, steps.RecordInSummary)
    recorded = go(at, in_summary(step.known))
    assert isinstance(decide(recorded), steps.RecordInCheckRun)
    assert isinstance(go(recorded, in_summary(recorded.known)), phases.Intended), "the summary records it"


@pytest.mark.parametrize("result", [LOST, REFUSED])
def test_an_intent_in_the_summary_is_kept_if_no_check_run_can_be_written(result: steps.Failed) -> None:
    """Another run may have continued it, and its task has the same key."""
    at = quoted(parts=2)
    step = decide(at)
    assert isinstance(step, steps.RecordInSummary)
    ended = go(at, in_summary(step.known), result)
    assert ended.outcome.status is Status.FAILED
    assert not ended.known.ledgers.update.purchases


def test_several_tasks_need_a_summary() -> None:
    at = quoted(parts=2)
    step = decide(at)
    assert isinstance(step, steps.RecordInSummary)
    ended = go(at, step.known)
    assert (ended.outcome.reason, ended.known.ledger.purchases) == (Reason.PERMISSION, ())


def test_a_purchase_that_a_later_run_could_not_find_is_an_error() -> None:
    one, two = purchase(), purchase(parts=2)
    nowhere, waiting = known(waits=False), known()
    checked = replace(nowhere, wrote=Wrote(check=CHECK))
    summarized = in_summary(nowhere)
    for now, made in ((checked, one), (summarized, one), (summarized, two), (waiting, one)):
        assert why_unrecorded(now, made) is None
    for now, made in ((nowhere, one), (checked, two), (waiting, two)):
        assert why_unrecorded(now, made)


@pytest.mark.parametrize("lost", [LOST, DELETED])
def test_after_a_lost_response_the_summary_is_read_and_written_once_more(lost: steps.Failed) -> None:
    at = replace(quoted(), left=(steps.RecordInSummary, steps.RemoveLabel))
    again = go(at, lost)
    assert decide(again) == steps.ReadAgain(at.bought.purchase.identity)
    written = go(again, reread(in_summary(at.known)))
    assert isinstance(decide(written), steps.RecordInSummaryAgain)
    assert go(written, lost).outcome.status is Status.FAILED, "not a third time"
    assert isinstance(go(written, in_summary(at.known)), phases.Intended)


def test_an_intent_does_not_replace_the_task_that_another_run_has_recorded_for_it() -> None:
    at = replace(quoted(), left=(steps.ReadAgain, steps.RecordInSummary))
    theirs = replace(at.bought.purchase, state=TaskState.OPEN, task_id="task_theirs")
    again = go(at, reread(replace(in_summary(at.known), stored=StoredLedger(Ledger((theirs,)), summary=COMMENT))))
    step = decide(again)
    assert isinstance(step, steps.RecordInSummary)
    assert step.known.ledger.purchases == (theirs,)
    assert isinstance(go(again, step.known), phases.Intended), "CodeVF returns their task for the same key"


# A deferral


def test_a_deferral_that_github_cannot_record_is_noted() -> None:
    older = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD)
    at = bought(known())
    left = (steps.RecordInSummary,)
    found = OpenTask(older, replace(TASK, id="task_older"))
    deferred = phases.DeferredForOlder(replace(at.known, others=(found,)), found, at.bought.purchase, left)
    again = go(deferred, LOST)
    assert decide(again) == steps.ReadAgain("")
    ended = go(again, REFUSED)
    assert isinstance(ended, phases.AwaitingOlder)
    assert "GitHub refused the request." in ended.known.notes


# A task


def test_a_task_is_recorded_in_the_summary_or_else_in_the_check_run() -> None:
    at = submitted()
    step = decide(at)
    assert isinstance(step, steps.RecordInSummary)
    assert step.known.task_id == "task_1"
    assert isinstance(go(at, in_summary(step.known)), phases.Waiting)
    checked = go(at, step.known)
    assert isinstance(decide(checked), steps.RecordInCheckRun)
    assert isinstance(go(checked, checked.known), phases.Waiting)


def test_a_task_of_an_outdated_head_is_recorded_under_the_text_about_the_newer_head() -> None:
    at = submitted()
    at = replace(at, known=in_summary(at.known), left=(steps.ReadAgain, steps.RecordInSummary))
    beside = go(at, moved(at.known))
    assert beside.known == at.known, "the check run is on the head of the task"
    assert isinstance(decide(beside), steps.RecordKeepingText)
    for result in (steps.Done(), REFUSED):
        assert isinstance(decide(go(beside, result)), steps.RecordInCheckRun)


def test_a_task_that_no_summary_records_is_recorded_in_the_check_run() -> None:
    at = submitted()
    checked = go(at, REFUSED)
    assert isinstance(decide(checked), steps.RecordInCheckRun)
    assert "GitHub refused the request." in checked.known.notes
    assert go(checked, REFUSED).outcome.status is Status.PENDING, "a later run finds the task by its key"


def test_a_task_that_nothing_records_is_not_polled() -> None:
    at = submitted(check_run=False)
    assert go(at, REFUSED).outcome.status is Status.PENDING, "a later run finds the task by its key"
    at = replace(at, known=in_summary(at.known), left=(steps.ReadAgain, steps.RecordInSummary))
    assert go(at, LOST).outcome.status is Status.PENDING


def test_a_lost_response_to_the_record_of_a_task_is_followed_by_a_second_one() -> None:
    again = go(submitted(), LOST)
    assert decide(again) == steps.ReadAgain(again.bought.purchase.identity)
    assert isinstance(decide(go(again, reread(in_summary(again.known)))), steps.RecordInSummaryAgain)
