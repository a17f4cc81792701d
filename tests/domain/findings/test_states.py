"""The state of a finding after a push, for each state before and each fact about its code."""

from __future__ import annotations

from itertools import product

import pytest

from reviewbot.domain.findings.states import Code, Evidence, state_after
from reviewbot.domain.findings.tracked_finding import FindingState

OPEN, CHANGED, FIXED, GONE = FindingState


def row(
    before: FindingState, restored: FindingState | None = None, *, allows_fix: bool = False, is_back: bool = False
) -> list[FindingState | None]:
    """Return the state after a push for each `Code`: found, fewer, missing, unknown, impossible."""
    return [state_after(before, Evidence(code, restored, allows_fix, is_back)) for code in Code]


@pytest.mark.parametrize(
    ("before", "allows_fix", "is_back", "after"),
    [
        (OPEN, False, False, [OPEN, CHANGED, CHANGED, OPEN, GONE]),
        (CHANGED, False, False, [OPEN, CHANGED, CHANGED, CHANGED, GONE]),
        (FIXED, False, False, [OPEN, CHANGED, None, None, None]),
        (FIXED, True, False, [None, None, None, None, None]),
        (FIXED, False, True, [OPEN, CHANGED, CHANGED, CHANGED, GONE]),
        (GONE, False, False, [OPEN, CHANGED, None, None, None]),
        (GONE, False, True, [OPEN, CHANGED, CHANGED, OPEN, GONE]),
    ],
)
def test_a_state_follows_from_the_state_before_and_the_code(
    before: FindingState, after: list[FindingState | None], *, allows_fix: bool, is_back: bool
) -> None:
    assert row(before, allows_fix=allows_fix, is_back=is_back) == after


@pytest.mark.parametrize("allows_fix", [False, True])
@pytest.mark.parametrize("before", FindingState)
def test_a_restored_change_restores_the_state(before: FindingState, *, allows_fix: bool) -> None:
    assert row(before, OPEN, allows_fix=allows_fix) == [OPEN] * 5
    assert row(before, CHANGED, allows_fix=allows_fix) == [OPEN, CHANGED, CHANGED, CHANGED, CHANGED]


def test_a_push_fixes_nothing() -> None:
    for before, restored in product(FindingState, (None, OPEN, CHANGED)):
        for allows_fix, is_back in product((False, True), repeat=2):
            assert FIXED not in row(before, restored, allows_fix=allows_fix, is_back=is_back)
