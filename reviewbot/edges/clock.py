"""The real time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    Args:
        scale: what every sleep is multiplied by; below 1 only in tests.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only grow, never scaled: a deadline is scaled by who sets it."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; nothing or less returns at once."""
        if seconds > 0:
            time.sleep(seconds * self._scale)
