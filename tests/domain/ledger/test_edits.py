"""Ledger edits by commands are correct and idempotent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.tracked_finding import MAX_REASON, Acceptance, Bypass, Findings, TrackedFinding, Waiver
from reviewbot.domain.ledger.edits import (
    Accept,
    CancelDeferrals,
    GrantBypass,
    LedgerEdit,
    RefuseEarlier,
    Unwaive,
    Waive,
    apply_edits,
    redacted,
)
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.model.review import Severity
from reviewbot.values import replace
from tests.domain.builders import HEAD, purchase

EMPTY = ChangeIndex((), frozenset(), change="1" * 32)
FOUND = TrackedFinding("0123456789", Severity.HIGH, None, "A finding", "a.py")
OTHER = replace(FOUND, id="9876543210")
DEFERRED = purchase(state=TaskState.DEFERRED, task_id="", hold=0)
OPEN = replace(DEFERRED, identity="b" * 32, state=TaskState.OPEN, task_id="task_1")
INTENT = replace(DEFERRED, identity="c" * 32, state=TaskState.INTENT, hold=360)
BEFORE = Ledger((OPEN, DEFERRED, INTENT), findings=Findings((FOUND, OTHER)))


def with_waiver(record: TrackedFinding) -> TrackedFinding:
    return replace(record, waiver=Waiver("wendy", "known", EMPTY.change))


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        ((Waive(FOUND.id, "wendy", "known"),), replace(BEFORE, findings=Findings((with_waiver(FOUND), OTHER)))),
        ((Waive(FOUND.id, "wendy", "known"), Unwaive(FOUND.id)), BEFORE),
        ((Waive("ffffffffff", "wendy", "known"),), BEFORE),
        (
            (GrantBypass(HEAD, "main", "max", "x" * 999),),
            replace(BEFORE, bypass=Bypass(HEAD, "main", "max", "x" * MAX_REASON)),
        ),
        (
            (Accept(HEAD, "main", "task_1", "max"),),
            replace(BEFORE, acceptance=Acceptance(HEAD, "main", "task_1", "max")),
        ),
        ((RefuseEarlier("2026"),), replace(BEFORE, last_edit="2026")),
        ((RefuseEarlier("2026"), Waive(FOUND.id, "wendy", "known", command="2025")), replace(BEFORE, last_edit="2026")),
        ((Unwaive(FOUND.id, "2026"), Accept(HEAD, "main", "task_1", "max", "2025")), replace(BEFORE, last_edit="2026")),
        (
            (CancelDeferrals(),),
            replace(
                BEFORE,
                purchases=(
                    OPEN,
                    replace(DEFERRED, state=TaskState.ENDED, used=Decimal(0)),
                    replace(INTENT, state=TaskState.ENDED),
                ),
            ),
        ),
    ],
)
def test_an_edit_changes_only_what_it_names(edits: tuple[LedgerEdit, ...], after: Ledger) -> None:
    once = apply_edits(BEFORE, edits, EMPTY)
    assert once == after
    assert apply_edits(once, edits, EMPTY) == once


def test_a_reason_is_redacted_and_then_shortened() -> None:
    for edit in (
        Waive(FOUND.id, "wendy", "x" * 998 + "secret"),
        GrantBypass(HEAD, "main", "max", "secret" + "x" * 998),
    ):
        found = redacted(edit, lambda text: text.replace("secret", "[GONE]").removeprefix("x" * 998))
        assert isinstance(found, Waive | GrantBypass)
        assert found.reason.startswith("[GONE]")
        assert len(found.reason) <= MAX_REASON
    assert redacted(Unwaive(FOUND.id), str.upper) == Unwaive(FOUND.id)
