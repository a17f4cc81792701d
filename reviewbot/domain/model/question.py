"""Questions to the reviewer, and intents to buy their answers."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.model.review import Credits

MAX_QUESTIONS = 20
MOST_OPEN = 5
"""The maximum number of open questions of a pull request. Every run looks up each open question."""


class QuestionState(StrEnum):
    """The state of a question.

    `ANSWERED` and `ENDED` (without an answer) are recorded after the reply is posted. If an intent is withdrawn,
    `ENDED` is recorded before the reply.
    """

    INTENT = "intent"
    OPEN = "open"
    ENDED = "ended"
    ANSWERED = "answered"

    @property
    def is_over(self) -> bool:
        return self in {QuestionState.ENDED, QuestionState.ANSWERED}


_ORDER = tuple(QuestionState)


class Question(Struct, frozen=True, array_like=True):
    """A question that was bought, or the intent to buy its answer.

    Attributes:
        comment: the `comment_key` of the comment with the question.
        digest: the `idempotency.text_digest` of the question's text.
        finding: the id of the finding that the question is about, or empty if it is about the whole pull request.
        task_id: the task's id, or empty for an intent.
        hold: the credits held while the question is open.
        used: the credits used, or None while they are unknown.
        at: when the intent was recorded (ISO 8601, UTC), or empty before that.
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
        """The credits that count against the budget: the hold until the used credits are known."""
        return self.used if self.used is not None else Decimal(self.hold)

    @property
    def progress(self) -> tuple[bool, int, bool]:
        """The sort key of the records of one question. The highest record counts, whichever run writes last.

        One run can end an intent while another run creates its task. The task is paid for, so its record counts.
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
        """Add a question, or update its record. Beyond `MAX_QUESTIONS` records, drop the oldest that is over."""
        known = self.find(question.comment)
        if known is not None:
            latest = max(known, question, key=lambda one: one.progress)
            return Questions(tuple(latest if one is known else one for one in self.records))
        records = (*self.records, question)
        if len(records) <= MAX_QUESTIONS:
            return Questions(records)
        gone = next((one for one in records if one.state.is_over), records[0])
        return Questions(tuple(one for one in records if one is not gone))
