"""The system's clocks, which tests can speed up."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    `scale` is the number of real seconds per second of this clock. Only tests set a scale below 1. The scale applies to
    `sleep` and to `monotonic`, so intervals and deadlines need no change.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    def now(self) -> datetime:
        """Return the unscaled time in UTC, because it is compared with times from GitHub, CodeVF and other runs."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return this clock's time in seconds, which never decreases."""
        return time.monotonic() / self._scale

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds * self._scale)
