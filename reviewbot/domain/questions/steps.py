"""The steps that only questions use, and their results."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Quote
from reviewbot.domain.model.question import Question
from reviewbot.domain.model.review import Task


class PriceQuestion(Struct, frozen=True):
    """Compute the price from CodeVF's expertise and balance. Find or create the project if no limit is exceeded."""

    question: Question


class RecordQuestion(Struct, frozen=True):
    """Record the question and its task on GitHub."""

    question: Question


class CreateQuestion(Struct, frozen=True):
    """Submit the question. For a repeated idempotency key, CodeVF returns the existing task."""

    question: Question
    price: Quote
    size: SizeTier


class PostAnswer(Struct, frozen=True):
    """Post the answer, or a note without an answer, unless already posted.

    `task` is None if CodeVF has no task.
    """

    question: Question
    task: Task | None


Step = PriceQuestion | RecordQuestion | CreateQuestion | PostAnswer | steps.ReadTask | steps.PollTask

Result = Quote | Ledger | steps.Done | steps.Failed | steps.TaskRead | steps.NotOver
"""`RecordQuestion` returns the ledger on GitHub, which contains the question."""
