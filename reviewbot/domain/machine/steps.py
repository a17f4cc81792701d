"""The requests of a run to the outside world, and their results."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.attachments import Packing
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.ledger.memory import StoredLedger
from reviewbot.domain.machine.known import Bought, Known, ReviewedChange, Underway
from reviewbot.domain.machine.phases import Candidate, Order, Quote
from reviewbot.domain.model.review import Balance, Report, Task
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.announcement import Announcing
from reviewbot.errors import ReviewbotError

# Steps


class ReadPermission(Struct, frozen=True):
    login: str


class ReadLedger(Struct, frozen=True):
    """Read the ledger on GitHub."""


class ReadChange(Struct, frozen=True):
    """Read the change, from the API or with git, and the ledger."""


class OpenReviewer(Struct, frozen=True):
    """Open the configured reviewer."""


class LookUpTask(Struct, frozen=True):
    """Read the task of an older head's purchase once, with the result if available."""

    purchase: Purchase


class ReadTask(Struct, frozen=True):
    """Read a task once."""

    task_id: str


class PollTask(Struct, frozen=True):
    """Wait as long as CodeVF recommends, at most until the deadline, and read the task."""

    task: Task
    waited: float


class CancelOpenTasks(Struct, frozen=True):
    """Read the ledger, and cancel the open tasks that the request selects."""


class CancelTask(Struct, frozen=True):
    """Cancel the task of an older head, and read it, because the task may have finished before."""

    purchase: Purchase


class RemoveLabel(Struct, frozen=True):
    """Remove the approval label, which approves only one head."""

    label: str


class ReadAgain(Struct, frozen=True):
    """Read the pull request and the ledger again."""


class CompareBases(Struct, frozen=True):
    """Read whether one merge base is an ancestor of another."""

    old: str
    new: str


class ReadNewPart(Struct, frozen=True):
    """Read the selected files at the last reviewed head to find the new part.

    Attributes:
        last: the review of the head `since`, or None if unknown.
    """

    since: str
    last: Purchase | None


class ReadPrice(Struct, frozen=True):
    """Read the expertise and the balance from CodeVF. If they allow the purchase, find or create the project.

    Attributes:
        freed: the credits that become available when the superseded task is cancelled.
    """

    candidate: Candidate
    freed: int


class RecordIntent(Struct, frozen=True):
    """Record the purchase on GitHub before it is made."""

    bought: Bought


class RecordDeferral(Struct, frozen=True):
    """Record on GitHub that a purchase waits."""

    wanted: Purchase
    outcome: Outcome


class ReadHeadChecks(Struct, frozen=True):
    """Read the head's check runs and statuses that a purchase waits for."""


class CreateTask(Struct, frozen=True):
    """Submit the change to CodeVF. For a repeated idempotency key, CodeVF returns the existing task."""

    bought: Bought
    order: Order


class RecordTask(Struct, frozen=True):
    """Record the id of the task on GitHub."""

    underway: Underway


class ReadResult(Struct, frozen=True):
    """Read the result of a completed task, with its deliverables."""

    task: Task


class Refresh(Struct, frozen=True):
    """Read the pull request and the ledger again, and the new change if the head has moved."""


class PostReview(Struct, frozen=True):
    """Post the missing comments, and dismiss an outdated request for changes."""

    outcome: Outcome


class ReadPosted(Struct, frozen=True):
    """Read the URLs of the posted comments, and comments that were written in the meantime."""


class Announce(Struct, frozen=True):
    """Post a comment for each late answer that no review shows. GitHub sends no notification for an edited comment."""

    announcing: Announcing
    outcome: Outcome


class UpdateThreads(Struct, frozen=True):
    """Update existing comments with the state of their findings."""


class WriteSummary(Struct, frozen=True):
    """Write the summary comment with the ledger."""

    outcome: Outcome


class WriteCheckRun(Struct, frozen=True):
    outcome: Outcome


class CloseOlderChecks(Struct, frozen=True):
    """Complete check runs of older heads and bases whose tasks are over. Withdraw green ones that may be wrong."""


class WriteOutput(Struct, frozen=True):
    """Write the job summary, the annotations, the report files, the outputs and the log."""

    outcome: Outcome


class Finish(Struct, frozen=True):
    outcome: Outcome


Reading = ReadPermission | ReadLedger | ReadChange | ReadAgain | ReadHeadChecks | CompareBases | ReadNewPart | Refresh
AtReviewer = OpenReviewer | LookUpTask | ReadTask | PollTask | ReadPrice | CreateTask | ReadResult
Cancelling = CancelOpenTasks | CancelTask
Recording = RecordIntent | RecordDeferral | RecordTask | RemoveLabel
Publishing = PostReview | ReadPosted | Announce | UpdateThreads | WriteSummary | WriteCheckRun | CloseOlderChecks
Step = Reading | AtReviewer | Cancelling | Recording | Publishing | WriteOutput

# Results


class Done(Struct, frozen=True):
    """The step succeeded without a value."""


class Failed(Struct, frozen=True):
    error: ReviewbotError


class ChangeRead(Struct, frozen=True):
    change: ReviewedChange
    stored: StoredLedger


class TaskRead(Struct, frozen=True):
    """The current state of a task.

    Attributes:
        answer: the answer for an older head, placed on this change, or None if no answer was read.
        seconds: the seconds that the run waited before the request.
    """

    task: Task
    answer: PlacedAnswer | None = None
    seconds: float = 0


class NotOver(Struct, frozen=True):
    """The wait ended before the task was over: at the deadline, after a signal, or because CodeVF was unreachable."""

    note: str = ""


class BasesCompared(Struct, frozen=True):
    """Whether the base has only moved forward."""

    only_moved_on: bool


class HeadChecksRead(Struct, frozen=True):
    """The checks that are not green, each with its state."""

    open_checks: tuple[str, ...]


class NewPartRead(Struct, frozen=True):
    """The parts of files that are new since the last review."""

    parts: tuple[NewPart, ...]


class PriceRead(Struct, frozen=True):
    """The price, checked against the balance and the budgets. The balance is None if the review is free."""

    quote: Quote
    balance: Balance | None


class HeadMoved(Struct, frozen=True):
    """The pull request's head has moved, so nothing was written."""


class Overtaken(Struct, frozen=True):
    """Another run recorded this purchase first: with another scope, as a later attempt, or as already over."""

    known: Known
    first: Purchase


class TaskCreated(Struct, frozen=True):
    task: Task
    packing: Packing


OfGitHub = Permission | StoredLedger | ChangeRead | HeadChecksRead | BasesCompared | NewPartRead | HeadMoved | Overtaken
OfReviewer = TaskRead | NotOver | PriceRead | TaskCreated | Report
Result = Done | Failed | OfGitHub | OfReviewer | Known | Outcome
