"""The real clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reviewbot.edges.clock import SystemClock
from reviewbot.ports import Clock


def test_it_tells_the_time_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs((clock.now() - datetime.now(UTC)).total_seconds()) < 5


def test_a_sleep_is_scaled_and_monotonic_is_not() -> None:
    clock = SystemClock(scale=0.001)
    before = clock.monotonic()
    clock.sleep(20)
    assert 0.02 <= clock.monotonic() - before < 10


@pytest.mark.parametrize("seconds", [0, -1])
def test_nothing_to_wait_for(seconds: float) -> None:
    SystemClock().sleep(seconds)
