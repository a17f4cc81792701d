"""The data that the steps of a question share."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.app.context import RunContext, known_of
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.question import Question
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.questions.machine import MODE, Limits
from reviewbot.values import replace


class Inquiry(Struct, frozen=True):
    """A question that this run answers.

    Attributes:
        question: the question from the ledger, or from the comment if the ledger has none.
        text: the text of the question, or empty in `post_open_answers`, which buys nothing.
        finding: the finding that the question is about, or None for the whole pull request.
        known: a review's state, for steps that reviews and questions share.
    """

    run: RunContext
    question: Question
    text: str
    finding: TrackedFinding | None
    limits: Limits
    known: Known

    @classmethod
    def of(cls, run: RunContext, snapshot: Snapshot, stored: StoredLedger, question: Question, text: str) -> Inquiry:
        finding = stored.ledger.findings.find(question.finding)
        known = known_of(run, snapshot, Asked(question.by, question.comment, snapshot.pull.head_sha))
        request = replace(known.request, mode=MODE)
        limits = Limits(
            hold=0,
            ask_credits=run.settings.ask_credits,
            max_per_pr=request.max_credits_per_pr,
            min_balance=request.min_balance,
            spent=max(stored.claimed, stored.ledger.spent),
            first_hold=stored.ledger.first_hold,
            attachment_bytes=request.attachment_bytes,
        )
        return cls(run, question, text, finding, limits, replace(known, request=request))
