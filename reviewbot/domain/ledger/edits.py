"""The changes that commands make to the ledger: waivers, bypasses, accepted answers and cancellations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.states import waived
from reviewbot.domain.findings.tracked_finding import MAX_REASON, Acceptance, Bypass, TrackedFinding
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.values import replace


class Waive(Struct, frozen=True):
    """Waive a finding until its file changes.

    `base_ref` is empty if the user `by` may be an author. `command` is `PostedCommand.stamp`, as in the other edits.
    """

    finding_id: str
    by: str
    reason: str
    base_ref: str = ""
    command: str = ""


class Unwaive(Struct, frozen=True):
    finding_id: str
    command: str = ""


class GrantBypass(Struct, frozen=True):
    """Let the check of one head pass for one base branch."""

    head_sha: str
    base_ref: str
    by: str
    reason: str
    command: str = ""


class Accept(Struct, frozen=True):
    """Accept a partly unreadable answer as the review of one head and base branch."""

    head_sha: str
    base_ref: str
    task_id: str
    by: str
    command: str = ""


class RefuseEarlier(Struct, frozen=True):
    """Refuse all waivers, bypasses and acceptances up to and including this command."""

    command: str


class CancelDeferrals(Struct, frozen=True):
    """End deferred purchases at no cost, and end intents. The credits held for an intent still count."""


Exemption = Waive | GrantBypass | Accept
CommandEdit = Waive | Unwaive | GrantBypass | Accept | RefuseEarlier
LedgerEdit = CommandEdit | CancelDeferrals


def redacted(edit: LedgerEdit, redact: Callable[[str], str]) -> LedgerEdit:
    """Redact the secrets in an edit's reason, then shorten the reason."""
    if isinstance(edit, Waive | GrantBypass):
        return replace(edit, reason=shorten_line(redact(edit.reason), MAX_REASON))
    return edit


def apply_edits(ledger: Ledger, edits: Iterable[LedgerEdit], change_index: ChangeIndex) -> Ledger:
    """Apply the edits. A waiver, bypass or acceptance has no effect if a later command has been executed.

    A waiver also has no effect if an answer was read after the command.
    """
    for one in edits:
        if isinstance(one, CancelDeferrals):
            ledger = _cancel_deferrals(ledger)
        elif one.command >= ledger.last_edit or isinstance(one, Unwaive):
            ledger = replace(ledger, last_edit=max(ledger.last_edit, one.command))
            ledger = _execute(ledger, one, change_index)
    return ledger


def _cancel_deferrals(ledger: Ledger) -> Ledger:
    for purchase in (*ledger.deferred(), *ledger.intents()):
        used = Decimal(0) if purchase.state is TaskState.DEFERRED else None
        ledger = ledger.with_purchase(replace(purchase, state=TaskState.ENDED, used=used))
    return ledger


def _execute(ledger: Ledger, edit: CommandEdit, change_index: ChangeIndex) -> Ledger:
    match edit:
        case Waive():
            return _waive(ledger, edit, change_index)
        case Unwaive(finding_id=finding_id):
            return _with(ledger, finding_id, partial(replace, waiver=None))
        case GrantBypass(head_sha=head_sha, base_ref=base_ref, by=by, reason=reason):
            return replace(ledger, bypass=Bypass(head_sha, base_ref, by, reason[:MAX_REASON]))
        case Accept(head_sha=head_sha, base_ref=base_ref, task_id=task_id, by=by):
            return replace(ledger, acceptance=Acceptance(head_sha, base_ref, task_id, by))
        case RefuseEarlier():
            return ledger
        case unknown:
            assert_never(unknown)


def _waive(ledger: Ledger, edit: Waive, change_index: ChangeIndex) -> Ledger:
    if ledger.read_since(edit.command):
        return ledger
    waive = partial(waived, by=edit.by, reason=edit.reason, change_index=change_index, base_ref=edit.base_ref)
    return _with(ledger, edit.finding_id, waive)


def _with(ledger: Ledger, finding_id: str, change: Callable[[TrackedFinding], TrackedFinding]) -> Ledger:
    records = (change(one) if one.id == finding_id else one for one in ledger.findings.records)
    return replace(ledger, findings=replace(ledger.findings, records=tuple(records)))
