"""Define the maximum sizes of comments and reports, and the tiers of detail to try until a report fits."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

LINE_LIMIT = 500
"""The maximum number of characters of a title or path."""

SHORTEST_LINE = 64
"""The number of hex digits of a SHA-256."""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


class SizeLimit(Struct, frozen=True):
    limit: int
    size: Callable[[str], int]


COMMENT = SizeLimit(65_000, _units)
"""Limits a comment or the body of a review. GitHub accepts 65,536 characters."""

SUMMARY = SizeLimit(61_000, _units)
"""Limits the summary comment, to whose ledger questions and reactions are added later."""

FINDING = SizeLimit(63_000, _units)
"""Limits a finding's comment, to which the finding's state and two hidden lines are added later."""

FINDING_STATE = SizeLimit(2000, _units)
"""Limits a finding's state in the finding's comment."""

CHECK = SizeLimit(65_000, _bytes)
"""Limits the page of the check. GitHub accepts 65,535 bytes."""

MESSAGE = SizeLimit(60_000, _bytes)
"""Limits the message of an annotation. GitHub accepts 64 KB."""

PAGE = SizeLimit(900_000, _bytes)
"""Limits the job summary. GitHub accepts 1 MiB per step."""

REPORT = SizeLimit(6_000_000, _bytes)
"""Limits the HTML report. Browsers open this size quickly."""

PROMPT = SizeLimit(10_000, _units)
"""Limits the prompt, as CodeVF requires."""


class Detail(Struct, frozen=True):
    """The maximum sizes of the parts of a report.

    Attributes:
        full: the maximum number of findings with all details.
        lines: the maximum number of findings on one line each.
        rows: the maximum length of other lists.
        text: the maximum number of characters of an explanation or code block.
    """

    full: int
    lines: int
    rows: int
    text: int

    @property
    def line(self) -> int:
        """The maximum number of characters of a title or path, at least `SHORTEST_LINE`."""
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
"""The tiers for a comment and the page of the check."""

POST_DETAILS = (*(Detail(30, 1000, 300, text) for text in (62_000, 40_000, 20_000, 10_000)), *COMMENT_DETAILS[1:])
"""The tiers for a comment that contains the only copy of a string, such as the answer to a question."""

PAGE_DETAILS = (
    Detail(2000, 5000, 5000, 60_000),
    Detail(500, 2000, 1000, 8000),
    Detail(200, 2000, 500, 3000),
    Detail(100, 1000, 200, 2000),
    *COMMENT_DETAILS,
)

REPORT_DETAILS = (Detail(2000, 5000, 5000, 60_000), Detail(1000, 2000, 2000, 8000), *PAGE_DETAILS[2:])
