"""Authorize a command against the writer's current permission, the pull request and the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.commands.parse import ID_PATTERN, CommandName, PostedCommand
from reviewbot.domain.findings.markers import is_finding_id
from reviewbot.domain.findings.tracked_finding import Findings, TrackedFinding
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Permission, PullRequest
from reviewbot.domain.ledger.edits import Accept, GrantBypass, LedgerEdit, Unwaive, Waive
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.question import MOST_OPEN
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import Outcome, Reason, Status


class Refusal(StrEnum):
    """The reason for refusing a command. The templates contain the texts."""

    UNKNOWN = "unknown"
    ARGUMENTS = "arguments"
    PERMISSION = "permission"
    CLOSED = "closed"
    FREE = "free"
    NO_MEMORY = "no-memory"
    NO_REASON = "no-reason"
    OWN = "own"
    UNKNOWN_AUTHORS = "unknown-authors"
    BY_WORKFLOW = "by-workflow"
    NO_COMMIT = "no-commit"
    NEWER_HEAD = "newer-head"
    OTHER_HEAD = "other-head"
    OTHER_BASE = "other-base"
    NO_ANSWER = "no-answer"
    NEWER_ANSWER = "newer-answer"
    NO_FINDING = "no-finding"
    NOT_OPEN = "not-open"
    SEVERAL_FINDINGS = "several-findings"
    OTHER_FINDING = "other-finding"
    NO_QUESTION = "no-question"
    TOO_OLD = "too-old"
    MANY_QUESTIONS = "many-questions"
    NOTHING_OPEN = "nothing-open"
    NOT_CANCELLED = "not-cancelled"
    NOT_KEPT = "not-kept"
    NOT_DONE = "not-done"
    SUPERSEDED = "superseded"

    @property
    def reaction(self) -> Reaction:
        return Reaction.CONFUSED if self in {Refusal.UNKNOWN, Refusal.ARGUMENTS} else Reaction.NO


class Buy(Struct, frozen=True):
    """Request a review of this head."""

    asked: Asked


class EditLedger(Struct, frozen=True):
    """Edit the ledger, then compute and publish the verdict. `finding` is None for a bypass or an acceptance."""

    edit: Waive | Unwaive | GrantBypass | Accept
    finding: TrackedFinding | None = None


class Ask(Struct, frozen=True):
    """Ask the reviewer about a finding or the whole pull request."""

    text: str
    finding: TrackedFinding | None = None


class Collect:
    """Publish the results of finished tasks."""


class Cancel(Struct, frozen=True):
    """Cancel the open tasks and deferred purchases.

    Attributes:
        is_unknown: whether a task may exist whose id is unknown.
        tasks: the ids of the open tasks, or empty if a purchase is deferred.
    """

    is_unknown: bool = False
    tasks: tuple[str, ...] = ()


class Tell:
    """Report the state or list the commands."""


CommandAction = Buy | Ask | EditLedger | Collect | Cancel | Tell | Refusal


class Scope(Struct, frozen=True):
    """The facts that decide whether a command is allowed.

    Attributes:
        permission: the current permission of the command's author.
        fail_on: the strictest `fail-on` in the settings and the rules.
        needs_approval: whether a collaborator with write access has to approve the spending for each head.
        paid: whether the reviewer costs money. Otherwise no secret signs the ledger.
        remembers: whether the setting `summary-comment` is on.
        bots: the bots listed in the settings. They do not act for any user.
        is_stale: whether the comment is so old that CodeVF may have forgotten the idempotency key.
    """

    pull: PullRequest
    permission: Permission
    ledger: Ledger
    fail_on: FailOn
    needs_approval: bool
    paid: bool
    remembers: bool
    bots: tuple[str, ...] = ()
    is_stale: bool = False


def authorize(posted: PostedCommand, scope: Scope) -> CommandAction:
    name = posted.command.name
    if name is CommandName.UNKNOWN:
        return Refusal.UNKNOWN
    if posted.command.is_wrong:
        return Refusal.ARGUMENTS
    if name is CommandName.ASK and (bought := scope.ledger.questions.find(posted.key)):
        return Ask(posted.command.reason, scope.ledger.findings.find(bought.finding))
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
        case CommandName.ASK | CommandName.WAIVE | CommandName.UNWAIVE | CommandName.BYPASS | CommandName.ACCEPT:
            return _recorded(posted, scope)
        case CommandName.STATUS | CommandName.HELP | CommandName.UNKNOWN:
            return Tell()
        case unknown:
            assert_never(unknown)


def _cancel(scope: Scope) -> CommandAction:
    if not scope.paid:
        return Refusal.FREE
    ledger = scope.ledger
    if not ledger.is_open:
        return Refusal.NOTHING_OPEN
    return Cancel(is_unknown=bool(ledger.intents()), tasks=() if ledger.deferred() else ledger.open_task_ids())


def _recorded(posted: PostedCommand, scope: Scope) -> CommandAction:
    name, asks = posted.command.name, posted.command.name is CommandName.ASK
    impossible = {
        Refusal.CLOSED: not scope.pull.is_open,
        Refusal.FREE: not scope.paid,
        Refusal.NO_MEMORY: not scope.remembers,
        Refusal.NO_REASON: name in {CommandName.WAIVE, CommandName.BYPASS} and not posted.command.reason,
        Refusal.TOO_OLD: asks and scope.is_stale,
        Refusal.MANY_QUESTIONS: asks and len(scope.ledger.questions.open()) >= MOST_OPEN,
    }
    if refused := _first(impossible):
        return refused
    actions = {
        CommandName.ASK: _ask,
        CommandName.WAIVE: _waive,
        CommandName.UNWAIVE: _waive,
        CommandName.BYPASS: _bypass,
        CommandName.ACCEPT: _accept,
    }
    return _in_time(posted, actions[name](posted, scope), scope.ledger)


def _in_time(posted: PostedCommand, action: CommandAction, ledger: Ledger) -> CommandAction:
    """Refuse a waiver, bypass or acceptance if this command or a later one has already been executed.

    If someone deletes reviewbot's answer, the command would otherwise be executed again, even after its effect was
    withdrawn. A waiver is also refused if a review was read after the command, because the review may have changed the
    finding.
    """
    if not isinstance(action, EditLedger) or isinstance(action.edit, Unwaive) or is_kept(action, ledger):
        return action
    if posted.stamp <= ledger.last_edit:
        return Refusal.SUPERSEDED
    return Refusal.NEWER_ANSWER if _is_late(action.edit, ledger) else action


def _is_late(edit: LedgerEdit, ledger: Ledger) -> bool:
    return isinstance(edit, Waive) and ledger.read_since(edit.command)


def _first(applying: Mapping[Refusal, bool]) -> Refusal | None:
    return next((refusal for refusal, applies in applying.items() if applies), None)


def _ask(posted: PostedCommand, scope: Scope) -> CommandAction:
    command, findings = posted.command, scope.ledger.findings
    named, meant = _named(posted, findings), asked_about(posted, findings)
    if is_finding_id(command.target) and not named:
        return Refusal.NO_FINDING
    if len(command.reason.split(maxsplit=1)) < 1 + bool(named):
        return Refusal.NO_QUESTION
    if len(meant) > 1:
        return Refusal.SEVERAL_FINDINGS
    return Ask(command.reason, meant[0] if meant else None)


def asked_about(posted: PostedCommand, findings: Findings) -> tuple[TrackedFinding, ...]:
    """List the findings, open or not, whose id begins with a question's first word, or else the thread's findings."""
    return _named(posted, findings) or _of_thread(posted, findings)


def _named(posted: PostedCommand, findings: Findings) -> tuple[TrackedFinding, ...]:
    """List the findings whose id begins with the first word of a question.

    In a thread, a shortened id must belong to a finding of the thread, because `dead code` is a question.
    """
    target, there = posted.command.target, _of_thread(posted, findings)
    named = tuple(one for one in there or findings.records if target and one.id.startswith(target))
    if named or not is_finding_id(target):
        return named
    return tuple(one for one in findings.records if one.id == target)


def _of_thread(posted: PostedCommand, findings: Findings) -> tuple[TrackedFinding, ...]:
    return tuple(one for one in findings.records if one.id in posted.findings)


def _review(posted: PostedCommand, scope: Scope) -> CommandAction:
    pull, named = scope.pull, posted.command.target
    if not pull.is_open:
        return Refusal.CLOSED
    if named and not pull.head_sha.startswith(named):
        return Refusal.OTHER_HEAD
    if scope.needs_approval and not _is_meant(posted, scope):
        return Refusal.NEWER_HEAD
    return Buy(Asked(posted.sender, posted.key, pull.head_sha))


def _is_meant(posted: PostedCommand, scope: Scope) -> bool:
    """Return whether a command was written for this head and not for an earlier head.

    Without the full SHA, a run must have recorded the head before the comment, with no force-push since. Only a
    force-push could replace a later head by this head. A shortened SHA proves nothing, because an attacker can find a
    commit with the same seven digits within minutes.
    """
    pull, named = scope.pull, posted.command.target
    if named == pull.head_sha:
        return True
    heads = {one.head_sha for one in scope.ledger.purchases} - {pull.head_sha}
    names_commit = bool(named) and posted.command.name in {CommandName.REVIEW, CommandName.BYPASS}
    is_ambiguous = names_commit and any(one.startswith(named) for one in heads)
    return not is_ambiguous and scope.ledger.was_head(pull.head_sha, posted.at, pull.forced_at)


def _was_retargeted(posted: PostedCommand, pull: PullRequest) -> bool:
    return pull.retargeted_at is not None and pull.retargeted_at >= posted.at


def _not_for_this_diff(posted: PostedCommand, scope: Scope) -> Refusal | None:
    if not _is_meant(posted, scope):
        return Refusal.NEWER_HEAD
    return Refusal.OTHER_BASE if _was_retargeted(posted, scope.pull) else None


def _bypass(posted: PostedCommand, scope: Scope) -> CommandAction:
    pull, named = scope.pull, posted.command.target
    impossible = {Refusal.NO_COMMIT: not named, Refusal.OTHER_HEAD: not pull.head_sha.startswith(named)}
    refused = _not_by_authors(posted, scope) or _first(impossible) or _not_for_this_diff(posted, scope)
    granted = GrantBypass(pull.head_sha, pull.base_ref, posted.sender, posted.command.reason, posted.stamp)
    return refused or EditLedger(granted)


def _accept(posted: PostedCommand, scope: Scope) -> CommandAction:
    pull = scope.pull
    answer = scope.ledger.last_reviewed(pull.head_sha, pull.base_ref)
    if refused := _not_by_authors(posted, scope):
        return refused
    if answer is None or not answer.unread:
        return Refusal.NO_ANSWER
    if posted.stamp < answer.read_at:
        return Refusal.NEWER_ANSWER
    accept = Accept(pull.head_sha, pull.base_ref, answer.task_id, posted.sender, posted.stamp)
    return _not_for_this_diff(posted, scope) or EditLedger(accept)


def fitting(posted: PostedCommand, findings: Findings) -> tuple[TrackedFinding, ...]:
    """List the open findings that a `waive` or `unwaive` can refer to, by id or by thread.

    If a `waive` contains the id of an open finding, closed findings whose ids match are also listed, because they may
    have been open when the comment was written. An `unwaive` may refer to a finding without a waiver, because an older
    `waive` may be executed later.
    """
    named = _meant_by(posted, findings)
    still = tuple(one for one in named if one.state.is_open)
    if posted.command.name is CommandName.UNWAIVE:
        return tuple(one for one in still if one.waiver is not None) or still
    return named if posted.command.target and still else still


def _meant_by(posted: PostedCommand, findings: Findings) -> tuple[TrackedFinding, ...]:
    if not (target := posted.command.target):
        return _of_thread(posted, findings)
    return tuple(one for one in findings.records if one.id.startswith(target))


def unrecorded_withdrawals(ledger: Ledger, executed: Iterable[PostedCommand]) -> tuple[Unwaive, ...]:
    """Return the executed `unwaive` commands that the ledger lacks, because a concurrent run has overwritten it.

    If such a command now matches several findings, it withdraws the waivers of all of them.
    """
    return tuple(
        Unwaive(record.id, posted.stamp)
        for posted in executed
        if posted.command.name is CommandName.UNWAIVE and posted.stamp > ledger.last_edit
        for record in fitting(posted, ledger.findings)
        if record.waiver is not None
    )


def _begins_another(posted: PostedCommand, open_findings: Iterable[TrackedFinding]) -> bool:
    """Return whether the reason's first word may be the shortened id of a finding in another thread."""
    word = posted.command.reason.partition(" ")[0].casefold()
    return re.fullmatch(ID_PATTERN, word) is not None and any(one.id.startswith(word) for one in open_findings)


def _waive(posted: PostedCommand, scope: Scope) -> CommandAction:
    command = posted.command
    if not command.target and _begins_another(posted, scope.ledger.findings.open()):
        return Refusal.OTHER_FINDING
    meant = fitting(posted, scope.ledger.findings)
    if len(meant) != 1:
        closed = _meant_by(posted, scope.ledger.findings)
        return Refusal.SEVERAL_FINDINGS if meant else Refusal.NOT_OPEN if closed else Refusal.NO_FINDING
    [record] = meant
    if command.name is CommandName.UNWAIVE:
        return EditLedger(Unwaive(record.id, posted.stamp), record)
    of_author = _not_by_authors(posted, scope)
    if of_author and scope.ledger.may_block(record.severity, scope.fail_on):
        return of_author
    base_ref = "" if of_author else scope.pull.base_ref
    waive = Waive(record.id, posted.sender, command.reason, base_ref, posted.stamp)
    return _not_for_this_diff(posted, scope) or EditLedger(waive, record)


def _not_by_authors(posted: PostedCommand, scope: Scope) -> Refusal | None:
    """Refuse the opener, authors and committers, and users below `maintain` who may control a contributing bot.

    Any user with write access can commit as a bot through a workflow.
    """
    people = scope.pull.people
    if people is None:
        return Refusal.UNKNOWN_AUTHORS
    if posted.sender.casefold() in people:
        return Refusal.OWN
    others = scope.pull.bots - {bot.casefold() for bot in scope.bots}
    return Refusal.BY_WORKFLOW if others and not scope.permission.at_least(Permission.MAINTAIN) else None


def is_kept(action: EditLedger, ledger: Ledger) -> bool:
    if isinstance(action.edit, GrantBypass):
        return ledger.bypass is not None and ledger.bypass.is_of(action.edit.head_sha, action.edit.base_ref)
    if isinstance(action.edit, Accept):
        edit, accepted = action.edit, ledger.acceptance
        return accepted is not None and accepted.is_of(edit.head_sha, edit.base_ref, edit.task_id)
    record = ledger.findings.find(action.edit.finding_id)
    return (record is not None and record.waiver is not None) is isinstance(action.edit, Waive)


def is_retried(action: CommandAction, outcome: Outcome | None) -> bool:
    """Return whether the next run retries a command because GitHub failed or CodeVF was unreachable.

    After a withdrawn waiver that is not published, a green check may be left.
    """
    reason = outcome.reason if outcome else None
    match action:
        case Ask():
            return reason in {Reason.GITHUB, Reason.UNREACHABLE}
        case EditLedger(edit=Unwaive()):
            return reason in {Reason.GITHUB, Reason.NOT_PUBLISHED}
        case _:
            return isinstance(action, EditLedger) and reason is Reason.GITHUB


def refusal_after(action: CommandAction, outcome: Outcome | None, ledger: Ledger) -> Refusal | None:
    """Return why a command failed, or None. `outcome` and `ledger` are the results of the command's run."""
    match action:
        case Refusal():
            return action
        case Buy() | Ask():
            done = outcome is not None and outcome.status in {Status.COMPLETED, Status.PENDING}
            return None if done else Refusal.NOT_DONE
        case Cancel():
            return _not_cancelled(action, ledger)
        case EditLedger():
            if is_kept(action, ledger):
                return None
            return Refusal.NEWER_ANSWER if _is_late(action.edit, ledger) else Refusal.NOT_KEPT
        case Collect() | Tell():
            return None
        case unknown:
            assert_never(unknown)


def _not_cancelled(cancel: Cancel, ledger: Ledger) -> Refusal | None:
    """Return a refusal if a task or purchase may still be open, or if every task was finished before."""
    if cancel.is_unknown or ledger.is_open:
        return Refusal.NOT_CANCELLED
    finished = {one.task_id for one in ledger.purchases if one.state is TaskState.DONE}
    return Refusal.NOTHING_OPEN if cancel.tasks and finished.issuperset(cancel.tasks) else None
