"""Credits: what a task would hold, and whether that fits the limits."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from reviewbot.domain.model.review import Balance, Mode
from reviewbot.domain.text.formatting import number
from reviewbot.errors import OverBudget


def hold(max_credits: int, mode: Mode, tag_multiplier: Decimal) -> int:
    """Return the credits that CodeVF holds while the task is open, rounded up as documented."""
    exact = Decimal(max_credits) * mode.multiplier * tag_multiplier
    return int(exact.to_integral_value(ROUND_CEILING))


def credits_within(held: int, mode: Mode, tag_multiplier: Decimal) -> int:
    """Return the largest `max-credits` whose hold is at most `held`."""
    return int(Decimal(held) / (mode.multiplier * tag_multiplier))


class Spending(Struct, frozen=True):
    """What limits a purchase.

    Attributes:
        hold: of the new task.
        spent: credits held by open tasks and used by finished ones of this pull request.
        max_per_pr: 0 for no limit.
    """

    hold: int
    spent: Decimal
    max_per_pr: int
    min_balance: int


def check(spending: Spending, balance: Balance | None) -> None:
    """Raise if a limit or the balance forbids a purchase.

    Raises:
        OverBudget: before anything is submitted.
    """
    if spending.max_per_pr and spending.spent + spending.hold > spending.max_per_pr:
        raise OverBudget(
            f"This review would hold {number(spending.hold)} credits; with {number(spending.spent)} held or used on "
            f"this pull request that is more than the limit of {number(spending.max_per_pr)} (`max-credits-per-pr`).",
            hint="Raise `max-credits-per-pr`, or lower `max-credits`.",
        )
    if balance is None:
        return
    left = balance.available - spending.hold
    if left < 0:
        raise OverBudget(
            f"This review would hold {number(spending.hold)} credits and {number(balance.available)} are available.",
            hint="Add credits to the CodeVF account, or lower `max-credits`, then run the workflow again.",
        )
    if left < spending.min_balance:
        raise OverBudget(
            f"This review would hold {number(spending.hold)} of {number(balance.available)} credits and leave "
            f"{number(left)}, less than {number(spending.min_balance)} (`min-balance`).",
            hint="Add credits to the CodeVF account, or lower `min-balance`, then run the workflow again.",
        )
