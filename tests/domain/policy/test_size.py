"""An automatic size follows the changed lines within its bounds, and an automatic limit follows the first review."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.review import Mode
from reviewbot.domain.policy.size import STEP, AutoSize, limit_per_pull, lines_each, sized_by

DEFAULT = AutoSize(120, 60, 1_200)
LINE = AutoSize(0, 6_000, 115_200)
"""Sixty credits for each line."""


@pytest.mark.parametrize(
    ("auto", "mode", "lines", "credits_", "why"),
    [
        (DEFAULT, Mode.FAST, 0, 240, "120 + 60 × 0 / 100 = 120, raised to 240, the minimum for fast"),
        (DEFAULT, Mode.FAST, 200, 240, "120 + 60 × 200 / 100 = 240"),
        (DEFAULT, Mode.FAST, 201, 300, "120 + 60 × 201 / 100 = 240.6, rounded up to 300"),
        (DEFAULT, Mode.FAST, 437, 420, "120 + 60 × 437 / 100 = 382.2, rounded up to 420"),
        (DEFAULT, Mode.STANDARD, 1_800, 1_200, "120 + 60 × 1,800 / 100 = 1,200"),
        (DEFAULT, Mode.STANDARD, 4_000, 1_200, "120 + 60 × 4,000 / 100 = 2,520, limited to 1,200, max-credits-ceiling"),
        (DEFAULT, Mode.REALTIME_ANSWER, 1, 180, "120 + 60 × 1 / 100 = 120.6, rounded up to 180"),
        (DEFAULT, Mode.REALTIME_ANSWER, 999, 600, "= 719.4, limited to 600, the maximum for realtime_answer"),
        (AutoSize(0, 0, 1_200), Mode.REALTIME_ANSWER, 999, 60, "0 + 0 × 999 / 100 = 0, raised to 60, the minimum for"),
        # a ceiling between two steps
        (AutoSize(0, 60, 1_000), Mode.FAST, 1_660, 1_000, "= 996, rounded up to 1,000"),
        # another mode than the ceiling was made for
        (AutoSize(0, 60, 100), Mode.FAST, 9_000, 240, "= 5,400, limited to 240"),
        (LINE, Mode.FAST, 4, 240, "0 + 6,000 × 4 / 100 = 240"),
    ],
)
def test_the_credits_of_a_change_and_their_arithmetic(
    auto: AutoSize, mode: Mode, lines: int, credits_: int, why: str
) -> None:
    assert auto.credits_for(lines, mode) == credits_
    assert why in auto.arithmetic(lines, mode)
    assert auto.is_at_ceiling(lines, mode) is ("max-credits-ceiling" in why)


autos = st.builds(AutoSize, st.integers(0, 2_000), st.integers(0, 2_000), st.integers(240, 115_200))
modes = st.sampled_from(Mode)
counts = st.integers(0, 50_000)


@given(autos, modes, counts, counts)
def test_more_lines_never_make_a_review_smaller(auto: AutoSize, mode: Mode, lines: int, more: int) -> None:
    assert auto.credits_for(lines, mode) <= auto.credits_for(lines + more, mode)


@given(autos, modes, counts, st.integers(1, 6))
def test_several_tasks_together_hold_at_least_what_one_would(
    auto: AutoSize, mode: Mode, lines: int, parts: int
) -> None:
    assert parts * auto.credits_for(lines_each(lines, parts), mode) >= auto.credits_for(lines, mode)


@given(autos, modes, counts)
def test_a_size_is_within_the_mode_and_the_ceiling(auto: AutoSize, mode: Mode, lines: int) -> None:
    found = auto.credits_for(lines, mode)
    assert found in mode.credits
    assert found <= max(auto.ceiling, mode.credits.start)
    assert found % STEP == 0 or found == auto.ceiling


@pytest.mark.parametrize(
    ("lines", "parts", "credits_", "text"),
    [
        (437, 1, 420, "437 changed lines; 120 + 60 × 437 / 100 = 382.2, rounded up to 420"),
        (1, 1, 240, "1 changed line; 120 + 60 × 1 / 100 = 120.6, raised to 240, the minimum for fast"),
        (1_001, 2, 480, "1,001 changed lines in 2 tasks, 501 each; 120 + 60 × 501 / 100 = 420.6, rounded up to 480"),
        # The settings have changed since, or an intent agreed on fewer.
        (437, 1, 300, "437 changed lines"),
    ],
)
def test_a_size_is_shown_with_its_lines(lines: int, parts: int, credits_: int, text: str) -> None:
    assert sized_by(DEFAULT, Mode.FAST, lines, parts, credits_) == text


@pytest.mark.parametrize(
    ("setting", "first", "limit"), [(Auto.AUTO, 360, 2_160), (Auto.AUTO, 612, 3_672), (500, 360, 500), (0, 360, 0)]
)
def test_the_limit_of_a_pull_request(setting: int | Auto, first: int, limit: int) -> None:
    assert limit_per_pull(setting, first) == limit


def test_the_default_limit_has_room_for_the_largest_review_after_the_smallest() -> None:
    least, most = DEFAULT.credits_for(0, Mode.FAST), DEFAULT.credits_for(10**6, Mode.FAST)
    assert least + most <= limit_per_pull(Auto.AUTO, least)
