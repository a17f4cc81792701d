"""The machine of a merge group: what it reads, and which verdict it publishes."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.events.merge_group import Judged, Phase, decide, learn, publishing, start
from reviewbot.domain.events.steps import (
    Ended,
    Fail,
    PublishGroup,
    QueueRead,
    ReadPullRequest,
    ReadQueue,
    ReadQueuedPull,
)
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.phases import Publishing
from reviewbot.domain.machine.steps import Done, Failed, Finish
from reviewbot.domain.model.events import MergeGroupEvent, QueueEntry
from reviewbot.domain.policy.verdict import QueuedPull, Reason, carried_by_group
from reviewbot.errors import ForgeUnreachable, NotFound, TemplateError
from reviewbot.values import replace
from tests.domain.builders import NOON, pull, snapshot_of
from tests.domain.machine.test_transitions import known

GROUP = "9" * 40
SEVEN, EIGHT = QueueEntry(7, "a" * 40), QueueEntry(8, "b" * 40)
EVENT = MergeGroupEvent(GROUP, (EIGHT,), "main")
AWAY = Failed(ForgeUnreachable("GitHub is away."))
BROKEN = Failed(TemplateError("The template is invalid."))
PULLS = tuple(QueuedPull(number, None, "main", "f" * 40, shares_name=False) for number in (7, 8))
VERDICT = carried_by_group(PULLS, "main")


def snapshot(number: int) -> Snapshot:
    return snapshot_of(pull(number=number))


def go(phase: Phase, *results: Any) -> Phase:  # noqa: ANN401 — results of steps
    for result in results:
        phase = learn(phase, result, NOON)
    return phase


def publish(phase: Phase) -> PublishGroup:
    assert isinstance(phase, Judged)
    return phase.publish


def test_the_pull_requests_of_the_queue_decide_the_verdict() -> None:
    phase: Phase = start(EVENT)
    assert decide(phase) == ReadQueue("main", GROUP)
    phase = go(phase, QueueRead((SEVEN, EIGHT)))
    assert decide(phase) == ReadPullRequest(7)
    phase = go(phase, snapshot(7))
    assert decide(phase) == ReadPullRequest(8)
    phase = go(phase, snapshot(8))
    assert decide(phase) == ReadQueuedPull(SEVEN, snapshot(7))
    phase = go(phase, PULLS[0])
    assert decide(phase) == ReadQueuedPull(EIGHT, snapshot(8))
    phase = go(phase, PULLS[1])
    on_group = replace(snapshot(7), pull=pull(head_sha=GROUP))
    assert decide(phase) == PublishGroup(on_group, VERDICT, is_listed=True, has_templates=True)
    assert decide(go(phase, VERDICT)) == Finish(VERDICT)


@pytest.mark.parametrize("base_ref", ["main", ""])
def test_without_a_list_the_branch_names_the_pull_request(base_ref: str) -> None:
    phase: Phase = start(replace(EVENT, base_ref=base_ref))
    phase = go(phase, QueueRead(())) if base_ref else phase
    assert decide(phase) == ReadPullRequest(8)
    assert not publish(go(phase, snapshot(8), PULLS[1])).is_listed


def test_a_group_without_a_pull_request_fails() -> None:
    phase = start(MergeGroupEvent(GROUP, ()))
    assert isinstance(phase, Ended)
    assert isinstance(phase.step, Fail)
    assert isinstance(phase.step.error, NotFound)


def test_errors_are_published_as_the_verdict() -> None:
    read = go(start(EVENT), QueueRead((EIGHT,)), snapshot(8))
    unread = go(start(EVENT), AWAY)
    assert decide(unread) == ReadPullRequest(8)
    of_queue = publish(go(unread, snapshot(8)))
    assert (of_queue.verdict, of_queue.is_listed, of_queue.has_templates) == (AWAY.error, True, True)
    for phase, failed in ((go(read, AWAY), AWAY), (go(read, PULLS[1], BROKEN), BROKEN)):
        assert (publish(phase).verdict, publish(phase).has_templates) == (failed.error, False)


def test_other_failed_steps_end_the_run_and_a_result_of_another_step_is_a_bug() -> None:
    phase = go(start(EVENT), QueueRead((EIGHT,)))
    assert decide(go(phase, AWAY)) == Fail(AWAY.error)
    with pytest.raises(RuntimeError, match="Listed cannot handle Done"):
        go(phase, Done())


def test_a_review_run_publishes_the_verdict_or_the_error() -> None:
    step = PublishGroup(snapshot(7), VERDICT, is_listed=True, has_templates=True)
    listed = publishing(known(), step)
    assert isinstance(listed, Publishing)
    assert (listed.outcome, listed.known.notes) == (VERDICT, ())
    unlisted = publishing(known(), replace(step, is_listed=False))
    assert "could not read the merge queue" in unlisted.known.notes[0]
    failed = publishing(known(), replace(step, verdict=AWAY.error))
    assert isinstance(failed, Publishing)
    assert failed.outcome.reason is Reason.GITHUB
