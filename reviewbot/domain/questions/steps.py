"""The requests to the outside world that only questions use, and their results."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.phases import Quote
from reviewbot.domain.model.question import Question
from reviewbot.domain.model.review import Task


class PriceQuestion(Struct, frozen=True):
    """Read the expertise and the balance from CodeVF. If they allow the purchase, find or create the project."""

    question: Question


class RecordQuestion(Struct, frozen=True):
    """Record the question in the ledger on GitHub."""

    question: Question


class CreateQuestion(Struct, frozen=True):
    """Submit the question within the limits of a size tier. For a repeated key, CodeVF returns the existing task."""

    question: Question
    price: Quote
    size: SizeTier


class PostAnswer(Struct, frozen=True):
    """Post the answer, or a note without an answer, unless already posted. `task` is None if CodeVF has no task."""

    question: Question
    task: Task | None


Step = PriceQuestion | RecordQuestion | CreateQuestion | PostAnswer | steps.ReadTask | steps.PollTask

Result = Quote | Ledger | steps.Done | steps.Failed | steps.TaskRead | steps.NotOver
"""The ledger comes from GitHub and contains the recorded question."""
