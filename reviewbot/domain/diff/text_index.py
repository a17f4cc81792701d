"""Find quoted code in a file.

The search ignores differences in whitespace and the line numbers that reviewers copy from attachments. The number of
checked positions is limited, so that ten thousand findings on a hundred thousand equal lines take only seconds.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from itertools import groupby

from msgspec import Struct

from reviewbot.domain.text.strict_json import Count

MAX_QUOTE_LINES = 400
MAX_CANDIDATES = 64

_CRLF = re.compile(r"(?<!\r)\r(?=\n|\Z)")
_GUTTER = re.compile(r"^[ \t]*\d{1,7}\|[ ]?")


def fold(line: str) -> str:
    return " ".join(line.split())


def strip_gutter(lines: Sequence[str]) -> tuple[str, ...]:
    """Remove line numbers such as `  12| ` if every non-blank line has one."""
    if all(_GUTTER.match(line) for line in lines if line.strip()):
        return tuple(_GUTTER.sub("", line, count=1) for line in lines)
    return tuple(lines)


def split_lines(text: str) -> tuple[str, ...]:
    """Split only at line feeds, as git does."""
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def in_context(lines: Sequence[str], numbers: Container[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each line number in `numbers` with the line, the previous line, and the enclosing lines by indentation.

    In a workflow, a Dockerfile or a script, lines with equal tuples have the same meaning.
    """
    outer: list[tuple[int, str]] = []
    above = ""
    for number, line in enumerate(lines, start=1):
        content = line.strip()
        if content:
            # YAML lists may have the indentation of their key, and the lines of an INI section are not indented.
            depth = len(line) - len(line.lstrip()) + content.startswith("- ") - line.startswith("[")
            if above.endswith("\\"):
                depth = max(depth, outer[-1][0] + 1)
            while outer and outer[-1][0] >= depth:
                outer.pop()
            if number in numbers:
                yield number, (line, above, *(text for _, text in outer))
            outer.append((depth, line))
            above = line.rstrip()


def line_feeds(text: str) -> str:
    """Replace CRLF with LF, and remove a CR at the end of the text. Keep other CRs."""
    return _CRLF.sub("", text)


def quoted_lines(code: str) -> tuple[str, ...]:
    """Return at most `MAX_QUOTE_LINES` folded lines of a quote, without leading and trailing blank lines."""
    folded = [fold(line) for line in strip_gutter(split_lines(code))]
    filled = [index for index, line in enumerate(folded) if line]
    return tuple(folded[filled[0] : filled[-1] + 1][:MAX_QUOTE_LINES]) if filled else ()


class Block(Struct, frozen=True, array_like=True):
    """Digests of consecutive lines, used to find the lines again and to detect changes.

    Attributes:
        first: the first 8 hex digits of the digest of the first line.
        digest: the `digest` of all lines, with folded whitespace.
    """

    first: str
    count: Count
    digest: str

    @classmethod
    def of(cls, lines: Sequence[str]) -> Block:
        return cls(digest(lines[0])[:8], len(lines), digest("\n".join(lines)))


def digest(text: str) -> str:
    """Return the first 32 hex digits of the SHA-256, enough to prevent collisions."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _key(digest_of_lines: str) -> int:
    """Return the first 8 bytes of a digest as a number, which needs less memory."""
    return int.from_bytes(digest_of_lines[:8].encode("utf-8", "replace")[:8])


class TextIndex(Struct, frozen=True, dict=True):
    """The known lines of a file, with folded whitespace. `occurrences` maps each line to ascending line numbers."""

    folded: Mapping[int, str]
    occurrences: Mapping[str, Sequence[int]]
    last: int

    @classmethod
    def of(cls, lines: Mapping[int, str]) -> TextIndex:
        folded = {number: fold(text) for number, text in lines.items()}
        occurrences: dict[str, list[int]] = {}
        for number in sorted(folded):
            occurrences.setdefault(folded[number], []).append(number)
        return cls(folded, occurrences, max(folded, default=0))

    def starts_with(self, quote: Sequence[str], line: int) -> bool:
        return all(self.folded.get(line + offset) == text for offset, text in enumerate(quote))

    def nearest(self, quote: Sequence[str], line: int) -> Iterator[int]:
        """Yield at most `MAX_CANDIDATES` line numbers at which the quote begins, nearest to `line` first."""
        offset = min(range(len(quote)), key=lambda index: len(self.occurrences.get(quote[index], ())))
        places = self.occurrences.get(quote[offset], ())
        for place in outward(places, line + offset):
            if self.starts_with(quote, place - offset):
                yield place - offset

    def places(self, block: Block) -> Iterator[int]:
        """Yield the first line number of each copy of a block."""
        if block.count > 1:
            starts, keys = self._blocks_like(block)
            wanted = _key(block.digest)
            near = (line for line, key in zip(starts, keys, strict=True) if key == wanted)
            yield from (line for line in near if Block.of(self.block(line, block.count)) == block)
        else:
            texts = [text for text in self._firsts.get(block.first, ()) if Block.of((text,)) == block]
            yield from merge(*(self.occurrences[text] for text in texts))

    def _blocks_like(self, block: Block) -> tuple[Sequence[int], Sequence[int]]:
        """Return the line numbers and the keys of the blocks with the same first line and size.

        The result is cached, because an author can write a hundred thousand lines that begin like the code.
        """
        if (block.first, block.count) not in self._blocks:
            starts = array("L", merge(*(self.occurrences[text] for text in self._firsts.get(block.first, ()))))
            digests = (digest("\n".join(self.block(line, block.count))) for line in starts)
            self._blocks[block.first, block.count] = starts, array("Q", map(_key, digests))
        return self._blocks[block.first, block.count]

    @cached_property
    def _blocks(self) -> dict[tuple[str, int], tuple[Sequence[int], Sequence[int]]]:
        return {}

    @cached_property
    def _firsts(self) -> Mapping[str, Sequence[str]]:
        firsts: dict[str, list[str]] = {}
        for text in self.occurrences:
            firsts.setdefault(digest(text)[:8], []).append(text)
        return firsts

    @cached_property
    def _ordinals(self) -> dict[int, Mapping[int, int]]:
        return {}

    def block(self, line: int, count: int) -> tuple[str, ...]:
        """Return `count` folded lines, starting at `line`. Unknown lines are empty."""
        return tuple(self.folded.get(number, "") for number in range(line, line + count))

    def ordinal(self, line: int, count: int) -> int:
        """Return how many copies of the block of `count` lines at `line` start above `line`."""
        if count not in self._ordinals:
            self._ordinals[count] = self._counted(count)
        return self._ordinals[count][line]

    def _counted(self, count: int) -> Mapping[int, int]:
        met: Counter[tuple[str, ...]] = Counter()
        ordinals = {}
        for line in sorted(self.folded):
            block = self.block(line, count)
            ordinals[line] = met[block]
            met[block] += 1
        return ordinals


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each run of consecutive numbers."""
    for _, pairs in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in pairs]
        yield run[0], run[-1]


def outward(numbers: Sequence[int], centre: int) -> list[int]:
    """Return at most `MAX_CANDIDATES` of the ascending numbers, nearest to `centre` first."""
    at = bisect_left(numbers, centre)
    near = numbers[max(0, at - MAX_CANDIDATES) : at + MAX_CANDIDATES]
    return sorted(near, key=lambda number: abs(number - centre))[:MAX_CANDIDATES]
