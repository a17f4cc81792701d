"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from reviewbot.adapters.clock import SystemClock
from reviewbot.ports import Clock


def test_the_time_is_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5


def test_the_scale_applies_to_sleeping_and_measuring() -> None:
    clock = SystemClock(scale=0.001)
    before, real = clock.monotonic(), time.monotonic()
    clock.sleep(20)
    assert 0.02 <= time.monotonic() - real < 10
    assert clock.monotonic() - before >= 20


@pytest.mark.parametrize("seconds", [0, -1])
def test_sleeping_for_no_time_returns(seconds: float) -> None:
    SystemClock().sleep(seconds)
