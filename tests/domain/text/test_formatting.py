"""Formatting of numbers, sizes and times."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reviewbot.domain.text.formatting import counted, duration, lines, moment, number, short, size, state


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3599, "59 minutes"),
        (3600, "1 hour"),
        (4800, "1 hour 20 minutes"),
        (86400, "1 day"),
        (183600, "2 days 3 hours"),
    ],
)
def test_a_duration_is_formatted_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("start", "end", "said"), [(None, None, ""), (3, 3, "line 3"), (3, 5, "lines 3 to 5")])
def test_lines_are_formatted_as_one_or_as_a_range(start: int | None, end: int | None, said: str) -> None:
    assert lines(start, end) == said
    assert lines(None, 7) == "line 7"


def test_a_commit_is_abbreviated_as_in_git() -> None:
    assert short("5f1c0de9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3") == "5f1c0de"


def test_figures_are_rounded_without_trailing_zeros() -> None:
    assert (size(1), size(312), size(1000), size(34_000), size(1_200_000)) == (
        "1 byte", "312 bytes", "1 kB", "34 kB", "1.2 MB",
    )  # fmt: skip
    assert (number(1200), number(Decimal("1.50")), number(Decimal("2.0"))) == ("1,200", "1.5", "2")
    assert (counted(1, "finding"), counted(2, "finding"), counted(3, "child", "children")) == (
        "1 finding", "2 findings", "3 children",
    )  # fmt: skip
    assert moment(datetime(2026, 11, 24, 9, 5, tzinfo=UTC)) == "2026-11-24 09:05 UTC"


def test_a_task_state_is_shown_in_plain_words_or_in_codevfs() -> None:
    assert [state(word) for word in ("pending", "processing", "resting")] == ["in the queue", "in review", "resting"]
