"""Choose the commands of a run: those that earlier runs missed, oldest first, then the command of the event."""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.commands.parse import CommandName, PostedCommand, key_of, open_commands, replies_to, said_in
from reviewbot.domain.events import steps
from reviewbot.domain.events.steps import Fail
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.steps import Done, Failed, Finish
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.errors import ReviewbotError
from reviewbot.values import replace

MOST_MISSED = 10
"""The maximum number of missed commands per run. Each takes about five requests, and anyone can write commands."""

_NO_KEY = "This run has no CodeVF API key. The next run that has the key executes the command."

Last = steps.ExecuteCommand | steps.WriteOutcome | Finish | Fail
Step = steps.PostOpenAnswers | steps.ExecuteCommand | steps.LogFailure | steps.ReadPullRequest | steps.WriteOutcome
Result = Snapshot | Outcome | Done | Failed


class CatchUp(Struct, frozen=True):
    """The pull request, the name of the instance, and the next step after the missed commands."""

    snapshot: Snapshot
    instance: str
    last: Last


# Phases


class _CatchingUp(Struct, frozen=True):
    catch_up: CatchUp


class Opened(_CatchingUp, frozen=True):
    """The open commands are listed. Before they are executed, finished answers to other questions are posted."""

    missed: tuple[PostedCommand, ...]
    unanswered: frozenset[str]


class Missed(_CatchingUp, frozen=True):
    """Earlier runs missed these commands. The first one is executed next."""

    left: tuple[PostedCommand, ...]


class Stopped(_CatchingUp, frozen=True):
    """A missed command was not executed, and the next run repeats it. The error is logged next."""

    key: str
    error: ReviewbotError


class Attempted(_CatchingUp, frozen=True):
    """The first of these commands was attempted. The pull request is read again before the others are executed."""

    left: tuple[PostedCommand, ...]


class CaughtUp(_CatchingUp, frozen=True):
    """No missed command is left for this run. The last steps follow."""


Phase = Opened | Missed | Stopped | Attempted | CaughtUp


def start(snapshot: Snapshot, instance: str, now: datetime, key: str = "", *, is_keyless: bool, dry_run: bool) -> Phase:
    """Return the first phase. `key` is the key of the event's comment, or empty if the event is not a comment.

    The command of the event is executed last, even if a missed command fails. Without the key of the API, which signs
    the ledger, no command is executed.
    """
    is_able = not (is_keyless or dry_run)
    commands = open_commands(snapshot.comments, snapshot.threads, instance, now) if is_able else ()
    own = next((one for one in commands if one.key == key), None)
    catch_up = CatchUp(snapshot, instance, _last(snapshot, own, key, is_keyless=is_keyless))
    missed = tuple(takewhile(lambda one: one is not own, commands))[:MOST_MISSED]
    unanswered = frozenset(one.key for one in commands if not replies_to(snapshot, instance, one.key))
    return Opened(catch_up, missed, unanswered) if is_able else CaughtUp(catch_up)


def _last(snapshot: Snapshot, own: PostedCommand | None, key: str, *, is_keyless: bool) -> Last:
    if own is not None:
        return steps.ExecuteCommand(own, waits=True)
    done = f"reviewbot executed the pending commands on #{snapshot.pull.number}."
    gone = "reviewbot already executed the command, or its comment was edited or deleted."
    if key:
        return steps.WriteOutcome(not_due(Reason.EVENT, _NO_KEY if is_keyless else gone))
    return Finish(not_due(Reason.COMMAND, _NO_KEY if is_keyless else done))


def decide(phase: Phase) -> Step | Finish | Fail:
    match phase:
        case Opened(unanswered=unanswered):
            return steps.PostOpenAnswers(but=unanswered)
        case Missed(left=left):
            return steps.ExecuteCommand(left[0], waits=False)
        case Stopped(key=key, error=error):
            return steps.LogFailure(key, error)
        case Attempted(catch_up=catch_up):
            return steps.ReadPullRequest(catch_up.snapshot.pull.number)
        case CaughtUp(catch_up=catch_up):
            return catch_up.last
        case unknown:
            assert_never(unknown)


def learn(phase: Phase, result: Result, _now: datetime) -> Phase:  # noqa: PLR0911 — a table
    """Return the phase after a step. A result of another step is a bug."""
    match phase, result:
        case Missed(catch_up, left), Failed(error=error):
            return Stopped(catch_up, left[0].key, error)
        case _, Failed(error=error):
            return CaughtUp(replace(phase.catch_up, last=Fail(error)))
        case Opened(catch_up, missed), Done():
            return _continue(catch_up, missed)
        case Missed(catch_up, left), Outcome():
            return Attempted(catch_up, left)
        case Stopped(catch_up), Done():
            return Attempted(catch_up, ())
        case Attempted(catch_up, left), Snapshot():
            return _after_attempt(replace(catch_up, snapshot=result), left)
        case CaughtUp(catch_up), Outcome():
            return CaughtUp(replace(catch_up, last=Finish(result)))
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


def _continue(catch_up: CatchUp, left: tuple[PostedCommand, ...]) -> Missed | CaughtUp:
    return Missed(catch_up, left) if left else CaughtUp(catch_up)


def _after_attempt(catch_up: CatchUp, left: tuple[PostedCommand, ...]) -> Missed | CaughtUp:
    """Continue unless the command can be neither answered nor marked with a reaction.

    The next run repeats such a command without paying twice, because the check run's copy of the purchase contains the
    comment's id. A copy contains only one id, so a second command of that kind could be paid for twice.
    """
    is_done = bool(left) and (left[0].command.name is CommandName.ASK or is_executed(catch_up, left[0]))
    return _continue(catch_up, left[1:] if is_done else ())


def is_executed(catch_up: CatchUp, posted: PostedCommand) -> bool:
    snapshot = catch_up.snapshot
    comment = (one for one in said_in(snapshot.comments, snapshot.threads) if key_of(one) == posted.key)
    return bool(replies_to(snapshot, catch_up.instance, posted.key)) or all(one.reacted for one in comment)
