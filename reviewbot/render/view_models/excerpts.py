"""Excerpts of the code as it was sent: a finding's lines, and a few lines before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import strip_gutter
from reviewbot.domain.findings.placement import UNVERIFIED
from reviewbot.domain.model.review import Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.render.view_models.review import FindingView

AROUND = 3
"""The number of lines shown before and after a finding's lines."""

MAX_LINES = 60
"""The maximum number of a finding's lines that are shown."""

_WIDTH = 400
"""The maximum number of characters of a line."""

_READ = _WIDTH + 100
"""The maximum number of characters read from a quoted line, which may begin with a line number."""


class ExcerptLine(Struct, frozen=True):
    """A line of an excerpt. `number` is None for a quoted line."""

    number: int | None
    text: str
    cited: bool
    redacted: bool = False


class Excerpt(Struct, frozen=True):
    """The lines to show. `more` is the number of cited lines that are not shown."""

    lines: tuple[ExcerptLine, ...]
    more: int = 0


class Excerpts:
    """Excerpts of the files as they were sent. Without files, each excerpt is the reviewer's quote."""

    def __init__(self, files: Iterable[FileView] = ()) -> None:
        self._files = {file.path: file for file in files}
        self._lines = cache(self._lines_of)

    def of(self, finding: FindingView) -> Excerpt:
        """Return the lines of a finding, or the reviewer's quote (may be empty) if the lines are unknown."""
        if finding.line is None or finding.why in UNVERIFIED:
            return _quoted(finding.code)
        first, last = finding.start_line or finding.line, finding.line
        known = self._lines(finding.path, finding.side)
        if first not in known or last < first:
            return _quoted(finding.code)
        more = max(0, last - first + 1 - MAX_LINES)
        end = last - more if more else last + AROUND
        redacted = self._files[finding.path].redacted if finding.side is Side.RIGHT else ()
        shown = (
            ExcerptLine(
                number,
                shorten_line(known[number].removesuffix("\r"), _WIDTH),
                cited=first <= number <= last,
                redacted=number in redacted,
            )
            for number in range(first - AROUND, end + 1)
            if number in known
        )
        return Excerpt(tuple(shown), more)

    def _lines_of(self, path: str, side: Side) -> Mapping[int, str]:
        file = self._files.get(path)
        return file.lines(side) if file else {}


def _quoted(code: str) -> Excerpt:
    """Return the first lines of a quote. The other lines are only counted, because a quote can be a megabyte long."""
    text = code.removesuffix("\n")
    known = [line[:_READ].removesuffix("\r") for line in text.split("\n", MAX_LINES)[:MAX_LINES]]
    lines = strip_gutter(known) if code.strip() else ()
    shown = tuple(ExcerptLine(None, shorten_line(line, _WIDTH), cited=False) for line in lines)
    return Excerpt(shown, text.count("\n") + 1 - len(shown) if shown else 0)
