"""Which late answers are announced, to whom, and once."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.findings.markers import AnnouncementMark, AnswerMark
from reviewbot.domain.findings.placement import place
from reviewbot.domain.findings.tracking import Answered
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.memory import StoredLedger, purchase_key
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict
from reviewbot.domain.publishing.announcement import Announcement, Ending, Endings, left_to_announce, mentioned
from reviewbot.values import replace
from tests.domain.builders import ALL, HEAD, finding, pull, purchase, view

OPEN = purchase()
DONE, ENDED = (purchase(state=state) for state in (TaskState.DONE, TaskState.ENDED))
DEFERRED = purchase(state=TaskState.DEFERRED, task_id="")
OLDER = "e" * 40
FINDING = place([finding("Look", line=1)], [view("", "a\n")], ALL)
KEY = f"{'a' * 16}-1"


def outcome(reason: Reason = Reason.REVIEWED, status: Status = Status.COMPLETED) -> Outcome:
    return Outcome(status, Verdict.NONE, reason, None, 0)


FAILED = outcome(Reason.OVER_BUDGET, Status.FAILED)


def answered(placed: Any = ()) -> Answered:  # noqa: ANN401 — placed findings
    return Answered("task_1", whole=True, here=True, report=Report("", (), (), readable=True), placed=placed)


def endings(found: Purchase | None, *now: Purchase, **more: Any) -> Endings:  # noqa: ANN401 — any field
    """Return what a run knows that found a purchase, and adds what it is now."""
    ledger = Ledger((found,) if found else ())
    plain = Endings(
        found=ledger,
        stored=StoredLedger(ledger),
        update=LedgerUpdate(purchases=now, answers=(answered(),)),
        commented=(),
        bought=(),
        cancelled=(),
        head_sha=HEAD,
        outcome=outcome(),
        is_collecting=True,
    )
    return replace(plain, **more)


LATE = [
    (endings(OPEN, DONE), Ending.ANSWERED),
    (endings(OPEN, ENDED), Ending.WITHOUT_RESULT),
    (endings(replace(OPEN, identity="a" * 16), DONE), Ending.ANSWERED),
    (endings(replace(OPEN, head_sha=OLDER), replace(DONE, head_sha=OLDER)), Ending.ANSWERED),
    (endings(OPEN, OPEN, outcome=outcome(Reason.REFUSED, Status.FAILED)), Ending.WITHOUT_RESULT),
    (endings(DEFERRED, outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(replace(DEFERRED, state=TaskState.INTENT), outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(DEFERRED, replace(DEFERRED, state=TaskState.ENDED), outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(OPEN, DONE, stored=StoredLedger()), Ending.ANSWERED),
]
ON_TIME = {
    "this run has bought it": endings(None, OPEN, DONE),
    "this run has bought it for a missed command": endings(OPEN, DONE, bought=(purchase_key(OPEN),)),
    "this run has bought what was deferred": endings(DEFERRED, DONE),
    "another run has recorded the end": endings(OPEN, DONE, stored=StoredLedger(Ledger((DONE,)))),
    "an older check run has the end": endings(
        OPEN, DONE, stored=StoredLedger(Ledger((OPEN,)), finished=frozenset({purchase_key(OPEN)}))
    ),
    "it was done before": endings(DONE, DONE),
    "it is still open": endings(OPEN, OPEN),
    "this run has cancelled it": endings(OPEN, ENDED, cancelled=("task_1",)),
    "an event looks it up, and CodeVF does not know the key": endings(
        OPEN, OPEN, outcome=outcome(Reason.REFUSED, Status.FAILED), is_collecting=False
    ),
    "an older head waits no longer": endings(replace(DEFERRED, head_sha=OLDER), outcome=FAILED),
    "the next run may succeed": endings(DEFERRED, outcome=outcome(Reason.UNREACHABLE, Status.FAILED)),
    "this run has bought it, and it failed": endings(DEFERRED, ENDED, outcome=FAILED),
    "another run has bought it": endings(DEFERRED, outcome=FAILED, stored=StoredLedger(Ledger((OPEN,)))),
    "it still waits": endings(DEFERRED, outcome=outcome(Reason.DEFERRED, Status.PENDING)),
}


@pytest.mark.parametrize(("known", "ending"), LATE)
def test_a_task_that_ended_since_an_earlier_run_is_late(known: Endings, ending: Ending) -> None:
    assert [one.ending for one in known.late()] == [ending]


@pytest.mark.parametrize("why", ON_TIME)
def test_no_other_answer_is_late(why: str) -> None:
    assert list(ON_TIME[why].late()) == []


def test_a_cancelled_task_that_was_answered_is_announced() -> None:
    assert [one.ending for one in endings(OPEN, DONE, cancelled=("task_1",)).late()] == [Ending.ANSWERED]


@pytest.mark.parametrize(
    ("posted", "commented", "before", "is_announced"),
    [
        (True, False, False, False),
        (False, True, False, False),
        (True, True, True, True),
        (False, False, False, True),
    ],
)
def test_an_answer_that_a_review_shows_is_not_announced(
    posted: bool,  # noqa: FBT001 — a column of the table
    commented: bool,  # noqa: FBT001 — as above
    before: bool,  # noqa: FBT001 — as above
    is_announced: bool,  # noqa: FBT001 — as above
) -> None:
    """The comments that an earlier summary knows are of earlier reviews."""
    ids = frozenset(one.id for one in FINDING)
    known = endings(
        OPEN,
        DONE,
        stored=StoredLedger(Ledger((OPEN,), posted=ids if before else frozenset())),
        update=LedgerUpdate((DONE,), (answered(FINDING),), posted=ids if posted else frozenset()),
        commented=ids if commented else (),
    )
    assert bool(list(known.late())) is is_announced


def comment(comment_id: int, key: str = KEY, instance: str = "", *, ours: bool = True) -> Comment:
    return Comment(comment_id, "", f"{AnnouncementMark(instance, key)}\nFinished.", ours=ours)


def test_a_late_answer_is_announced_once() -> None:
    late = [Announcement(DONE, Ending.ANSWERED)]
    others = [
        comment(3, ours=False),
        replace(comment(2), edited_by="mona", edited_by_us=False),
        comment(4, instance="api"),
        comment(5, f"{KEY}-unbought"),
        comment(6, KEY[:-1] + "2"),
    ]
    assert left_to_announce(late, others, "", frozenset()).posts == tuple(late)
    assert not left_to_announce(late, [comment(3)], "", frozenset())
    assert not left_to_announce(late, [], "", frozenset({KEY})), "a deleted announcement stays deleted"
    edited = replace(comment(9), edited_by="mona", edited_by_us=False)
    assert left_to_announce(late, [comment(4), comment(3), comment(8), edited], "", frozenset()).extra == (4, 8)


def test_the_first_of_several_answers_to_a_command_is_kept() -> None:
    first, second = (str(AnswerMark("", "1001", reaction)) for reaction in (Reaction.YES, Reaction.NO))
    there = [comment(5), *(replace(comment(number), body=text) for number, text in ((9, second), (7, first)))]
    other = replace(comment(8), body=str(AnswerMark("", "1002", Reaction.YES)))
    foreign = replace(comment(10), body=first, ours=False)
    assert left_to_announce([], [*there, other, foreign], "", frozenset()).extra == (9,)
    assert not left_to_announce([], there, "night", frozenset())


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
