"""Highlight code with Pygments. Only this module imports Pygments, because the import is slow.

The code is untrusted, and some of Pygments' regular expressions take quadratic time on unusual lines. Therefore, the
code is split into short pieces, only well-known lexers are used, and code after the time limit has no color.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, String

from reviewbot.domain.diff.languages import language_of

SECONDS = 5.0
"""The maximum processor time for one report."""

PIECE = 8000
"""The maximum number of characters per piece. The slowest known piece takes three seconds."""


class Colour(StrEnum):
    """The colors of code. Except for `PLAIN`, the values are CSS classes."""

    PLAIN = " "
    KEYWORD = "k"
    STRING = "s"
    COMMENT = "c"
    NUMBER = "n"
    NAME = "f"
    BUILTIN = "b"


_COLOURS = (
    (Comment, Colour.COMMENT),
    (Keyword, Colour.KEYWORD),
    (String, Colour.STRING),
    (Number, Colour.NUMBER),
    (Literal, Colour.NUMBER),
    (Name.Function, Colour.NAME),
    (Name.Class, Colour.NAME),
    (Name.Decorator, Colour.NAME),
    (Name.Tag, Colour.KEYWORD),
    (Name.Attribute, Colour.BUILTIN),
    (Name.Builtin, Colour.BUILTIN),
    (Name.Exception, Colour.BUILTIN),
)
"""The colors of token types. Specific types come first, because the first match applies."""

Run = tuple[str, Colour]
"""A piece of a line and its color."""


class Colours:
    """Colors code until the process has used `seconds` of processor time."""

    def __init__(self, clock: Callable[[], float] = time.process_time, seconds: float = SECONDS) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def of(self, path: str, lines: Sequence[str]) -> tuple[tuple[Run, ...], ...]:
        """Split each line into colored pieces. The lines must not contain line feeds."""
        language = language_of(path)
        if not language:
            return tuple(map(_plain, lines))
        return tuple(runs for piece in _pieces(lines) for runs in self._piece(_lexer(language), piece))

    def _piece(self, lexer: Lexer, lines: Sequence[str]) -> Iterator[tuple[Run, ...]]:
        text = "\n".join(lines)
        if len(text) > PIECE or self._clock() > self._end:
            return map(_plain, lines)
        return iter(_checked(lines, _lines(lexer.get_tokens(text + "\n"))))


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _pieces(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield groups of consecutive lines with at most `PIECE` characters. A longer line is a group of its own."""
    start = size = 0
    for at, line in enumerate(lines):
        if size + len(line) + 1 > PIECE and at > start:
            yield lines[start:at]
            start, size = at, 0
        size += len(line) + 1
    yield lines[start:]


def _lines(tokens: Iterator[tuple[object, str]]) -> Iterator[tuple[Run, ...]]:
    """Split tokens into lines, and join adjacent tokens of the same color."""
    runs: list[Run] = []
    for kind, text in tokens:
        colour = _colour(kind)
        for at, part in enumerate(text.split("\n")):
            if at:
                yield tuple(runs)
                runs = []
            if part and runs and runs[-1][1] is colour:
                runs[-1] = (runs[-1][0] + part, colour)
            elif part:
                runs.append((part, colour))
    if runs:
        yield tuple(runs)


@cache  # a few hundred kinds, but a million tokens
def _colour(kind: object) -> Colour:
    return next((colour for known, colour in _COLOURS if kind in known), Colour.PLAIN)


def _checked(lines: Sequence[str], coloured: Iterator[tuple[Run, ...]]) -> tuple[tuple[Run, ...], ...]:
    """Return the colored lines, or the plain lines if the lexer changed the text.

    A lexer may drop a carriage return or a byte order mark.
    """
    found = tuple(coloured)
    same = ["".join(text for text, _ in runs) for runs in found] == list(lines)
    return found if same else tuple(map(_plain, lines))


def _plain(line: str) -> tuple[Run, ...]:
    return ((line, Colour.PLAIN),) if line else ()
