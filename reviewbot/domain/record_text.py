"""Remembered findings as JSON in the ledger, and back; and how they become fewer when there is no room for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reviewbot.domain.model import Category, Severity, Side
from reviewbot.domain.quotes import Block
from reviewbot.domain.records import MAX_TEXT, Findings, Record, Standing, Waiver, worst_first

MAX_RECORDS = 200
MAX_COUNT = 10**9
_TEXTS = (MAX_TEXT, 600, 200, 0)
"""Characters of an explanation, of a note likewise: what is tried first, and then."""


def smaller(findings: Findings) -> Iterator[Findings]:
    """The findings with less and less of them: shorter texts, then fewer records, the last without any."""
    count = min(len(findings.records), MAX_RECORDS)
    for room in _TEXTS:
        yield _at_most(findings, count, room)
    while count:
        count //= 2
        yield _at_most(findings, count, 0)


def _at_most(findings: Findings, count: int, room: int) -> Findings:
    """The worst so many, with texts of so many characters; open ones among the others are counted, waived or not."""
    ordered = worst_first(findings.records)
    cut = Counter(record.severity for record in ordered[count:] if record.standing.is_open)
    beyond = Counter(dict(findings.beyond)) + cut
    return replace(
        findings,
        records=tuple(replace(record, text=record.text[:room], note=record.note[:room]) for record in ordered[:count]),
        beyond=tuple(sorted(beyond.items(), key=lambda item: item[0].rank)),
    )


def findings_to_json(findings: Findings) -> dict[str, object]:
    """As plain lists: keys would take more room than what they name."""
    return {
        "records": [_to_row(record) for record in findings.records],
        "beyond": [[severity.value, number] for severity, number in findings.beyond],
        "broken": findings.broken,
    }


def _to_row(record: Record) -> list[object]:
    block, waiver = record.block, record.waiver
    return [
        record.id,
        record.severity,
        record.category,
        record.title,
        record.path,
        record.side,
        record.line,
        record.file or None if block is None else [block.first, block.count, block.digest],
        [int(record.in_file), int(record.touched), int(record.leftover), record.copies, int(record.added)],
        record.standing,
        record.found,
        record.closed,
        record.text,
        record.note,
        None if waiver is None else [waiver.by, waiver.reason, waiver.copies, waiver.verbatim],
    ]


def findings_from_json(value: Any) -> Findings:  # noqa: ANN401 — JSON; every shape that does not fit raises
    """The findings of the ledger."""
    return Findings(
        records=tuple(_from_row(*row) for row in value["records"]),
        beyond=tuple((Severity(name), _count(number)) for name, number in value["beyond"]),
        broken=bool(value["broken"]),
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise ValueError("no number of findings")
    return value


def _from_row(*row: Any) -> Record:  # noqa: ANN401 — as above
    identifier, severity, category, title, path, side, line, block, flags, standing, *texts, waiver = row
    found, closed, text, note = texts
    in_file, touched, leftover, copies, added = flags
    return Record(
        id=str(identifier),
        severity=Severity(severity),
        category=None if category is None else Category(category),
        title=str(title),
        path=str(path),
        side=Side(side),
        line=None if line is None else _count(line),
        block=Block(str(block[0]), _count(block[1]), str(block[2])) if isinstance(block, list) else None,
        in_file=bool(in_file),
        added=bool(added),
        touched=bool(touched),
        copies=_count(copies),
        standing=Standing(standing),
        found=str(found),
        closed=str(closed),
        text=str(text),
        note=str(note),
        waiver=None if waiver is None else Waiver(str(waiver[0]), str(waiver[1]), _count(waiver[2]), str(waiver[3])),
        leftover=bool(leftover),
        file=block if isinstance(block, str) else "",
    )
