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
    """Read the expertise and the balance from CodeVF, and if they allow the purchase, find or create the project."""

    question: Question


class RecordQuestion(Struct, frozen=True):
    """Record the question in the ledger on GitHub."""

    question: Question


class CreateQuestion(Struct, frozen=True):
    """Submit the question to CodeVF, within the limits of a size tier. A repeated key returns the existing task."""

    question: Question
    price: Quote
    size: SizeTier


class PostAnswer(Struct, frozen=True):
    """Post the answer, or why there is none, unless it is already posted. `task` is None if CodeVF has none."""

    question: Question
    task: Task | None


Step = PriceQuestion | RecordQuestion | CreateQuestion | PostAnswer | steps.ReadTask | steps.PollTask

Result = Quote | Ledger | steps.Done | steps.Failed | steps.TaskRead | steps.NotOver
"""The ledger is the one on GitHub, with the question that was recorded."""
