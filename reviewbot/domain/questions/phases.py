"""The phases of a question, the steps that reviews do not use, and the results of these steps."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf import budget
from reviewbot.domain.codevf.attachments import SizeTier
from reviewbot.domain.commands.parse import key_of, replies_to, said_in
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Snapshot
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Quote, ReviewedChange
from reviewbot.domain.model.question import Question
from reviewbot.domain.model.review import Task
from reviewbot.domain.policy.verdict import Outcome

TRIES = 4
"""The number of attempts to record a question while other runs overwrite the summary."""


class Limits(budget.Spending, frozen=True, kw_only=True):
    """The limits on the price and size of a question. `hold` is 0 until the question is priced."""

    ask_credits: int
    attachment_bytes: int
    what: str = "this question"
    again: str = "Then ask again."


# Results


class RepliesRead(Struct, frozen=True):
    """The pull request, the replies to the question (see `replies_to`), and its comment unless it was deleted."""

    snapshot: Snapshot
    replies: tuple[tuple[Comment, AnswerMark], ...]
    comment: Comment | None

    @classmethod
    def of(cls, question: Question, snapshot: Snapshot, instance: str) -> RepliesRead:
        said = said_in(snapshot.comments, snapshot.threads)
        comment = next((one for one in said if key_of(one) == question.comment), None)
        return cls(snapshot, tuple(replies_to(snapshot, instance, question.comment)), comment)

    @property
    def is_answered(self) -> bool:
        return any(mark.reaction is Reaction.YES for _, mark in self.replies)


class AnswerRead(Struct, frozen=True):
    """The answer, which may be empty."""

    text: str


# Steps


class WriteQuestion(Struct, frozen=True):
    """Write the question into the summary comment that was read."""

    question: Question
    read: steps.Reread


class MarkChecks(Struct, frozen=True):
    """Mark in the check runs whether a question is open, and update the ledger's counter there."""

    snapshot: Snapshot
    ledger: Ledger


class ReadFiles(Struct, frozen=True):
    """Read the change, because only files that a review may send are sent with the question."""


class CreateQuestion(Struct, frozen=True):
    """Submit the question. For a repeated idempotency key, CodeVF returns the existing task."""

    question: Question
    price: Quote
    change: ReviewedChange
    size: SizeTier


class Acknowledge(Struct, frozen=True):
    """React to the question's comment, because the answer takes hours."""

    question: Question


class ReadReplies(Struct, frozen=True):
    """Read the pull request and the replies to the question."""

    question: Question


class ReadAnswer(Struct, frozen=True):
    """Read the deliverables of the task."""

    task: Task


class PostAnswer(Struct, frozen=True):
    """Post the answer, or a note without an answer.

    `task` is None if CodeVF has no task. `text` is empty without an answer.
    """

    question: Question
    task: Task | None
    read: RepliesRead
    text: str


class DeleteDuplicates(Struct, frozen=True):
    """Delete replies that concurrent runs posted."""

    question: Question
    snapshot: Snapshot


class React(Struct, frozen=True):
    """React to the question's comment, because a reply is posted."""

    comment: Comment
    reaction: Reaction


BuyingStep = steps.ReadTerms | steps.FindProject | WriteQuestion | MarkChecks | ReadFiles | CreateQuestion | Acknowledge
AnsweringStep = ReadReplies | ReadAnswer | PostAnswer | DeleteDuplicates | React
SharedStep = steps.ReadAgain | steps.ReadTask | steps.PollTask
Step = BuyingStep | AnsweringStep | SharedStep

SharedResult = steps.Reread | steps.TaskRead | steps.NotOver | steps.Failed
BuyingResult = steps.TermsRead | steps.ProjectFound | Ledger | ReviewedChange
Result = BuyingResult | RepliesRead | AnswerRead | steps.Done | SharedResult
"""`WriteQuestion` returns the ledger that was written, which contains the question."""


# Phases


class Recording(Struct, frozen=True):
    """The progress of recording a question on GitHub.

    Attributes:
        tries: the number of remaining attempts, including this one.
        is_there: whether the ledger that was read contained the question.
    """

    step: steps.ReadAgain | WriteQuestion | MarkChecks = steps.ReadAgain("")
    tries: int = TRIES
    is_there: bool = False


class Asked(Struct, frozen=True):
    """The expertise and the balance decide the price, and are read next."""

    question: Question
    limits: Limits


class Priced(Struct, frozen=True):
    """The price exceeds no limit. The project is found or created next."""

    question: Question
    limits: Limits
    price: Quote


class Quoted(Struct, frozen=True):
    """The intent is recorded on GitHub next, before the task is created."""

    question: Question
    limits: Limits
    price: Quote
    recording: Recording = Recording()


class Intended(Struct, frozen=True):
    """The intent is recorded. The change is read next.

    Attributes:
        sizes: the size tiers that CodeVF has not rejected, largest first.
        again: whether an earlier run may have created the task with the same key.
    """

    question: Question
    price: Quote
    sizes: tuple[SizeTier, ...]
    again: bool


class Prepared(Struct, frozen=True):
    """The change is read. The task is created next."""

    intended: Intended
    change: ReviewedChange


class Created(Struct, frozen=True):
    """The task exists. The question is acknowledged next."""

    question: Question
    task: Task


class Submitted(Struct, frozen=True):
    """The id of the new task is recorded next, before the first poll."""

    question: Question
    task: Task
    recording: Recording = Recording()


class Resumed(Struct, frozen=True):
    """An earlier run created the task, which is read next."""

    question: Question


class Waiting(Struct, frozen=True):
    """The task is polled.

    `waited` is the number of seconds since this run began to wait.
    """

    question: Question
    task: Task
    waited: float = 0


class Over(Struct, frozen=True):
    """The task is over, or CodeVF has none. The replies are read next, because another run may have posted one."""

    question: Question
    task: Task | None


class Unanswered(Struct, frozen=True):
    """No reply contains the answer, which is read next."""

    question: Question
    task: Task
    read: RepliesRead


class Replying(Struct, frozen=True):
    """The answer, or a note that no answer exists, is posted next."""

    question: Question
    task: Task | None
    read: RepliesRead
    text: str


class Replied(Struct, frozen=True):
    """The reply is posted. The replies are read again, because another run may have posted one meanwhile."""

    question: Question
    task: Task | None


class Checked(Struct, frozen=True):
    """A reply is on GitHub. Duplicates are deleted next.

    `is_new` is whether this run posted the reply.
    """

    question: Question
    task: Task | None
    read: RepliesRead
    is_new: bool


class Reacting(Struct, frozen=True):
    """One reply is left. The reaction, which marks the question as done, is added next."""

    question: Question
    task: Task | None
    comment: Comment
    reaction: Reaction


class Closed(Struct, frozen=True):
    """The reply is posted, or no task exists and the intent is withdrawn. The final state is recorded next."""

    question: Question
    outcome: Outcome
    recording: Recording = Recording()


class Ended(Struct, frozen=True):
    """Everything is written."""

    outcome: Outcome


BuyingPhase = Asked | Priced | Quoted | Intended | Prepared | Created | Submitted
AnsweringPhase = Resumed | Waiting | Over | Unanswered | Replying | Replied | Checked | Reacting
Phase = BuyingPhase | AnsweringPhase | Closed | Ended
