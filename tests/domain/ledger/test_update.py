"""A run's updates can be applied to any newer ledger, repeatedly, and nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import Seen
from reviewbot.domain.ledger.edits import GrantBypass, LedgerEdit, Unwaive, Waive
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate, applied
from reviewbot.domain.ledger.versions import LedgerVersions
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.values import replace
from tests.domain.builders import answer, change_index, finding, numbered, purchase

APP = "src/app.py"
NOW = change_index({APP: numbered(9)}, {APP: numbered(9).replace("line 5", "bad()")})
BOUGHT = purchase()
SEEN = Seen("1" * 40)
DONE = replace(BOUGHT, state=TaskState.DONE, used=Decimal(300))

answers = st.builds(
    lambda task, codes, fixed, whole: answer(
        NOW, *(finding(code, code=code) for code in codes), task=task, fixed=fixed, whole=whole
    ),
    st.sampled_from(["task_1", "task_2"]),
    st.lists(st.sampled_from(["bad()", "line 4", "line 8", ""]), max_size=3),
    st.lists(st.sampled_from(["0" * 10, answer(NOW, finding("", code="")).placed[0].id]), max_size=1),
    st.booleans(),
)
ids = st.sampled_from([item.id for item in answer(NOW, finding("bad()", code="bad()"), finding("")).placed])
edits: st.SearchStrategy[LedgerEdit] = (
    st.builds(Waive, ids, st.just("mona"), st.just("fine"))
    | st.builds(Unwaive, ids)
    | st.builds(GrantBypass, st.sampled_from("ab"), st.just("main"), st.just("boss"), st.just("now"))
)
purchases = st.builds(
    replace,
    st.just(BOUGHT),
    identity=st.sampled_from("ab"),
    attempt=st.integers(1, 2),
    state=st.sampled_from(TaskState),
    used=st.none() | st.just(Decimal(5)),
)
changes = st.builds(
    LedgerUpdate,
    st.lists(purchases, max_size=3).map(tuple),
    st.lists(answers, max_size=2).map(tuple),
    st.lists(edits, max_size=2).map(tuple),
    st.frozensets(st.sampled_from(["aa", "bb"])),
)


@given(changes)
def test_a_stored_text_is_recognized_after_any_number_of_writes(update: LedgerUpdate) -> None:
    memory = LedgerVersions.of(Ledger(counter=3), update, NOW).stored(Ledger(counter=4, seen=SEEN))
    assert memory.ledger.counter == LedgerVersions.of(memory.written, update, NOW).ledger.counter == 4
    assert memory.ledger.seen == SEEN
    assert replace(memory.ledger, counter=3, seen=Seen()) == applied(Ledger(counter=3), memory.update, NOW)


def test_a_stored_ledger_has_the_counter_and_the_head_that_were_written() -> None:
    update = LedgerUpdate().with_purchase(BOUGHT)
    ledger = LedgerVersions.of(Ledger(counter=3), update, NOW).stored(Ledger(counter=4, seen=SEEN)).ledger
    assert (ledger.counter, ledger.seen, ledger.purchases) == (4, SEEN, (BOUGHT,))


@given(changes, changes)
def test_applying_an_update_is_idempotent(before: LedgerUpdate, given_: LedgerUpdate) -> None:
    there = applied(Ledger(), before, NOW)
    new = {item.id for said in given_.answers for item in said.placed} - {one.id for one in there.findings.records}
    # The users who waived a finding had seen it.
    assume(not any(isinstance(edit, Waive) and edit.finding_id in new for edit in given_.edits))
    once = applied(there, given_, NOW)
    assert applied(once, given_, NOW) == once


@given(changes, changes)
def test_two_runs_lose_nothing_in_either_order_of_writes(one: LedgerUpdate, other: LedgerUpdate) -> None:
    both = applied(applied(Ledger(), one, NOW), other, NOW)
    turned = applied(applied(Ledger(), other, NOW), one, NOW)
    ids = {item.id for change in (one, other) for said in change.answers for item in said.placed}
    assert ids == {record.id for record in both.findings.records} == {record.id for record in turned.findings.records}
    assert both.posted == turned.posted == one.posted | other.posted
    states = [{each.key: each.state.rank for each in ledger.purchases} for ledger in (both, turned)]
    assert states[0] == states[1]


def test_a_run_that_saw_a_task_open_does_not_open_it_again() -> None:
    there = applied(Ledger(), LedgerUpdate().with_purchase(DONE), NOW)
    for state in (TaskState.DEFERRED, TaskState.INTENT, TaskState.OPEN):
        assert applied(there, LedgerUpdate().with_purchase(replace(BOUGHT, state=state)), NOW) == there
    assert there.spent == 300
    later = replace(DONE, coverage=Coverage.PARTIAL)
    assert applied(there, LedgerUpdate().with_purchase(later), NOW).purchases == (later,)


@given(changes, changes)
def test_what_another_run_has_continued_changes_nothing(theirs: LedgerUpdate, mine: LedgerUpdate) -> None:
    ledger = applied(Ledger(), theirs, NOW)
    assume(not any(one.is_dropped for one in mine.purchases))
    kept = mine.not_behind(ledger, None)
    assert applied(ledger, kept, NOW) == applied(ledger, mine, NOW)
    assert set(kept.purchases) <= set(mine.purchases)


def test_a_run_that_saw_a_task_open_has_no_news_of_its_end() -> None:
    update = LedgerUpdate((BOUGHT, replace(BOUGHT, attempt=2)))
    assert update.not_behind(Ledger((DONE,)), None).purchases == update.purchases[1:]
    assert LedgerUpdate((DONE,)).not_behind(Ledger((BOUGHT,)), None).purchases == (DONE,)


def test_a_dropped_deferral_does_not_end_an_intent_of_another_run() -> None:
    intent = replace(BOUGHT, state=TaskState.INTENT, task_id="")
    dropped = replace(intent, state=TaskState.ENDED, used=Decimal(0))
    for there, own, is_kept in ((intent, None, False), (intent, dropped, True), (dropped, None, True)):
        update = LedgerUpdate((dropped,)).not_behind(Ledger((there,)), own)
        assert update.purchases == ((dropped,) if is_kept else ())


def test_an_answer_replaces_what_was_known_of_its_task() -> None:
    first, second, other = (answer(NOW, task=task) for task in ("task_1", "task_1", "task_2"))
    changes = LedgerUpdate().with_answer(first).with_answer(other).with_answer(second)
    assert [one is second for one in changes.answers] == [False, True]


def said(task: str, *codes: str, severity: Severity = Severity.HIGH) -> PlacedAnswer:
    return answer(NOW, *(finding(code, code=code, severity=severity) for code in codes), task=task)


def test_findings_are_updated_for_the_current_change() -> None:
    there = applied(Ledger(), LedgerUpdate().with_answer(said("task_1", "bad()")), NOW)
    later = applied(there, LedgerUpdate(), change_index({}, {}))
    assert [record.counts for record in (*there.findings.records, *later.findings.records)] == [True, False]


# --- What commands change ---------------------------------------------------------------------------------------------


def amended(*given: LedgerEdit, now: ChangeIndex = NOW) -> Ledger:
    before = applied(Ledger(), LedgerUpdate((), (said("task_1", "bad()", "line 4"),)), now)
    return applied(before, LedgerUpdate(edits=given), now)


def test_a_command_waives_a_finding_and_withdraws_the_waiver() -> None:
    first, second = amended().findings.records
    one = amended(Waive(first.id, "mona", "r" * 999))
    assert [record.id for record in one.findings.counting("")] == [second.id]
    (waiver,) = (record.waiver for record in one.findings.records if record.waiver)
    assert (waiver.by, len(waiver.reason)) == ("mona", 300)
    assert amended(Waive(first.id, "mona", "fine"), Unwaive(first.id)) == amended()
    assert amended(Waive("0" * 10, "mona", "fine"), Unwaive("0" * 10)) == amended()


AT = "2026-11-24T12:00:{:02}+00:00"


def test_a_withdrawal_of_another_run_is_dropped_once_the_ledger_has_a_later_command() -> None:
    mine, theirs = Waive("a", "wendy", "known", command="2"), Unwaive("a", "1")
    update = LedgerUpdate(edits=(mine,)).withdrawing((theirs,))
    assert update.edits == (theirs, mine) == update.withdrawing((theirs,)).edits
    assert update.withdrawing((), (theirs,)).edits == (mine,)


def test_of_two_runs_that_read_an_answer_the_first_record_counts() -> None:
    """So the second one has nothing to write."""
    one, other, no_time = (replace(DONE, read_at=at) for at in (AT.format(1), AT.format(2), ""))
    for before, news, after in ((one, other, one), (other, one, other), (one, no_time, one), (no_time, one, one)):
        assert Ledger((before,)).with_purchase(news).purchases == (after,)


@pytest.mark.parametrize(
    ("severity", "read_at", "kept"),
    [
        (Severity.HIGH, "", True),
        (Severity.HIGH, AT.format(5), True),
        (Severity.LOW, AT.format(5), True),
        (Severity.CRITICAL, AT.format(5), False),
        (Severity.HIGH, AT.format(6), False),
        (Severity.LOW, AT.format(6), False),
    ],
)
def test_a_waiver_is_for_what_was_reported_before_its_command(severity: Severity, read_at: str, kept: object) -> None:
    """The run of the command may read an answer that its writer has not seen."""
    first = amended().findings.records[0]
    news = LedgerUpdate(
        (replace(DONE, read_at=read_at),),
        (said("task_2", first.title, severity=severity),),
        (Waive(first.id, "mona", "fine", command=f"{AT.format(5)} {1:020}"),),
    )
    record = applied(amended(), news, NOW).findings.find(first.id)
    assert record is not None
    assert (record.waiver is not None) is kept
    again = applied(amended(Waive(first.id, "kim", "known")), news, NOW).findings.find(first.id)
    assert again is not None
    assert (again.waiver is not None) is (severity is not Severity.CRITICAL), "an earlier one stays"


def test_a_bypass_passes_one_head_and_the_latest_counts() -> None:
    ledger = amended(GrantBypass("a" * 40, "main", "boss", "now"), GrantBypass("b" * 40, "main", "boss", "r" * 999))
    assert ledger.bypass is not None
    assert (ledger.bypass.head_sha, len(ledger.bypass.reason)) == ("b" * 40, 300)
    assert amended().bypass is None
