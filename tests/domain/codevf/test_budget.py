"""Nothing is bought that the budget, the balance or the pull request's limit does not cover."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.budget import Spending, check, credits_within, hold
from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.review import Balance, Mode
from reviewbot.errors import OverBudget


def balance(available: str) -> Balance:
    return Balance(Decimal(available), Decimal(0))


@pytest.mark.parametrize(
    ("credits_", "mode", "tag", "expected"),
    [
        (240, Mode.STANDARD, "1", 240),
        (240, Mode.FAST, "1.0", 360),
        (240, Mode.FAST, "1.7", 612),
        (60, Mode.REALTIME_ANSWER, "1.5", 180),
        (241, Mode.FAST, "1", 362),
        (241, Mode.FAST, "1.7", 615),
    ],
)
def test_a_hold_is_the_credits_times_the_multipliers_rounded_up(
    credits_: int, mode: Mode, tag: str, expected: int
) -> None:
    assert hold(credits_, mode, Decimal(tag)) == expected


@given(st.integers(60, 115_200), st.sampled_from(Mode), st.decimals(1, 3, places=2))
def test_a_hold_is_never_shown_smaller_than_it_is(credits_: int, mode: Mode, tag: Decimal) -> None:
    exact = Decimal(credits_) * mode.multiplier * tag
    assert 0 <= hold(credits_, mode, tag) - exact < 1


@pytest.mark.parametrize(
    ("spending", "available"),
    [
        (Spending(360, Decimal(0), 0, 0), None),
        (Spending(360, Decimal(10_000), 0, 0), "360"),
        (Spending(360, Decimal("40.0"), 400, 0), "360.00"),
        (Spending(360, Decimal(0), 0, 40), "400"),
        (Spending(0, Decimal(0), 0, 0), "0"),
    ],
)
def test_a_hold_within_the_limits_passes(spending: Spending, available: str | None) -> None:
    check(spending, balance(available) if available else None)


@pytest.mark.parametrize(
    ("spending", "available", "message"),
    [
        (Spending(360, Decimal("40.5"), 400, 0), None, "`max-credits-per-pr`"),
        (Spending(360, Decimal(0), 359, 0), "9999", "`max-credits-per-pr`"),
        (Spending(360, Decimal(0), 0, 0), "359.5", "only 359.5 are available"),
        (Spending(360, Decimal(0), 0, 40), "399.75", "`min-balance`"),
    ],
)
def test_a_hold_beyond_a_limit_names_the_limit_and_the_figures(
    spending: Spending, available: str | None, message: str
) -> None:
    with pytest.raises(OverBudget) as caught:
        check(spending, balance(available) if available else None)
    assert message in caught.value.message
    assert "360" in caught.value.message
    assert caught.value.hint.endswith(AGAIN)


def test_at_a_terminal_the_command_is_run_again() -> None:
    with pytest.raises(OverBudget) as caught:
        check(Spending(360, Decimal(0), 0, 0, at_terminal=True), balance("359"))
    assert caught.value.hint.endswith("CodeVF account. Then run the command again.")


HELD = (
    "This review would exceed `max-credits-per-pr`: it would reserve 360 credits, and {} are already reserved or used."
)
SIX = " The limit is 6 times the 360 credits that the first review reserved."
AGAIN = "Then run this job again, or comment `/reviewbot review`."
SET = "Set `max-credits-per-pr: {} in `.github/reviewbot.yml` on the default branch, or in the workflow. " + AGAIN
HERE = (
    "Set `max-credits-per-pr: {} in `.github/reviewbot.yml` on the base branch (with `--pr`, on the default branch). "
    "Then run the command again."
)


@pytest.mark.parametrize(
    ("spending", "message", "hint"),
    [
        (
            Spending(360, Decimal(1_980), Auto.AUTO, 0, 360, at_terminal=True),
            HELD.format("1,980 of 2,160") + SIX,
            HERE.format("2340` or more (`0` means no limit)"),
        ),
        (
            Spending(360, Decimal("40.5"), 400, 0),
            HELD.format("40.5 of 400"),
            SET.format("401` or more (`0` means no limit)"),
        ),
    ],
)
def test_a_limit_names_itself_the_figures_and_the_ways_to_continue(spending: Spending, message: str, hint: str) -> None:
    with pytest.raises(OverBudget) as caught:
        check(spending, None)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@given(st.integers(240, 115_200), st.sampled_from(Mode), st.decimals("1", "2", places=1))
def test_the_credits_of_a_hold_are_recovered(most: int, mode: Mode, times: Decimal) -> None:
    within = credits_within(hold(most, mode, times), mode, times)
    assert hold(within, mode, times) <= hold(most, mode, times) < hold(within + 1, mode, times)
