"""Remembered findings as JSON in the ledger, and back; and how they become fewer when there is no room for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from reviewbot.domain.diff.text_index import Block
from reviewbot.domain.findings.tracked_finding import (
    MAX_TEXT,
    Findings,
    FindingState,
    TrackedFinding,
    Waiver,
    worst_first,
)
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.domain.text.strict_json import JsonNode

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


def _to_row(record: TrackedFinding) -> list[object]:
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


def findings_from_json(node: JsonNode) -> Findings:
    """The findings of the ledger.

    Raises:
        JsonMismatch: a value does not fit.
    """
    return Findings(
        records=node["records"].all(_from_row), beyond=node["beyond"].all(_beyond), broken=node["broken"].flag()
    )


def _beyond(node: JsonNode) -> tuple[Severity, int]:
    severity, number = node.row(2)
    return severity.word(Severity), _count(number)


def _count(node: JsonNode) -> int:
    return node.whole(0, MAX_COUNT)


def _from_row(node: JsonNode) -> TrackedFinding:
    identifier, severity, category, title, path, side, line, block, flags, standing, *texts, waiver = node.row(15)
    found, closed, text, note = texts
    in_file, touched, leftover, copies, added = flags.row(5)
    return TrackedFinding(
        id=identifier.text(),
        severity=severity.word(Severity),
        category=category.maybe(lambda one: one.word(Category)),
        title=title.text(),
        path=path.text(),
        side=side.word(Side),
        line=line.maybe(_count),
        block=_block(block) if isinstance(block.value, list) else None,
        in_file=bool(in_file.whole(0, 1)),
        added=bool(added.whole(0, 1)),
        touched=bool(touched.whole(0, 1)),
        copies=_count(copies),
        standing=standing.word(FindingState),
        found=found.text(),
        closed=closed.text(),
        text=text.text(),
        note=note.text(),
        waiver=waiver.maybe(_waiver),
        leftover=bool(leftover.whole(0, 1)),
        file="" if isinstance(block.value, list) else block.maybe(JsonNode.text) or "",
    )


def _block(node: JsonNode) -> Block:
    first, count, digest = node.row(3)
    return Block(first.text(), _count(count), digest.text())


def _waiver(node: JsonNode) -> Waiver:
    by, reason, copies, verbatim = node.row(4)
    return Waiver(by.text(), reason.text(), _count(copies), verbatim.text())
