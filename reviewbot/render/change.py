"""Prepare the change for the HTML report: a heading for each file, and the code as data for the page's script.

The data contains text and the lengths of colored pieces, never HTML. A file whose code does not fit has only a heading.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from reviewbot.domain.diff.parse import DiffLine, Hunk, LineKind
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import split_lines
from reviewbot.domain.model.review import Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.render.html_escaping import data

MAX_CODE_BYTES = 3_000_000
"""The maximum size of the code on the page in bytes, half of the page's maximum size."""

_TEXT_LIMIT = 8000
"""The maximum number of characters of a file that is colored as a whole, so that tokens can span several lines."""

_WIDTH = 1000
"""The maximum number of characters of a line."""

Runs = Sequence[tuple[str, str]]
"""The pieces of a line, each with its color."""

Paint = Callable[[str, Sequence[str]], Sequence[Runs]]
"""A function that colors the lines of the file at a path."""


class Heading(Struct, frozen=True):
    """The heading of a changed file. `entry` is the index of its code in the page's data, or None if it is left out."""

    old_path: str
    added: int
    deleted: int
    entry: int | None

    @property
    def is_left_out(self) -> bool:
        """Whether the file has code that is not on the page."""
        return self.entry is None and bool(self.added or self.deleted)


def anchor(path: str) -> str:
    """Return the HTML id of a file's section, which is the same in every report."""
    return f"file-{hashlib.sha256(path.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def written(files: Iterable[FileView], paint: Paint, room: int = MAX_CODE_BYTES) -> tuple[Mapping[str, Heading], str]:
    """Return the headings by path, and a JSON list with the code of the files that fit into `room` bytes."""
    headings: dict[str, Heading] = {}
    entries: list[str] = []
    for file in files:
        least = sum(len(line.text) for hunk in file.hunks for line in hunk.lines)
        text = data(list(_painted(file, paint))) if file.hunks and least <= room else ""
        size = len(text.encode())
        entry = len(entries) if text and size <= room else None
        kinds = Counter(line.kind for hunk in file.hunks for line in hunk.lines)
        old_path = file.old_path if file.old_path != file.path else ""
        headings[file.path] = Heading(old_path, kinds[LineKind.ADDED], kinds[LineKind.DELETED], entry)
        if entry is not None:
            entries.append(text)
            room -= size
    return headings, f"[{','.join(entries)}]"


def shown(text: str) -> str:
    """Truncate a line of code and make invisible characters visible."""
    return shorten_line(visible(text).replace("\n", " "), _WIDTH)


def _code(text: str) -> str:
    return shown(text.removesuffix("\r"))


def _painted(file: FileView, paint: Paint) -> Iterator[object]:
    """Yield each hunk as `[first old number, first new number, rows]`, with colored rows."""
    whole: Sequence[Runs] = ()
    if file.text is not None and len(file.text) <= _TEXT_LIMIT:
        whole = paint(file.path, [_code(line) for line in split_lines(file.text)])
    for hunk in file.hunks:
        left = _side(file.old_path, hunk, Side.LEFT, paint)
        right = dict(enumerate(whole, start=1)) or _side(file.path, hunk, Side.RIGHT, paint)
        starts = (hunk.numbers(side).start for side in (Side.LEFT, Side.RIGHT))
        yield [*starts, [_row(line, _runs(line, left, right)) for line in hunk.lines]]


def _side(path: str, hunk: Hunk, side: Side, paint: Paint) -> Mapping[int, Runs]:
    if side is Side.LEFT and all(line.kind is not LineKind.DELETED for line in hunk.lines):
        return {}
    known = {number: _code(line.text) for line in hunk.lines if (number := line.number(side)) is not None}
    return dict(zip(known, paint(path, list(known.values())), strict=True))


def _runs(line: DiffLine, left: Mapping[int, Runs], right: Mapping[int, Runs]) -> Runs:
    """Return the colored pieces of a line, or the plain line if the colored file has a different text there."""
    number, side = (line.old, left) if line.new is None else (line.new, right)
    runs, text = side.get(number or 0, ()), _code(line.text)
    return runs if "".join(part for part, _ in runs) == text else ((text, " "),)


def _row(line: DiffLine, runs: Runs) -> object:
    """Return a line with its diff sign, or `[line, "3k1 2s"]` with a color code after each length.

    The lengths are in UTF-16 units, as in JavaScript.
    """
    text = line.kind.value + "".join(part for part, _ in runs)
    if all(colour == " " for _, colour in runs):
        return text
    return [text, "".join(f"{len(part.encode('utf-16-le', 'replace')) // 2}{colour}" for part, colour in runs)]
