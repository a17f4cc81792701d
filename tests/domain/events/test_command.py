"""The machine of a command: what each phase requests, and what follows from each result."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from reviewbot.domain.commands.authorize import Ask
from reviewbot.domain.commands.parse import Command, CommandName, PostedCommand
from reviewbot.domain.events import steps
from reviewbot.domain.events.command import (
    Answering,
    Authorized,
    CommitsUnread,
    Executed,
    Phase,
    Unanswered,
    Unauthorized,
    decide,
    learn,
    start,
)
from reviewbot.domain.events.steps import Ended, Fail
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Permission
from reviewbot.domain.ledger.edits import CancelDeferrals, GrantBypass, RefuseEarlier
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, Failed, Finish, ReadAgain, ReadLedger, ReadPermission, Reread
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.review import UNFINISHED
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import (
    EXIT_GATE,
    Rules,
    Status,
    answered,
    did_not_happen,
    pending,
)
from reviewbot.errors import ForgeError, ForgeUnreachable, OverBudget
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, commit, pull, purchase
from tests.domain.machine.test_transitions import known

BY_WENDY = DispatchEvent(7, "wendy")
AWAY = Failed(ForgeUnreachable("GitHub is away."))
OPEN = StoredLedger(Ledger((purchase(),)))
NOTHING = StoredLedger()
TEXT = steps.ReplyRendered("reply", "quoted reply", "No.")
REVIEWED = replace(pending(Rules()), status=Status.COMPLETED, exit_status=EXIT_GATE)
REVIEW = steps.StartReview(BY_WENDY)


def now(*comments: Comment, **more: Any) -> Known:  # noqa: ANN401 — any field of the pull request
    """Return what a run for Wendy's command knows."""
    base = known(trigger=BY_WENDY, instance="")
    return replace(base, snapshot=replace(base.snapshot, pull=pull(**more), comments=comments, threads=()))


def posted(name: CommandName, target: str = "", reason: str = "") -> PostedCommand:
    return PostedCommand(42, Command(name, target, reason), "wendy", NOON)


def reply(reaction: Reaction = Reaction.YES) -> Comment:
    return Comment(50, "", f"{AnswerMark('', '42', reaction)}\nDone.", ours=True)


def go(phase: Phase, *results: Any) -> Phase:  # noqa: ANN401 — results of steps
    for result in results:
        phase = learn(phase, result, NOON + timedelta(minutes=1))
    return phase


def authorized(one: PostedCommand, stored: StoredLedger = NOTHING) -> Phase:
    """Return the phase after an admin's command is authorized."""
    return go(start(now(), one), Permission.ADMIN, stored)


def reread(*comments: Comment, stored: StoredLedger = NOTHING) -> Reread:
    return Reread(now(*comments).snapshot, stored, None)


def left(phase: Phase) -> tuple[object, ...]:
    assert isinstance(phase, Authorized | Answering)
    return phase.left


def kinds(parts: Iterable[object]) -> list[type]:
    return [type(one) for one in parts]


def test_an_answered_command_is_only_marked() -> None:
    phase = start(now(reply(Reaction.NO)), posted(CommandName.HELP))
    assert decide(phase) == steps.React(Reaction.NO)
    outcome = answered(carried_out=True, message="An earlier run answered `help`.")
    assert left(go(phase, Done())) == (steps.WriteOutcome(outcome), Finish(outcome))
    assert decide(go(phase, Done(), Done())) == Finish(outcome)


def test_every_commit_is_read_before_a_command_that_authors_may_not_use() -> None:
    many = now(commit_count=101)
    phase = start(many, posted(CommandName.BYPASS))
    assert decide(phase) == steps.ReadCommits()
    every = (commit("ann"), commit("wendy"))
    after = go(phase, steps.CommitsRead(every))
    assert isinstance(after, Unauthorized)
    assert after.pull.commits == every
    assert after.known.snapshot.pull.commits == many.snapshot.pull.commits
    assert not isinstance(start(many, posted(CommandName.REVIEW)), CommitsUnread)


def test_the_permission_and_the_ledger_decide_and_the_answer_reports_the_state_afterward() -> None:
    phase = start(now(), posted(CommandName.REVIEW))
    assert decide(phase) == ReadPermission("wendy")
    phase = go(phase, Permission.WRITE)
    assert decide(phase) == ReadLedger()
    phase = go(phase, NOTHING)
    assert decide(phase) == steps.StartReview(Asked("wendy", "42", HEAD), may_buy=True)
    phase = go(phase, REVIEWED)
    assert decide(phase) == ReadAgain("")
    phase = go(phase, reread())
    assert isinstance(phase, Unanswered)
    assert decide(phase) == steps.RenderReply(phase.answer)
    shown = replace(REVIEWED, exit_status=0)
    note = "The step exits with status 0. The answer to the command shows the result."
    assert left(go(phase, TEXT)) == (
        steps.PostReply(TEXT, None),
        steps.React(Reaction.YES),
        steps.WriteExitStatus(shown, note),
        Finish(shown),
    )


def test_an_ended_purchase_for_the_same_comment_is_not_repeated() -> None:
    ended = replace(purchase(), state=TaskState.ENDED, asked=("42",))
    phase = authorized(posted(CommandName.REVIEW), StoredLedger(Ledger((ended,))))
    assert decide(phase) == steps.StartReview(Asked("wendy", "42", HEAD), may_buy=False)


def test_a_cancellation_ends_deferrals_first_and_posts_open_answers_last() -> None:
    deferred = replace(purchase(), state=TaskState.DEFERRED, task_id="")
    cancel = replace(REVIEW, edits=(CancelDeferrals(),), cancels=UNFINISHED)
    assert left(authorized(posted(CommandName.CANCEL), OPEN)) == (cancel, steps.PostOpenAnswers())
    phase = authorized(posted(CommandName.CANCEL), StoredLedger(Ledger((deferred,))))
    first = replace(cancel, cancels=frozenset())
    assert left(phase) == (first, cancel, steps.PostOpenAnswers())
    done = go(phase, pending(Rules()), REVIEWED, Done())
    assert isinstance(done, Executed)
    assert done.outcome == REVIEWED


def test_other_actions_start_one_review_or_none() -> None:
    bypass = posted(CommandName.BYPASS, HEAD, "it burns")
    granted = GrantBypass(HEAD, "main", "wendy", "it burns", bypass.stamp)
    assert left(authorized(bypass)) == (replace(REVIEW, edits=(granted,)),)
    lost = StoredLedger(Ledger(last_edit="2030"))
    assert left(authorized(bypass, lost)) == (replace(REVIEW, edits=(RefuseEarlier(bypass.stamp),)),)
    assert left(authorized(posted(CommandName.COLLECT))) == (REVIEW,)
    assert isinstance(authorized(posted(CommandName.HELP)), Executed)
    assert isinstance(go(start(now(), posted(CommandName.CANCEL)), Permission.READ, NOTHING), Executed)


def test_a_question_posts_its_own_answer_unless_it_fails() -> None:
    phase = authorized(posted(CommandName.ASK, reason="why?"))
    assert decide(phase) == steps.AskQuestion(Ask("why?"))
    outcome = answered(carried_out=True, message="The question was answered.")
    assert left(go(phase, outcome)) == (steps.WriteOutcome(outcome), Finish(outcome))
    refused = go(phase, did_not_happen(OverBudget("Too much.")), reread(), TEXT)
    assert kinds(left(refused))[:3] == [steps.PostReply, steps.DeleteDuplicateReplies, steps.React]


def test_a_command_that_github_prevented_is_not_answered() -> None:
    phase = authorized(posted(CommandName.BYPASS, HEAD, "it burns"))
    away = did_not_happen(ForgeUnreachable("GitHub is away.", hint="Try again."))
    step = decide(go(phase, away))
    assert isinstance(step, Fail)
    assert isinstance(step.error, ForgeError)
    assert (step.error.message, step.error.hint) == ("GitHub is away.", "Try again.")


@pytest.mark.parametrize(
    ("refused", "reaction", "message"),
    [
        (True, Reaction.NO, "reviewbot refused `cancel`: No."),
        (False, Reaction.YES, "reviewbot answered `status`."),
    ],
)
def test_a_command_without_a_review_is_answered(reaction: Reaction, message: str, *, refused: bool) -> None:
    phase = go(authorized(posted(CommandName.CANCEL if refused else CommandName.STATUS)), reread(), TEXT)
    outcome = answered(carried_out=not refused, message=message)
    parts = (steps.React(reaction), steps.WriteOutcome(outcome), Finish(outcome))
    assert left(phase) == (steps.PostReply(TEXT, None), *parts)
    assert left(go(phase, Done())) == parts


def test_an_answer_that_a_concurrent_run_has_posted_is_not_posted_again() -> None:
    phase = go(authorized(posted(CommandName.STATUS)), reread(reply()), TEXT)
    assert decide(phase) == steps.React(Reaction.YES)


def test_an_unchanged_exit_status_needs_no_note() -> None:
    phase = go(authorized(posted(CommandName.COLLECT)), replace(REVIEWED, exit_status=0), reread(), TEXT)
    assert left(phase)[-2] == steps.WriteExitStatus(replace(REVIEWED, exit_status=0), "")


def test_a_failed_step_ends_the_run_and_a_result_of_another_step_is_a_bug() -> None:
    phase = start(now(), posted(CommandName.HELP))
    assert go(phase, AWAY) == Ended(Fail(AWAY.error))
    with pytest.raises(RuntimeError, match="Unauthorized cannot handle Done"):
        go(phase, Done())


def test_a_review_that_failed_is_answered_with_its_reaction() -> None:
    phase = go(authorized(posted(CommandName.REVIEW)), did_not_happen(OverBudget("Too much.")), reread(), TEXT)
    assert left(phase)[1] == steps.React(Reaction.NO)
