"""A finding counts until its code is changed and the reviewer calls it fixed, or until its code is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import Block, fold
from reviewbot.domain.findings.lookup import ChangeIndex, Match, NoMatch, find_match
from reviewbot.domain.findings.placement import Why, assign_ids, in_summary, remembered
from reviewbot.domain.findings.states import update_state, update_states, waived
from reviewbot.domain.findings.tracked_finding import (
    MAX_REASON,
    MAX_TEXT,
    MAX_TITLE,
    EarlierReviews,
    Findings,
    FindingState,
    TrackedFinding,
)
from reviewbot.domain.findings.tracking import UNCHANGED, PlacedAnswer, merge_answer
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Category, Finding, Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.values import replace
from tests.domain.builders import answer, change_index, changed_file, file_diff, finding, numbered

APP = "src/app.py"
BASE = numbered(30)
BAD = BASE.replace("line 10\n", "line 10\nbad()\n")
NOW = change_index({APP: BASE}, {APP: BAD})


def found(now: ChangeIndex, *findings: Finding, task: str = "task_1") -> Findings:
    """Return the tracked findings after a first answer."""
    return merge_answer(Findings(), answer(now, *findings, task=task, whole=True), now)


def one(findings: Findings) -> TrackedFinding:
    """Return the only tracked finding."""
    (record,) = findings.records
    return record


def carried(text: str, given: Finding | None = None, base: str = BASE, before: str = BAD) -> TrackedFinding:
    """Return the finding after a push that changes the file to this text, without a new answer."""
    first = found(change_index({APP: base}, {APP: before}), given or finding(code="bad()"))
    return one(update_states(first, change_index({APP: base}, {APP: text})))


# --- Changes without a new answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state", "line"),
    [
        (BAD, "open", 11),
        (f"above\n{BAD}", "open", 12),
        (BAD.replace("bad()", "\t bad()  "), "open", 11),
        (BAD.replace("bad()\n", "").replace("line 20\n", "line 20\nbad()\n"), "open", 21),
        (BAD.replace("bad()", "bad(1)"), "changed", 11),
        (BASE.replace("line 30", "other"), "changed", 11),
        ("", "changed", 11),
        (BASE, "gone", 11),
    ],
)
def test_a_finding_is_looked_up_by_its_code(text: str, state: str, line: int) -> None:
    record = carried(text)
    assert (record.state, record.line) == (state, line)


@pytest.mark.parametrize("head", [{}, {APP: BASE.replace("line 20\n", "other\n")}], ids=["deleted", "without-it"])
def test_a_late_answer_keeps_the_code_that_this_change_lacks(head: dict[str, str]) -> None:
    now = change_index({APP: BASE}, head)
    given = answer(now, finding(line=11, code="bad()"), here=False)
    findings = merge_answer(Findings(), given, now)
    assert merge_answer(findings, given, now) == findings
    fixed = merge_answer(findings, answer(now, task="task_2", fixed=[one(findings).id]), now)
    assert one(fixed).state is (FindingState.OPEN if head else FindingState.FIXED), "a deleted file is fixed"
    back = merge_answer(fixed, answer(NOW, task="task_3", fixed=[one(findings).id]), NOW)
    assert (one(back).state, one(back).line) == (FindingState.OPEN, 11)
    assert one(back).note.startswith(UNCHANGED)


def test_a_quote_that_no_file_contains_does_not_mean_that_the_code_is_gone() -> None:
    late = answer(NOW, finding(line=11, code="bad(…)"), here=False)
    findings = merge_answer(Findings(), late, NOW)
    assert one(findings).state is FindingState.OPEN
    edited = change_index({APP: BASE}, {APP: BAD.replace("line 30", "other")})
    fixed = merge_answer(findings, answer(edited, task="task_2", fixed=[one(findings).id]), edited)
    assert one(fixed).state is FindingState.FIXED
    assert one(update_states(fixed, NOW)).state is FindingState.OPEN, "its file is restored"


NEW, OTHER = "src/new.py", "src/other.py"


@pytest.mark.parametrize(
    ("found_in", "then"),
    [
        ({NEW: "a\nbad()\n"}, [{"src/moved.py": "a\nbad()\n"}]),
        ({NEW: "a\nbad()\n"}, [{OTHER: "y\nbad()\n"}, {NEW: "a\nbad()\n", OTHER: "y\n"}]),
        ({NEW: "bad()\n"}, [{"b.py": "bad()\n"}, {"c.py": "bad()\n"}, {"b.py": "bad()\n", "c.py": "y\n"}]),
    ],
    ids=["moved", "moved-and-back", "moved-twice-and-back"],
)
@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("path", [NEW, f"a/{NEW}"])
def test_code_under_another_name_is_not_fixed(
    path: str, found_in: dict[str, str], then: Sequence[dict[str, str]], *, here: bool
) -> None:
    base = {OTHER: "x\n"}
    nows = [change_index(base, {OTHER: "x\n", **head}) for head in (found_in, *then)]
    first, *later = nows if here else nows[1:]
    findings = merge_answer(Findings(), answer(first, finding(path=path, line=2, code="bad()"), here=here), first)
    for number, now in enumerate(later or [change_index(base, {OTHER: "z\n", **then[-1]})]):
        said = answer(now, task=f"task_{number}", fixed=[one(findings).id])
        findings = merge_answer(findings, said, now)
        assert merge_answer(findings, said, now) == findings
        assert one(findings).counts


CALL = BASE.replace("line 28\n", "bad()\n")
"""A base that already contains the code, far from where it is added."""


@pytest.mark.parametrize(
    ("base", "head", "state"),
    [
        # the base contains the added code now
        (CALL.replace("line 10\n", "line 10\nbad()\n"), CALL.replace("line 10\n", "line 10\nbad()\nmore\n"), "changed"),
        # the added copy is changed, and the base's copy does not belong to the finding
        (CALL, CALL.replace("line 10\n", "line 10\nbad(1)\n"), "changed"),
        # one more copy, or the same number
        (CALL, CALL.replace("line 10\n", "line 10\nbad()\nmore\n"), "open"),
        (CALL, CALL.replace("line 10\n", "bad()\nline 10\nbad()\n"), "open"),
    ],
)
def test_another_copy_of_the_code_does_not_hide_a_change(base: str, head: str, state: str) -> None:
    first = found(
        change_index({APP: CALL}, {APP: CALL.replace("line 10\n", "line 10\nbad()\n")}), finding(code="bad()")
    )
    assert (one(first).touched, one(first).copies) == (True, 2)
    assert one(update_states(first, change_index({APP: base}, {APP: head}))).state == state


def test_a_finding_that_was_open_when_this_change_was_judged_stays_open_without_its_code() -> None:
    first = found(NOW, finding(code="bad()"))
    now = change_index({APP: BASE}, {APP: BASE})
    assert one(update_states(first, now)).state is FindingState.GONE
    judged = EarlierReviews({one(first).id: FindingState.OPEN})
    assert one(update_states(first, now, judged)).state is FindingState.OPEN


@pytest.mark.parametrize(
    ("base", "reported", "item"),
    [
        (BASE, BAD.replace("line 20\n", "line 20\nbad()\n"), finding(code="bad()")),
        (BAD, BASE.replace("line 1\n", "note\nline 1\n"), finding(line=11, code="bad()", side=Side.LEFT)),
        (BASE, f"note\n{BAD}", replace(finding(), line=None)),
    ],
    ids=["one copy of two", "deleted", "without line"],
)
def test_a_fix_of_another_change_does_not_count_for_one_that_was_reviewed_before(
    base: str, reported: str, item: Finding
) -> None:
    """The flaw was in the first change, but only a later review found it."""
    first = found(change_index({APP: base}, {APP: reported}), item, task="task_2")
    fixed = replace(one(first), state=FindingState.FIXED, closed="task_3")
    back = change_index({APP: base}, {APP: BAD if base is BASE else BASE})
    later = EarlierReviews(bought_since=frozenset({"task_2", "task_3"}), tasks=frozenset({"task_1"}))
    assert update_state(fixed, back, later).state.is_open
    confirmed = replace(later, tasks=frozenset({"task_1", "task_3"}))
    assert update_state(fixed, back, confirmed).state is FindingState.FIXED


def test_a_finding_of_a_later_review_is_not_gone_with_its_file_under_another_name() -> None:
    first = one(found(change_index({}, {"c.py": BAD}), replace(finding(path="c.py"), line=None), task="task_2"))
    later = EarlierReviews(bought_since=frozenset({"task_2"}), tasks=frozenset({"task_1"}))
    assert update_state(first, change_index({}, {"a.py": BAD}), later).state is FindingState.CHANGED
    now = change_index({}, {"a.py": BASE})
    assert update_state(first, now, later).state is FindingState.GONE
    in_words = replace(first, text="The same is in src/a.py.")
    assert update_state(replace(first, text="A baa.py"), now, later).state is FindingState.GONE
    assert update_state(in_words, now, later).state is FindingState.CHANGED
    structured = replace(in_words, category=Category.SECURITY)
    assert update_state(structured, now, later).state is FindingState.GONE


@pytest.mark.parametrize("state", [FindingState.FIXED, FindingState.GONE])
def test_a_closed_finding_of_a_later_review_is_back_with_its_file_under_another_name(state: FindingState) -> None:
    first = one(found(change_index({}, {"c.py": BAD}), replace(finding(path="c.py"), line=None), task="task_2"))
    later = EarlierReviews(bought_since=frozenset({"task_2"}), tasks=frozenset({"task_1"}))
    closed = replace(first, state=state, closed="task_3")
    assert update_state(closed, change_index({}, {"a.py": BAD}), later).state is FindingState.CHANGED
    assert update_state(closed, change_index({}, {"a.py": BASE}), later).state is state


@pytest.mark.parametrize("mode", ["100644", "100755"])
def test_a_file_with_another_mode_has_the_same_content(mode: str) -> None:
    there = ChangeIndex.of(ChangeSet("b", "h", (changed("c.py", "", BAD),)), ())
    first = one(found(there, replace(finding(path="c.py"), line=None), task="task_2"))
    later = EarlierReviews(bought_since=frozenset({"task_2"}), tasks=frozenset({"task_1"}))
    file = changed("a.py", "", BAD)
    script = replace(file, new=replace(file.new, mode=mode) if file.new else None)
    assert update_state(first, ChangeIndex.of(ChangeSet("b", "h", (script,)), ()), later).state.is_open


def test_another_mode_can_fix_a_finding_without_a_line() -> None:
    file = changed("run.sh", "", BAD)
    script = replace(file, new=replace(file.new, mode="100755") if file.new else None)
    before, after = (ChangeIndex.of(ChangeSet("b", "h", (one,)), ()) for one in (file, script))
    first = found(before, replace(finding(path="run.sh"), line=None))
    report = Report("", (), previous=(Previous(one(first).id, PreviousState.FIXED, ""),))
    said = PlacedAnswer("task_2", whole=True, here=True, report=report, placed=())
    merged = merge_answer(first, said, after)
    assert one(merged).state is FindingState.FIXED
    assert one(update_states(merged, after)).state is FindingState.FIXED
    assert one(merge_answer(first, said, before)).state is FindingState.OPEN


def test_a_fixed_finding_is_back_if_an_unsent_file_has_one_of_its_copies() -> None:
    twice = changed(APP, BASE, BAD.replace("line 20\n", "line 20\nbad()\n"))
    view = FileView(APP, APP, twice.diff.hunks, twice.text)
    first = one(found(ChangeIndex.of(ChangeSet("b", "h", (twice,)), (view,)), finding(code="bad()")))
    fixed = replace(first, state=FindingState.FIXED, closed="task_2")
    hidden = changed("node_modules/x.py", "", "bad()\n")
    now = ChangeIndex.of(ChangeSet("b", "h", (changed(APP, BASE, f"note\n{BASE}"), hidden)), ())
    assert update_state(fixed, now).state.is_open


MASKED = 'bad("[REDACTED:github-token]")'
TOKEN = 'bad("ghp_0a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9J")'


@pytest.mark.parametrize("path", ["node_modules/x.py", APP])
def test_a_redacted_line_is_found_in_a_file_that_is_held_back(path: str) -> None:
    first = found(change_index({APP: BASE}, {APP: f"{BASE}{MASKED}\n"}), finding(code=MASKED, line=31))
    assert (one(first).masked, one(first).copies) == (True, 1)
    sent = () if path == APP else (changed(APP, BASE, f"note\n{BASE}"),)
    unread = changed_file("data/x.bin", None, Entry("1" * 40, "100644", binary=True))
    hidden = changed(path, BASE if path == APP else "", f"{BASE if path == APP else ''}x = 1\n{TOKEN}\n")
    now = ChangeIndex.of(ChangeSet("b", "h", (*sent, unread, hidden)), ())
    after = one(merge_answer(first, answer(now, task="task_2", fixed=[one(first).id]), now))
    assert (after.state, after.path) == (FindingState.OPEN, path)


def test_a_line_without_a_redaction_is_looked_up_as_it_is() -> None:
    first = found(NOW, finding(code="bad()"))
    assert not one(first).masked
    now = ChangeIndex.of(ChangeSet("b", "h", (changed(APP, BASE, f"note\n{BASE}"), changed("x.py", "", "bad()\n"))), ())
    after = one(merge_answer(first, answer(now, task="task_2", fixed=[one(first).id]), now))
    assert (after.state, after.path, "hidden" in vars(now)) == (FindingState.OPEN, "x.py", False)


def test_code_below_many_lines_that_begin_alike_is_not_fixed() -> None:
    code = "bad(\nit)\n"
    first = one(found(change_index({APP: BASE}, {APP: BASE + code}), finding(code=code, line=31)))
    now = change_index({APP: BASE}, {APP: BASE + "bad(\n" * 2_000 + code})
    after = one(merge_answer(Findings((first,)), answer(now, task="task_2", fixed=[first.id]), now))
    assert (first.copies, after.state) == (1, FindingState.OPEN)


def test_of_two_copies_the_added_one_is_preferred_to_a_nearer_one() -> None:
    first = found(
        change_index({APP: CALL}, {APP: CALL.replace("line 10\n", "line 10\nbad()\n")}), finding(code="bad()")
    )
    now = change_index({APP: CALL}, {APP: f"bad()\n{CALL}".replace("line 25\n", "")})
    assert [one(first).line, one(update_states(first, now)).line] == [11, 1]
    near = replace(first, records=(replace(one(first), line=27),))
    assert one(update_states(near, now)).line == 1


def test_a_finding_on_context_lines_stays_when_the_diff_changes() -> None:
    first = found(NOW, finding(code="line 12"))
    assert not one(first).touched
    now = change_index({APP: BASE}, {APP: BASE.replace("line 25\n", "line 25\nbad()\n")})
    assert one(update_states(first, now)).state is FindingState.OPEN
    assert one(update_states(first, change_index({APP: BASE}, {APP: BASE}))).state is FindingState.GONE


@pytest.mark.parametrize(
    ("head", "state"),
    [
        (BASE.replace("line 10\n", "").replace("line 20", "other"), "open"),
        (BASE.replace("line 11", "other"), "changed"),
        (BASE.replace("line 25", "other"), "changed"),
        (BASE, "gone"),
    ],
)
def test_a_reverted_deletion_needs_a_confirmation_if_its_file_is_in_the_change(head: str, state: str) -> None:
    """This holds only for lines that the diff shows; other base lines are unknown."""
    given = finding(code="line 10", side=Side.LEFT)
    assert carried(head, given, before=BASE.replace("line 10\n", "")).state == state


def test_a_finding_on_deleted_lines_is_fixed_by_other_lines() -> None:
    deleted = BASE.replace("line 10\n", "")
    first = found(change_index({APP: BASE}, {APP: deleted}), finding(code="line 10", side=Side.LEFT))

    def merged(now: ChangeIndex) -> Findings:
        return merge_answer(first, answer(now, task="task_2", fixed=[one(first).id]), now)

    same = change_index({APP: BASE}, {APP: deleted})
    assert one(merged(same)).state is FindingState.OPEN, "nothing has changed"

    now = change_index({APP: BASE}, {APP: deleted.replace("line 9\n", "line 9\nanother way\n")})
    fixed = merged(now)
    assert one(fixed).state is FindingState.FIXED
    assert one(update_states(fixed, now)).state is FindingState.FIXED
    assert one(update_states(fixed, same)).state is FindingState.OPEN, "the file is as it was"


def test_deleted_code_is_not_searched_in_another_file() -> None:
    base = {APP: BASE, "b.py": BASE}
    first = found(change_index(base, {APP: BASE.replace("line 10\n", ""), "b.py": BASE}), finding(code="line 10"))
    assert one(first).side is Side.LEFT
    now = change_index(base, {APP: BASE, "b.py": BASE.replace("line 10\n", "")})
    assert one(update_states(first, now)).state is FindingState.CHANGED


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (finding(code="bad()"), "gone"),
        (finding(), "gone"),
        (finding(code="line 1"), "gone"),
        (finding(path="other.py"), "open"),
        (finding(path=""), "open"),
    ],
)
def test_a_finding_ends_if_no_file_is_left_that_could_have_its_code(given: Finding, state: str) -> None:
    first = found(NOW, given)
    for now in (change_index({APP: BASE}, {}), change_index({}, {})):
        assert one(update_states(first, now)).state == state
    moved = change_index({APP: BASE}, {APP: BASE, "b.py": "b\n"})
    assert one(update_states(first, moved)).state == state.replace("gone", "changed")


def test_a_deletion_does_not_fix_a_finding_on_it() -> None:
    deleted = change_index({APP: BASE}, {})
    first = found(deleted, finding("The file is needed"), finding(code="line 3"))
    assert {record.side for record in first.records} == {Side.LEFT}
    later = change_index({APP: BASE}, {"b.py": "b\n"})
    assert update_states(first, later) == first
    undone = update_states(first, change_index({APP: BASE}, {APP: BASE, "b.py": "b\n"}))
    assert {record.state for record in undone.records} == {FindingState.CHANGED}


def test_a_file_that_cannot_be_read_changes_only_its_waivers() -> None:
    first = found(NOW, finding(code="bad()"), finding("No tests"))
    first = replace(first, records=tuple(waived(record, "mona", "fine", NOW) for record in first.records))
    binary = ChangeIndex((FileView(APP, APP, ()),), frozenset())
    assert find_match(first.records[0], binary) in {NoMatch.UNSEEN, NoMatch.ABSENT}
    after = {record.title: record for record in update_states(first, binary).records}
    assert after["A finding"].waiver is None, "whether it is for this code is unknown"
    assert after["No tests"].waiver is None
    assert {record.state for record in after.values()} == {FindingState.OPEN}


# --- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "renamed", "path"),
    [
        # a file of the base is renamed, and once more
        ({APP: BASE}, {"b.py": BAD}, {"b.py": APP}, "b.py"),
        # a new file has that name
        ({APP: BASE}, {APP: BAD, "b.py": BAD}, {"b.py": APP}, APP),
        # it was deleted, and its code is in a new file
        ({APP: BASE}, {"b.py": "bad()\n"}, {}, "b.py"),
        # two files were swapped
        ({APP: BASE, "b.py": BASE}, {APP: BASE, "b.py": BAD}, {APP: "b.py", "b.py": APP}, APP),
    ],
)
def test_a_finding_follows_a_renamed_file(
    base: Mapping[str, str], head: Mapping[str, str], renamed: Mapping[str, str], path: str
) -> None:
    record = one(update_states(found(NOW, finding(code="bad()")), change_index(base, head, renamed)))
    assert record.counts
    assert record.path == path


@pytest.mark.parametrize("code", ["bad()", "line 20"])
def test_a_file_that_is_renamed_twice_keeps_its_findings(code: str) -> None:
    once = change_index({APP: BASE}, {"b.py": BAD}, {"b.py": APP})
    first = found(once, finding(path="b.py", code=code))
    twice = change_index({APP: BASE}, {"c.py": BAD}, {"c.py": APP})
    assert (one(update_states(first, twice)).path, one(update_states(first, twice)).state) == ("c.py", "open")


@pytest.mark.parametrize("later", ["c.py", "a.py"])
def test_a_file_that_is_renamed_again_and_edited_keeps_its_findings(
    later: str,
) -> None:
    moved = change_index({"a.py": BASE}, {"b.py": BAD}, {"b.py": "a.py"})
    first = found(moved, finding(path="b.py", code="bad()"))
    names = {} if later == "a.py" else {later: "a.py"}
    now = change_index({"a.py": BASE}, {later: BAD.replace("bad()", "other()")}, names)
    assert one(update_states(first, now)).state is FindingState.CHANGED
    again = change_index({"a.py": BASE}, {"c.py": BAD.replace("bad()", "other()")}, {"c.py": "a.py"})
    added = found(change_index({}, {"n.py": BAD}), finding(path="n.py", code="bad()"))
    assert one(update_states(added, again)).state is FindingState.CHANGED


@pytest.mark.parametrize("given", [finding(path="new.py", code="bad()"), finding(path="new.py")])
@pytest.mark.parametrize("text", ["bad(1)\n", "other\n"])
def test_a_finding_counts_while_its_code_may_be_in_another_file(given: Finding, text: str) -> None:
    first = found(change_index({}, {"new.py": "bad()\n"}), given)
    for now in (
        change_index({}, {"newer.py": text}),
        change_index({APP: BASE}, {APP: BASE.replace("line 10", "else")}),
        change_index({}, {"newer.py": "bad()\n"}),
    ):
        assert one(update_states(first, now)).counts


def changed(path: str, old: str, new: str) -> ChangedFile:
    return ChangedFile(file_diff(old, new, path), Entry("1" * 40, "100644"), Entry("2" * 40, "100644", text=new))


def test_a_file_that_is_held_back_is_tracked() -> None:
    first = found(NOW, finding(code="bad()"))
    hidden = changed("vendor/app.py", "", BAD)
    moved = one(update_states(first, ChangeIndex.of(ChangeSet("b", "h", (hidden,)), ())))
    assert (moved.path, moved.state) == ("vendor/app.py", "open")
    fixed = changed(APP, BASE, BASE.replace("line 10", "good()"))
    assert one(update_states(first, ChangeIndex.of(ChangeSet("b", "h", (fixed,)), ()))).state is FindingState.CHANGED


def test_code_in_a_file_that_is_not_sent_is_not_fixed() -> None:
    first = found(NOW, finding(code="bad()"))
    edited = changed(APP, BASE, BASE.replace("line 10", "good()"))
    hidden = changed("vendor/new.py", "", "bad()\n")
    sent = (FileView(APP, APP, edited.diff.hunks, edited.text),)
    for files, state in (((edited,), FindingState.FIXED), ((edited, hidden), FindingState.OPEN)):
        now = ChangeIndex.of(ChangeSet("b", "h", files), sent)
        answered = answer(now, task="task_2", fixed=[one(first).id])
        assert one(merge_answer(first, answered, now)).state is state
    copies = changed(APP, BASE.replace("line 3", "bad()"), BASE.replace("line 3", "bad()").replace("line 10", "good()"))
    before = change_index({APP: BASE.replace("line 3", "bad()")}, {APP: BAD.replace("line 3", "bad()")})
    twice = found(before, finding(code="bad()"))
    now = ChangeIndex.of(ChangeSet("b", "h", (copies, hidden)), (FileView(APP, APP, copies.diff.hunks, copies.text),))
    answered = answer(now, task="task_2", fixed=[one(twice).id])
    assert one(merge_answer(twice, answered, now)).state is FindingState.CHANGED, "another copy is the base's"
    both = (*sent, FileView("vendor/new.py", "vendor/new.py", hidden.diff.hunks, hidden.text))
    seen = ChangeIndex.of(ChangeSet("b", "h", (edited, hidden)), both)
    shown = merge_answer(first, answer(seen, task="task_2", fixed=[one(first).id]), seen)
    assert one(shown).state is FindingState.FIXED, "the reviewer was shown it"


def test_a_change_index_prefers_the_files_as_sent() -> None:
    (diff,) = parse_diff(f"diff --git a/x b/x\ndeleted file mode 100644\nindex {'1' * 40}..{'0' * 40}\n")
    gone = ChangedFile(diff, Entry("1" * 40, "100644"), None)
    sent = FileView(APP, APP, (), "as sent\n")
    now = ChangeIndex.of(ChangeSet("b", "h", (changed(APP, BASE, BAD), gone)), (sent,))
    assert [view.text for view in now.views] == ["as sent\n", None]
    assert now.removed == {"x"}
    assert now.kept == {APP}
    assert not ChangeIndex.of(ChangeSet("b", "h", (gone,)), ()).kept


# --- Changes by an answer ---------------------------------------------------------------------------------------------


CHANGED = change_index({APP: BASE}, {APP: BAD.replace("bad()", "bad(1)")})


@pytest.mark.parametrize(
    ("given", "now", "word", "state"),
    [
        (finding(code="bad()"), NOW, "", "open"),
        (finding(code="bad()"), NOW, "fixed", "open"),
        (finding(code="bad()"), NOW, "still", "open"),
        (finding(code="bad()"), CHANGED, "", "changed"),
        (finding(code="bad()"), CHANGED, "fixed", "fixed"),
        (finding(code="bad()"), CHANGED, "still", "open"),
        (finding(code="bad()"), CHANGED, "both", "open"),
        # without code, any change of its file counts
        (finding(), NOW, "", "open"),
        (finding(), NOW, "fixed", "open"),
        (finding(), CHANGED, "", "open"),
        (finding(), CHANGED, "fixed", "fixed"),
        (finding(), CHANGED, "both", "open"),
        # its file is not in the change
        (finding(path="other.py", code="x"), NOW, "fixed", "open"),
        (finding(path="other.py", code="x"), replace(NOW, change="2" * 32), "fixed", "fixed"),
    ],
)
def test_fixed_needs_the_reviewers_confirmation_and_changed_code(
    given: Finding, now: ChangeIndex, word: str, state: str
) -> None:
    first = found(NOW, given)
    ids = [record.id for record in first.records]
    said = answer(
        now,
        task="task_2",
        fixed=ids if word in {"fixed", "both"} else (),
        still=ids if word in {"still", "both"} else (),
    )
    record = one(merge_answer(first, said, now))
    assert record.state == state
    assert record.closed == ("task_2" if state == "fixed" else "")
    said_fixed = "It is." if state == "fixed" else f"{UNCHANGED} It is."
    assert record.note == ("It is not." if word in {"still", "both"} else said_fixed if word else "")
    assert record.found == "task_1"


def test_code_that_comes_back_is_open_again() -> None:
    first = found(NOW, finding(code="bad()"))
    said = answer(CHANGED, task="task_2", fixed=[one(first).id])
    fixed = merge_answer(first, said, CHANGED)
    assert one(update_states(fixed, CHANGED)) == one(fixed), "while the code is not restored"
    assert one(update_states(fixed, change_index({}, {}))) == one(fixed), "its file is gone, and it was fixed before"
    back = one(update_states(fixed, NOW))
    assert (back.state, back.closed, back.note) == (FindingState.OPEN, "", ""), "no answer mentions it"
    gone = update_states(first, change_index({APP: BASE}, {APP: BASE}))
    assert one(update_states(gone, NOW)).state is FindingState.OPEN


def test_one_copy_of_two_can_be_fixed_and_only_a_second_one_opens_it_again() -> None:
    two = change_index({APP: BASE}, {APP: BAD.replace("line 20\n", "line 20\nbad()\n")})
    first = found(two, finding(code="bad()", line=11))
    fewer = update_states(first, NOW)
    assert (one(fewer).state, one(fewer).copies) == (FindingState.CHANGED, 2)
    fixed = merge_answer(first, answer(NOW, task="task_2", fixed=[one(first).id]), NOW)
    assert one(fixed).state is FindingState.FIXED
    assert one(update_states(fixed, NOW)).state is FindingState.FIXED
    assert one(update_states(fixed, two)).state is FindingState.OPEN
    gone = update_states(first, change_index({APP: BASE}, {APP: BASE}))
    assert one(update_states(gone, NOW)).state is FindingState.CHANGED, "one of them is back, and no answer mentions it"


def test_of_two_findings_on_equal_lines_only_one_can_be_fixed_when_one_line_is_gone() -> None:
    text = BAD.replace("line 20\n", "line 20\nbad()\n")
    two = change_index({APP: BASE}, {APP: text})
    places = [at for at, line in enumerate(text.split("\n"), start=1) if line == "bad()"]
    first = found(two, *(finding(code="bad()", line=at) for at in places))
    near, far = sorted(first.records, key=lambda record: record.line or 0)
    said = answer(NOW, task="task_2", fixed=[near.id, far.id])
    fixed = merge_answer(first, said, NOW)
    assert {record.id: record.state for record in fixed.records} == {
        near.id: FindingState.OPEN,
        far.id: FindingState.FIXED,
    }
    assert merge_answer(fixed, replace(said, task_id="task_3"), NOW).find(near.id) == fixed.find(near.id)
    none = change_index({APP: BASE}, {APP: BASE + "x\n"})
    assert all(record.state is FindingState.CHANGED for record in update_states(first, none).records)


def test_a_finding_that_stays_open_beside_the_copy_of_the_base_is_the_same_in_the_next_run() -> None:
    base = BAD.replace("line 29\n", "line 29\nother\n")
    head = base.replace("line 20\n", "line 20\nbad()\nbad()\n")
    places = [at for at, line in enumerate(head.split("\n"), start=1) if line == "bad()"]
    first = found(change_index({APP: base}, {APP: head}), *(finding(code="bad()", line=at) for at in places))
    left = change_index({APP: base}, {APP: base + "x\n"})
    once = update_states(first, left)
    assert sorted(record.state.value for record in once.records) == ["changed", "changed", "open"]
    assert update_states(once, left) == once


def test_a_closed_finding_names_its_task() -> None:
    first = found(NOW, finding(code="bad()"))
    gone = change_index({APP: BASE}, {})
    assert one(update_states(first, gone)).closed == ""
    after = merge_answer(update_states(first, gone), answer(gone, task="task_2"), gone)
    assert one(after).closed == "task_2"
    assert one(merge_answer(after, answer(gone, task="task_3"), gone)).closed == "task_2"


def test_a_whole_review_of_another_change_replaces_what_is_lost_of_a_record() -> None:
    before = Findings((), (("task_0", Severity.HIGH, 3),), broken=True)
    part = merge_answer(before, answer(NOW), NOW)
    assert (part.beyond, part.broken) == (before.beyond, True)
    whole = merge_answer(before, answer(NOW, whole=True), NOW)
    assert (whole.beyond, whole.broken) == ((), False)
    again = merge_answer(before, answer(NOW, whole=True), NOW, EarlierReviews(tasks=frozenset({"task_0"})))
    assert (again.beyond, again.broken) == (before.beyond, False), "they were found in this very change"
    older = merge_answer(before, answer(NOW, whole=True, here=False), NOW)
    assert (older.beyond, older.broken) == (before.beyond, True), "its head was reviewed before others"


def test_an_answer_about_an_unknown_finding_is_incomplete() -> None:
    said = answer(NOW, still=["c0dec0dec0"], whole=True)
    assert merge_answer(Findings(()), said, NOW).broken, "the ledger that the reviewer was shown is lost"
    assert not merge_answer(Findings(()), answer(NOW, fixed=["c0dec0dec0"], whole=True), NOW).broken
    assert not merge_answer(Findings(()), answer(NOW, still=["the first one"], whole=True), NOW).broken, (
        "the id is invented"
    )
    known = found(NOW, finding(code="bad()"))
    assert not merge_answer(known, answer(NOW, still=[one(known).id], whole=True), NOW).broken


def test_a_fix_on_an_older_head_needs_a_review_of_this_head() -> None:
    first = found(NOW, finding(code="bad()"))
    for here, state in ((False, FindingState.CHANGED), (True, FindingState.FIXED)):
        said = answer(CHANGED, task="task_2", fixed=[one(first).id], here=here)
        record = one(merge_answer(first, said, CHANGED))
        assert (record.state, record.note) == (state, "It is.")


def test_an_explanation_is_kept_while_no_comment_shows_it() -> None:
    given = finding("t" * 300, explanation="x" * 2_000, code="bad()")
    assert one(found(NOW, replace(given, category=Category.SECURITY))).text == ""
    assert one(found(NOW, given)).text == "x" * MAX_TEXT, "one that was written as text is shown to the reviewer again"
    said = answer(NOW, given)
    listed = replace(said, placed=tuple(in_summary(item, Why.OVER_LIMIT) for item in said.placed))
    record = one(merge_answer(Findings(), listed, NOW))
    assert (len(record.title), len(record.text), record.line) == (MAX_TITLE, MAX_TEXT, 11)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (finding(line=11), 11),
        (finding(line=11, end_line=12), 11),
        (finding(line=1), 1),
        (finding(), None),
        (finding(path="other.py", line=5), 5),
    ],
)
def test_a_finding_is_remembered_with_its_first_line(given: Finding, line: int | None) -> None:
    assert one(found(NOW, given)).line == line


def test_a_duplicate_is_remembered_once() -> None:
    assert len(found(NOW, finding(code="bad()"), finding(code="bad()", line=3)).records) == 1


# --- With the same id -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("severity", "kept"), [(Severity.LOW, Severity.HIGH), (Severity.CRITICAL, Severity.CRITICAL)])
def test_an_open_finding_that_is_rated_again_keeps_the_worse_severity(severity: Severity, kept: Severity) -> None:
    said = answer(NOW, finding(code="bad()", severity=severity), task="task_2")
    record = one(merge_answer(found(NOW, finding(code="bad()")), said, NOW))
    assert (record.severity, record.found) == (kept, "task_1")


def test_a_harmless_copy_that_takes_over_the_id_is_as_severe() -> None:
    first = found(NOW, finding(code="bad()", line=11, severity=Severity.CRITICAL))
    decoyed = change_index({APP: BASE}, {APP: BAD.replace("line 5\n", "line 5\nbad()\n")})
    said = answer(decoyed, finding(code="bad()", line=6, severity=Severity.LOW), task="task_2", still=[one(first).id])
    records = merge_answer(first, said, decoyed).records
    assert [record.severity for record in records if record.counts] == [Severity.CRITICAL]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.HIGH, Severity.UNRATED])
def test_something_else_on_the_same_code_is_another_finding(severity: Severity) -> None:
    first = found(NOW, finding("One", code="bad()"))
    said = answer(NOW, finding("Two", code="bad()", severity=severity), task="task_2")
    both = merge_answer(first, said, NOW)
    assert {(each.title, each.severity, each.found) for each in both.records} == {
        ("One", Severity.HIGH, "task_1"),
        ("Two", severity, "task_2"),
    }
    assert merge_answer(both, said, NOW) == both
    assert merge_answer(both, answer(NOW, finding("Two", code="bad()", severity=severity), task="task_2"), NOW) == both


def test_a_finding_that_got_worse_keeps_its_id_next_to_another_on_its_code() -> None:
    first = found(NOW, finding("One", code="bad()", severity=Severity.LOW), finding("Two", code="bad()"))
    again = answer(NOW, finding("One", code="bad()"), finding("Two", code="bad()", severity=Severity.LOW))
    after = merge_answer(first, again, NOW)
    assert {each.id: each.title for each in after.records} == {each.id: each.title for each in first.records}


def test_a_closed_finding_is_replaced_by_a_new_one_on_its_code() -> None:
    first = found(NOW, finding())
    fixed = merge_answer(first, answer(CHANGED, task="task_2", fixed=[one(first).id]), CHANGED)
    assert one(fixed).state is FindingState.FIXED
    again = one(merge_answer(fixed, answer(NOW, finding(severity=Severity.LOW), task="task_3"), NOW))
    assert (again.state, again.severity, again.closed) == (FindingState.OPEN, Severity.HIGH, "")


ONE, OTHER = "call(1377771)", "call(1503685)"
"""Two lines whose findings have the same id: an attacker finds such a pair within seconds."""


@pytest.mark.parametrize("title", ["One", "Two"])
def test_two_codes_of_one_id_are_two_findings(title: str) -> None:
    now = change_index({APP: BASE}, {APP: f"{BASE}{ONE}\n{OTHER}\n"})
    first = waive_only(found(now, finding("One", code=ONE)), now)
    said = answer(now, finding(title, code=OTHER), task="task_2")
    assert said.placed[0].id == one(first).id, "an attacker may have found such a pair"
    both = merge_answer(first, said, now)
    assert [(each.title, each.counts) for each in both.records if each.counts] == [(title, True)]
    assert [each for each in both.records if not each.counts] == [one(first)], "a waiver is for its own finding"
    assert merge_answer(both, said, now) == both


# --- Waivers ----------------------------------------------------------------------------------------------------------


def waive_only(findings: Findings, now: ChangeIndex) -> Findings:
    """Waive the only finding."""
    return replace(findings, records=(waived(one(findings), "mona", "r" * 999, now),))


def with_waiver(given: Finding, now: ChangeIndex = NOW) -> Findings:
    """Return a finding with a waiver."""
    return waive_only(found(now, given), now)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        (BAD, True),
        (f"above\n{BAD}", False),
        (BAD.replace("line 1\n", "line 0\n"), False),
        (BAD.replace("bad()", "  bad()"), False),
        (BAD.replace("bad()", "bad() "), False),
        (BAD.replace("bad()", "bad(1)"), False),
        (f"bad()\n{BAD}", False),
        (f"{BAD}bad()\n", False),
    ],
)
def test_a_waiver_applies_to_the_file_at_its_time(text: str, stands: bool) -> None:  # noqa: FBT001 — a table
    before = with_waiver(finding(code="bad()"))
    waiver = one(before).waiver
    assert waiver is not None
    assert (waiver.by, waiver.reason) == ("mona", "r" * MAX_REASON)
    record = one(update_states(before, change_index({APP: BASE}, {APP: text})))
    assert record.counts is not stands
    assert (record.waiver is not None) is stands


@pytest.mark.parametrize(
    ("severity", "title", "stands"),
    [
        (Severity.HIGH, "A finding", True),
        (Severity.LOW, "A finding", True),
        (Severity.CRITICAL, "A finding", False),
        (Severity.UNRATED, "A finding", False),
        (Severity.HIGH, "Something else", False),
        (Severity.LOW, "Something else", False),
    ],
)
def test_a_waiver_does_not_cover_worse_or_other_findings(severity: Severity, title: str, stands: bool) -> None:  # noqa: FBT001 — a table
    said = answer(NOW, finding(title, code="bad()", severity=severity), task="task_2")
    after = merge_answer(with_waiver(finding(code="bad()")), said, NOW)
    assert bool(after.severities("")) is not stands


@pytest.mark.parametrize(
    ("severity", "explanation", "stands"),
    [
        (Severity.UNRATED, "Why.", True),
        (Severity.HIGH, "Why.", True),
        (Severity.CRITICAL, "Why.", False),
        (Severity.UNRATED, "Why. b.py does the same.", False),
    ],
)
def test_a_waiver_of_an_unrated_text_covers_nothing_worse_and_no_other_text(
    severity: Severity,
    explanation: str,
    stands: bool,  # noqa: FBT001 — a table
) -> None:
    text = finding(code="bad()", severity=Severity.UNRATED, explanation="Why.")
    before = with_waiver(text)
    said = answer(NOW, replace(text, severity=severity, explanation=explanation), task="task_2")
    after = merge_answer(before, said, NOW)
    assert (one(after).waiver is not None) is stands
    assert one(after).note == ("" if explanation == "Why." else explanation), "the comment has the first explanation"
    again = waive_only(after, NOW)
    assert merge_answer(again, said, NOW) == again, "an answer that is read again changes nothing"
    structured = with_waiver(replace(text, category=Category.SECURITY))
    other = replace(text, category=Category.SECURITY, explanation="In other words.")
    assert one(merge_answer(structured, answer(NOW, other, task="task_2"), NOW)).waiver is not None


@pytest.mark.parametrize("now", [CHANGED, change_index({APP: BASE}, {APP: BASE})], ids=["fixed", "gone"])
def test_the_reviewer_opens_a_closed_finding_again(now: ChangeIndex) -> None:
    first = found(NOW, finding(code="bad()"))
    name = one(first).id
    closed = merge_answer(first, answer(now, task="task_2", fixed=[name]), now)
    assert not one(closed).state.is_open
    late = merge_answer(closed, answer(now, task="task_3", still=[name], here=False), now)
    assert not one(late).state.is_open, "an answer about an older head does not know what is fixed"
    said = answer(now, task="task_3", still=[name])
    again = merge_answer(closed, said, now)
    assert (one(again).counts, one(again).note, one(again).closed) == (True, "It is not.", "")
    assert merge_answer(again, said, now) == again
    assert one(update_states(again, now)).counts, "code that has left the change does not close it"
    other = change_index({APP: BASE}, {APP: f"{BASE}other()\n"})
    fixed = merge_answer(again, answer(other, task="task_5", fixed=[name]), other)
    assert one(fixed).state is FindingState.FIXED
    assert one(update_states(fixed, NOW)).counts, "its code is back"


def test_a_late_answer_ends_no_waiver() -> None:
    text = finding(code="bad()", severity=Severity.UNRATED, explanation="Why.")
    late = answer(NOW, replace(text, explanation="In other words."), task="task_2", here=False)
    assert one(merge_answer(with_waiver(text), late, NOW)).waiver is not None


def test_a_waiver_of_a_finding_whose_code_is_elsewhere_is_for_the_whole_change() -> None:
    record = one(found(NOW, finding(code="bad()")))
    moved = change_index({APP: BASE}, {APP: f"{BASE}more\n", "b.py": "bad()\n"})
    held = Findings((waived(one(update_states(Findings((record,)), moved)), "mona", "fine", moved),))
    assert one(update_states(held, moved)).waiver
    worse = change_index({APP: BASE}, {APP: f"{BASE}more\n", "b.py": "bad()\nworse()\n"})
    assert one(update_states(held, worse)).waiver is None


def test_a_finding_without_code_can_be_waived_until_its_file_changes() -> None:
    first = update_states(found(NOW, finding(code="bad()")), CHANGED)
    before = waive_only(first, CHANGED)
    assert update_states(before, CHANGED) == before
    assert one(update_states(before, NOW)).counts
    assert one(update_states(before, change_index({APP: BASE}, {APP: BAD.replace("bad()", "worse()")}))).counts


@pytest.mark.parametrize(
    ("given", "renames"),
    [(finding(code="bad()"), {"b.py": APP}), (finding(code="bad()"), {}), (finding(), {"b.py": APP})],
    ids=["renamed", "moved", "without code"],
)
def test_a_waiver_ends_when_the_code_is_in_another_file(given: Finding, renames: dict[str, str]) -> None:
    before = with_waiver(given)
    moved = change_index({APP: BASE}, {"b.py": BAD}, renames)
    assert one(update_states(before, moved)).waiver is None
    again = waive_only(update_states(before, moved), moved)
    assert update_states(again, moved) == again


def test_a_finding_that_names_no_code_can_be_waived_until_its_file_changes() -> None:
    before = with_waiver(finding())
    assert one(merge_answer(before, answer(NOW, finding(), task="task_2"), NOW)).waiver == one(before).waiver
    for text in (f"above\n{BAD}", BAD.replace("bad()", "worse()")):
        assert one(update_states(before, change_index({APP: BASE}, {APP: text}))).counts


def test_a_finding_without_a_file_can_be_waived_until_the_change_changes() -> None:
    now, later = (replace(one, change=letter * 32) for one, letter in ((NOW, "a"), (CHANGED, "b")))
    before = with_waiver(finding(path="other.py"), now)
    assert update_states(before, now) == before
    assert one(update_states(before, later)).counts


FILE = Entry("1" * 40, "100644", binary=True)


def bytes_at(head: Entry | None, base: Entry | None = None) -> ChangeIndex:
    """Return a change of one file whose text is unknown."""
    status = "deleted file mode 100644\n" if head is None else "new file mode 100644\n" if base is None else ""
    (diff,) = parse_diff(f"diff --git a/x b/x\n{status}")
    return ChangeIndex.of(ChangeSet("b", "h", (ChangedFile(diff, base, head),)), ())


@pytest.mark.parametrize(
    "other",
    [
        bytes_at(replace(FILE, oid="2" * 40)),
        bytes_at(replace(FILE, mode="100755")),
        bytes_at(FILE, replace(FILE, oid="3" * 40)),
        bytes_at(None, FILE),
        bytes_at(None),
        change_index({}, {}),
    ],
    ids=["content", "mode", "base", "deleted", "unknown", "not in the change"],
)
def test_a_waiver_is_for_the_bytes_and_the_mode_of_a_file(other: ChangeIndex) -> None:
    """Also if no text is known, and if the text that was sent is the same, as with other redacted values."""
    now = bytes_at(FILE)
    before = with_waiver(finding(path="x"), now)
    assert update_states(before, now) == before
    assert one(update_states(before, other)).waiver is None


def test_a_waiver_ends_although_the_reviewer_calls_the_finding_open_in_the_changed_file() -> None:
    before = with_waiver(finding(code="bad()"))
    worse = change_index({APP: BASE}, {APP: BAD.replace("line 10\n", "line 10 is worse\n")})
    said = answer(worse, task="task_2", still=[one(before).id])
    assert one(merge_answer(before, said, worse)).counts


def test_a_finding_is_not_fixed_in_the_same_file() -> None:
    """What was sent can differ: words elsewhere decide what is redacted, and the base decides what a diff shows."""
    first = found(NOW, finding(code="bad()"))
    masked = change_index({APP: BASE}, {APP: BAD.replace("bad()", "xxx()")})
    said = answer(masked, task="task_2", fixed=[one(first).id])
    assert one(merge_answer(first, said, masked)).state is FindingState.FIXED
    same = replace(masked, files=NOW.files)
    assert one(merge_answer(first, said, same)).state is FindingState.CHANGED


# --- Parts of an answer that cannot be parsed -------------------------------------------------------------------------


PART = Leftover("files[0]", "it is no finding", "x" * 2_000)


def test_an_unread_part_of_an_answer_counts_until_a_later_answer_mentions_it() -> None:
    first = merge_answer(Findings(), answer(NOW, leftovers=[PART]), NOW)
    record = one(first)
    assert (record.severity, record.leftover, len(record.text)) == (Severity.UNRATED, True, MAX_TEXT)
    assert first.severities("task_1") == (), "its own answer counts as unreadable"
    assert first.severities("task_2") == (Severity.UNRATED,)
    assert one(merge_answer(first, answer(NOW, task="task_2", whole=True), NOW)) == record
    fixed = merge_answer(first, answer(NOW, task="task_2", fixed=[record.id]), NOW)
    assert one(fixed).state is FindingState.FIXED
    again = merge_answer(fixed, answer(NOW, task="task_3", leftovers=[PART]), NOW)
    assert again.severities("task_4") == (Severity.UNRATED,)


def test_an_unread_part_has_another_id_in_another_instance() -> None:
    said = answer(NOW, leftovers=[PART])
    first, second = (merge_answer(Findings(), replace(said, instance=name), NOW) for name in ("one", "two"))
    assert one(first).id != one(second).id


# --- Laws -------------------------------------------------------------------------------------------------------------


words = st.sampled_from(["a", "b", "c", "}", "", "  a", "x = 1"])
texts = st.lists(words, max_size=8).map(lambda lines: "".join(f"{line}\n" for line in lines))
trees = st.dictionaries(st.sampled_from(["a.py", "b.py", "c.py"]), texts, max_size=3)


@st.composite
def scenes(draw: st.DrawFn) -> ChangeIndex:
    base, head = draw(trees), draw(trees)
    free = [path for path in base if path not in head]
    new = [path for path in head if path not in base]
    renamed = dict(zip(new, free, strict=False)) if draw(st.booleans()) else {}
    return change_index(base, head, renamed)


reported = st.builds(
    finding,
    st.sampled_from(["One", "Two"]),
    path=st.sampled_from(["a.py", "b.py", "c.py", "", "d.py", "a/b.py"]),
    severity=st.sampled_from(Severity),
    side=st.sampled_from(Side),
    line=st.none() | st.integers(1, 9),
    code=st.just("") | words | st.just("a\nb") | st.just("not in any file"),
)


@st.composite
def answers(draw: st.DrawFn, now: ChangeIndex, known: Findings, task: str) -> PlacedAnswer:
    ids = st.lists(st.sampled_from([record.id for record in known.records] or ["0" * 10]), max_size=3)
    return answer(
        now,
        *draw(st.lists(reported, max_size=4)),
        task=task,
        whole=draw(st.booleans()),
        fixed=draw(ids),
        still=draw(ids),
        leftovers=draw(st.lists(st.builds(Leftover, st.just("x"), st.just("y"), words), max_size=1)),
        here=draw(st.booleans()),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[Findings, ChangeIndex]:
    """Generate the tracked findings after a few pushes, answers and waivers, and the final change."""
    findings, now = Findings(), draw(scenes())
    for number in range(draw(st.integers(1, 3))):
        now = draw(scenes())
        findings = merge_answer(findings, draw(answers(now, findings, f"task_{number}")), now)
        waives: bool = draw(st.booleans())
        if findings.records and waives:
            at: int = draw(st.integers(0, len(findings.records) - 1))
            changed = waived(findings.records[at], "mona", "fine", now)
            findings = replace(findings, records=(*findings.records[:at], changed, *findings.records[at + 1 :]))
    return findings, now


@given(histories(), st.data())
def test_adding_an_answer_is_idempotent(past: tuple[Findings, ChangeIndex], data: st.DataObject) -> None:
    now = data.draw(scenes())
    said = data.draw(answers(now, past[0], "task_9"))
    once = merge_answer(past[0], said, now)
    assert merge_answer(once, said, now) == once
    assert update_states(update_states(once, now), now) == update_states(once, now)


@given(histories(), st.data())
def test_no_finding_is_closed_without_a_reason(past: tuple[Findings, ChangeIndex], data: st.DataObject) -> None:
    now = data.draw(scenes())
    said = data.draw(answers(now, past[0], "task_9"))
    after = merge_answer(past[0], said, now)
    words = {one.id: one.state for one in said.report.previous}
    for before in past[0].open():
        record = after.find(before.id)
        assert record is not None
        if record.state is FindingState.FIXED:
            assert words[record.id] == "fixed"
            assert record.file == "" or record.file != now.file(record.path)
            assert not before.copies or copies(record, now) < before.copies
        if record.state is FindingState.GONE:
            assert is_left(before, now)


def copies(record: TrackedFinding, now: ChangeIndex) -> int:
    """Return how often a finding's code occurs in its file, counted line by line."""
    view = next((view for view in now.views if record.path in {view.path, view.old_path}), None)
    if view is None or record.block is None:
        return 0
    folded = view.index[record.side].folded
    blocks = ([folded.get(at + step, "") for step in range(record.block.count)] for at in folded)
    return sum(Block.of(block) == record.block for block in blocks)


def is_left(record: TrackedFinding, now: ChangeIndex) -> bool:
    """Return whether the change contains nothing of a finding's file or code."""
    view = next((view for view in now.views if view.path == record.path), None)
    view = view or next((view for view in now.views if view.old_path == record.path), None)
    if view is None or (record.side is Side.RIGHT and view.path in now.removed):
        return True
    sides = (
        line.text for hunk in view.hunks for line in hunk.lines if line.kind.value in "+-" and line.number(record.side)
    )
    changed = {fold(text) for text in sides}
    return record.touched and not any(Block.of([text]) == record.block for text in changed)


states = st.sampled_from([FindingState.OPEN, FindingState.CHANGED])


@given(histories(), st.data())
def test_a_finding_that_was_open_for_this_change_stays_open(
    past: tuple[Findings, ChangeIndex], data: st.DataObject
) -> None:
    findings, now = past
    by = data.draw(answers(now, findings, "task_9"))
    quiet = replace(by, placed=(), report=replace(by.report, findings=(), leftovers=()))
    were_open = {record.id: data.draw(states) for record in findings.records if data.draw(st.booleans())}
    reviews = EarlierReviews(were_open)
    let = replace(findings, records=tuple(waived(one, "octocat", "Known.", now) for one in findings.records))
    for after in (update_states(let, now, reviews), merge_answer(let, quiet, now, reviews)):
        for record in after.records:
            if were_open.get(record.id) is FindingState.OPEN and record.block is not None:
                assert (record.state, record.closed) == (FindingState.OPEN, "")
            if record.waiver:
                assert record == replace(waived(record, "octocat", "Known.", now), state=record.state)
    for record in update_states(findings, now, reviews).records:
        assert record.state.is_open or record.id not in were_open
    assert merge_answer(merge_answer(let, quiet, now, reviews), quiet, now, reviews) == merge_answer(
        let, quiet, now, reviews
    )


@pytest.mark.parametrize("before", [finding(), finding(line=300), finding(code="no such line")])
@pytest.mark.parametrize("text", [BAD.replace("bad()", "good()"), None])
def test_a_finding_that_names_no_code_reopens_with_the_earlier_file(before: Finding, text: str | None) -> None:
    first = found(NOW, before)
    assert one(first).block is None
    now = change_index({APP: BASE}, {APP: text} if text else {})
    closed = merge_answer(first, answer(now, task="task_2", fixed=[one(first).id]), now)
    assert not one(closed).state.is_open
    assert one(update_states(closed, NOW)).state is FindingState.OPEN
    other = change_index({APP: BASE}, {APP: BAD.replace("bad()", "bad(1)")})
    assert one(update_states(closed, other)).state.is_open is (text is None), "no review has confirmed that"


@pytest.mark.parametrize(("given", "state"), [(finding(), "open"), (finding(code="line 10\nbad()"), "changed")])
@pytest.mark.parametrize("away", [change_index({}, {}), change_index({APP: BASE}, {})])
def test_a_finding_that_was_gone_with_its_file_reopens_with_the_file(
    given: Finding, state: str, away: ChangeIndex
) -> None:
    gone = update_states(found(NOW, given), away)
    assert one(gone).state is FindingState.GONE
    back = change_index({APP: BASE}, {APP: BAD.replace("line 10\n", "line 10\nmore\n")})
    assert one(update_states(gone, back)).state == state
    binary = ChangeIndex((FileView(APP, APP, ()),), frozenset())
    assert one(update_states(gone, binary)).state is FindingState.OPEN
    other = change_index({APP: BASE}, {APP: BASE, "b.py": "b\n"})
    assert one(update_states(gone, other)).state is FindingState.GONE, "its review sees the new file"


@given(histories(), st.data())
def test_findings_that_an_answer_does_not_mention_are_unchanged(
    past: tuple[Findings, ChangeIndex], data: st.DataObject
) -> None:
    now = data.draw(scenes())
    silent = merge_answer(past[0], answer(now, task="task_9"), now)
    unstamped = [replace(record, closed="") for record in silent.records]
    assert unstamped == [replace(record, closed="") for record in update_states(past[0], now).records]


@given(histories(), st.data())
def test_every_finding_of_an_answer_is_remembered_and_counts(
    past: tuple[Findings, ChangeIndex], data: st.DataObject
) -> None:
    now = data.draw(scenes())
    said = data.draw(answers(now, past[0], "task_9"))
    after = merge_answer(past[0], said, now)
    for item in assign_ids(said.placed, remembered(past[0].records)):
        record = after.find(item.id)
        assert record is not None
        assert record.state.is_open
        assert record.title == item.finding.title
        assert record.severity.rank <= item.finding.severity.rank
        assert item.in_file is None or record.path == item.in_file


@given(histories(), scenes(), st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_matter(
    past: tuple[Findings, ChangeIndex], now: ChangeIndex, random: st.DataObject
) -> None:
    views = list(now.views)
    random.shuffle(views)  # type: ignore[attr-defined]
    counts = [(record.id, record.counts) for record in update_states(past[0], now).records]
    other = update_states(past[0], replace(now, views=tuple(views)))
    assert sorted((record.id, record.counts) for record in other.records) == sorted(counts)


TARGET = "target()"
lines = st.lists(words, max_size=8)


@given(lines, lines, st.permutations(range(9)), st.integers(0, 8), st.booleans(), st.data())
def test_a_finding_counts_despite_changes_around_its_code(
    base: Sequence[str],
    added: Sequence[str],
    order: Sequence[int],
    at: int,
    known: bool,  # noqa: FBT001 — drawn
    data: st.DataObject,
) -> None:
    """Its code is moved, reformatted or copied above, and its file renamed, with or without a base file."""
    text = [*added[:at], TARGET, *added[at:]]
    old = {APP: "".join(f"{line}\n" for line in base)} if known else {}
    first = found(change_index(old, {APP: joined(text)}), finding(code=TARGET))
    assert one(first).touched
    moved = [text[index] for index in order if index < len(text)]
    moved += [line for index, line in enumerate(text) if index not in order]
    spread = [f"\t{line.replace('()', '()  ')}" for line in moved]
    copied = [TARGET, *spread] if data.draw(st.booleans()) else spread
    name = data.draw(st.sampled_from([APP, "b.py"]))
    renamed = {name: APP} if known and name != APP else {}
    later = change_index(old, {name: joined(copied), "z.py": "new\n"}, renamed)
    record = one(update_states(first, later))
    assert (record.counts, record.state, record.path) == (True, FindingState.OPEN, name)
    assert record.line is not None
    assert fold(copied[record.line - 1]) == TARGET


def joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@given(histories(), scenes())
def test_a_finding_is_never_shown_on_other_code(past: tuple[Findings, ChangeIndex], now: ChangeIndex) -> None:
    for record in past[0].records:
        match find_match(record, now):
            case Match(view=view, line=line):
                assert record.block is not None
                block = view.index[record.side].block(line, record.block.count)
                assert Block.of(block) == record.block
            case NoMatch():
                pass


@pytest.mark.proof
def test_two_hundred_findings_in_files_of_a_hundred_thousand_lines_are_looked_up_within_seconds() -> None:
    long = "".join(f"line {number % 500}\n}}\n" for number in range(50_000))
    now = change_index({}, {"a.py": long, "b.py": f"{'x' * 1_000_000}\n{long}"})
    records = tuple(
        TrackedFinding(
            f"{number:010x}",
            Severity.HIGH,
            None,
            "One",
            "ab"[number % 2] + ".py",
            line=number,
            block=Block.of(["}", f"line {number}", "}"][: 1 + number % 3]),
            in_file=True,
        )
        for number in range(200)
    )
    begin = process_time()
    after = update_states(Findings(records), now)
    assert process_time() - begin < 10
    assert len(after.open()) == 200


def test_a_waiver_is_for_both_sides_of_the_diff_of_its_file_else_for_the_change() -> None:
    """The same text removes another line from another base."""
    now, other = change_index({APP: BASE}, {APP: BAD}), change_index({APP: f"check()\n{BASE}"}, {APP: BAD})
    first = waived(one(found(now, finding(code="bad()"))), "mona", "fine", now)
    assert first.waiver is not None
    assert update_states(Findings((first,)), now).find(first.id).waiver is not None  # type: ignore[union-attr]
    assert update_states(Findings((first,)), other).find(first.id).waiver is None  # type: ignore[union-attr]
    assert replace(now, change="c").exactly("gone.py") == "c"


def test_a_finding_gets_no_better_severity_after_its_fix() -> None:
    """Its change can come back, for which it was worse."""
    first = found(NOW, finding(severity=Severity.CRITICAL, title="No limit"), task="task_1")
    fixed = change_index({APP: BASE}, {APP: BASE.replace("line 10\n", "line 10\ngood()\n")})
    closed = merge_answer(first, answer(fixed, task="task_2", fixed=[one(first).id]), fixed)
    assert not one(closed).state.is_open
    again = answer(fixed, finding(severity=Severity.LOW, title="No limit"), task="task_3")
    assert one(merge_answer(closed, again, fixed)).severity is Severity.CRITICAL


def test_a_finding_on_no_file_is_fixed_only_in_another_change() -> None:
    here, there = (replace(NOW, change=one * 32) for one in "12")
    first = found(here, finding(path="", title="No tests"))
    for now, state in ((here, FindingState.OPEN), (there, FindingState.FIXED)):
        assert one(merge_answer(first, answer(now, task="task_2", fixed=[one(first).id]), now)).state is state


def test_an_answer_for_an_older_head_that_is_read_again_opens_nothing_whose_code_has_changed() -> None:
    given = finding(code="bad()", line=11)
    two = change_index({APP: BASE}, {APP: BAD.replace("line 20\n", "line 20\nbad()\n")})
    known = update_states(found(two, given), NOW)
    assert one(known).state is FindingState.CHANGED
    assert one(merge_answer(known, answer(NOW, given, here=False), NOW)).state is FindingState.CHANGED
    assert one(merge_answer(known, answer(NOW, given), NOW)).state is FindingState.OPEN
    assert one(merge_answer(Findings(), answer(NOW, given, here=False), NOW)).counts, "after a lost record it counts"


def test_what_was_open_when_this_change_was_judged_is_not_called_fixed_by_another_review() -> None:
    first = found(NOW, finding())
    said = answer(CHANGED, task="task_2", fixed=[one(first).id])
    assert one(merge_answer(first, said, CHANGED)).state is FindingState.FIXED
    judged = EarlierReviews({one(first).id: FindingState.OPEN})
    assert one(merge_answer(first, said, CHANGED, judged)).state is FindingState.OPEN


def test_a_note_on_a_finding_that_is_reported_again_is_kept() -> None:
    first = found(NOW, finding(code="bad()"))
    again = merge_answer(first, answer(NOW, finding(code="bad()"), task="task_2", still=[one(first).id]), NOW)
    assert (one(again).state, one(again).note) == (FindingState.OPEN, "It is not.")
    late = merge_answer(again, answer(NOW, finding(code="bad()"), task="task_3", here=False), NOW)
    assert one(late).note == "It is not.", "an answer about an older head says nothing new of it"
