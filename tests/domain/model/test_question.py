"""Questions in the ledger: the later record counts, their credits count, and old ones make room."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reviewbot.domain.ledger.codec import decode, encode, has_open_question, is_waiting
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.question import MAX_QUESTIONS, Question, Questions, QuestionState
from reviewbot.values import replace
from tests.domain.builders import purchase

SIGNER = Signer("key", 1, 7, "")
INTENT = Question("42", "0" * 16, "ann", "", QuestionState.INTENT, "", 120, None, "2026-11-24T12:00:00+00:00")
OPEN = replace(INTENT, state=QuestionState.OPEN, task_id="task_9")
ENDED = replace(OPEN, state=QuestionState.ENDED)
ANSWERED = replace(OPEN, state=QuestionState.ANSWERED, used=Decimal(60))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(INTENT, OPEN), (OPEN, ENDED), (OPEN, ANSWERED), (ENDED, ANSWERED), (replace(ENDED, task_id=""), OPEN)],
)
def test_the_later_record_of_a_question_counts(earlier: Question, later: Question) -> None:
    for order in ((earlier, later), (later, earlier)):
        questions = Questions()
        for one in order:
            questions = questions.having(one)
        assert questions == Questions((later,))


def test_an_open_question_has_no_reply_yet() -> None:
    questions = Questions(tuple(replace(one, comment=one.state.value) for one in (INTENT, OPEN, ENDED, ANSWERED)))
    assert [one.comment for one in questions.open()] == ["intent", "open"]
    assert questions.find("r1") is None


def test_the_credits_of_a_question_count_against_the_budget() -> None:
    ledger = Ledger((purchase(hold=360),)).with_question(OPEN)
    assert ledger.spent == 480
    assert ledger.with_question(ANSWERED).spent == 420, "the credits used, once they are known"
    assert ledger.first_hold == 360, "the limit is a multiple of a review"
    assert ledger.open_task_ids() == ("task_1", "task_9")
    assert Ledger().with_question(INTENT).open_task_ids() == ()


def test_the_oldest_answered_question_makes_room_and_still_counts() -> None:
    ledger = Ledger().with_question(replace(OPEN, comment="open"))
    for number in range(MAX_QUESTIONS):
        ledger = ledger.with_question(replace(ANSWERED, comment=f"r{number}"))
    assert len(ledger.questions.records) == MAX_QUESTIONS
    assert ledger.questions.find("open")
    assert not ledger.questions.find("r0")
    assert ledger.spent == 120 + MAX_QUESTIONS * 60


def test_only_the_oldest_of_too_many_open_questions_is_dropped() -> None:
    ledger = Ledger()
    for number in range(MAX_QUESTIONS + 1):
        ledger = ledger.with_question(replace(OPEN, comment=f"r{number}"))
    assert not ledger.questions.find("r0")
    assert ledger.spent == (MAX_QUESTIONS + 1) * 120


@pytest.mark.parametrize(("question", "waits"), [(INTENT, True), (OPEN, True), (ENDED, False), (ANSWERED, False)])
def test_a_summary_with_an_open_question_is_waiting(question: Question, waits: bool) -> None:  # noqa: FBT001 — a column
    body = encode(Ledger().with_question(question), SIGNER)
    assert (is_waiting(body), has_open_question(body)) == (waits, waits)
    assert not has_open_question("")


def test_a_question_is_read_back_from_the_summary() -> None:
    ledger = Ledger().with_question(ANSWERED).with_question(replace(INTENT, comment="r43", finding="3f9a000001"))
    assert decode(encode(ledger, SIGNER), SIGNER).ledger == ledger
