"""👍 and 👎 count by what they are about; those of bots do not count."""

from __future__ import annotations

import pytest

from reviewbot.domain.findings.markers import AnswerMark, FindingMark, reply_mark, summary_mark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Opinion, Thread, ThreadComment
from reviewbot.domain.ledger.opinions import MAX_OPINIONS, SUMMARY, Opinions, opinions_of
from reviewbot.values import replace
from tests.domain.builders import pull, snapshot_of

YES, NO = True, False
ANSWER = f"{AnswerMark('', '17', Reaction.YES)}\n<!-- reviewbot:words -->\nYes.\n<!-- /reviewbot:words -->"


def said(*opinions: tuple[str, bool]) -> tuple[Opinion, ...]:
    return tuple(Opinion(login, agrees) for login, agrees in opinions)


def thread(*opinions: tuple[str, bool], ids: tuple[str, ...] = ("ab12",), instance: str = "", **more: object) -> Thread:
    """Return a thread of reviewbot's with opinions on its first comment."""
    body, rated = f"{FindingMark(instance, ids)}\nText", said(*opinions)
    comment = ThreadComment(1, "https://x/1", body, ours=True, opinions=rated)
    comments = (replace(comment, **more),)  # type: ignore[arg-type]  # a builder
    return Thread("T1", is_resolved=False, comments=comments)


def replied(first: Thread, body: str, *opinions: tuple[str, bool]) -> Thread:
    """Return a thread with another comment of reviewbot's, which has opinions."""
    comment = ThreadComment(2, "https://x/2", body, ours=True, opinions=said(*opinions))
    return replace(first, comments=(*first.comments, comment))


@pytest.mark.parametrize(("agrees", "counted"), [(YES, Opinions("ab12", up=1)), (NO, Opinions("ab12", down=1))])
def test_an_opinion_counts(agrees: bool, counted: Opinions) -> None:  # noqa: FBT001 — a table
    assert opinions_of(snapshot_of(pull(), thread(("ann", agrees))), "") == (counted,)


@pytest.mark.parametrize("login", ["lee[bot]", "ann[bot]", "Renovate[BOT]"])
def test_opinions_of_bots_are_ignored(login: str) -> None:
    assert opinions_of(snapshot_of(pull(), thread((login, YES), (login, NO))), "") == ()


def test_an_opinion_counts_for_every_finding_of_the_comment_and_once_for_each_person() -> None:
    both, again = thread(("ann", YES), ids=("a", "b")), thread(("ann", YES), ("ann", NO), ("lee", YES), ids=("b",))
    assert opinions_of(snapshot_of(pull(), both, again), "") == (
        Opinions("a", up=1),
        Opinions("b", up=2, down=1),
    )


def test_opinions_on_the_summary_and_on_answers_in_the_conversation_count() -> None:
    summary = Comment(1, "https://x/1", f"{summary_mark('')}\nText", ours=True, opinions=said(("lee", YES)))
    answer = Comment(2, "https://x/2", ANSWER, ours=True, opinions=said(("ann", NO)))
    status = Comment(3, "https://x/3", str(AnswerMark("", "18", Reaction.YES)), ours=True, opinions=said(("ann", NO)))
    other = replace(summary, body=summary_mark("other"))
    now = replace(snapshot_of(pull()), comments=(summary, answer, status, other))
    assert opinions_of(now, "") == (Opinions(SUMMARY, up=1), Opinions("q17", down=1))


def test_in_a_thread_a_reply_counts_for_the_findings_and_an_answer_for_its_question() -> None:
    reply = replied(thread(ids=("a", "b")), f"{reply_mark('', '0' * 10)}\nStill open.", ("ann", NO))
    answered = replied(thread(("lee", YES)), ANSWER, ("lee", NO))
    assert opinions_of(snapshot_of(pull(), reply, answered), "") == (
        Opinions("a", down=1),
        Opinions("b", down=1),
        Opinions("ab12", up=1),
        Opinions("q17", down=1),
    )


@pytest.mark.parametrize(
    "shown",
    [
        thread(("ann", YES), ours=False),
        thread(("ann", YES), edited_by="mona", edited_by_us=False),
        thread(("ann", YES), body="No mark"),
        thread(("ann", YES), instance="other"),
        replace(thread(("ann", YES)), comments=()),
        replied(thread(instance="other"), f"{reply_mark('other', '0' * 10)}\nText", ("ann", YES)),
        replied(thread(instance="other"), ANSWER.replace('""', '"other"'), ("ann", YES)),
    ],
)
def test_only_reviewbots_own_unedited_comments_have_opinions(shown: Thread) -> None:
    assert opinions_of(snapshot_of(pull(), shown), "") == ()


def test_the_number_of_opinions_is_bounded() -> None:
    threads = (thread(("ann", YES), ids=(f"{number}",)) for number in range(MAX_OPINIONS + 1))
    assert len(opinions_of(snapshot_of(pull(), *threads), "")) == MAX_OPINIONS
