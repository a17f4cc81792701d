"""The comments to post are the desired ones without those that exist or were deleted by people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.findings.markers import (
    AnswerMark,
    FindingMark,
    is_finding_id,
    reply_mark,
    summary_mark,
)
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    Placement,
    SuggestionState,
    Why,
)
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding, Waiver
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.drafts import FileTarget, LineTarget, NodeChange, Reaction
from reviewbot.domain.github.pull_request import Comment, Thread, ThreadComment
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.review import Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.publishing.comment_diff import (
    ChangeNode,
    EditComment,
    Operation,
    PostReply,
    ReplyDraft,
    ThreadUpdate,
    commented_answers,
    duplicates_in_threads,
    group,
    left_to_post,
    left_to_reply,
    posted_comments,
    reply_drafts,
    summaries,
    target_of,
    thread_operations,
)
from reviewbot.values import replace
from tests.domain.builders import finding


def item(identifier: str, where: Placement, severity: Severity = Severity.HIGH) -> Placed:
    return Placed(identifier, finding(identifier, severity=severity), where, SuggestionState.NONE)


def on(line: int, path: str = "a.py", start: int | None = None, side: Side = Side.RIGHT) -> OnLines:
    return OnLines(LineTarget(path, side, line, start), Why.CITED)


def thread(*bodies: str, ours: bool = True) -> Thread:
    comments = tuple(
        ThreadComment(number, f"u{number}", body, ours, author="bot") for number, body in enumerate(bodies, start=1)
    )
    return Thread("T", is_resolved=True, comments=comments)


def comment(identifier: int, body: str, *, ours: bool = True) -> Comment:
    return Comment(identifier, f"c{identifier}", body, ours)


def test_only_lines_and_files_have_a_comment() -> None:
    assert target_of(item("aa", on(3))) == LineTarget("a.py", Side.RIGHT, 3)
    assert target_of(item("aa", OnFile("a.py", Why.NO_LINE))) == FileTarget("a.py")
    assert target_of(item("aa", InSummary(Why.NO_FILE))) is None
    assert target_of(item("aa", DuplicateOf("bb"))) is None


def test_findings_on_the_same_lines_share_a_comment_the_worst_first() -> None:
    groups = group(
        [
            item("aa", on(9), Severity.LOW),
            item("bb", on(9), Severity.CRITICAL),
            item("cc", on(9, start=8)),
            item("dd", on(9, side=Side.LEFT)),
            item("ee", OnFile("a.py", Why.NO_LINE)),
            item("ff", on(1, path="b.py")),
            item("gg", InSummary(Why.NO_FILE)),
        ]
    )
    assert [one.ids for one in groups] == [("ee",), ("cc",), ("dd",), ("bb", "aa"), ("ff",)]


def test_a_finding_of_two_answers_has_one_comment_at_the_later_place() -> None:
    groups = group(
        [item("aa", on(9)), item("aa", on(9)), item("bb", on(3)), item("bb", on(4)), item("bb", InSummary(Why.NO_FILE))]
    )
    assert [(one.ids, one.placed[0].placement) for one in groups] == [(("bb",), on(4)), (("aa",), on(9))]


def test_what_has_or_had_a_comment_is_not_posted() -> None:
    groups = group([item("aa", on(3)), item("bb", on(3)), item("cc", on(9)), item("dd", on(20))])
    left = left_to_post(groups, {"aa": "u"}, frozenset({"cc"}))
    assert [one.ids for one in left] == [("bb",), ("dd",)]


ids = st.from_regex(r"[0-9a-f]{10}", fullmatch=True)
places = st.builds(on, st.integers(1, 4)) | st.just(OnFile("a.py", Why.NO_LINE)) | st.just(InSummary(Why.NO_FILE))


@given(st.dictionaries(ids, places, max_size=12), st.randoms(use_true_random=False))
def test_publishing_is_idempotent(wished: dict[str, Placement], random: st.DataObject) -> None:
    groups = group(item(identifier, where) for identifier, where in wished.items())
    there = {identifier: "u" for identifier in wished if random.random() < 0.5}  # type: ignore[attr-defined]
    posted = frozenset(identifier for identifier in wished if random.random() < 0.3)  # type: ignore[attr-defined]
    left = left_to_post(groups, there, posted)
    now = {identifier for one in left for identifier in one.ids}
    commented = {identifier for one in groups for identifier in one.ids}
    assert now == commented - there.keys() - posted
    assert left_to_post(groups, {**there, **dict.fromkeys(now, "u")}, posted) == ()
    assert left_to_post(groups, there, posted | now) == ()


def test_a_comment_by_reviewbot_has_the_ids_and_answers_of_its_marker() -> None:
    mark = FindingMark("night", ("aa", "bb"), ("cd",))
    threads = [
        thread(f"{mark} words"),
        thread(f"{FindingMark('night', ('cc',))}", ours=False),
        thread(f"{FindingMark('', ('dd',))}"),
        thread("words", f"{FindingMark('night', ('ee',))}"),
        thread(f"words {FindingMark('night', ('ff',))}"),
        thread(),
    ]
    assert posted_comments(threads, "night") == {"aa": "u1", "bb": "u1"}
    assert commented_answers(threads, "night") == {"cd"}


def test_the_oldest_own_summary_is_kept_and_others_are_deleted() -> None:
    mark = summary_mark("")
    found = summaries(
        [
            comment(9, f"{mark} new"),
            comment(4, f"{mark} old"),
            comment(1, f"{mark} stolen", ours=False),
            comment(2, f" {mark} quoted"),
            comment(3, f"{summary_mark('night')} another instance"),
        ],
        "",
    )
    assert found.keep is not None
    assert (found.keep.id, [one.id for one in found.extra]) == (4, [9])
    assert summaries([], "").keep is None


def at(identifier: int, *ids: str, resolved: bool = False, answers: int = 0, ours: bool = True) -> Thread:
    first = ThreadComment(identifier, "u", f"{FindingMark('', ids)}\nbody", ours, author="bot")
    others = (ThreadComment(identifier + 1, "u", "Why?", ours=False, author="mona"),) * answers
    return Thread(str(identifier), resolved, comments=(first, *others))


def test_the_first_of_several_duplicates_is_kept() -> None:
    assert duplicates_in_threads([at(20, "aa"), at(10, "aa"), at(30, "bb")], "") == (20,)
    assert duplicates_in_threads([at(10, "aa", "bb"), at(20, "bb")], "") == (20,)
    assert duplicates_in_threads([at(10, "aa"), at(20, "aa", "bb")], "") == (10,)
    assert duplicates_in_threads([at(10, "aa", "cc"), at(20, "aa", "bb")], "") == ()


def test_a_duplicate_that_a_person_answered_or_resolved_is_kept() -> None:
    assert duplicates_in_threads([at(10, "aa"), at(20, "aa", answers=1)], "") == (10,)
    assert duplicates_in_threads([at(10, "aa"), at(20, "aa", resolved=True)], "") == (10,)
    assert duplicates_in_threads([at(10, "aa", answers=1), at(20, "aa", resolved=True)], "") == ()


def test_only_reviewbots_own_comments_are_duplicates() -> None:
    assert duplicates_in_threads([at(10, "aa"), at(20, "aa", ours=False)], "") == ()
    assert duplicates_in_threads([at(10, "aa"), at(20, "aa")], "other") == ()
    assert duplicates_in_threads([at(10), at(20)], "") == ()
    empty = Thread("T", is_resolved=False, comments=())
    assert duplicates_in_threads([empty], "") == ()


# --- Existing threads -------------------------------------------------------------------------------------------------


Kind = type[Operation] | NodeChange


def stands(identifier: str, state: FindingState = FindingState.FIXED) -> TrackedFinding:
    return TrackedFinding(identifier, Severity.HIGH, None, "One", "a.py", state=state)


def tidy(thread: Thread, *records: TrackedFinding, update: bool = False, can_resolve: bool = False) -> list[Kind]:
    """Return the updates of one thread whose comment shows the current state, or does not."""
    there = replace(thread, can_resolve=can_resolve)
    there = said(there, *records) if update else there
    return [
        kind_of(operation) for operation in thread_operations([ThreadUpdate(there, records, "> so", FailOn.CRITICAL)])
    ]


def kind_of(operation: Operation) -> Kind:
    return operation.change if isinstance(operation, ChangeNode) else type(operation)


def said(thread: Thread, *records: TrackedFinding) -> Thread:
    """Return the thread after its comment shows these states."""
    first, *others = thread.comments
    return replace(
        thread, comments=(replace(first, body=ThreadUpdate(thread, records, "> so", FailOn.CRITICAL).body), *others)
    )


@pytest.mark.parametrize(
    ("thread", "records", "expected"),
    [
        (at(10, "aa"), [stands("aa")], [NodeChange.HIDE, EditComment]),
        (at(10, "aa"), [stands("aa", FindingState.GONE)], [NodeChange.HIDE, EditComment]),
        (at(10, "aa"), [stands("aa", FindingState.OPEN)], []),
        (at(10, "aa"), [stands("aa", FindingState.CHANGED)], []),
        (at(10, "aa", "bb"), [stands("aa"), stands("bb")], [NodeChange.HIDE, EditComment]),
        (at(10, "aa", "bb"), [stands("aa"), stands("bb", FindingState.OPEN)], []),
        # the other one's state is unknown
        (at(10, "aa", "bb"), [stands("aa")], []),
        (at(10, "aa"), [], []),
        # a person's action is kept
        (at(10, "aa", resolved=True), [stands("aa")], []),
        (at(10, "aa", answers=1), [stands("aa")], []),
    ],
)
def test_a_thread_is_resolved_once_all_its_findings_are_closed(
    thread: Thread, records: list[TrackedFinding], expected: list[Kind]
) -> None:
    assert tidy(thread, *records) == (expected or [EditComment])


def test_a_thread_is_resolved_where_that_is_allowed() -> None:
    assert tidy(at(10, "aa", answers=1), stands("aa"), can_resolve=True) == [NodeChange.RESOLVE, EditComment]
    assert tidy(at(10, "aa", resolved=True), stands("aa"), can_resolve=True) == [EditComment]


def test_a_thread_reopened_by_a_person_stays_open() -> None:
    """The comment shows that the finding is closed: the run that wrote it had resolved the thread before."""
    for can_resolve in (True, False):
        assert tidy(at(10, "aa"), stands("aa"), update=True, can_resolve=can_resolve) == []


def test_a_hidden_comment_is_not_hidden_again() -> None:
    thread = at(10, "aa")
    hidden = replace(thread, comments=(replace(thread.comments[0], is_minimized=True),))
    assert tidy(hidden, stands("aa")) == [EditComment]


@pytest.mark.parametrize(
    ("resolved_by", "hidden_as", "before", "now", "expected"),
    [
        ("us", "", FindingState.FIXED, FindingState.OPEN, [NodeChange.UNRESOLVE]),
        ("an app", "", FindingState.GONE, FindingState.CHANGED, [NodeChange.UNRESOLVE]),
        ("", "outdated", FindingState.FIXED, FindingState.OPEN, [NodeChange.SHOW]),
        # a person's action is kept
        ("mona", "", FindingState.FIXED, FindingState.OPEN, []),
        ("", "spam", FindingState.FIXED, FindingState.OPEN, []),
        ("us", "outdated", FindingState.OPEN, FindingState.OPEN, []),
        ("us", "outdated", FindingState.FIXED, FindingState.GONE, []),
    ],
)
def test_a_thread_resolved_by_reviewbot_is_reopened_with_its_finding(
    resolved_by: str, hidden_as: str, before: FindingState, now: FindingState, expected: list[Kind]
) -> None:
    thread = at(10, "aa", resolved=bool(resolved_by))
    hidden = bool(hidden_as)
    first = replace(
        thread.comments[0], author="us", is_minimized=hidden, hidden_as_outdated=hidden_as == "outdated", node_id="N"
    )
    by = None if resolved_by in {"", "an app"} else resolved_by
    there = replace(thread, comments=(first,), resolved_by=by, can_unresolve=True)
    left = thread_operations(
        [ThreadUpdate(said(there, stands("aa", before)), (stands("aa", now),), "> other", FailOn.CRITICAL)]
    )
    assert [kind_of(one) for one in left] == [*expected, EditComment]


@pytest.mark.parametrize("state", FindingState)
def test_a_comment_edited_by_another_account_is_not_changed(state: FindingState) -> None:
    """After an update reviewbot would be the last editor, and the other account's text would count as its own."""
    thread = at(10, "aa")
    edited = replace(thread, comments=(replace(thread.comments[0], edited_by="mona", edited_by_us=False),))
    assert tidy(edited, stands("aa", state)) == []


def test_a_body_is_edited_only_where_it_differs() -> None:
    thread = at(10, "aa")
    assert tidy(thread, stands("aa", FindingState.OPEN)) == [EditComment]
    assert tidy(thread, stands("aa", FindingState.OPEN), update=True) == []
    update = ThreadUpdate(thread, (stands("aa"),), "> so", FailOn.CRITICAL)
    (hide, edit) = thread_operations([update])
    assert edit == EditComment(10, update.body)
    assert "> so" in update.body
    assert hide == ChangeNode(thread.comments[0].node_id, NodeChange.HIDE)


@pytest.mark.parametrize(
    ("severity", "fail_on", "heading"),
    [
        (Severity.HIGH, FailOn.CRITICAL, "**🟠 High · does not block: One**"),
        (Severity.HIGH, FailOn.HIGH, "**🟠 High · blocks: One**"),
        (Severity.CRITICAL, FailOn.CRITICAL, "**🔴 Critical · blocks: One**"),
        (Severity.CRITICAL, FailOn.NEVER, "**🔴 Critical · does not block: One**"),
        (Severity.UNRATED, FailOn.CRITICAL, "**❓ Unrated · blocks: One**"),
    ],
)
def test_a_heading_follows_the_severity_and_the_threshold(severity: Severity, fail_on: FailOn, heading: str) -> None:
    thread = at(10, "aa")
    body = f"{thread.comments[0].body}\n**🟠 High · does not block: One**\n\n<sub>`aa`</sub>"
    there = replace(thread, comments=(replace(thread.comments[0], body=body),))
    record = replace(stands("aa", FindingState.OPEN), severity=severity)
    assert heading in ThreadUpdate(there, (record,), "", fail_on).body.splitlines()
    waived = replace(record, waiver=Waiver("hubot", "known", ""))
    assert " · waived: One**" in ThreadUpdate(there, (waived,), "", fail_on).body


# --- Replies ----------------------------------------------------------------------------------------------------------


def said_by(task: str, *words: tuple[str, str]) -> PlacedAnswer:
    """Return the answer of a task that says this about findings."""
    previous = tuple(Previous(about, PreviousState.OPEN, "", text) for about, text in words)
    return PlacedAnswer(task, whole=True, here=True, report=Report("", (), previous=previous), placed=())


def with_reply(thread: Thread, key: str, comment_id: int = 99, *, ours: bool = True, instance: str = "") -> Thread:
    reply = ThreadComment(comment_id, "u", f"{reply_mark(instance, key)}\nIt is fixed.", ours, author="bot")
    return replace(thread, comments=(*thread.comments, reply))


def first_deleted(thread: Thread) -> Thread:
    return replace(thread, comments=thread.comments[1:])


DRAFT = ReplyDraft("a" * 10, "aa", "It is fixed.")


def test_a_task_has_one_reply_to_a_finding() -> None:
    answers = [
        said_by("task_1", ("aa", "One."), ("bb", ""), ("aa", "Two."), ("aa", "One.")),
        said_by("task_2", ("aa", "Again.")),
    ]
    drafts = reply_drafts(answers)
    assert [(one.finding_id, one.text) for one in drafts] == [("aa", "One.\n\nTwo."), ("aa", "Again.")]
    assert drafts == reply_drafts(answers)
    assert len({one.key for one in drafts}) == 2
    assert all(map(is_finding_id, (one.key for one in drafts))), "no marker contains a task id of CodeVF"


@pytest.mark.parametrize(
    ("threads", "posted", "left"),
    [
        ([at(10, "bb"), at(20, "cc", "aa"), at(30, "aa")], (), ["20"]),
        ([with_reply(at(10, "aa"), DRAFT.key)], (), []),
        ([with_reply(at(10, "aa"), DRAFT.key), at(20, "aa")], (), []),
        ([first_deleted(with_reply(at(10, "aa"), DRAFT.key)), at(20, "aa")], (), []),
        ([at(10, "aa")], (DRAFT.key,), []),
        ([with_reply(at(10, "aa"), "b" * 10)], (), ["10"]),
        ([with_reply(at(10, "aa"), DRAFT.key, ours=False)], (), ["10"]),
        ([with_reply(at(10, "aa"), DRAFT.key, instance="night")], (), ["10"]),
        ([at(10, "aa", ours=False), at(20, "bb")], (), []),
    ],
    ids=[
        "first thread",
        "there",
        "there, of two",
        "under a deleted comment",
        "deleted",
        "another",
        "pasted",
        "other instance",
        "no thread",
    ],
)
def test_a_reply_is_posted_once_in_the_first_thread_of_its_finding(
    threads: list[Thread], posted: tuple[str, ...], left: list[str]
) -> None:
    found = left_to_reply([DRAFT], threads, frozenset(posted), "")
    assert [thread for thread, drafts in found.items() if drafts == (DRAFT,)] == left


def test_a_reply_is_posted_before_its_thread_is_resolved() -> None:
    update = ThreadUpdate(at(10, "aa"), (stands("aa"),), "> so", FailOn.CRITICAL, (DRAFT,))
    assert [kind_of(one) for one in thread_operations([update])] == [PostReply, NodeChange.HIDE, EditComment]
    same = replace(update, thread=said(update.thread, stands("aa")))
    assert list(thread_operations([same])) == [PostReply(10, DRAFT)]


def test_the_reviewers_own_reply_keeps_no_thread_open() -> None:
    answered = with_reply(at(10, "aa"), DRAFT.key)
    assert tidy(answered, stands("aa")) == [NodeChange.HIDE, EditComment]
    assert tidy(with_reply(at(10, "aa"), DRAFT.key, ours=False), stands("aa")) == [EditComment]


def test_the_first_of_two_equal_replies_is_kept() -> None:
    twice = with_reply(with_reply(at(10, "aa"), DRAFT.key, 40), DRAFT.key, 30)
    assert duplicates_in_threads([with_reply(twice, "b" * 10, 50)], "") == (40,)
    assert duplicates_in_threads(
        [with_reply(at(10, "aa"), DRAFT.key, 40), with_reply(at(20, "bb"), DRAFT.key, 60)], ""
    ) == (60,)
    assert duplicates_in_threads([with_reply(twice, DRAFT.key, 20, ours=False)], "") == (40,)
    assert duplicates_in_threads([twice], "night") == ()


def test_the_first_of_two_equal_answers_is_kept() -> None:
    def with_answers(*ids: int, reaction: Reaction = Reaction.NO, ours: bool = True) -> Thread:
        body = f"{AnswerMark('', 'r7', reaction)}\nDone."
        answers = (ThreadComment(one, "u", body, ours, author="bot") for one in ids)
        return replace(at(10, "aa"), comments=(*at(10, "aa").comments, *answers))

    assert duplicates_in_threads([with_answers(40, 30)], "") == (40,)
    yes = with_answers(50, reaction=Reaction.YES)
    assert set(duplicates_in_threads([with_answers(40, 30), yes], "")) == {40, 30}
    assert duplicates_in_threads([with_answers(40, 30)], "night") == ()
    assert duplicates_in_threads([with_answers(40, 30, ours=False)], "") == ()
