"""Findings on the same code in other words: each keeps an id of its own, from one answer to the next.

An id is made of a finding's code. Who finds something else there has another finding: under the id of the first it
would take its place, its comment and its waiver.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reviewbot.domain.diff.text_index import Block
from reviewbot.domain.findings.markers import finding_id
from reviewbot.domain.findings.placement import DuplicateOf, Placed
from reviewbot.domain.findings.tracked_finding import MAX_TITLE, TrackedFinding

Words = tuple[str, Block | None]
"""What tells two findings of one id apart: the title as it is remembered, and the code."""


def remembered(records: Iterable[TrackedFinding]) -> dict[str, Words]:
    """What is known, by id."""
    return {record.id: (_written(record.title), record.block) for record in records}


def said(placed: Iterable[Placed]) -> dict[str, Words]:
    """What an answer says, by id."""
    return {item.id: _words(item) for item in placed if not isinstance(item.placement, DuplicateOf)}


def assign_ids(placed: Sequence[Placed], known: Mapping[str, Words]) -> tuple[Placed, ...]:
    """The findings of an answer, each under the id that it had before, or under one that no other finding has.

    Doing it twice is doing it once. The order is that in which `placement.place` gives ids: worst first.
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    originals = (item for item in placed if not isinstance(item.placement, DuplicateOf))
    for item in sorted(originals, key=lambda one: one.finding.severity.rank):
        ids[item.id] = own = _own(item, known, taken)
        taken.add(own)
    return tuple(_under(item, ids.get(item.id, item.id)) for item in placed)


def _own(item: Placed, known: Mapping[str, Words], taken: Container[str]) -> str:
    words = _words(item)
    return next(one for one in _ids(item) if one not in taken and known.get(one, words) == words)


def _words(item: Placed) -> Words:
    return _written(item.finding.title), item.block


def _written(title: str) -> str:
    """A title as it comes back out of the ledger: cut, and without lone surrogates."""
    return title[:MAX_TITLE].encode("utf-8", "replace").decode()


def _ids(item: Placed) -> Iterator[str]:
    """The ids that a finding can have, in the order in which they are tried."""
    identifier = item.root or item.id
    while True:
        yield identifier
        identifier = finding_id(identifier, item.finding.title)


def _under(item: Placed, identifier: str) -> Placed:
    if isinstance(item.placement, DuplicateOf):
        return replace(item, id=identifier, placement=DuplicateOf(identifier))
    return replace(item, id=identifier)
