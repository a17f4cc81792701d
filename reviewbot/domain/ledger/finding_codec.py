"""How the findings in the ledger are shortened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewbot.domain.findings.tracked_finding import MAX_TEXT, Findings, worst_first
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
