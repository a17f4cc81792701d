"""When to ask next: decisions about time, as numbers. Nothing here waits.

The cadence is the service's own recommendation: the first poll about 2 s after creating; a pending task every 2 to 4 s;
a task in work every 5 to 10 s (`realtime_answer` and `fast`) or 15 to 30 s (`standard`). Within those bounds it goes
from the short end to the long one. After `PATIENCE` it grows slowly beyond them, up to a minute: a person who has not
answered in ten minutes is not missed by the second, and the hourly limit is shared by every job of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from random import Random

from reviewbot.domain.model.review import Mode, TaskStatus

FIRST_POLL = 2.0
"""Seconds between creating a task and the first question."""

PATIENCE = 600.0
"""Seconds for which the documented cadence is kept to."""

LONGEST_POLL = 60.0
"""Seconds between two questions at most, unless the service asks for more."""

MIN_SPACING = 1.0
"""Seconds between two requests at least: the service takes one a second."""

MAX_ATTEMPTS = 6
"""Requests for one answer at most, the first included."""

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP statuses that may be different the next time."""

WRITES_AT_ONCE = 20
"""Changes on GitHub without a pause between them: more than a review makes, fewer than a collection does."""

WRITES_A_MINUTE = 57
"""Changes a minute after those: together they stay under the 80 that GitHub takes in any minute."""

_BACKOFF_FIRST = 1.0
_BACKOFF_LONGEST = 30.0


class Fault(Enum):
    """A request that got no usable answer."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"
    UNTRUSTED = "untrusted"


_FINAL_FAULTS = frozenset({Fault.UNTRUSTED})  # a certificate does not get better by asking again


def next_poll(status: TaskStatus, mode: Mode, elapsed: float, retry_after: float | None, rng: Random) -> float:
    """Seconds to wait before asking for the task again.

    Args:
        status: what the last answer said; an unknown status is paced like work.
        mode: the service level.
        elapsed: seconds since the task was created.
        retry_after: seconds that the service asked for; never undercut.
        rng: where the jitter comes from.
    """
    wanted = FIRST_POLL if elapsed < FIRST_POLL else _cadence(status, mode, elapsed, rng)
    return max(wanted, retry_after or 0.0)


def _cadence(status: TaskStatus, mode: Mode, elapsed: float, rng: Random) -> float:
    if elapsed < PATIENCE:
        shortest, longest = _bounds(status, mode)
        drift = shortest + (longest - shortest) * elapsed / PATIENCE
        return min(longest, max(shortest, drift * rng.uniform(0.8, 1.2)))
    # Pending or in work: whoever asked as often as for the first minutes would ask more than every ten seconds in all.
    _, longest = _bounds(TaskStatus.PROCESSING, mode)
    return min(LONGEST_POLL, longest * elapsed / PATIENCE) * rng.uniform(0.9, 1.0)


def _bounds(status: TaskStatus, mode: Mode) -> tuple[float, float]:
    if status is TaskStatus.PENDING:
        return 2.0, 4.0
    return (15.0, 30.0) if mode is Mode.STANDARD else (5.0, 10.0)


def moment(header: str) -> datetime | None:
    """The time that an HTTP header names (RFC 9110, 5.6.7); None when it names none, or names it without a zone."""
    try:
        read = parsedate_to_datetime(header)
    except (ValueError, TypeError):
        return None
    return read if read.tzinfo else None


def retry_delay(attempt: int, failure: int | Fault, retry_after: float | None, rng: Random) -> float | None:
    """Seconds to wait before the same request is sent again; None means: never again.

    Args:
        attempt: how many requests have failed, this one included (from 1).
        failure: the HTTP status, or what kept an answer from coming.
        retry_after: seconds that the service asked for; never undercut.
        rng: where the jitter comes from: 50 to 100 % of the doubling delay.
    """
    passing = failure not in _FINAL_FAULTS if isinstance(failure, Fault) else failure in RETRIED_STATUSES
    if attempt >= MAX_ATTEMPTS or not passing:
        return None
    delay = min(_BACKOFF_LONGEST, _BACKOFF_FIRST * (1 << (attempt - 1))) * rng.uniform(0.5, 1.0)
    return max(delay, retry_after or 0.0)


@dataclass(frozen=True, slots=True)
class Writes:
    """A bucket of changes on GitHub that may be made at once; it fills again with time.

    Attributes:
        left: how many are in it; below 0 when some were promised that have to wait.
        at: when that was, in seconds of a clock.
    """

    left: float = WRITES_AT_ONCE
    at: float = 0.0

    def next(self, now: float) -> tuple[float, Writes]:
        """Seconds until the next change may be made, and the bucket without it."""
        a_second = WRITES_A_MINUTE / 60
        left = min(WRITES_AT_ONCE, self.left + max(0.0, now - self.at) * a_second) - 1
        return max(0.0, -left / a_second), Writes(left, now)
