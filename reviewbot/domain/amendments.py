"""What a command changes of the ledger: a waiver given or taken back, a head let through, a review called off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import assert_never

from reviewbot.domain.carrying import Scene, waived
from reviewbot.domain.ledger import Ledger, TaskState
from reviewbot.domain.records import MAX_REASON, Bypass, Record


@dataclass(frozen=True, slots=True)
class Waive:
    """Let a finding stand, for its code as it is."""

    finding_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unwaive:
    """Take a waiver back."""

    finding_id: str


@dataclass(frozen=True, slots=True)
class LetThrough:
    """Turn the check of one head green, for as long as it is to be merged into this branch."""

    head_sha: str
    base_ref: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallOff:
    """Buy nothing any more: what was postponed costs nothing, and an intent counts its hold for good."""


Amendment = Waive | Unwaive | LetThrough | CallOff


def amended(ledger: Ledger, amendments: Iterable[Amendment], scene: Scene) -> Ledger:
    """The ledger with the amendments; one that names no finding changes nothing."""
    for one in amendments:
        match one:
            case Waive(finding_id=finding_id, by=by, reason=reason):
                ledger = _with(ledger, finding_id, partial(waived, by=by, reason=reason, scene=scene))
            case Unwaive(finding_id=finding_id):
                ledger = _with(ledger, finding_id, partial(replace, waiver=None))
            case LetThrough(head_sha=head_sha, base_ref=base_ref, by=by, reason=reason):
                ledger = replace(ledger, bypass=Bypass(head_sha, base_ref, by, reason[:MAX_REASON]))
            case CallOff():
                for purchase in (*ledger.postponed(), *ledger.intents()):
                    used = Decimal(0) if purchase.state is TaskState.WANTED else None
                    ledger = ledger.with_purchase(replace(purchase, state=TaskState.ENDED, used=used))
            case unknown:
                assert_never(unknown)
    return ledger


def _with(ledger: Ledger, finding_id: str, change: Callable[[Record], Record]) -> Ledger:
    records = (change(one) if one.id == finding_id else one for one in ledger.findings.records)
    return replace(ledger, findings=replace(ledger.findings, records=tuple(records)))
