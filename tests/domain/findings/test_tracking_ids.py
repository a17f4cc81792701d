"""Findings on the same code keep different ids, and comments name the tracked ones."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.findings.placement import DuplicateOf, Placed, assign_ids, remembered, said
from reviewbot.domain.findings.tracked_finding import MAX_TITLE
from reviewbot.domain.ledger.codec import decode, encode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.update import LedgerUpdate, applied, assign_recorded_ids
from reviewbot.domain.model.review import Finding, Severity
from tests.domain.builders import answer, change_index, finding, numbered

APP = "src/app.py"
NOW = change_index({APP: numbered(9)}, {APP: numbered(9).replace("line 5", "bad()")})


def placed(*findings: Finding) -> tuple[Placed, ...]:
    return answer(NOW, *findings).placed


def titled(*titles: str, **more: Severity) -> tuple[Placed, ...]:
    """Return findings on one line of code with these titles."""
    return placed(*(finding(title, code="bad()", **more) for title in titles))


def ids(items: Iterable[Placed]) -> list[str]:
    return [item.id for item in items]


def test_a_first_answer_keeps_the_ids_that_it_has() -> None:
    first = titled("One", "Two", "One")
    assert assign_ids(first, {}) == first


def test_each_keeps_the_id_that_it_had_whatever_the_answer_names_first() -> None:
    first = titled("One", "Two")
    again = assign_ids(titled("Two", "One"), said(first))
    assert ids(again) == ids(reversed(first))
    third = assign_ids(titled("Three", "Two"), said(first))
    assert third[1].id == first[1].id
    assert third[0].id not in ids(first)
    assert ids(assign_ids(titled("Three"), said((*first, *third)))) == [third[0].id]


def test_a_duplicate_goes_with_its_original() -> None:
    known = said(titled("One"))
    original, double = assign_ids(titled("Two", "Two"), known)
    assert original.id not in known
    assert (double.id, double.placement) == (original.id, DuplicateOf(original.id))
    assert assign_ids((original, double), known) == (original, double)


def test_unencodable_text_does_not_change_a_findings_id() -> None:
    ledger = applied(Ledger(), LedgerUpdate().with_answer(answer(NOW, finding("\ud800", code="bad()"))), NOW)
    signer = Signer("key", 1, 7, "")
    for there in (ledger, decode(encode(ledger, signer), signer).ledger):
        assert assign_ids(titled("\ud800"), remembered(there.findings.records)) == titled("\ud800")


def test_titles_are_distinguished_by_their_stored_part() -> None:
    long = ("x" * MAX_TITLE, "x" * MAX_TITLE + " and more")
    first = titled(*long)
    assert len(set(ids(first))) == 2
    known = remembered(
        applied(
            Ledger(), LedgerUpdate().with_answer(answer(NOW, *(one.finding for one in first))), NOW
        ).findings.records
    )
    assert assign_ids(first, known) == first


words = st.builds(
    finding,
    st.sampled_from(["One", "Two", "Three"]),
    code=st.sampled_from(["bad()", "line 4", ""]),
    severity=st.sampled_from([Severity.CRITICAL, Severity.LOW]),
)
changes = st.lists(st.lists(words, max_size=4), max_size=3).map(
    lambda tasks: LedgerUpdate(answers=tuple(answer(NOW, *each, task=f"task_{at}") for at, each in enumerate(tasks)))
)


@given(changes, changes)
def test_every_finding_is_remembered_under_the_id_of_its_comment(before: LedgerUpdate, later: LedgerUpdate) -> None:
    ledger = applied(Ledger(), before, NOW)
    assigned = assign_recorded_ids(ledger, later)
    after = applied(ledger, assigned, NOW)
    assert after == applied(ledger, later, NOW), "the record alone is enough"
    for item in (item for each in assigned.answers for item in each.placed):
        record = after.findings.find(item.id)
        assert record is not None
        assert record.title == item.finding.title
    assert assign_recorded_ids(ledger, assigned) == assigned
    assert assign_recorded_ids(after, later) == assigned, "another run assigns the same"
    kept = {record.id: record.title for record in ledger.findings.records}
    assert kept == {record.id: record.title for record in after.findings.records if record.id in kept}
