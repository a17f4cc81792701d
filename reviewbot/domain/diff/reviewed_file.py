"""Provide the lines of a changed file as the reviewer saw them, to find quoted code."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from reviewbot.domain.diff.parse import Hunk, LineKind
from reviewbot.domain.diff.text_index import Block, TextIndex, split_lines
from reviewbot.domain.model.review import Side


class Places(Struct, frozen=True):
    """The first line number of each copy of a block (`every`), and of each copy with a changed line (`touched`)."""

    every: tuple[int, ...]
    touched: tuple[int, ...]


class FileView(Struct, frozen=True, dict=True):
    """A changed file with redacted hunks and text. `path`, `old_path` and `whole` are the same as in `FileDiff`.

    Attributes:
        text: the whole text at the head, even if only the diff is sent, or None if the text was not read.
        redacted: the numbers of lines with a redaction at the head.
        newly_redacted: the numbers of redacted lines that are new or were not redacted at the merge base.
    """

    path: str
    old_path: str
    hunks: tuple[Hunk, ...]
    text: str | None = None
    redacted: frozenset[int] = frozenset()
    newly_redacted: frozenset[int] = frozenset()
    whole: bool = False

    @cached_property
    def _places(self) -> dict[tuple[Side, Block], Places]:
        return {}

    @cached_property
    def index(self) -> Mapping[Side, TextIndex]:
        return {side: TextIndex.of(self.lines(side)) for side in Side}

    @cached_property
    def exact(self) -> Mapping[int, str]:
        return self._of_hunks(Side.RIGHT)

    def has_crlf(self, first: int, last: int) -> bool:
        """Return whether the diff shows that one of these lines at the head ends with CRLF.

        If the last of them has no line ending at all, the line before `first` also counts.
        """
        if any(self.exact.get(number, "").endswith("\r") for number in range(first, last + 1)):
            return True
        is_open = self.text is not None and not self.text.endswith("\n") and last == self.index[Side.RIGHT].last
        return is_open and self.exact.get(first - 1, "").endswith("\r")

    def _of_hunks(self, side: Side) -> Mapping[int, str]:
        lines = (line for hunk in self.hunks for line in hunk.lines)
        return {number: line.text for line in lines if (number := line.number(side)) is not None}

    @cached_property
    def _covered(self) -> Mapping[Side, Sequence[range]]:
        return {side: tuple(numbers for hunk in self.hunks if (numbers := hunk.numbers(side))) for side in Side}

    def part_in_one_hunk(self, side: Side, first: int, last: int) -> tuple[int, int] | None:
        covered = () if self.whole else self._covered[side]
        begin = bisect_right(covered, first, key=lambda numbers: numbers.stop)
        end = bisect_right(covered, last, key=lambda numbers: numbers.start)
        parts = [(max(first, numbers.start), min(last, numbers.stop - 1)) for numbers in covered[begin:end]]
        return max(parts, key=lambda part: part[1] - part[0], default=None)

    @cached_property
    def _touched(self) -> Mapping[Side, Sequence[int]]:
        lines = [line for hunk in self.hunks for line in hunk.lines if line.kind is not LineKind.CONTEXT]
        return {side: [number for line in lines if (number := line.number(side)) is not None] for side in Side}

    def places(self, side: Side, block: Block) -> Places:
        """Return the positions of a block, cached because many findings can have the same block."""
        if (side, block) not in self._places:
            every = tuple(self.index[side].places(block))
            numbers = self._touched[side]
            after = ((first, bisect_left(numbers, first)) for first in every)
            touched = (first for first, at in after if at < len(numbers) and numbers[at] < first + block.count)
            self._places[side, block] = Places(every, tuple(touched))
        return self._places[side, block]

    def lines(self, side: Side) -> Mapping[int, str]:
        """Map line numbers to lines of the whole text at the head, if it was read, or otherwise of the hunks."""
        if side is Side.RIGHT and self.text is not None:
            return dict(enumerate(split_lines(self.text), start=1))
        return self._of_hunks(side)
