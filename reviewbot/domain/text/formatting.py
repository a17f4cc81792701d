"""Formats numbers, sizes and times for people."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_KILO = 1000


def counted(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `2 findings`, `1,234 findings`; `many` is the plural if it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes, rounded: `312 bytes`, `34 kB`, `1.2 MB`."""
    if number < _KILO:
        return counted(number, "byte")
    if number < _KILO**2:
        return f"{max(1, round(number / _KILO))} kB"
    return f"{number / _KILO**2:.1f} MB"


def duration(seconds: int) -> str:
    """The two largest units: `40 seconds`, `1 hour 20 minutes`, `2 days 3 hours`."""
    if seconds < _MINUTE:
        return counted(max(0, seconds), "second")
    if seconds < _HOUR:
        return counted(seconds // _MINUTE, "minute")
    large, small, noun, part = (_HOUR, _MINUTE, "hour", "minute") if seconds < _DAY else (_DAY, _HOUR, "day", "hour")
    rest = seconds % large // small
    return counted(seconds // large, noun) + (f" {counted(rest, part)}" if rest else "")


def moment(at: datetime) -> str:
    """UTC, to the minute: `2026-11-24 09:05 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(value: int | Decimal) -> str:
    """Thousands separated and no trailing zeros: `1,200`, `1.5`."""
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(commit: str) -> str:
    """A commit as git abbreviates it."""
    return commit[:7]


def lines(start: int | None, end: int | None) -> str:
    """`line 3` or `lines 3 to 5`; empty without an end."""
    if end is None:
        return ""
    return f"line {end}" if start is None or start == end else f"lines {start} to {end}"


_STATES = {"submitted": "handed in", "pending": "in the queue", "processing": "in review"}


def state(status: str) -> str:
    """A task's state in words; CodeVF's own word if there is no better one."""
    return _STATES.get(status, status)
