"""Define the size limits of each destination, and size tiers from full texts to mere counts."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

LINE_LIMIT = 500
"""The maximum length of a title or path."""

SHORTEST_LINE = 64
"""The length of a SHA-256."""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


class SizeLimit(Struct, frozen=True):
    """A limit, and the function that measures the size of a text."""

    limit: int
    size: Callable[[str], int]


COMMENT = SizeLimit(65_000, _units)
"""The limit for a comment or the body of a review. GitHub accepts 65,536 characters."""

SUMMARY = SizeLimit(61_000, _units)
"""The limit for the summary comment. The rest is reserved for questions and reactions, which the ledger gets later."""

FINDING = SizeLimit(63_000, _units)
"""The limit for a finding's comment. The rest is reserved for the state and two hidden lines, which are added later."""

STANDING = SizeLimit(2000, _units)
"""The limit for the state of a finding in its comment."""

CHECK = SizeLimit(65_000, _bytes)
"""The limit for the page of the check. GitHub accepts 65,535 bytes."""

MESSAGE = SizeLimit(60_000, _bytes)
"""The limit for the message of an annotation. GitHub accepts 64 KB."""

PAGE = SizeLimit(900_000, _bytes)
"""The limit for the job summary. GitHub accepts 1 MiB per step."""

REPORT = SizeLimit(6_000_000, _bytes)
"""The limit for the HTML report. Browsers open this size quickly."""

PROMPT = SizeLimit(10_000, _units)
"""CodeVF's limit for the prompt."""


class Detail(Struct, frozen=True):
    """A size tier.

    Attributes:
        full: the maximum number of findings in full.
        lines: the maximum number of findings on one line each.
        rows: the maximum number of rows of other lists.
        text: the maximum number of characters of a text.
    """

    full: int
    lines: int
    rows: int
    text: int

    @property
    def line(self) -> int:
        """The maximum length of a title or path, at least the length of a SHA-256."""
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
"""Tiers for a comment and the page of the check."""

POST_DETAILS = (*(Detail(30, 1000, 300, text) for text in (62_000, 40_000, 20_000, 10_000)), *COMMENT_DETAILS[1:])
"""Tiers for a comment with one text that is stored nowhere else, such as the answer to a question."""

PAGE_DETAILS = (
    Detail(2000, 5000, 5000, 60_000),
    Detail(500, 2000, 1000, 8000),
    Detail(200, 2000, 500, 3000),
    Detail(100, 1000, 200, 2000),
    *COMMENT_DETAILS,
)
"""Tiers for the job summary."""

REPORT_DETAILS = (Detail(2000, 5000, 5000, 60_000), Detail(1000, 2000, 2000, 8000), *PAGE_DETAILS[2:])
"""Tiers for the HTML report."""
