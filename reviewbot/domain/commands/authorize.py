"""Decides what a command does: by who wrote it, when, and what the pull request and its ledger say now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from reviewbot.domain.commands.parse import CommandName, PostedCommand
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Permission, PullRequest
from reviewbot.domain.ledger.edits import GrantBypass, Unwaive, Waive
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import Outcome, Reason, Status


class Refusal(StrEnum):
    """Why a command is not carried out; the templates have the words."""

    UNKNOWN = "unknown"
    PERMISSION = "permission"
    CLOSED = "closed"
    FREE = "free"
    NO_MEMORY = "no-memory"
    NO_REASON = "no-reason"
    OWN = "own"
    NEWER_HEAD = "newer-head"
    OTHER_HEAD = "other-head"
    NO_FINDING = "no-finding"
    SEVERAL_FINDINGS = "several-findings"
    NOTHING_OPEN = "nothing-open"
    NOT_CANCELLED = "not-cancelled"
    NOT_KEPT = "not-kept"
    NOT_DONE = "not-done"

    @property
    def reaction(self) -> Reaction:
        """Our reaction to the comment."""
        return Reaction.CONFUSED if self is Refusal.UNKNOWN else Reaction.NO


@dataclass(frozen=True, slots=True)
class Buy:
    """Request a review of this head."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class EditLedger:
    """Change the ledger, then judge and publish again; `finding` is None for a bypass."""

    edit: Waive | Unwaive | GrantBypass
    finding: TrackedFinding | None = None


class Collect:
    """Publish what is finished."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel these tasks and deferred purchases; `is_unknown`: there may be a task that nobody can cancel here."""

    task_ids: tuple[str, ...]
    is_unknown: bool = False


class Tell:
    """Report the state, or the commands."""


CommandAction = Buy | EditLedger | Collect | Cancel | Tell | Refusal
"""What a command does."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a command can be about.

    Attributes:
        permission: of the command's author, now.
        ledger: as far as it is trusted.
        paid: whether the reviewer costs money; otherwise the ledger is signed with no secret.
        remembers: whether there is a summary comment for the ledger.
    """

    pull: PullRequest
    permission: Permission
    ledger: Ledger
    paid: bool
    remembers: bool


def authorize(posted: PostedCommand, scope: Scope) -> CommandAction:
    """Decide what a command does."""
    name = posted.command.name
    if name is CommandName.UNKNOWN:
        return Refusal.UNKNOWN
    if not scope.permission.at_least(name.needs):
        return Refusal.PERMISSION
    return _action(posted, scope)


def _action(posted: PostedCommand, scope: Scope) -> CommandAction:
    match posted.command.name:
        case CommandName.REVIEW:
            return _review(posted, scope)
        case CommandName.COLLECT:
            return Collect()
        case CommandName.CANCEL:
            return _cancel(scope)
        case CommandName.WAIVE | CommandName.UNWAIVE | CommandName.BYPASS:
            return _amend(posted, scope)
        case CommandName.STATUS | CommandName.HELP | CommandName.UNKNOWN:
            return Tell()
        case unknown:
            assert_never(unknown)


def _cancel(scope: Scope) -> CommandAction:
    if not scope.paid:
        return Refusal.FREE
    tasks = tuple(one.task_id for one in scope.ledger.open_tasks())
    cancel = Cancel(tasks, is_unknown=bool(scope.ledger.intents()))
    return cancel if tasks or cancel.is_unknown or scope.ledger.postponed() else Refusal.NOTHING_OPEN


def _review(posted: PostedCommand, scope: Scope) -> CommandAction:
    pull, named = scope.pull, posted.command.target
    if not pull.is_open:
        return Refusal.CLOSED
    if named and not pull.head_sha.startswith(named):
        return Refusal.OTHER_HEAD
    if not _is_meant(posted, pull, without_check=True):
        return Refusal.NEWER_HEAD
    return Buy(Asked(posted.sender, str(posted.comment_id), pull.head_sha))


def _is_meant(posted: PostedCommand, pull: PullRequest, *, without_check: bool) -> bool:
    """Whether a command is about this head: nobody may push something else after it.

    A command with the whole commit is. Otherwise the head must have been there when the command was written: our check
    on it had started, so it was the head, and no force-push came later, so every later head builds on it. The start of
    a commit's name proves nothing: another commit with the same start takes an afternoon.

    Args:
        posted: the command.
        pull: as it is now.
        without_check: whether it suffices, without a check of ours, that GitHub had seen the commit and that nobody
            ever force-pushed.
    """
    if posted.command.target == pull.head_sha:
        return True
    if pull.checked_at is not None:
        return pull.checked_at <= posted.at and _has_stayed(pull, pull.checked_at)
    seen = pull.head_seen_at is not None and pull.head_seen_at <= posted.at
    return without_check and seen and pull.forced_at is None


def _has_stayed(pull: PullRequest, since: datetime) -> bool:
    return pull.forced_at is None or pull.forced_at < since


def _amend(posted: PostedCommand, scope: Scope) -> CommandAction:
    command = posted.command
    impossible = {
        Refusal.CLOSED: not scope.pull.is_open,
        Refusal.FREE: not scope.paid,
        Refusal.NO_MEMORY: not scope.remembers,
        Refusal.NO_REASON: command.name is not CommandName.UNWAIVE and not command.reason,
    }
    refused = next((refusal for refusal, applies in impossible.items() if applies), None)
    if refused is not None:
        return refused
    return _bypass(posted, scope) if command.name is CommandName.BYPASS else _waive(posted, scope)


def _bypass(posted: PostedCommand, scope: Scope) -> CommandAction:
    pull = scope.pull
    if _is_author(posted.sender, pull):
        return Refusal.OWN
    if posted.command.target and not pull.head_sha.startswith(posted.command.target):
        return Refusal.OTHER_HEAD
    if not _is_meant(posted, pull, without_check=False):
        return Refusal.NEWER_HEAD
    return EditLedger(GrantBypass(pull.head_sha, pull.base_ref, posted.sender, posted.command.reason))


def _waive(posted: PostedCommand, scope: Scope) -> CommandAction:
    command, waives = posted.command, posted.command.name is CommandName.WAIVE
    named = [one for one in scope.ledger.findings.open() if one.id.startswith(command.target)]
    fitting = [one for one in named if waives or one.waiver is not None]
    if len(fitting) != 1:
        return Refusal.SEVERAL_FINDINGS if fitting else Refusal.NO_FINDING
    [record] = fitting
    if not waives:
        return EditLedger(Unwaive(record.id), record)
    if record.severity.takes_another and _is_author(posted.sender, scope.pull):
        return Refusal.OWN
    if not _is_of_this_code(posted, scope):
        return Refusal.NEWER_HEAD
    return EditLedger(Waive(record.id, posted.sender, command.reason), record)


def _is_of_this_code(posted: PostedCommand, scope: Scope) -> bool:
    """Whether a waiver is about the current head: it is for its code, and names no commit.

    Without a check of ours, the ledger can prove that a review of this head had been bought.
    """
    pull = scope.pull
    if pull.checked_at is not None:
        return _is_meant(posted, pull, without_check=False)
    of_head = (one for one in scope.ledger.purchases if one.head_sha == pull.head_sha)
    moments = (datetime.fromisoformat(one.submitted_at) for one in of_head)
    return any(at <= posted.at and _has_stayed(pull, at) for at in moments)


def _is_author(login: str, pull: PullRequest) -> bool:
    return pull.author is not None and login.casefold() == pull.author.casefold()


def is_kept(action: EditLedger, ledger: Ledger) -> bool:
    """Whether an edit is in the ledger."""
    if isinstance(action.edit, GrantBypass):
        return ledger.bypass is not None and ledger.bypass.is_of(action.edit.head_sha, action.edit.base_ref)
    record = ledger.findings.find(action.edit.finding_id)
    return (record is not None and record.waiver is not None) is isinstance(action.edit, Waive)


def is_left(action: CommandAction, outcome: Outcome | None) -> bool:
    """Whether the next run tries a command again: GitHub failed before the change of the ledger was written.

    Args:
        action: what the command does.
        outcome: of the run that it started, if any.
    """
    return isinstance(action, EditLedger) and outcome is not None and outcome.reason is Reason.GITHUB


def refusal_after(action: CommandAction, outcome: Outcome | None, ledger: Ledger) -> Refusal | None:
    """Why a command was not carried out in the end, if so.

    Args:
        action: what the command does.
        outcome: of the run that it started, if any.
        ledger: as written after that.
    """
    match action:
        case Refusal():
            return action
        case Buy():
            done = outcome is not None and outcome.status in {Status.COMPLETED, Status.PENDING}
            return None if done else Refusal.NOT_DONE
        case Cancel(is_unknown=is_unknown):
            left = is_unknown or ledger.open_tasks() or ledger.postponed() or ledger.intents()
            return Refusal.NOT_CANCELLED if left else None
        case EditLedger():
            return None if is_kept(action, ledger) else Refusal.NOT_KEPT
        case Collect() | Tell():
            return None
        case unknown:
            assert_never(unknown)
