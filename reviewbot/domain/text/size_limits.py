"""How long a text may be where it goes, and the steps from a whole story down to its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LINE_LIMIT = 500
"""Characters of a title or a path at most: more is no title."""

SHORTEST_LINE = 64
"""Characters of a SHA-256."""


def _units(text: str) -> int:
    """UTF-16 units: the narrower way to count characters."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _bytes(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """How long a text may be where it goes, and what counts."""

    limit: int
    size: Callable[[str], int]


COMMENT = SizeLimit(65_000, _units)
"""A comment or a review's body; GitHub takes 65,536 characters."""

FINDING = SizeLimit(63_000, _units)
"""A finding's comment: the word on where it stands has to fit in later, with its two hidden lines."""

STANDING = SizeLimit(2000, _units)
"""That word."""

CHECK = SizeLimit(65_000, _bytes)
"""The check's page; GitHub takes 65,535."""

MESSAGE = SizeLimit(60_000, _bytes)
"""An annotation's message; GitHub takes 64 KB."""

PAGE = SizeLimit(900_000, _bytes)
"""The job summary; GitHub takes a mebibyte a step."""

REPORT = SizeLimit(6_000_000, _bytes)
"""The page of HTML: what a browser still opens at once."""

PROMPT = SizeLimit(10_000, _units)
"""What CodeVF takes."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown.

    Attributes:
        full: findings in full at most.
        lines: findings as one line at most.
        rows: entries of any other list at most.
        text: characters of a free text or a piece of code at most.
    """

    full: int
    lines: int
    rows: int
    text: int

    @property
    def line(self) -> int:
        """Characters of a title or a path at most: never less than a commit or an id has."""
        return max(SHORTEST_LINE, min(self.text, LINE_LIMIT))


COMMENT_DETAILS = (
    Detail(30, 1000, 300, 20_000),
    Detail(30, 300, 100, 4000),
    Detail(30, 150, 60, 1500),
    Detail(15, 100, 40, 1000),
    Detail(5, 60, 20, 600),
    Detail(0, 40, 10, 300),
    Detail(0, 10, 5, 150),
    Detail(0, 0, 0, 80),
    Detail(0, 0, 0, 20),
)
"""From the whole story down to its figures, for a comment and the check's page."""

PAGE_DETAILS = (
    Detail(2000, 5000, 5000, 60_000),
    Detail(500, 2000, 1000, 8000),
    Detail(200, 2000, 500, 3000),
    Detail(100, 1000, 200, 2000),
    *COMMENT_DETAILS,
)
"""The same for the job summary, which has room for everything most of the time."""

REPORT_DETAILS = (Detail(2000, 5000, 5000, 60_000), Detail(1000, 2000, 2000, 8000), *PAGE_DETAILS[2:])
"""The same for the page of HTML, which has more room."""
