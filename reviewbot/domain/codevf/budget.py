"""Compute the credits that a task would hold, and check them against the limits."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from msgspec import Struct

from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.review import Balance, Mode
from reviewbot.domain.policy.size import REVIEWS_PER_PULL, limit_per_pull
from reviewbot.domain.text.formatting import number
from reviewbot.errors import OverBudget


def hold(max_credits: int, mode: Mode, tag_multiplier: Decimal) -> int:
    """Return the credits that CodeVF holds for an open task, rounded up as CodeVF documents."""
    exact = Decimal(max_credits) * mode.multiplier * tag_multiplier
    return int(exact.to_integral_value(ROUND_CEILING))


def credits_within(held: int, mode: Mode, tag_multiplier: Decimal) -> int:
    """Return the largest `max-credits` for which CodeVF holds at most `held` credits."""
    return int(Decimal(held) / (mode.multiplier * tag_multiplier))


def credits_again(max_credits: int, held: int, mode: Mode, tag_multiplier: Decimal) -> int:
    """Return `max_credits` for repeating a request whose intent recorded a hold of `held` credits.

    Settings may have changed since. The new hold is at most `held`, unless the minimum of the mode requires more.
    """
    return min(max_credits, max(credits_within(held, mode, tag_multiplier), mode.credits.start))


class Spending(Struct, frozen=True):
    """The limits of a purchase, and the credits that count toward these limits.

    Attributes:
        spent: the credits held by open tasks and used by finished tasks of this pull request.
        max_per_pr: the limit of credits per pull request. 0 means no limit.
        first_hold: the credits that the first review held, or 0 before that review.
        again: the last sentence of each hint, except at a terminal.
    """

    hold: int
    spent: Decimal
    max_per_pr: int | Auto
    min_balance: int
    first_hold: int = 0
    at_terminal: bool = False
    what: str = "this review"
    again: str = "Then run this job again, or comment `/reviewbot review`."

    @property
    def limit(self) -> int:
        return limit_per_pull(self.max_per_pr, self.first_hold or self.hold)


def _retry_hint(spending: Spending) -> str:
    return "Then run the command again." if spending.at_terminal else spending.again


def _over_limit(spending: Spending) -> str:
    first, why = number(spending.first_hold or spending.hold), ""
    if spending.max_per_pr is Auto.AUTO:
        why = f" The limit is {REVIEWS_PER_PULL} times the {first} credits that the first review reserved."
    return (
        f"{spending.what.capitalize()} would exceed `max-credits-per-pr`: it would reserve {number(spending.hold)} "
        f"credits, and {number(spending.spent)} of {number(spending.limit)} are already reserved or used.{why}"
    )


def _to_continue(spending: Spending) -> str:
    least = int((spending.spent + spending.hold).to_integral_value(ROUND_CEILING))
    setting = f"Set `max-credits-per-pr: {least}` or more (`0` means no limit) in `.github/reviewbot.yml`"
    if spending.at_terminal:
        return f"{setting} on the base branch (with `--pr`, on the default branch). {_retry_hint(spending)}"
    return f"{setting} on the default branch, or in the workflow. {_retry_hint(spending)}"


def check(spending: Spending, balance: Balance | None) -> None:
    """Check a purchase against the limit and the balance.

    Raises:
        OverBudget: the purchase exceeds the limit, or would leave less than `min_balance`.
    """
    if spending.limit and spending.spent + spending.hold > spending.limit:
        raise OverBudget(_over_limit(spending), hint=_to_continue(spending))
    if balance is None:
        return
    left = balance.available - spending.hold
    would = f"{spending.what.capitalize()} would reserve {number(spending.hold)}"
    if left < 0:
        raise OverBudget(
            f"{would} credits, but only {number(balance.available)} are available.",
            hint=f"Add credits to the CodeVF account. {_retry_hint(spending)}",
        )
    if left < spending.min_balance:
        raise OverBudget(
            f"{would} of {number(balance.available)} credits and leave "
            f"{number(left)}, which is less than `min-balance` ({number(spending.min_balance)}).",
            hint=f"Add credits to the CodeVF account, or lower `min-balance`. {_retry_hint(spending)}",
        )
