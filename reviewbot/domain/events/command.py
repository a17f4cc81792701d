"""The phases of a command, and the steps and phases that follow them.

A step that fails ends the run without an answer, so that the next run repeats the command.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.codevf.idempotency import KEY_MEMORY
from reviewbot.domain.commands import authorize
from reviewbot.domain.commands.authorize import CommandAction, Refusal, Scope, is_retried
from reviewbot.domain.commands.parse import CommandName, PostedCommand, replies_to, thread_with
from reviewbot.domain.events import steps
from reviewbot.domain.events.answer import Answer
from reviewbot.domain.events.steps import Ended, Fail, failed
from reviewbot.domain.github.pull_request import Permission, PullRequest
from reviewbot.domain.ledger.edits import CancelDeferrals, RefuseEarlier
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, Failed, Finish, ReadAgain, ReadLedger, ReadPermission, Reread
from reviewbot.domain.model.review import UNFINISHED
from reviewbot.domain.policy.eligibility import needs_approval
from reviewbot.domain.policy.verdict import Outcome, Status, answered, command_outcome
from reviewbot.errors import ForgeError
from reviewbot.values import replace

Executing = steps.StartReview | steps.AskQuestion | steps.PostOpenAnswers
Writing = steps.PostReply | steps.DeleteDuplicateReplies | steps.React | steps.WriteOutcome | steps.WriteExitStatus
Step = ReadPermission | ReadLedger | steps.ReadCommits | Executing | ReadAgain | steps.RenderReply | Writing
Result = Permission | StoredLedger | steps.CommitsRead | Outcome | Reread | steps.ReplyRendered | Done | Failed

# Phases


class _Command(Struct, frozen=True):
    known: Known
    posted: PostedCommand


class CommitsUnread(_Command, frozen=True):
    """Authors may not use this command, and some commits were not read. Every commit is read next."""


class Unauthorized(_Command, frozen=True):
    """The permission of the command's author is read next.

    `pull` contains every commit if authors may not use the command.
    """

    pull: PullRequest


class Permitted(_Command, frozen=True):
    """The permission is known. The ledger is read next, and then decides what the command does."""

    pull: PullRequest
    permission: Permission


class Authorized(_Command, frozen=True):
    """The command is authorized. Its steps are performed in order.

    `outcome` is the outcome of the last step, or None before the first one.
    """

    action: CommandAction
    left: tuple[Executing, ...]
    outcome: Outcome | None


class Executed(_Command, frozen=True):
    """The command is executed or refused. The state on GitHub is read next, because the answer reports it."""

    action: CommandAction
    outcome: Outcome | None


class Unanswered(_Command, frozen=True):
    """The content of the answer is known. It is rendered next."""

    answer: Answer


class Answering(Struct, frozen=True):
    """The result of the command is known. The remaining parts are written in order."""

    left: tuple[Writing | Finish, ...]


Phase = CommitsUnread | Unauthorized | Permitted | Authorized | Executed | Unanswered | Answering | Ended


def start(known: Known, posted: PostedCommand) -> Phase:
    pull, word = known.snapshot.pull, posted.command.name
    if there := replies_to(known.snapshot, known.request.instance, posted.key):
        outcome = answered(carried_out=True, message=f"An earlier run answered `{word}`.")
        return Answering((steps.React(there[0][1].reaction), *_without_review(outcome)))
    excludes_authors = word in {CommandName.WAIVE, CommandName.BYPASS, CommandName.ACCEPT}
    is_cut = excludes_authors and pull.commit_count > len(pull.commits)
    return CommitsUnread(known, posted) if is_cut else Unauthorized(known, posted, pull)


def decide(phase: Phase) -> Step | Finish | Fail:  # noqa: PLR0911 — a row for each phase
    match phase:
        case CommitsUnread():
            return steps.ReadCommits()
        case Unauthorized(posted=posted):
            return ReadPermission(posted.sender)
        case Permitted():
            return ReadLedger()
        case Authorized(left=left):
            return left[0]
        case Executed():
            return ReadAgain(identity="")
        case Unanswered(answer=answer):
            return steps.RenderReply(answer)
        case Answering(left=left):
            return left[0]
        case Ended(step=step):
            return step
        case unknown:
            assert_never(unknown)


def learn(phase: Phase, result: Result, now: datetime) -> Phase:  # noqa: PLR0911 — a table
    """Return the phase after a step. A result of another step is a bug."""
    match phase, result:
        case _, Failed(error=error):
            return failed(error)
        case CommitsUnread(known=known, posted=posted), steps.CommitsRead(commits=commits):
            return Unauthorized(known, posted, replace(known.snapshot.pull, commits=commits))
        case Unauthorized(known=known, posted=posted, pull=pull), Permission():
            return Permitted(known, posted, pull, result)
        case Permitted(), StoredLedger(ledger=ledger):
            return _authorized(phase, ledger, now)
        case Authorized(left=(_, *left)), Outcome():
            return _executed(replace(phase, left=tuple(left), outcome=result))
        case Authorized(left=(_, *left)), Done():
            return _executed(replace(phase, left=tuple(left)))
        case Executed(known=known, posted=posted), Reread(snapshot=now_there, stored=stored):
            answer = Answer(posted, phase.action, phase.outcome, known.head_sha, now_there, stored)
            return Unanswered(known, posted, answer)
        case Unanswered(), steps.ReplyRendered():
            return _answering(phase, result)
        case Answering(left=(_, *left)), Done():
            return replace(phase, left=tuple(left))
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


def _authorized(at: Permitted, ledger: Ledger, now: datetime) -> Phase:
    request, posted = at.known.request, at.posted
    scope = Scope(
        pull=at.pull,
        permission=at.permission,
        ledger=ledger,
        fail_on=request.strictest_fail_on,
        needs_approval=request.paid and needs_approval(at.pull, request.policy),
        paid=request.paid,
        remembers=request.summary_comment,
        is_stale=now - posted.at > KEY_MEMORY,
        bots=request.policy.bots,
    )
    action = authorize.authorize(posted, scope)
    return _executed(Authorized(at.known, posted, action, _steps_of(action, at, ledger), None))


def _steps_of(action: CommandAction, at: Permitted, ledger: Ledger) -> tuple[Executing, ...]:  # noqa: PLR0911 — a table
    """Return the steps of an action. They are idempotent, so a later run can repeat a killed run."""
    review = steps.StartReview(at.known.request.trigger)
    match action:
        case authorize.EditLedger(edit=edit):
            return (replace(review, edits=(edit,)),)
        case Refusal.SUPERSEDED:
            # If the ledger is lost, all earlier commands are refused. This run writes a new ledger, so that later
            # commands count.
            return (replace(review, edits=(RefuseEarlier(at.posted.stamp),)),)
        case Refusal() | authorize.Tell():
            return ()
        case authorize.Collect():
            return (review,)
        case authorize.Cancel():
            # Cancel deferrals first. Otherwise, the end of a task would start a purchase that waits for the task.
            deferrals = replace(review, edits=(CancelDeferrals(),))
            cancel = replace(deferrals, cancels=UNFINISHED)
            return (*((deferrals,) if ledger.deferred() else ()), cancel, steps.PostOpenAnswers())
        case authorize.Buy(asked=asked):
            ended = (one for one in ledger.purchases if one.state is TaskState.ENDED)
            is_over = any(asked.comment_id in one.asked for one in ended)
            return (steps.StartReview(asked, may_buy=not is_over),)
        case authorize.Ask():
            return (steps.AskQuestion(action),)
        case unknown:
            assert_never(unknown)


def _executed(at: Authorized) -> Phase:
    """Continue after a step. The last step of a question posts the answer itself, unless it fails."""
    outcome = at.outcome
    if at.left:
        return at
    if outcome is not None and is_retried(at.action, outcome):
        return failed(ForgeError(outcome.message, hint=outcome.hint))
    if isinstance(at.action, authorize.Ask) and outcome is not None and outcome.status is not Status.FAILED:
        return Answering(_without_review(outcome))
    return Executed(at.known, at.posted, at.action, outcome)


def _answering(at: Unanswered, text: steps.ReplyRendered) -> Answering:
    """Post the answer unless a concurrent run has posted one, mark the command as done, and write the outputs."""
    posted, answer = at.posted, at.answer
    post: tuple[Writing, ...] = ()
    if not replies_to(answer.snapshot, at.known.request.instance, posted.key):
        post = (steps.PostReply(text, thread_with(posted.key, answer.snapshot.threads)),)
        if posted.command.name is CommandName.ASK:
            post = (*post, steps.DeleteDuplicateReplies())
    return Answering((*post, steps.React(answer.reaction), *_output(answer, text.words)))


def _output(answer: Answer, words: str) -> tuple[Writing | Finish, ...]:
    """Return the last steps. The step of the workflow fails only if the answer does not show the failure."""
    word, outcome = answer.posted.command.name, answer.outcome
    if outcome is None:
        text = f"reviewbot refused `{word}`: {words}" if answer.refusal else f"reviewbot answered `{word}`."
        return _without_review(answered(carried_out=answer.refusal is None, message=text))
    shown, note = command_outcome(outcome), ""
    if shown.exit_status != outcome.exit_status:
        note = f"The step exits with status {shown.exit_status}. The answer to the command shows the result."
    return steps.WriteExitStatus(shown, note), Finish(shown)


def _without_review(outcome: Outcome) -> tuple[steps.WriteOutcome, Finish]:
    return steps.WriteOutcome(outcome), Finish(outcome)
