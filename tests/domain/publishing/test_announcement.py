"""Late answers are announced once, and to whom."""

from __future__ import annotations

import pytest

from reviewbot.domain.findings.markers import AnswerMark, announcement_mark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, DefaultBranch, Repository, Snapshot
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.publishing.comment_diff import Announcement, Ending, duplicates, left_to_announce, mentioned
from reviewbot.values import replace
from tests.domain.builders import pull, purchase

DONE = purchase(state=TaskState.DONE)
KEY = f"{'a' * 32}-1"


def comment(comment_id: int, key: str = KEY, instance: str = "", *, ours: bool = True) -> Comment:
    return Comment(comment_id, "", f"{announcement_mark(instance, key)}\nFinished.", ours=ours)


def in_conversation(*comments: Comment, instance: str = "") -> tuple[int, ...]:
    snapshot = Snapshot(Repository(1, "acme/parcels", "main", ""), pull(), DefaultBranch(), comments, (), (), ())
    found = duplicates(snapshot, instance)
    left = found.removed_from(snapshot)
    assert {one.id for one in left.comments} == {one.id for one in comments} - set(found.in_conversation)
    return found.in_conversation


def test_a_late_answer_is_announced_once() -> None:
    late = [Announcement(DONE, Ending.ANSWERED)]
    others = [
        comment(3, ours=False),
        replace(comment(2), edited_by="mona", edited_by_us=False),
        comment(4, instance="api"),
        comment(5, f"{KEY}-unbought"),
        comment(6, KEY[:-1] + "2"),
    ]
    assert left_to_announce(late, others, "", frozenset()) == tuple(late)
    assert not left_to_announce(late, [comment(3)], "", frozenset())
    assert not left_to_announce(late, [], "", frozenset({KEY})), "a deleted announcement stays deleted"
    edited = replace(comment(9), edited_by="mona", edited_by_us=False)
    assert in_conversation(comment(4), comment(3), comment(8), edited) == (4, 8)


def test_the_first_of_several_answers_to_a_command_is_kept() -> None:
    first, second = (str(AnswerMark("", "1001", reaction)) for reaction in (Reaction.YES, Reaction.NO))
    there = [comment(5), *(replace(comment(number), body=text) for number, text in ((9, second), (7, first)))]
    other = replace(comment(8), body=str(AnswerMark("", "1002", Reaction.YES)))
    foreign = replace(comment(10), body=first, ours=False)
    assert in_conversation(*there, other, foreign) == (9,)
    refused = replace(comment(6), body=second)
    assert in_conversation(*there, refused) == (6, 9), "yes is kept before an older no"
    assert in_conversation(*there, instance="night") == ()


def test_a_purchase_that_was_not_bought_may_be_announced_when_it_is() -> None:
    keys = {Announcement(DONE, ending).key for ending in Ending}
    assert keys == {KEY, f"{KEY}-unbought"}


@pytest.mark.parametrize(
    ("author", "is_bot", "requested_by", "logins"),
    [
        ("ann", False, (), ("ann",)),
        ("ann", False, ("hubot", "Ann"), ("Ann", "hubot")),
        ("renovate", True, ("hubot",), ("hubot",)),
        (None, False, (), ()),
    ],
)
def test_the_author_and_the_requester_are_mentioned(
    author: str | None,
    is_bot: bool,  # noqa: FBT001 — a column of the table
    requested_by: tuple[str, ...],
    logins: tuple[str, ...],
) -> None:
    now = pull(author=author, author_is_bot=is_bot)
    assert mentioned(now, replace(DONE, requested_by=requested_by)) == logins
