"""Parse the patch of one file: which lines accept comments, and the hunk shown above a comment.

RIGHT comments may be on added and context lines, with the new file's numbers; LEFT comments on deleted and context
lines, with the old file's. A range must be inside one hunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from reviewbot_sandbox.github.model.records import Side

_HEADER = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class PatchLine:
    """A line of a hunk with its marker, its number on each side it exists on, and its distance from the first `@@`."""

    text: bytes
    old: int | None
    new: int | None
    position: int

    def number(self, side: Side) -> int | None:
        return self.new if side is Side.RIGHT else self.old


@dataclass(frozen=True, slots=True)
class Hunk:
    """A hunk: its header line, its first old line, the number of lines on each side, and its lines."""

    header: bytes
    old_start: int
    old_count: int
    new_count: int
    lines: tuple[PatchLine, ...]

    def find(self, side: Side, number: int) -> PatchLine | None:
        return next((line for line in self.lines if line.number(side) == number), None)

    def until(self, line: PatchLine) -> str:
        """Return the hunk from its header down to a line, as GitHub shows it in `diff_hunk`."""
        shown = [self.header, *(each.text for each in self.lines if each.position <= line.position)]
        return b"\n".join(shown).decode(errors="replace")


def read_hunks(patch: bytes) -> Iterator[Hunk]:
    """Yield the hunks of a patch that starts at its first `@@`."""
    rows = patch.split(b"\n")
    starts = [at for at, row in enumerate(rows) if row.startswith(b"@@ ")]
    for start, end in pairwise([*starts, len(rows)]):
        match = _HEADER.match(rows[start])
        if match:
            old, old_count, new, new_count = (1 if group is None else int(group) for group in match.groups())
            lines = tuple(_lines(rows[start + 1 : end], old, new, start - starts[0] + 1))
            yield Hunk(rows[start], old, old_count, new_count, lines)


def _lines(rows: list[bytes], old: int, new: int, position: int) -> Iterator[PatchLine]:
    for at, row in enumerate(rows, position):
        marker = row[:1]
        if marker == b"+":
            yield PatchLine(row, None, new, at)
            new += 1
        elif marker == b"-":
            yield PatchLine(row, old, None, at)
            old += 1
        elif marker == b" ":
            yield PatchLine(row, old, new, at)
            old, new = old + 1, new + 1


def hunk_of(hunks: tuple[Hunk, ...], side: Side, number: int) -> Hunk | None:
    """Return the hunk that holds that line, or None when the line is not part of the diff on that side."""
    return next((hunk for hunk in hunks if hunk.find(side, number)), None)


def moved_line(hunks: tuple[Hunk, ...], line: int) -> int | None:
    """Return the new number of an old file's line; None if the line was changed or deleted."""
    shift = 0
    for hunk in hunks:
        found = hunk.find(Side.LEFT, line)
        if found:
            return found.new
        first = hunk.old_start if hunk.old_count else hunk.old_start + 1
        if first + hunk.old_count <= line:
            shift += hunk.new_count - hunk.old_count
    return line + shift


def line_at(hunks: tuple[Hunk, ...], position: int) -> PatchLine | None:
    """Return the line at a distance below the file's first `@@`."""
    return next((line for hunk in hunks for line in hunk.lines if line.position == position), None)
