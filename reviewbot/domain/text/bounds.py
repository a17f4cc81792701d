"""Limit the length of each string in a report, so that the smallest tier of detail always fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, cast

from msgspec import Struct, structs

from reviewbot.domain.text.mapped import Mapped
from reviewbot.domain.text.size_limits import Detail

T = TypeVar("T")

_TRUSTED = frozenset({"mark", "ledger", "boundary"})
"""Names of fields with strings that reviewbot itself writes and limits."""

_PROSE = frozenset({"explanation", "code", "suggestion", "text", "message", "hint", "reviewer_summary"})
"""Names of fields with strings of several lines. All other strings are shown on one line."""

_SPACE = re.compile(r"\s")

_ADDRESS_LIMIT = 2000
"""The maximum length of a URL."""

_TITLE_LIMIT = 255


class Cut(str):
    """A truncated string. `omitted` is the number of missing characters."""

    __slots__ = ("omitted",)
    omitted: int


def shorten(text: str, limit: int) -> str:
    """Truncate to `limit` characters, if possible at the end of a line. Return a `Cut` if characters are missing."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", limit // 2, limit + 1)
    cut = Cut(text[: limit if end < 0 else end])
    cut.omitted = len(text) - len(cut)
    return cut


def through_word(text: str, limit: int) -> str:
    """Truncate at the first space after `limit` characters, because redaction could miss a truncated token."""
    end = _SPACE.search(text, limit)
    return text[: end.start()] if end else text


def shorten_line(text: str, limit: int) -> str:
    """Truncate a title or a path to `limit` characters, with an ellipsis."""
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


def shorten_title(text: str) -> str:
    """Truncate a title to GitHub's 255 characters, counted as UTF-16 code units, without splitting a character."""
    units = text.encode("utf-16-le", "replace")
    if len(units) // 2 <= _TITLE_LIMIT:
        return text
    return units[: 2 * (_TITLE_LIMIT - 1)].decode("utf-16-le", "ignore") + "…"


def first_lines(texts: Sequence[str], rows: int, limit: int) -> tuple[str, ...]:
    """Return the first `rows` strings, each truncated to `limit`, and a line with the number of the others."""
    shown = tuple(shorten_line(text, limit) for text in texts[:rows])
    more = len(texts) - len(shown)
    return (*shown, f"… and {more:,} more") if more else shown


def bounded(view: T, detail: Detail) -> T:
    """Shorten each string in a view to the limits of a tier of detail. Keep the length of lists."""
    return cast("T", _bounded(view, "", detail))


def _bounded(value: Any, name: str, detail: Detail) -> Any:  # noqa: ANN401 — a field of any type
    if isinstance(value, str):
        return _bounded_text(value, name, detail)
    if isinstance(value, tuple | Mapped):
        return Mapped(partial(_bounded, name=name, detail=detail), value) if value else value
    if not isinstance(value, Struct):
        return value
    changed = {
        field: new
        for field in _names(type(value))
        if (new := _bounded(old := getattr(value, field), field, detail)) is not old
    }
    return structs.replace(value, **changed) if changed else value


@cache
def _names(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(field for field in kind.__struct_fields__ if field not in _TRUSTED)


def _bounded_text(text: str, name: str, detail: Detail) -> str | None:
    if isinstance(text, Enum):
        return text
    if name.endswith("_url"):  # a URL is shown whole or not at all
        return text if len(text) <= _ADDRESS_LIMIT else None
    return shorten(text, detail.text) if name in _PROSE else shorten_line(text, detail.line)
