"""Questions to the reviewer: bought ones, and intents to buy one."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.model.review import Credits

MAX_QUESTIONS = 20
MOST_OPEN = 5
"""How many questions of a pull request may be open; each is looked up by every run."""


class QuestionState(StrEnum):
    """The state of a question.

    `ANSWERED` and `ENDED` (without an answer) are recorded after the reply is posted; for a withdrawn intent, `ENDED`
    is recorded before its reply.
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
        comment: the `comment_key` of the comment that asks.
        digest: of its text, `idempotency.text_digest`.
        finding: the id of the finding that it is about; empty for the whole pull request.
        task_id: empty while it is an intent.
        hold: credits held while it is open.
        used: credits used, None while unknown.
        at: when its intent was recorded, ISO 8601, UTC; empty before.
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
        """The order of two records of one question; the later one counts, whichever run writes last.

        A run can end an intent while another creates its task: the task is paid for, so its record counts.
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
        """Add a question, or update its record; of more than `MAX_QUESTIONS` the oldest that is over is dropped."""
        known = self.find(question.comment)
        if known is not None:
            latest = max(known, question, key=lambda one: one.progress)
            return Questions(tuple(latest if one is known else one for one in self.records))
        records = (*self.records, question)
        if len(records) <= MAX_QUESTIONS:
            return Questions(records)
        gone = next((one for one in records if one.state.is_over), records[0])
        return Questions(tuple(one for one in records if one is not gone))
