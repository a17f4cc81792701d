"""Data types for questions to the reviewer and for intents to buy answers."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.model.review import Credits

MAX_QUESTIONS = 20
MOST_OPEN = 5
"""The maximum number of open questions of a pull request, because every run looks up each open question."""


class QuestionState(StrEnum):
    """The state of a question. reviewbot replies before it records the end, unless it withdraws an intent."""

    INTENT = "intent"
    OPEN = "open"
    ENDED = "ended"
    ANSWERED = "answered"

    @property
    def is_over(self) -> bool:
        return self in {QuestionState.ENDED, QuestionState.ANSWERED}


_ORDER = tuple(QuestionState)


class Question(Struct, frozen=True, array_like=True):
    """A question to the reviewer, or the intent to buy an answer.

    Attributes:
        comment: the `comment_key` of the comment with the question.
        digest: the `idempotency.text_digest` of the question.
        finding: the id of the finding, or empty if the question is about the whole pull request.
        task_id: the id of the task, or empty for an intent.
        used: the credits that CodeVF charged, or None if unknown.
        at: the time at which the intent was recorded (ISO 8601, UTC), or empty before that time.
    """

    comment: str
    digest: str
    by: str
    finding: str
    state: QuestionState
    task_id: str
    hold: Credits
    used: Decimal | None
    at: str

    @property
    def cost(self) -> Decimal:
        """The credits that count toward the budget."""
        return self.used if self.used is not None else Decimal(self.hold)

    @property
    def progress(self) -> tuple[bool, int, bool]:
        """The sort key of the records of one question. The record with the highest key is kept.

        One run can end an intent while another run creates the task. The task costs credits, so its record is kept.
        """
        return bool(self.task_id), _ORDER.index(self.state), self.used is not None


class Questions(Struct, frozen=True):
    records: tuple[Question, ...] = ()

    def find(self, comment: str) -> Question | None:
        return next((one for one in self.records if one.comment == comment), None)

    def open(self) -> tuple[Question, ...]:
        return tuple(one for one in self.records if not one.state.is_over)

    @property
    def cost(self) -> Decimal:
        return sum((one.cost for one in self.records), Decimal(0))

    def having(self, question: Question) -> Questions:
        """Add or update a question. Beyond `MAX_QUESTIONS`, drop the oldest finished question, or else the oldest."""
        known = self.find(question.comment)
        if known is not None:
            latest = max(known, question, key=lambda one: one.progress)
            return Questions(tuple(latest if one is known else one for one in self.records))
        records = (*self.records, question)
        if len(records) <= MAX_QUESTIONS:
            return Questions(records)
        gone = next((one for one in records if one.state.is_over), records[0])
        return Questions(tuple(one for one in records if one is not gone))
