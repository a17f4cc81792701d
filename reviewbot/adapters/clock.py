"""The system's clocks, which tests can speed up."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clocks.

    `scale` is the number of real seconds per second of `sleep` and `monotonic`. Only tests set `scale` below 1.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale

    def now(self) -> datetime:
        """Return the UTC time without `scale`, because callers compare the time with GitHub's and CodeVF's times."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() / self._scale

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds * self._scale)
