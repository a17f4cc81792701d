"""The service's clock: scaled, or set by tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]


def scaled_clock(scale: float = 1.0) -> Clock:
    """Wall time, sped up: one second of the service takes `scale` real seconds.

    Use the same number as reviewbot's time scale, so that both agree.
    """
    epoch, start = time.time(), time.monotonic()
    return lambda: epoch + (time.monotonic() - start) / scale


class HandClock:
    """A clock that only `advance` moves, in seconds since the epoch."""

    def __init__(self, now: float = 1_766_052_000.0) -> None:
        self._now = now

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
