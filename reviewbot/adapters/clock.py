"""The real time, which tests may shrink."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    Args:
        scale: how many real seconds one second of this clock takes; below 1 only in tests. Sleeping and measuring
            shrink alike, so that spacings, paces and deadlines need not know of it.

    Raises:
        ValueError: the scale is not positive.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError("a clock's scale must be positive")
        self._scale = scale

    def now(self) -> datetime:
        """The wall clock, in UTC, never scaled: it is only shown and stored."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of this clock, that only grow."""
        return time.monotonic() / self._scale

    def sleep(self, seconds: float) -> None:
        """Wait for seconds of this clock; nothing or less returns at once."""
        if seconds > 0:
            time.sleep(seconds * self._scale)
