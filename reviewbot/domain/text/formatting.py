"""Format numbers, sizes and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_KILO = 1000


def counted(number: int, one: str, many: str = "") -> str:
    """Format `1 finding`, `2 findings`, `1,234 findings`; `many` is an irregular plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(texts: Sequence[str], most: int) -> str:
    """Join the first texts and count the others: `a, b and 3 more`."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def size(number: int) -> str:
    """Format bytes, rounded: `312 bytes`, `34 kB`, `1.2 MB`."""
    if number < _KILO:
        return counted(number, "byte")
    if number < _KILO**2:
        return f"{max(1, round(number / _KILO))} kB"
    return f"{number / _KILO**2:.1f} MB"


def duration(seconds: int) -> str:
    """Format the two largest units: `40 seconds`, `1 hour 20 minutes`, `2 days 3 hours`."""
    if seconds < _MINUTE:
        return counted(max(0, seconds), "second")
    if seconds < _HOUR:
        return counted(seconds // _MINUTE, "minute")
    large, small, noun, part = (_HOUR, _MINUTE, "hour", "minute") if seconds < _DAY else (_DAY, _HOUR, "day", "hour")
    rest = seconds % large // small
    return counted(seconds // large, noun) + (f" {counted(rest, part)}" if rest else "")


def moment(at: datetime) -> str:
    """Format in UTC, to the minute: `2026-11-24 09:05 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(value: int | Decimal) -> str:
    """Format with thousands separators and without trailing zeros: `1,200`, `1.5`."""
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(commit: str) -> str:
    return commit[:7]


def lines(start: int | None, end: int | None) -> str:
    """Format `line 3` or `lines 3 to 5`; empty without an end."""
    if end is None:
        return ""
    return f"line {end}" if start is None or start == end else f"lines {start} to {end}"


_STATES = {"pending": "in the queue", "processing": "in review"}


def state(status: str) -> str:
    return _STATES.get(status, status)


def invalid_byte(error: UnicodeDecodeError) -> str:
    """Format where bytes stop being UTF-8: `line 3 has the byte 0xF6`."""
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"line {line} has the byte 0x{error.object[error.start]:02X}"
