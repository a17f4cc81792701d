"""Which tracked findings count, and their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.findings.tracked_finding import Findings, FindingState, TrackedFinding, Waiver, worst_first
from reviewbot.domain.ledger.codec import MAX_RECORDS, smaller
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.model.review import Severity

WAIVED = Waiver("mona", "fine", "")
records = st.builds(
    TrackedFinding,
    st.text("0123456789abcdef", min_size=10, max_size=10),
    st.sampled_from(Severity),
    st.none(),
    st.just("One"),
    st.sampled_from(["a.py", "b.py"]),
    state=st.sampled_from(FindingState),
    found=st.sampled_from(["task_1", "task_2"]),
    text=st.text(max_size=9),
    waiver=st.none() | st.just(WAIVED),
    leftover=st.booleans(),
)


@pytest.mark.parametrize(
    ("state", "waiver", "counts"),
    [
        (FindingState.OPEN, None, True),
        (FindingState.CHANGED, None, True),
        (FindingState.FIXED, None, False),
        (FindingState.GONE, None, False),
        (FindingState.OPEN, WAIVED, False),
        (FindingState.CHANGED, WAIVED, False),
    ],
)
def test_a_finding_counts_unless_closed_or_waived(state: FindingState, waiver: Waiver | None, counts: bool) -> None:  # noqa: FBT001 — a table
    record = TrackedFinding("a" * 10, Severity.HIGH, None, "One", "a.py", state=state, waiver=waiver)
    assert record.counts is counts
    assert Findings((record,)).severities("") == ((Severity.HIGH,) if counts else ())
    assert Findings((record,)).open() == ((record,) if state.is_open else ())


def test_dropped_findings_count() -> None:
    findings = Findings((), (("task_1", Severity.HIGH, 2), ("task_2", Severity.LOW, 1)))
    assert findings.severities("") == ("high", "high", "low")
    assert findings.by_severity("") == {**dict.fromkeys(Severity, 0), Severity.HIGH: 2, Severity.LOW: 1}


def test_an_unread_part_is_not_counted_beside_its_own_answer() -> None:
    part = TrackedFinding("a" * 10, Severity.UNRATED, None, "One", "", found="task_1", leftover=True)
    assert Findings((part,)).counting("task_1") == ()
    assert Findings((part,)).counting("task_2") == (part,)


@given(st.lists(records, max_size=8))
def test_open_findings_come_first_and_the_worst_of_them_before_the_others(given_: list[TrackedFinding]) -> None:
    ordered = worst_first(given_)
    assert sorted(map(id, ordered)) == sorted(map(id, given_))
    keys = [(not one.state.is_open, one.severity.rank) for one in ordered]
    assert keys == sorted(keys)
    assert worst_first(reversed(given_)) == ordered or len({one.id for one in given_}) < len(given_)


@given(st.lists(records, max_size=9, unique_by=lambda record: record.id))
def test_an_id_finds_its_record(given_: list[TrackedFinding]) -> None:
    findings = Findings(tuple(given_))
    assert all(findings.find(one.id) is one for one in given_)
    assert findings.find("unknown") is None


@given(st.lists(records, max_size=9), st.integers(0, 5))
def test_omitted_findings_still_block(given_: list[TrackedFinding], beyond: int) -> None:
    findings = Findings(worst_first(given_), (("task_1", Severity.LOW, beyond),) if beyond else ())
    severities, steps = findings.severities(""), [one.findings for one in smaller(Ledger(findings=findings))]
    for step in steps:
        cut = findings.records[len(step.records) :]
        waived = (one.severity for one in cut if one.state.is_open and not one.counts)
        assert sorted(step.severities("")) == sorted([*severities, *waived]), "a dropped finding loses its waiver"
    assert steps[0].records == findings.records
    assert steps[-1].records == ()
    assert all(set(step.records) <= set(steps[3].records) for step in steps[3:]), "the last of them have no texts"


def test_the_number_of_stored_findings_is_limited() -> None:
    many = tuple(
        TrackedFinding(f"{number:010x}", Severity.LOW, None, "One", "a.py") for number in range(MAX_RECORDS + 3)
    )
    first = next(smaller(Ledger(findings=Findings(many)))).findings
    assert (len(first.records), first.beyond) == (MAX_RECORDS, (("", Severity.LOW, 3),))
