"""Compute the credits for `max-credits: auto` and the limit for `max-credits-per-pr: auto`."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.review import Mode
from reviewbot.domain.text.formatting import counted, number

STEP = 60
"""Automatic credits are rounded up to a multiple of this number. Then the ceiling and the mode's limits apply."""

REVIEWS_PER_PULL = 6
"""An automatic limit is the hold of the first review times this number."""


class AutoSize(Struct, frozen=True):
    """The settings of `max-credits: auto`: the credits for zero lines and per 100 lines, and the maximum for a task."""

    base: int
    per_100_lines: int
    ceiling: int

    def credits_for(self, lines: int, mode: Mode) -> int:
        """Return the credits for a task. The minimum of the mode takes precedence over the ceiling."""
        rounded = -(-(100 * self.base + self.per_100_lines * lines) // (100 * STEP)) * STEP
        return max(min(rounded, self.ceiling, mode.credits.stop - 1), mode.credits.start)

    def is_at_ceiling(self, lines: int, mode: Mode) -> bool:
        """Return whether the ceiling reduces the credits for a task."""
        is_over = 100 * self.base + self.per_100_lines * lines > 100 * self.ceiling
        return is_over and self.credits_for(lines, mode) == self.ceiling

    def arithmetic(self, lines: int, mode: Mode) -> str:
        """Explain in plain text how the credits are computed from the lines."""
        exact = self.base + self.per_100_lines * Decimal(lines) / 100
        found = self.credits_for(lines, mode)
        base, rate = number(self.base), number(self.per_100_lines)
        product = f"{base} + {rate} × {number(lines)} / 100 = {number(exact)}"
        if found == exact:
            return product
        if found >= exact + STEP:
            return f"{product}, raised to {number(found)}, the minimum for {mode.value}"
        if found > exact:
            return f"{product}, rounded up to {number(found)}"
        limit = "max-credits-ceiling" if found == self.ceiling else f"the maximum for {mode.value}"
        return f"{product}, limited to {number(found)}, {limit}"


def lines_each(lines: int, parts: int) -> int:
    """Return an even share of the lines for each task, rounded up."""
    return -(-lines // parts)


def sized_by(auto: AutoSize, mode: Mode, lines: int, parts: int, max_credits: int) -> str:
    """Explain the credits of each task. If the settings no longer give `max_credits`, return only the lines."""
    each = lines_each(lines, parts)
    size = counted(lines, "changed line") + (f" in {parts} tasks, {number(each)} each" if parts > 1 else "")
    return f"{size}; {auto.arithmetic(each, mode)}" if auto.credits_for(each, mode) == max_credits else size


def limit_per_pull(setting: int | Auto, first_hold: int) -> int:
    """Return the limit of `max-credits-per-pr`, given the hold of the first review. 0 means no limit."""
    return REVIEWS_PER_PULL * first_hold if setting is Auto.AUTO else setting
