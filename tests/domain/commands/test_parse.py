"""Commands in comments: parsing, their writers, and which of them are not executed yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.commands.parse import (
    MAX_AGE,
    Command,
    CommandName,
    PostedCommand,
    answers_to,
    executed_commands,
    open_commands,
    parse,
    said_in,
    why_not,
)
from reviewbot.domain.findings.markers import AnswerMark, FindingMark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Thread, ThreadComment
from reviewbot.domain.model.events import CommentEvent
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON

# --- Reading ----------------------------------------------------------------------------------------------------------

READ = [
    ("/reviewbot review", Command(CommandName.REVIEW)),
    ("/reviewbot REVIEW \r\nplease", Command(CommandName.REVIEW)),
    ("/reviewbot\treview  C0FFEE1", Command(CommandName.REVIEW, "c0ffee1")),
    (f"/reviewbot review {HEAD}", Command(CommandName.REVIEW, HEAD)),
    ("/reviewbot review c0ffee", Command(CommandName.REVIEW, reason="c0ffee", is_wrong=True)),
    (f"/reviewbot review {'0' * 65}", Command(CommandName.REVIEW, reason="0" * 65, is_wrong=True)),
    ("/reviewbot review  c0ffee1 now", Command(CommandName.REVIEW, reason="c0ffee1 now", is_wrong=True)),
    ("/reviewbot review Main", Command(CommandName.REVIEW, reason="Main", is_wrong=True)),
    ("/reviewbot collect", Command(CommandName.COLLECT)),
    ("/reviewbot cancel", Command(CommandName.CANCEL)),
    ("/reviewbot cancel it", Command(CommandName.CANCEL, reason="it", is_wrong=True)),
    ("/reviewbot status", Command(CommandName.STATUS)),
    ("/reviewbot help", Command(CommandName.HELP)),
    ("/reviewbot help waive", Command(CommandName.HELP)),
    ("/reviewbot waive 3F9a  we know\tof it\nmore", Command(CommandName.WAIVE, "3f9a", "we know of it")),
    ("/reviewbot waive 3f9a", Command(CommandName.WAIVE, "3f9a")),
    ("/reviewbot waive 3f9", Command(CommandName.WAIVE, reason="3f9")),
    ("/reviewbot waive 0123456789a long", Command(CommandName.WAIVE, reason="0123456789a long")),
    ("/reviewbot waive", Command(CommandName.WAIVE)),
    ("/reviewbot waive that one", Command(CommandName.WAIVE, reason="that one")),
    ("/reviewbot unwaive", Command(CommandName.UNWAIVE)),
    ("/reviewbot unwaive 3f9a", Command(CommandName.UNWAIVE, "3f9a")),
    ("/reviewbot unwaive 3f9a sorry", Command(CommandName.UNWAIVE, reason="3f9a sorry", is_wrong=True)),
    ("/reviewbot bypass the house is on fire", Command(CommandName.BYPASS, reason="the house is on fire")),
    ("/reviewbot bypass", Command(CommandName.BYPASS)),
    ("/reviewbot bypass 0123abc the house is on fire", Command(CommandName.BYPASS, "0123abc", "the house is on fire")),
    ("/reviewbot bypass defaced by mistake", Command(CommandName.BYPASS, "defaced", "by mistake")),
    ("/reviewbot", Command(CommandName.HELP)),
    ("/Reviewbot status", Command(CommandName.STATUS)),
    ("/REVIEWBOT\tWaive 3F9A we Know", Command(CommandName.WAIVE, "3f9a", "we Know")),
    ("/reviewbot unknown", Command(CommandName.UNKNOWN)),
    ("/reviewbot lgtm", Command(CommandName.UNKNOWN)),
    ("/reviewbot Wave 3f9a we know", Command(CommandName.UNKNOWN, "waive")),
]


@pytest.mark.parametrize(("body", "said"), READ)
def test_the_first_line_is_read(body: str, said: Command) -> None:
    assert parse(body) == said


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        "looks good",
        "/reviewbotreview",
        " /Reviewbot review",
        " /reviewbot review",
        "> /reviewbot review",
        "a\n/reviewbot help",
    ],
)
def test_anything_else_is_not_a_command(body: str) -> None:
    assert parse(body) is None


@pytest.mark.parametrize("command", ["waive 3f9a", "bypass"])
def test_a_reason_is_the_whole_line(command: str) -> None:
    said = parse(f"/reviewbot {command} {'x' * 999}\nMore")
    assert said is not None
    assert said.reason == "x" * 999


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    assert parse(f"/reviewbot {text}") is not None
    assert parse(text) is None or text.casefold().startswith("/reviewbot")


def event(**more: Any) -> CommentEvent:  # noqa: ANN401 — any field
    return replace(CommentEvent(7, "created", "/reviewbot help", "wendy", "wendy", sender_is_bot=False), **more)


def test_a_command_by_a_person_is_accepted() -> None:
    assert not why_not(event())


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"body": "thanks"}, "not a command"),
        ({"action": "edited"}, "Edited"),
        ({"action": "deleted"}, "Edited"),
        ({"sender_is_bot": True}, "person"),
        ({"sender": "editor"}, "person"),
        ({"sender": "", "author": ""}, "person"),
    ],
)
def test_other_comments_are_ignored_with_the_reason(more: dict[str, Any], word: str) -> None:
    assert word in why_not(event(**more))


# --- Which of them are pending ----------------------------------------------------------------------------------------

ASKED_AT = NOON


def comment(number: int = 1, body: str = "/reviewbot status", **more: Any) -> Comment:  # noqa: ANN401 — any field
    return replace(Comment(number, "u", body, ours=False, author="wendy", created_at=ASKED_AT), **more)


def answer(comment_id: int | str, instance: str = "", **more: Any) -> Comment:  # noqa: ANN401 — any field
    mark = AnswerMark(instance, str(comment_id), Reaction.YES)
    return replace(Comment(99, "u", f"{mark}\nDone.", ours=True, author="github-actions[bot]"), **more)


def left(*comments: Comment, instance: str = "", now: timedelta = timedelta(hours=1)) -> list[int]:
    return [one.comment_id for one in open_commands(comments, (), instance, ASKED_AT + now)]


def test_pending_commands_are_listed_oldest_first() -> None:
    [first, second] = open_commands([comment(8), comment(5, "hello"), comment(3)], (), "", ASKED_AT)
    assert (first, second.comment_id) == (PostedCommand(3, Command(CommandName.STATUS), "wendy", ASKED_AT, url="u"), 8)


@pytest.mark.parametrize(
    "more",
    [
        {"ours": True},
        {"author_is_bot": True},
        {"author": None},
        {"created_at": None},
        {"edited_by": "mallory"},
        {"edited_by": "wendy"},
        {"reacted": True},
        {"body": "hello"},
    ],
)
def test_edited_answered_and_bot_comments_are_not_commands(more: dict[str, Any]) -> None:
    assert left(comment()) == [1]
    assert left(comment(**more)) == []


def test_a_command_is_ignored_after_a_week() -> None:
    assert left(comment(), now=MAX_AGE) == [1]
    assert left(comment(), now=MAX_AGE + timedelta(seconds=1)) == []


def test_a_missing_reaction_is_added_later() -> None:
    assert left(comment(), answer(1)) == [1]


def test_each_of_several_workflows_answers_for_itself() -> None:
    both = (comment(reacted=True), answer(1, "nightly"))
    assert left(*both, instance="nightly") == []
    assert left(*both, instance="") == [1]
    assert left(*both, answer(1), instance="") == []


def test_an_executed_command_has_a_thumbs_up_of_this_instance() -> None:
    refused = replace(answer(2), body=f"{AnswerMark('', '2', Reaction.NO)}\nNo.")
    there = [comment(2), comment(3), comment(1), answer(1), refused, answer(3, "nightly"), answer(4)]
    assert [one.comment_id for one in executed_commands(there, (), "")] == [1]
    assert [one.comment_id for one in executed_commands(there, (), "nightly")] == [3]
    assert executed_commands([comment(1, edited_by="mallory"), answer(1)], (), "") == ()


def test_only_reviewbots_own_answers_count() -> None:
    there = [answer(1), answer(1, "nightly"), answer(2), answer(1, ours=False), comment(body="hello")]
    edited = answer(1, edited_by="mona", edited_by_us=False)
    assert [mark for _, mark in answers_to([*there, edited], "", "1")] == [AnswerMark("", "1", Reaction.YES)]
    assert left(comment(), edited) == [1]


def test_answers_in_the_conversation_and_in_threads_count() -> None:
    reply = ThreadComment(9, "", answer(1).body, ours=True)
    there = thread(ThreadComment(8, "", "a finding", ours=True), reply)
    everything = said_in((answer(1), comment(3)), [there])
    assert [one.id for one, _ in answers_to(everything, "", "1")] == [9, answer(1).id]
    assert answers_to(everything, "", "2") == []
    answered = open_commands([comment(reacted=True)], [there], "nightly", ASKED_AT)
    assert [one.comment_id for one in answered] == [1], "another workflow has answered"


# --- In review threads ------------------------------------------------------------------------------------------------

IN_THREAD = [
    ("/reviewbot waive it is a test", Command(CommandName.WAIVE, reason="it is a test")),
    ("/reviewbot waive 3f9a it is a test", Command(CommandName.WAIVE, reason="3f9a it is a test")),
    ("/reviewbot waive", Command(CommandName.WAIVE)),
    ("/reviewbot unwaive", Command(CommandName.UNWAIVE)),
    ("/reviewbot unwaive 3F9A", Command(CommandName.UNWAIVE, "3f9a")),
    ("/reviewbot unwaive sorry", Command(CommandName.UNWAIVE, reason="sorry", is_wrong=True)),
    ("/reviewbot review c0ffee1", Command(CommandName.REVIEW, "c0ffee1")),
    ("/reviewbot lgtm", Command(CommandName.UNKNOWN)),
    ("looks good", None),
]
IDS = ("3f9a000001", "77aa000003")


@pytest.mark.parametrize(("body", "said"), IN_THREAD)
def test_in_the_thread_of_a_finding_a_waiver_needs_no_id(body: str, said: Command | None) -> None:
    assert parse(body, findings=("9999999999",)) == said


def reply(number: int = 2, body: str = "/reviewbot waive it is a test", **more: Any) -> ThreadComment:  # noqa: ANN401 — any field
    return replace(ThreadComment(number, "r", body, ours=False, author="wendy", created_at=ASKED_AT), **more)


def first(**more: Any) -> ThreadComment:  # noqa: ANN401 — any field
    return reply(1, **{"body": f"{FindingMark('', IDS)}\nSQL.", "ours": True, "author": "github-actions[bot]", **more})


def thread(*comments: ThreadComment) -> Thread:
    return Thread("T", is_resolved=False, comments=comments)


def in_threads(*threads: Thread, instance: str = "", comments: tuple[Comment, ...] = ()) -> tuple[PostedCommand, ...]:
    return open_commands(comments, threads, instance, ASKED_AT)


WAIVES = Command(CommandName.WAIVE, reason="it is a test")


def test_a_reply_to_a_finding_is_about_it() -> None:
    [posted] = in_threads(thread(first(), reply()))
    assert posted == PostedCommand(2, WAIVES, "wendy", ASKED_AT, in_thread=True, findings=IDS, url="r")
    assert posted.key == "r2"


@pytest.mark.parametrize(
    "more",
    [
        {"ours": False},
        {"edited_by": "mallory", "edited_by_us": False},
        {"body": f"Look: {FindingMark('', IDS)}"},
        {"body": "SQL."},
    ],
)
def test_only_reviewbots_own_unedited_first_comment_names_the_findings(more: dict[str, Any]) -> None:
    [posted] = in_threads(thread(first(**more), reply(), reply(3, "thanks")))
    assert (posted.command, posted.findings) == (WAIVES, ())
    [posted] = in_threads(thread(first(**more), reply(body="/reviewbot waive 3f9a it is a test")))
    assert posted.command == Command(CommandName.WAIVE, "3f9a", "it is a test"), (
        "with an id, the thread does not matter"
    )


def test_a_later_comment_of_the_same_account_does_not_name_a_finding_that_has_a_thread() -> None:
    """Another workflow posts as the same account, and an author may choose what it says."""
    forged = thread(first(id=7, body=f"{FindingMark('', IDS[:1])}\nA nit."), reply(8))
    for threads in ((thread(first()), forged), (forged, thread(first()))):
        [posted] = in_threads(*threads)
        assert (posted.command, posted.findings) == (WAIVES, ())
    both = thread(first(id=9, body=str(FindingMark("", (*IDS[:1], "3f9a000009")))), reply(10))
    assert [one.findings for one in in_threads(both, forged)] == [IDS[:1], ("3f9a000009",)]
    for other in (first(body=str(FindingMark("nightly", IDS))), first(ours=False)):
        assert [one.findings for one in in_threads(thread(other), forged)] == [IDS[:1]]


def test_a_marker_in_a_reply_is_ignored() -> None:
    [posted] = in_threads(thread(reply(1, "hello"), first(id=5), reply()))
    assert posted.findings == ()
    assert in_threads(thread()) == ()


def test_a_comment_edited_by_reviewbot_still_names_its_finding() -> None:
    [posted] = in_threads(thread(first(edited_by="github-actions", edited_by_us=True), reply()))
    assert posted.findings == IDS


def test_the_threads_of_another_instance_are_ignored() -> None:
    there = thread(first(), reply())
    assert in_threads(there, instance="nightly") == ()
    assert len(in_threads(there)) == 1


@pytest.mark.parametrize(
    "more", [{"edited_by": "wendy"}, {"author_is_bot": True}, {"reacted": True}, {"author": None}, {"ours": True}]
)
def test_a_reply_is_accepted_like_a_comment(more: dict[str, Any]) -> None:
    assert in_threads(thread(first(), reply(**more))) == ()


def test_a_comment_and_a_reply_with_the_same_id_are_distinct() -> None:
    answered = (comment(2), answer(2), answer("r2"))
    posted = in_threads(thread(first(), reply()), comments=(comment(2), comment(3, created_at=ASKED_AT)))
    assert [one.key for one in posted] == ["2", "r2", "3"]
    assert [mark for _, mark in answers_to(answered, "", "r2")] == [AnswerMark("", "r2", Reaction.YES)]
    both = (replace(comment(2), reacted=True), answer("r2", "nightly"))
    assert left(*both) == [], "the answer belongs to the reply"


def test_commands_of_comments_and_replies_are_ordered_by_time() -> None:
    late = ASKED_AT - timedelta(minutes=1)
    posted = in_threads(thread(first(), reply(9, created_at=late)), comments=(comment(1),))
    assert [one.key for one in posted] == ["r9", "1"]


@pytest.mark.parametrize(
    ("body", "target", "question"),
    [
        ("/reviewbot ask Why?", "", "Why?"),
        ("/reviewbot ASK   Why\n\nso slow?\n", "", "Why\n\nso slow?"),
        ("/reviewbot ask\nWhy?", "", "Why?"),
        ("/reviewbot ask 3F9A why?", "3f9a", "3F9A why?"),
        ("/reviewbot ask dead", "dead", "dead"),
        ("/reviewbot ask", "", ""),
        (f"/reviewbot ask {'xx ' * 5_000}", "", ("xx " * 3_334)[:-1]),
    ],
)
def test_the_rest_of_the_comment_is_the_question(body: str, target: str, question: str) -> None:
    for findings in ((), ("3f9a000001",)):
        assert parse(body, findings=findings) == Command(CommandName.ASK, target, question)
