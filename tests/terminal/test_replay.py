"""Past merges as rows of the plan."""

from __future__ import annotations

from collections import Counter

import pytest

from reviewbot.domain.policy.verdict import Reason
from reviewbot.render.view_models.plan import replayed
from reviewbot.values import replace
from tests.render.view_builders import CLOSED_GATE

DRY = replace(CLOSED_GATE.outcome, reason=Reason.DRY_RUN)


def test_a_merge_that_would_have_been_reviewed_has_its_hold_and_what_is_missing() -> None:
    row = replayed("2026-11-24", "abc", "Add", "", replace(CLOSED_GATE, outcome=DRY))
    held = Counter(one.reason for one in CLOSED_GATE.held)
    assert (row.sent, dict(row.held), row.credits, row.note) == (2, held, 612, "1 not reviewed")
    assert row.sent_bytes == sum(one.bytes for one in CLOSED_GATE.sent)
    assert replayed("", "", "", "", replace(CLOSED_GATE, outcome=DRY, held=())).note == ""


@pytest.mark.parametrize(
    ("reason", "message", "note"),
    [
        (Reason.NOTHING_SELECTED, "", "nothing to review"),
        (Reason.PARTIAL, "Nothing fits.", "Nothing fits."),
        (Reason.CHANGE_UNREADABLE, "", "change-unreadable"),
    ],
)
def test_a_merge_without_a_review_costs_nothing_and_says_why(reason: Reason, message: str, note: str) -> None:
    view = replace(CLOSED_GATE, outcome=replace(DRY, reason=reason, message=message))
    row = replayed("", "", "", "", view)
    assert (row.credits, row.note) == (0, note)


def test_a_review_without_a_price_costs_nothing() -> None:
    assert replayed("", "", "", "", replace(CLOSED_GATE, outcome=DRY, cost=None)).credits == 0
