"""Polling follows the recommended intervals, and permanent errors are not retried."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf import polling
from reviewbot.domain.codevf.polling import Writes, moment, next_poll, retry_delay
from reviewbot.domain.model.review import Mode, TaskStatus

seeds = st.integers(0, 1_000_000).map(Random)
RUNNING = [TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.UNKNOWN]


@given(st.sampled_from(RUNNING), st.sampled_from(Mode), st.floats(0, 1.99), seeds)
def test_the_first_poll_is_two_seconds_after_creation(
    status: TaskStatus, mode: Mode, elapsed: float, rng: Random
) -> None:
    assert next_poll(status, mode, elapsed, None, rng) == polling.FIRST_POLL


@pytest.mark.parametrize(
    ("status", "mode", "shortest", "longest"),
    [
        (TaskStatus.PENDING, Mode.STANDARD, 2, 4),
        (TaskStatus.PENDING, Mode.FAST, 2, 4),
        (TaskStatus.PROCESSING, Mode.FAST, 5, 10),
        (TaskStatus.PROCESSING, Mode.REALTIME_ANSWER, 5, 10),
        (TaskStatus.PROCESSING, Mode.STANDARD, 15, 30),
        (TaskStatus.UNKNOWN, Mode.FAST, 5, 10),
    ],
)
@given(elapsed=st.floats(polling.FIRST_POLL, polling.RECOMMENDED_FOR, exclude_max=True), rng=seeds)
def test_the_documented_cadence_is_kept(
    status: TaskStatus, mode: Mode, shortest: float, longest: float, elapsed: float, rng: Random
) -> None:
    assert shortest <= next_poll(status, mode, elapsed, None, rng) <= longest


@given(st.sampled_from(RUNNING), st.sampled_from(Mode), st.floats(polling.RECOMMENDED_FOR, 1e6), seeds)
def test_a_long_wait_polls_less_often_but_at_least_every_minute(
    status: TaskStatus, mode: Mode, elapsed: float, rng: Random
) -> None:
    assert 9 <= next_poll(status, mode, elapsed, None, rng) <= polling.LONGEST_POLL


@given(st.sampled_from(RUNNING), st.sampled_from(Mode), st.floats(0, 1e6), st.floats(0, 1e5), seeds)
def test_a_wait_is_never_shorter_than_the_service_asks(
    status: TaskStatus, mode: Mode, elapsed: float, asked: float, rng: Random
) -> None:
    assert next_poll(status, mode, elapsed, asked, rng) >= asked


def test_a_pending_task_is_polled_after_seconds_and_a_failed_request_repeated() -> None:
    rng = Random(1)  # noqa: S311 — jitter, nothing secret
    assert 2 <= next_poll(TaskStatus.PENDING, Mode.STANDARD, 60, None, rng) <= 4
    assert next_poll(TaskStatus.PENDING, Mode.STANDARD, 60, 90, rng) == 90
    first, second = (retry_delay(attempt, None, rng) for attempt in (1, 2))
    assert first is not None
    assert second is not None
    assert 0.5 <= first <= 1 <= second <= 2
    assert retry_delay(1, 90, rng) == 90
    assert retry_delay(polling.MAX_ATTEMPTS, 90, rng) is None


def test_a_wait_of_four_hours_costs_a_fraction_of_the_hourly_limit() -> None:
    rng, elapsed, requests = Random(1), 0.0, 0  # noqa: S311 — jitter, nothing secret
    while elapsed < 4 * 3600:
        elapsed += next_poll(TaskStatus.PROCESSING, Mode.FAST, elapsed, None, rng)
        requests += 1
    assert requests < 500


@given(st.integers(1, polling.MAX_ATTEMPTS - 1), seeds)
def test_a_temporary_error_is_retried_with_growing_delays(attempt: int, rng: Random) -> None:
    delay = retry_delay(attempt, None, rng)
    assert delay is not None
    whole = min(30.0, 2.0 ** (attempt - 1))
    assert whole / 2 <= delay <= whole


@given(st.integers(polling.MAX_ATTEMPTS, 100), seeds)
def test_the_number_of_retries_is_limited(attempt: int, rng: Random) -> None:
    assert retry_delay(attempt, None, rng) is None


@given(st.integers(1, 5), st.floats(0, 1e6), seeds)
def test_a_retry_waits_as_long_as_the_service_asks(attempt: int, asked: float, rng: Random) -> None:
    delay = retry_delay(attempt, asked, rng)
    assert delay is not None
    assert delay >= asked


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Sun, 01 Nov 2026 00:01:00 GMT", datetime(2026, 11, 1, 0, 1, tzinfo=UTC)),
        ("Sun, 01 Nov 2026 00:01:00 -0000", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 2026 00:01:00 GMT", None),
    ],
)
def test_a_date_header_is_parsed_or_ignored(header: str, expected: datetime | None) -> None:
    assert moment(header) == expected


def written_at(wishes: list[float]) -> list[float]:
    """Return the times at which changes are written, each requested some seconds after the previous one."""
    bucket, now, made = Writes(), 0.0, []
    for after in wishes:
        pause, bucket = bucket.next(now + after)
        now += after + pause
        made.append(now)
    return made


def test_writes_after_the_first_twenty_are_paced() -> None:
    made = written_at([0.0] * 22)
    assert made[:20] == [0.0] * 20
    assert made[20:] == pytest.approx([60 / 57, 2 * 60 / 57])


@given(st.lists(st.floats(0, 90), min_size=100, max_size=300))
def test_github_gets_fewer_than_eighty_changes_in_any_minute(wishes: list[float]) -> None:
    made = written_at(wishes)
    assert all(later - earlier > 60 for earlier, later in zip(made, made[79:], strict=False))


@given(st.lists(st.floats(0, 0.5), min_size=200, max_size=200))
def test_the_pause_before_a_write_is_bounded(wishes: list[float]) -> None:
    bucket, now = Writes(), 0.0
    for after in wishes:
        pause, bucket = bucket.next(now + after)
        assert 0 <= pause <= 60 / 57 + 1e-9
        now += after + pause
