"""The system's clocks, which tests can speed up."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    The scale is real seconds per second of this clock; below 1 only in tests. It applies to sleeping and measuring, so
    intervals and deadlines need no change.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    def now(self) -> datetime:
        """Return the wall clock in UTC; never scaled: it is compared with times of GitHub, CodeVF and other runs."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds of this clock, which never decrease."""
        return time.monotonic() / self._scale

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds * self._scale)
