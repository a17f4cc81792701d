"""A change that failed once fails again for at least the same findings, whatever later answers say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.tracked_finding import LOST, Findings, FindingState, TrackedFinding, Waiver
from reviewbot.domain.ledger.codec import decode, encode
from reviewbot.domain.ledger.edits import Unwaive, Waive
from reviewbot.domain.ledger.ledger import MAX_JUDGED, Judgement, Ledger, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.update import LedgerUpdate, applied
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.review import Finding, Severity
from reviewbot.domain.policy.verdict import Coverage, Rules
from reviewbot.values import replace
from tests.domain.builders import answer, change_index, finding, numbered, purchase

APP = "src/app.py"
BASE = numbered(30)
BAD = BASE.replace("line 10\n", "line 10\nbad()\n\n")


def index(change: str, **files: str) -> ChangeIndex:
    """Return the index of a change identified by a letter."""
    texts = {f"src/{name}.py": text for name, text in files.items()}
    return replace(change_index({APP: BASE}, texts), change=change * 32)


EVIL = index("a", app=BAD)
RED = index("b", app=BAD, more="x = 1\n")
FIXED = index("c", app=BAD.replace("bad()", "good()"), more="x = 1\n")


def bought(change: ChangeIndex, task: str, **more: object) -> LedgerUpdate:
    """Return the finished purchase of a change."""
    done = purchase(identity=change.change + task, change=change.change, task_id=task, state=TaskState.DONE)
    return LedgerUpdate((replace(done, **more),))  # type: ignore[arg-type]


def reviewed(
    ledger: Ledger,
    change: ChangeIndex,
    task: str,
    *findings: Finding,
    fixed: Sequence[str] = (),
    still: Sequence[str] = (),
    whole: bool = False,
    **more: object,
) -> Ledger:
    """Return the ledger after the review of a change."""
    update = bought(change, task, **{"since": "" if whole else "e" * 40, **more})
    said = answer(change, *findings, task=task, fixed=fixed, still=still, whole=whole)
    return applied(ledger, update.with_answer(said), change)


def again(ledger: Ledger, change: ChangeIndex) -> Ledger:
    """Return the ledger when a run starts on a change, before an answer."""
    return applied(ledger, LedgerUpdate(), change)


def critical(**more: Any) -> Finding:  # noqa: ANN401 — any field
    return finding(severity=Severity.CRITICAL, **more)


CITED = {
    "quoted": critical(code="bad()"),
    "without line and quote": critical(),
    "line alone": critical(line=11),
    "misquoted": critical(line=11, code="nothing like it"),
    "on a blank line": critical(line=12),
    "no such file": critical(path="elsewhere.py", code="bad()"),
}


@pytest.fixture(params=list(CITED.values()), ids=list(CITED))
def red(request: pytest.FixtureRequest) -> Ledger:
    """Return a ledger with a finding of one change, carried into a second that fails, called fixed in a third."""
    ledger = reviewed(Ledger(), EVIL, "task_1", request.param, whole=True)
    (found,) = ledger.findings.records
    ledger = reviewed(ledger, RED, "task_2", still=[found.id])
    assert ledger.findings.severities("") == (Severity.CRITICAL,)
    ledger = reviewed(ledger, FIXED, "task_3", fixed=[found.id])
    # The answer may call more findings fixed than `fixed` contains: the test is about their return.
    closed = replace(ledger.findings.records[0], state=FindingState.FIXED, closed="task_3")
    return replace(ledger, findings=replace(ledger.findings, records=(closed,)))


@pytest.mark.parametrize("change", [EVIL, RED], ids=["where it was found", "where it was carried"])
def test_a_finding_is_open_again_if_the_change_returns(red: Ledger, change: ChangeIndex) -> None:
    assert again(red, FIXED).findings.severities("") == ()
    assert again(red, change).findings.severities("") == (Severity.CRITICAL,)


def test_a_finding_is_open_again_whatever_a_repeated_answer_says(red: Ledger) -> None:
    (found,) = red.findings.records
    for still in ([], [found.id]):
        ledger = reviewed(red, RED, "task_2", still=still)
        assert ledger.findings.records[0].state is FindingState.OPEN


def test_a_finding_is_open_again_in_another_mode_and_attempt(red: Ledger) -> None:
    for more in ({"identity": "9" * 32}, {"attempt": 2}):
        ledger = reviewed(red, RED, "task_9", **more)
        assert ledger.findings.severities("") == (Severity.CRITICAL,)


def test_a_finding_is_open_again_under_another_name_or_beside_other_copies() -> None:
    ledger = reviewed(Ledger(), EVIL, "task_1", CITED["quoted"], whole=True)
    twice = index("d", app=BAD.replace("line 20\n", "line 20\nbad()\n"))
    moved = replace(change_index({APP: BASE}, {"src/new.py": BAD}, {"src/new.py": APP}), change="f" * 32)
    for other in (twice, moved):
        there = reviewed(ledger, other, "task_2")
        records = tuple(replace(one, state=FindingState.FIXED) for one in there.findings.records)
        back = again(replace(there, findings=Findings(records)), EVIL)
        assert [one.state for one in back.findings.records] == [FindingState.OPEN]


def test_only_a_waiver_for_exactly_this_change_applies(red: Ledger) -> None:
    (found,) = red.findings.records
    waive = LedgerUpdate(edits=(Waive(found.id, "octocat", "Known."),))
    waived = applied(again(red, RED), waive, RED)
    assert again(waived, RED).findings.severities("") == ()
    assert again(applied(waived, LedgerUpdate(edits=(Unwaive(found.id),)), RED), RED).findings.severities("")
    elsewhere = applied(again(red, FIXED), waive, FIXED)
    if found.in_file:
        assert again(elsewhere, RED).findings.severities("") == (Severity.CRITICAL,)


def test_a_change_judged_with_a_waiver_is_red_without_it(red: Ledger) -> None:
    (found,) = red.findings.records
    ledger = reviewed(Ledger(findings=Findings((replace(found, state=FindingState.OPEN, closed=""),))), RED, "task_2")
    waived = applied(ledger, LedgerUpdate(edits=(Waive(found.id, "octocat", "Known."),)), RED)
    gone = replace(waived.findings.records[0], state=FindingState.FIXED, waiver=None)
    assert again(replace(waived, findings=Findings((gone,))), RED).findings.severities("") == (Severity.CRITICAL,)


def test_another_review_of_this_change_confirms_a_changed_finding() -> None:
    clean = index("0", app=BASE.replace("line 20", "other"))
    evil = reviewed(reviewed(Ledger(), clean, "task_1", whole=True), EVIL, "task_2", CITED["quoted"])
    ledger = again(evil, clean)
    (found,) = ledger.findings.records
    assert found.state is FindingState.CHANGED
    assert applied(evil, LedgerUpdate(ledger.purchases), clean) == ledger
    ledger = reviewed(ledger, FIXED, "task_3", fixed=[found.id])
    assert ledger.findings.records[0].state is FindingState.FIXED
    assert again(ledger, clean).findings.records[0].state is FindingState.CHANGED, "it was red because of that finding"
    confirmed = reviewed(ledger, clean, "task_4", attempt=2, fixed=[found.id])
    assert confirmed.findings.records[0].state is FindingState.FIXED
    assert reviewed(confirmed, clean, "task_4", attempt=2, fixed=[found.id]) == confirmed


def test_a_finding_that_is_not_stored_is_missing_until_a_whole_review(red: Ledger) -> None:
    dropped = replace(red, findings=Findings())
    assert not red.forgets(RED.change)
    assert dropped.forgets(RED.change)
    assert not dropped.forgets(FIXED.change)
    assert not dropped.forgets("")
    assert reviewed(dropped, RED, "task_8", attempt=2).forgets(RED.change)
    partial = reviewed(dropped, RED, "task_8", attempt=2, whole=True, coverage=Coverage.PARTIAL)
    assert partial.forgets(RED.change)
    assert not reviewed(dropped, RED, "task_8", attempt=2, whole=True).forgets(RED.change)


def test_a_finding_of_a_later_review_is_missing_too() -> None:
    clean = index("0", app=BASE.replace("line 20", "other"))
    ledger = reviewed(reviewed(Ledger(), clean, "task_1", whole=True), RED, "task_2", CITED["quoted"])
    dropped = replace(ledger, findings=Findings())
    assert (ledger.forgets(clean.change), dropped.forgets(clean.change)) == (False, True)
    assert not reviewed(dropped, clean, "task_3", attempt=2, whole=True).forgets(clean.change)


def test_a_finding_that_did_not_block_may_be_forgotten() -> None:
    ledger = reviewed(Ledger(), EVIL, "task_1", finding(code="bad()"), whole=True)
    assert ledger.reviews_of(EVIL.change).open
    assert not replace(ledger, findings=Findings()).forgets(EVIL.change)
    strict = Judgement(Rules(FailOn.HIGH))
    ledger = reviewed(Ledger(), EVIL, "task_1", finding(code="bad()"), whole=True, judgement=strict)
    assert replace(ledger, findings=Findings()).forgets(EVIL.change)


def many(severity: Severity, count: int) -> tuple[TrackedFinding, ...]:
    waiver = Waiver("octocat", "Known.", "")
    return tuple(TrackedFinding(f"{n:010x}", severity, None, "Title", "a.py", waiver=waiver) for n in range(count))


@pytest.mark.parametrize(
    ("findings", "kept", "lost"),
    [
        (Findings(many(Severity.LOW, MAX_JUDGED + 9)), MAX_JUDGED, False),
        (Findings(many(Severity.CRITICAL, MAX_JUDGED)), MAX_JUDGED, False),
        (Findings(many(Severity.CRITICAL, MAX_JUDGED + 1)), MAX_JUDGED, True),
        (Findings(beyond=(("task_1", Severity.CRITICAL, 1),)), 1, True),
        (Findings(beyond=(("task_1", Severity.LOW, 9),)), 0, False),
    ],
)
def test_a_limited_number_of_findings_is_kept_and_blocking_ones_beyond_are_counted(
    findings: Findings, kept: int, *, lost: bool
) -> None:
    ledger = applied(Ledger(findings=findings), bought(RED, "task_1", since="e" * 40), RED)
    (done,) = ledger.purchases
    assert (len(done.judged), LOST in done.judged) == (kept, lost)
    assert again(ledger, RED) == ledger
    assert ledger.forgets(RED.change) is lost


def test_the_copies_of_one_purchase_are_grouped() -> None:
    ledger = reviewed(Ledger(), RED, "task_1", CITED["quoted"])
    (done,) = ledger.purchases
    for other in (replace(done, judged=(), change=""), replace(done, judged=(LOST,))):
        (kept,) = ledger.with_purchase(other).purchases
        assert set(kept.judged) == {*done.judged, *other.judged}
        assert kept.change == RED.change
    assert ledger.with_purchase(replace(done, state=TaskState.OPEN)).purchases == (done,)


def test_a_finding_records_whether_another_task_reported_it() -> None:
    own = reviewed(Ledger(), EVIL, "task_1", CITED["quoted"], whole=True)
    other = reviewed(own, RED, "task_2")
    assert [[one.carried for one in done.judged] for done in other.purchases] == [[False], [True]]


def test_nothing_is_kept_for_an_unbought_or_unknown_change() -> None:
    ledger = reviewed(Ledger(), EVIL, "task_1", CITED["quoted"], whole=True)
    assert again(ledger, RED).purchases == ledger.purchases
    opened = LedgerUpdate((purchase(identity="7" * 32, change=RED.change, task_id="task_2"),))
    assert not applied(ledger, opened, RED).purchases[-1].judged
    unknown = replace(RED, change="")
    assert not applied(ledger, bought(unknown, "task_3"), unknown).purchases[-1].judged


def test_judged_findings_are_read_back(red: Ledger) -> None:
    signer = Signer("cvf_test_key", 5, 7, "")
    read = decode(encode(red, signer), signer).ledger
    assert [one.judged for one in read.purchases] == [one.judged for one in red.purchases]
    assert again(read, RED).findings.severities("") == (Severity.CRITICAL,)


def test_a_late_answer_fails_the_change_that_it_is_about() -> None:
    """CodeVF may not return it again when that change comes back."""
    newer = index("b", app=BAD.replace("line 20", "line 20, changed"))
    said = answer(newer, critical(), task="task_1", here=False)
    late = applied(Ledger(), bought(EVIL, "task_1").with_answer(said), newer)
    fixed = reviewed(late, FIXED, "task_2", fixed=[one.id for one in late.findings.records])
    assert not fixed.findings.open()
    assert again(fixed, EVIL).findings.open()


def test_a_late_answer_fails_its_change_for_an_earlier_finding_that_it_calls_open() -> None:
    before = reviewed(Ledger(), RED, "task_1", critical(path="elsewhere.py", code="bad()"))
    ids = [one.id for one in before.findings.records]
    said = answer(FIXED, task="task_2", still=ids, here=False)
    late = applied(before, bought(EVIL, "task_2").with_answer(said), FIXED)
    fixed = reviewed(late, FIXED, "task_3", fixed=ids)
    assert not fixed.findings.open()
    assert again(fixed, EVIL).findings.open()


@pytest.mark.parametrize(
    ("coverage", "unread", "state"),
    [(Coverage.FULL, False, "gone"), (Coverage.PARTIAL, False, "changed"), (Coverage.FULL, True, "changed")],
)
def test_what_was_found_after_a_complete_review_of_a_change_is_gone_when_it_comes_back(
    coverage: Coverage,
    unread: bool,  # noqa: FBT001 — a column
    state: str,
) -> None:
    clean = index("d", app=BASE, more="x = 1\n")
    at = "2026-11-24T12:00:00+00:00"
    ledger = reviewed(Ledger(), clean, "task_1", submitted_at=at, coverage=coverage, unread=unread)
    ledger = reviewed(ledger, RED, "task_2", finding(code="bad()"), submitted_at="2026-11-24T13:00:00+00:00")
    assert again(ledger, clean).findings.records[0].state == state
    other = index("e", app=BASE, more="x = 2\n")
    assert again(ledger, other).findings.records[0].state is FindingState.CHANGED, "it may be in the other file"


def test_of_two_purchases_in_one_second_the_later_record_was_bought_later() -> None:
    clean = index("0", app=BASE.replace("line 20", "other"))
    ledger = reviewed(reviewed(Ledger(), clean, "task_1", whole=True), EVIL, "task_2", CITED["quoted"])
    assert ledger.reviews_of(clean.change).bought_since == {"task_2"}
    assert ledger.reviews_of(EVIL.change).bought_since == frozenset()
