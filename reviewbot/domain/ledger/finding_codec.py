"""The JSON form of tracked findings in the ledger, and how it is shortened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from reviewbot.domain.findings.tracked_finding import MAX_TEXT, Findings, FindingState, worst_first
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.values import replace

MAX_RECORDS = 200
_TEXTS = (MAX_TEXT, 600, 200, 0)
"""Characters of an explanation or a note, in the order in which they are tried."""


def shorter(findings: Findings) -> Iterator[Findings]:
    """Yield versions with ever shorter texts, the last without any."""
    count = min(len(findings.records), MAX_RECORDS)
    for length in _TEXTS:
        yield _at_most(findings, count, length)


def fewer(findings: Findings) -> Iterator[Findings]:
    """Yield versions without texts: with every record, then with ever fewer, the last without any."""
    count = min(len(findings.records), MAX_RECORDS)
    while count:
        yield _at_most(findings, count, 0)
        count //= 2
    yield _at_most(findings, 0, 0)


def _at_most(findings: Findings, count: int, length: int) -> Findings:
    """Keep the worst `count` findings with texts of `length` characters; other open ones, also waived, are counted."""
    ordered = worst_first(findings.records)
    cut = Counter(record.severity for record in ordered[count:] if record.standing.is_open)
    beyond = Counter(dict(findings.beyond)) + cut
    return replace(
        findings,
        records=tuple(
            replace(record, text=record.text[:length], note=record.note[:length]) for record in ordered[:count]
        ),
        beyond=tuple(sorted(beyond.items(), key=lambda item: item[0].rank)),
    )


Count = Annotated[int, Meta(ge=0, le=10**9)]


class Row(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A JSON list: keys would take more space than the values."""


class BlockRow(Row, frozen=True):
    first: str
    count: Count
    digest: str


class WaiverRow(Row, frozen=True):
    by: str
    reason: str
    copies: Count
    verbatim: str
    base_ref: str


class FindingRow(Row, frozen=True):
    id: str
    severity: Severity
    category: Category | None
    title: str
    path: str
    side: Side
    line: Count | None
    block: BlockRow | None
    file: str
    in_file: bool
    added: bool
    touched: bool
    leftover: bool
    copies: Count
    standing: FindingState
    found: str
    closed: str
    text: str
    note: str
    waiver: WaiverRow | None


class FindingsJson(Struct, frozen=True):
    records: tuple[FindingRow, ...]
    beyond: tuple[tuple[Severity, Count], ...]
    broken: bool
