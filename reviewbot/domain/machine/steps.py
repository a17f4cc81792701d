"""What a run asks of the world, and what comes of it."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.attachments import Packing
from reviewbot.domain.findings.tracking import Answered as PlacedAnswer
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.ledger.memory import StoredLedger
from reviewbot.domain.machine.known import Bought, Known, ReviewedChange, Underway
from reviewbot.domain.machine.phases import Order
from reviewbot.domain.model.review import Balance, Report, Tag, Task
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import PayloadTooLarge, ReviewbotError

# Steps


class ReadPermission(Struct, frozen=True):
    """Read what a login may do in the repository."""

    login: str


class ReadLedger(Struct, frozen=True):
    """Read the ledger on GitHub."""


class ReadChange(Struct, frozen=True):
    """Read the change, from the API or with git, and the ledger."""


class OpenReviewer(Struct, frozen=True):
    """Open the reviewer that the settings name."""


class LookUpTask(Struct, frozen=True):
    """Ask once for the task of a purchase of an older head, and read its result if it has one."""

    purchase: Purchase


class ReadTask(Struct, frozen=True):
    """Ask once for a task."""

    task_id: str


class PollTask(Struct, frozen=True):
    """Wait as long as CodeVF recommends, then ask for a task; not beyond the deadline."""

    task: Task
    waited: float


class CancelOpenTasks(Struct, frozen=True):
    """Cancel those of some tasks that the request says."""

    task_ids: tuple[str, ...]


class CancelTask(Struct, frozen=True):
    """Ask CodeVF to cancel a task."""

    task_id: str


class RemoveLabel(Struct, frozen=True):
    """Remove the label that approved the spending: it approves one head."""

    label: str


class ReadAgain(Struct, frozen=True):
    """Read the pull request and the ledger as they are now."""


class CompareBases(Struct, frozen=True):
    """Find out whether one merge base is an ancestor of another."""

    old: str
    new: str


class ReadPrice(Struct, frozen=True):
    """Ask CodeVF for the expertise and the balance."""


class FindProject(Struct, frozen=True):
    """Find the project at CodeVF, or create it."""

    name: str


class RecordIntent(Struct, frozen=True):
    """Write on GitHub what is about to be bought."""

    bought: Bought


class RecordDeferral(Struct, frozen=True):
    """Write on GitHub that a purchase waits for the review of an older head."""

    wanted: Purchase


class CreateTask(Struct, frozen=True):
    """Submit the change to CodeVF; the same key finds a task that exists."""

    bought: Bought
    order: Order


class RecordTask(Struct, frozen=True):
    """Write the id of the task on GitHub."""

    underway: Underway


class ReadResult(Struct, frozen=True):
    """Read the result of a completed task, with the files that it names."""

    task: Task


class WriteFiles(Struct, frozen=True):
    """Write the report files."""

    outcome: Outcome


class Refresh(Struct, frozen=True):
    """Read the pull request and the ledger as they are now; if the head has moved, the new change."""


class PostReview(Struct, frozen=True):
    """Post the comments that are missing, and dismiss a request for changes that no longer holds."""

    outcome: Outcome


class ReadPosted(Struct, frozen=True):
    """Read the addresses of the comments, and what people wrote while they were posted."""


class UpdateThreads(Struct, frozen=True):
    """Bring the comments that are there up to date with their findings."""


class WriteSummary(Struct, frozen=True):
    """Write the summary comment, which holds the ledger."""

    outcome: Outcome


class WriteCheckRun(Struct, frozen=True):
    """Write the check run."""

    outcome: Outcome


class CloseOlderChecks(Struct, frozen=True):
    """Complete the check runs of older heads whose tasks are over."""


class WriteOutput(Struct, frozen=True):
    """Write the job summary, the annotations, the outputs and the log."""

    outcome: Outcome


class Finish(Struct, frozen=True):
    """End the run."""

    outcome: Outcome


Step = (
    ReadPermission
    | ReadLedger
    | ReadChange
    | OpenReviewer
    | LookUpTask
    | ReadTask
    | PollTask
    | CancelOpenTasks
    | CancelTask
    | RemoveLabel
    | ReadAgain
    | CompareBases
    | ReadPrice
    | FindProject
    | RecordIntent
    | RecordDeferral
    | CreateTask
    | RecordTask
    | ReadResult
    | WriteFiles
    | Refresh
    | PostReview
    | ReadPosted
    | UpdateThreads
    | WriteSummary
    | WriteCheckRun
    | CloseOlderChecks
    | WriteOutput
)

# Results


class Done(Struct, frozen=True):
    """It is done, and there is nothing to tell."""


class Failed(Struct, frozen=True):
    """It is not done."""

    error: ReviewbotError


class PermissionRead(Struct, frozen=True):
    """What the login may do."""

    permission: Permission


class LedgerRead(Struct, frozen=True):
    """The ledger, as far as it is believed."""

    stored: StoredLedger


class ChangeRead(Struct, frozen=True):
    """The change and the ledger."""

    change: ReviewedChange
    stored: StoredLedger


class TaskRead(Struct, frozen=True):
    """A task as it is now.

    Attributes:
        answer: to an older head, placed on this change; None when it was not asked for or there is none.
        seconds: that were waited before it was asked for.
    """

    task: Task
    answer: PlacedAnswer | None = None
    seconds: float = 0


class NotOver(Struct, frozen=True):
    """The wait has ended before the task was over: by the deadline, by a signal, or because CodeVF is away."""

    note: str = ""


class BasesCompared(Struct, frozen=True):
    """Whether the base has only moved on."""

    only_moved_on: bool


class PriceRead(Struct, frozen=True):
    """The expertise and the balance; None where nothing costs anything."""

    tag: Tag | None
    balance: Balance | None


class ProjectFound(Struct, frozen=True):
    """The number of the project."""

    project_id: int


class Updated(Struct, frozen=True):
    """What is known once GitHub was read or written."""

    known: Known


class HeadMoved(Struct, frozen=True):
    """The pull request has another head by now, so nothing was written."""


class Overtaken(Struct, frozen=True):
    """Another run has recorded the same purchase in another scope first."""

    known: Known
    first: Purchase


class TaskCreated(Struct, frozen=True):
    """The task, and what it was given."""

    task: Task
    packing: Packing


class TooLarge(Struct, frozen=True):
    """CodeVF takes less than that in one request."""

    error: PayloadTooLarge


class ResultRead(Struct, frozen=True):
    """The result."""

    report: Report


class OutputWritten(Struct, frozen=True):
    """The outcome, with the exit status of a missing report file."""

    outcome: Outcome


Result = (
    Done
    | Failed
    | PermissionRead
    | LedgerRead
    | ChangeRead
    | TaskRead
    | NotOver
    | BasesCompared
    | PriceRead
    | ProjectFound
    | Updated
    | HeadMoved
    | Overtaken
    | TaskCreated
    | TooLarge
    | ResultRead
    | OutputWritten
)
