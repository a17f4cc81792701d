"""Commands in comments: what is one, whose word it is, and which of them are left to carry out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.commands import (
    KEPT_FOR,
    Order,
    Said,
    Word,
    answers_to,
    open_orders,
    parse,
    why_not,
)
from reviewbot.domain.events import CommentEvent
from reviewbot.domain.marks import AnswerMark
from reviewbot.domain.publication import Reaction
from reviewbot.domain.records import MAX_REASON
from reviewbot.domain.snapshot import Comment
from tests.domain.builders import HEAD, NOON

# --- Reading ----------------------------------------------------------------------------------------------------------

READ = [
    ("/reviewbot review", Said(Word.REVIEW)),
    ("/reviewbot REVIEW \r\nplease", Said(Word.REVIEW)),
    ("/reviewbot\treview  C0FFEE1", Said(Word.REVIEW, "c0ffee1")),
    (f"/reviewbot review {HEAD}", Said(Word.REVIEW, HEAD)),
    ("/reviewbot review c0ffee", Said(Word.UNKNOWN)),
    (f"/reviewbot review {HEAD}0", Said(Word.UNKNOWN)),
    ("/reviewbot review c0ffee1 now", Said(Word.UNKNOWN)),
    ("/reviewbot review main", Said(Word.UNKNOWN)),
    ("/reviewbot collect", Said(Word.COLLECT)),
    ("/reviewbot cancel", Said(Word.CANCEL)),
    ("/reviewbot cancel it", Said(Word.UNKNOWN)),
    ("/reviewbot status", Said(Word.STATUS)),
    ("/reviewbot help", Said(Word.HELP)),
    ("/reviewbot waive 3F9a  we know\tof it\nmore", Said(Word.WAIVE, "3f9a", "we know of it")),
    ("/reviewbot waive 3f9a", Said(Word.WAIVE, "3f9a")),
    ("/reviewbot waive 3f9", Said(Word.UNKNOWN)),
    ("/reviewbot waive 0123456789a long", Said(Word.UNKNOWN)),
    ("/reviewbot waive", Said(Word.UNKNOWN)),
    ("/reviewbot waive that one", Said(Word.UNKNOWN)),
    ("/reviewbot unwaive 3f9a", Said(Word.UNWAIVE, "3f9a")),
    ("/reviewbot unwaive 3f9a sorry", Said(Word.UNKNOWN)),
    ("/reviewbot bypass the house is on fire", Said(Word.BYPASS, reason="the house is on fire")),
    ("/reviewbot bypass", Said(Word.BYPASS)),
    ("/reviewbot bypass 0123abc the house is on fire", Said(Word.BYPASS, "0123abc", "the house is on fire")),
    ("/reviewbot bypass defaced by mistake", Said(Word.BYPASS, reason="defaced by mistake")),
    ("/reviewbot", Said(Word.UNKNOWN)),
    ("/reviewbot unknown", Said(Word.UNKNOWN)),
    ("/reviewbot lgtm", Said(Word.UNKNOWN)),
]


@pytest.mark.parametrize(("body", "said"), READ)
def test_the_first_line_is_read(body: str, said: Said) -> None:
    assert parse(body) == said


@pytest.mark.parametrize(
    "body",
    ["", "\n", "looks good", "/reviewbotreview", " /reviewbot review", "> /reviewbot review", "a\n/reviewbot help"],
)
def test_anything_else_is_no_command(body: str) -> None:
    assert parse(body) is None


@pytest.mark.parametrize("command", ["waive 3f9a", "bypass"])
def test_a_reason_is_kept_as_far_as_the_ledger_has_room(command: str) -> None:
    said = parse(f"/reviewbot {command} {'x' * 999}")
    assert said is not None
    assert said.reason == "x" * (MAX_REASON - 1) + "…"


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    assert parse(f"/reviewbot {text}") is not None
    assert parse(text) is None or text.startswith("/reviewbot")


def event(**more: Any) -> CommentEvent:  # noqa: ANN401 — any field
    return replace(CommentEvent(7, "created", "/reviewbot help", "wendy", "wendy", sender_is_bot=False), **more)


def test_a_person_who_writes_a_command_is_heard() -> None:
    assert not why_not(event())


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"body": "thanks"}, "no command"),
        ({"action": "edited"}, "edited"),
        ({"action": "deleted"}, "edited"),
        ({"sender_is_bot": True}, "person"),
        ({"sender": "editor"}, "person"),
        ({"sender": "", "author": ""}, "person"),
    ],
)
def test_nobody_else_is(more: dict[str, Any], word: str) -> None:
    assert word in why_not(event(**more))


# --- Which of them are left -------------------------------------------------------------------------------------------

ASKED_AT = NOON


def comment(number: int = 1, body: str = "/reviewbot status", **more: Any) -> Comment:  # noqa: ANN401 — any field
    return replace(Comment(number, "u", body, ours=False, author="wendy", created_at=ASKED_AT), **more)


def answer(comment_id: int, instance: str = "", **more: Any) -> Comment:  # noqa: ANN401 — any field
    mark = AnswerMark(instance, comment_id, Reaction.YES)
    return replace(Comment(99, "u", f"{mark}\nDone.", ours=True, author="github-actions[bot]"), **more)


def left(*comments: Comment, instance: str = "", now: timedelta = timedelta(hours=1)) -> list[int]:
    return [one.comment_id for one in open_orders(comments, instance, ASKED_AT + now)]


def test_commands_are_left_oldest_first() -> None:
    [first, second] = open_orders([comment(8), comment(5, "hello"), comment(3)], "", ASKED_AT)
    assert (first, second.comment_id) == (Order(3, Said(Word.STATUS), "wendy", ASKED_AT), 8)


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
def test_what_is_no_persons_own_word_or_was_answered_is_not(more: dict[str, Any]) -> None:
    assert left(comment()) == [1]
    assert left(comment(**more)) == []


def test_a_command_is_forgotten_after_a_week() -> None:
    assert left(comment(), now=KEPT_FOR) == [1]
    assert left(comment(), now=KEPT_FOR + timedelta(seconds=1)) == []


def test_an_answer_without_an_emoji_leaves_the_emoji_to_be_put() -> None:
    assert left(comment(), answer(1)) == [1]


def test_each_of_several_workflows_answers_for_itself() -> None:
    both = (comment(reacted=True), answer(1, "nightly"))
    assert left(*both, instance="nightly") == []
    assert left(*both, instance="") == [1]
    assert left(*both, answer(1), instance="") == []


def test_only_our_own_answers_count() -> None:
    there = [answer(1), answer(1, "nightly"), answer(2), answer(1, ours=False), comment(body="hello")]
    assert answers_to(there, "", 1) == (AnswerMark("", 1, Reaction.YES),)
