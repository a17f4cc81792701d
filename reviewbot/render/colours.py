"""Highlight code with Pygments. Only this module imports Pygments, because the import is slow.

The code is untrusted, and some of Pygments' regular expressions take quadratic time on unusual lines. Therefore, the
code is split into short pieces, only well-known lexers are used, and code after the time limit has no color.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, String

from reviewbot.domain.diff.languages import language_of

SECONDS = 5.0
"""The maximum processor time for one report."""

PIECE = 8000
"""The maximum number of characters per piece. The slowest known piece takes three seconds."""


PLAIN = " "
"""The mark of code without a color."""

_KINDS = {
    "c": (Comment,),
    "k": (Keyword, Name.Tag),
    "s": (String,),
    "n": (Literal,),
    "f": (Name.Function, Name.Class, Name.Decorator),
    "b": (Name.Attribute, Name.Builtin, Name.Exception),
}
"""The token types of each CSS class. The first match applies, because a string is also a literal."""

Run = tuple[str, str]
"""A piece of a line, and its CSS class or `PLAIN`."""


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

    def _piece(self, lexer: Lexer, lines: Sequence[str]) -> list[tuple[Run, ...]]:
        """Return the colored lines, or the plain lines after the time limit or if the lexer dropped characters."""
        text = "\n".join(lines)
        if len(text) <= PIECE and self._clock() <= self._end:
            found = list(_lines(lexer.get_tokens(text + "\n")))
            if ["".join(part for part, _ in runs) for runs in found] == list(lines):
                return found
        return [_plain(line) for line in lines]


_lexer = cache(partial(get_lexer_by_name, stripnl=False, ensurenl=False))


def _pieces(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for at, line in enumerate(lines):
        if size + len(line) + 1 > PIECE and at > start:
            yield lines[start:at]
            start, size = at, 0
        size += len(line) + 1
    yield lines[start:]


def _lines(tokens: Iterator[tuple[object, str]]) -> Iterator[tuple[Run, ...]]:
    runs: list[Run] = []
    for kind, text in tokens:
        colour = _colour(kind)
        for at, part in enumerate(text.split("\n")):
            if at:
                yield tuple(runs)
                runs = []
            if part and runs and runs[-1][1] == colour:
                runs[-1] = (runs[-1][0] + part, colour)
            elif part:
                runs.append((part, colour))
    if runs:
        yield tuple(runs)


@cache  # a few hundred kinds, but a million tokens
def _colour(kind: object) -> str:
    for colour, kinds in _KINDS.items():
        if any(kind in known for known in kinds):
            return colour
    return PLAIN


def _plain(line: str) -> tuple[Run, ...]:
    return ((line, PLAIN),) if line else ()
