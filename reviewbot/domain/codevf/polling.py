"""Decide when to poll CodeVF and when to repeat a request. All times are in seconds.

CodeVF recommends 2 to 4 s between polls of a pending task, then 5 to 10 s, or 15 to 30 s in the mode `standard`.
After `RECOMMENDED_FOR`, the interval grows to a minute, because all jobs of an account share an hourly limit.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from random import Random

from msgspec import Struct

from reviewbot.domain.model.review import Mode, TaskStatus

FIRST_POLL = 2.0
"""The time between creating a task and the first poll."""

RECOMMENDED_FOR = 600.0
"""For this time after a task's creation, reviewbot uses the intervals that CodeVF recommends."""

LONGEST_POLL = 60.0
"""The maximum time between two polls, unless CodeVF asks for more."""

MIN_SPACING = 1.0
"""The minimum time between two requests, because CodeVF accepts one request per second."""

MAX_ATTEMPTS = 6

WRITES_AT_ONCE = 20
"""The number of writes to GitHub without a pause, enough for a review."""

WRITES_A_MINUTE = 57
"""The number of further writes per minute. With `WRITES_AT_ONCE`, the sum is below GitHub's limit of 80 a minute."""

_BACKOFF_FIRST = 1.0
_BACKOFF_LONGEST = 30.0


def next_poll(status: TaskStatus, mode: Mode, elapsed: float, retry_after: float | None, rng: Random) -> float:
    """Return the seconds until the next poll, at least `retry_after`."""
    wanted = FIRST_POLL if elapsed < FIRST_POLL else _cadence(status, mode, elapsed, rng)
    return max(wanted, retry_after or 0.0)


def _cadence(status: TaskStatus, mode: Mode, elapsed: float, rng: Random) -> float:
    if elapsed < RECOMMENDED_FOR:
        shortest, longest = _bounds(status, mode)
        drift = shortest + (longest - shortest) * elapsed / RECOMMENDED_FOR
        return min(longest, max(shortest, drift * rng.uniform(0.8, 1.2)))
    _, longest = _bounds(TaskStatus.PROCESSING, mode)
    return min(LONGEST_POLL, longest * elapsed / RECOMMENDED_FOR) * rng.uniform(0.9, 1.0)


def _bounds(status: TaskStatus, mode: Mode) -> tuple[float, float]:
    if status is TaskStatus.PENDING:
        return 2.0, 4.0
    return (15.0, 30.0) if mode is Mode.STANDARD else (5.0, 10.0)


def moment(header: str) -> datetime | None:
    """Parse a time in an HTTP header (RFC 9110, 5.6.7). Return None if it is invalid or has no time zone."""
    try:
        read = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    return read if read.tzinfo else None


def retry_delay(attempt: int, retry_after: float | None, rng: Random) -> float | None:
    """Return the seconds to wait before repeating a request, at least `retry_after`, or None to give up.

    `attempt` counts the failed requests. The delay doubles each time, multiplied by a random number from 0.5 to 1.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    delay = min(_BACKOFF_LONGEST, _BACKOFF_FIRST * (1 << (attempt - 1))) * rng.uniform(0.5, 1.0)
    return max(delay, retry_after or 0.0)


class Writes(Struct, frozen=True):
    """A token bucket for writes to GitHub at the time `at`. `left` is negative if writes are already scheduled."""

    left: float = WRITES_AT_ONCE
    at: float = 0.0

    def next(self, now: float) -> tuple[float, Writes]:
        """Return the seconds until the next write, and the bucket after that write."""
        a_second = WRITES_A_MINUTE / 60
        left = min(WRITES_AT_ONCE, self.left + max(0.0, now - self.at) * a_second) - 1
        return max(0.0, -left / a_second), Writes(left, now)
