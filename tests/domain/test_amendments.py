"""What a command changes of the ledger, and that doing it twice is doing it once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from reviewbot.domain.amendments import Amendment, CallOff, LetThrough, Unwaive, Waive, amended
from reviewbot.domain.carrying import Scene
from reviewbot.domain.ledger import Ledger, TaskState
from reviewbot.domain.model import Severity
from reviewbot.domain.records import MAX_REASON, Bypass, Findings, Record, Waiver
from tests.domain.builders import HEAD, purchase

EMPTY = Scene((), frozenset())
FOUND = Record("0123456789", Severity.HIGH, None, "A finding", "a.py")
OTHER = replace(FOUND, id="9876543210")
WANTED = purchase(state=TaskState.WANTED, task_id="", hold=0)
OPEN = replace(WANTED, identity="b" * 64, state=TaskState.OPEN, task_id="task_1")
INTENT = replace(WANTED, identity="c" * 64, state=TaskState.INTENT, hold=360)
BEFORE = Ledger((OPEN, WANTED, INTENT), findings=Findings((FOUND, OTHER)))


def with_waiver(record: Record) -> Record:
    return replace(record, waiver=Waiver("wendy", "known", 0, ""))


@pytest.mark.parametrize(
    ("amendments", "after"),
    [
        ((Waive(FOUND.id, "wendy", "known"),), replace(BEFORE, findings=Findings((with_waiver(FOUND), OTHER)))),
        ((Waive(FOUND.id, "wendy", "known"), Unwaive(FOUND.id)), BEFORE),
        ((Waive("ffffffffff", "wendy", "known"),), BEFORE),
        (
            (LetThrough(HEAD, "main", "max", "x" * 999),),
            replace(BEFORE, bypass=Bypass(HEAD, "main", "max", "x" * MAX_REASON)),
        ),
        (
            (CallOff(),),
            replace(
                BEFORE,
                purchases=(
                    OPEN,
                    replace(WANTED, state=TaskState.ENDED, used=Decimal(0)),
                    replace(INTENT, state=TaskState.ENDED),
                ),
            ),
        ),
    ],
)
def test_an_amendment_changes_what_it_names(amendments: tuple[Amendment, ...], after: Ledger) -> None:
    once = amended(BEFORE, amendments, EMPTY)
    assert once == after
    assert amended(once, amendments, EMPTY) == once
