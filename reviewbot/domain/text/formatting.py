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
    """Format a count, e.g., `1 finding` or `1,234 findings`. `many` is an irregular plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(texts: Sequence[str], most: int) -> str:
    """Join the first `most` strings and count the others, e.g., `a, b and 3 more`."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def size(number: int) -> str:
    """Format a number of bytes, e.g., `312 bytes`, `34 kB` or `1.2 MB`."""
    if number < _KILO:
        return counted(number, "byte")
    if number < _KILO**2:
        return f"{max(1, round(number / _KILO))} kB"
    return f"{number / _KILO**2:.1f} MB"


def duration(seconds: int) -> str:
    """Format a duration in its two largest units, e.g., `40 seconds` or `1 hour 20 minutes`."""
    if seconds < _MINUTE:
        return counted(max(0, seconds), "second")
    if seconds < _HOUR:
        return counted(seconds // _MINUTE, "minute")
    large, small, noun, part = (_HOUR, _MINUTE, "hour", "minute") if seconds < _DAY else (_DAY, _HOUR, "day", "hour")
    rest = seconds % large // small
    return counted(seconds // large, noun) + (f" {counted(rest, part)}" if rest else "")


def moment(at: datetime) -> str:
    """Format a time in UTC, e.g., `2026-11-24 09:05 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(value: int | Decimal) -> str:
    """Format a number with thousands separators and no trailing zeros, e.g., `1,200` or `1.5`."""
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(commit: str) -> str:
    return commit[:7]


def lines(start: int | None, end: int | None) -> str:
    """Format a range, e.g., `line 3` or `lines 3 to 5`. Return an empty string if `end` is None."""
    if end is None:
        return ""
    return f"line {end}" if start is None or start == end else f"lines {start} to {end}"


_STATES = {"pending": "in the queue", "processing": "in review"}


def state(status: str) -> str:
    return _STATES.get(status, status)


def invalid_byte(error: UnicodeDecodeError) -> str:
    """Describe the first invalid byte, e.g., `line 3 has the byte 0xF6`."""
    line = error.object.count(b"\n", 0, error.start) + 1
    return f"line {line} has the byte 0x{error.object[error.start]:02X}"
