"""What a run asks of the world, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ReadPermission:
    """Read what a login may do in the repository."""

    login: str


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """Read the ledger on GitHub."""


@dataclass(frozen=True, slots=True)
class ReadChange:
    """Read the change, from the API or with git, and the ledger."""


@dataclass(frozen=True, slots=True)
class OpenReviewer:
    """Open the reviewer that the settings name."""


@dataclass(frozen=True, slots=True)
class LookUpTask:
    """Ask once for the task of a purchase of an older head, and read its result if it has one."""

    purchase: Purchase


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Ask once for a task."""

    task_id: str


@dataclass(frozen=True, slots=True)
class PollTask:
    """Wait as long as CodeVF recommends, then ask for a task; not beyond the deadline."""

    task: Task
    waited: float


@dataclass(frozen=True, slots=True)
class CancelTask:
    """Ask CodeVF to cancel a task."""

    task_id: str


@dataclass(frozen=True, slots=True)
class RemoveLabel:
    """Remove the label that approved the spending: it approves one head."""

    label: str


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Read the pull request and the ledger as they are now."""


@dataclass(frozen=True, slots=True)
class CompareBases:
    """Find out whether one merge base is an ancestor of another."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ReadPrice:
    """Ask CodeVF for the expertise and the balance."""


@dataclass(frozen=True, slots=True)
class FindProject:
    """Find the project at CodeVF, or create it."""

    name: str


@dataclass(frozen=True, slots=True)
class RecordIntent:
    """Write on GitHub what is about to be bought."""

    bought: Bought


@dataclass(frozen=True, slots=True)
class RecordDeferral:
    """Write on GitHub that a purchase waits for the review of an older head."""

    wanted: Purchase


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Submit the change to CodeVF; the same key finds a task that exists."""

    bought: Bought
    order: Order


@dataclass(frozen=True, slots=True)
class RecordTask:
    """Write the id of the task on GitHub."""

    underway: Underway


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Read the result of a completed task, with the files that it names."""

    task: Task


@dataclass(frozen=True, slots=True)
class WriteFiles:
    """Write the report files."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Refresh:
    """Read the pull request and the ledger as they are now; if the head has moved, the new change."""


@dataclass(frozen=True, slots=True)
class PostReview:
    """Post the comments that are missing, and dismiss a request for changes that no longer holds."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ReadPosted:
    """Read the addresses of the comments, and what people wrote while they were posted."""


@dataclass(frozen=True, slots=True)
class UpdateThreads:
    """Bring the comments that are there up to date with their findings."""


@dataclass(frozen=True, slots=True)
class WriteSummary:
    """Write the summary comment, which holds the ledger."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class WriteCheckRun:
    """Write the check run."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class CloseOlderChecks:
    """Complete the check runs of older heads whose tasks are over."""


@dataclass(frozen=True, slots=True)
class WriteOutput:
    """Write the job summary, the annotations, the outputs and the log."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Finish:
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
    | Finish
)

# Results


@dataclass(frozen=True, slots=True)
class Done:
    """It is done, and there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not done."""

    error: ReviewbotError


@dataclass(frozen=True, slots=True)
class PermissionRead:
    """What the login may do."""

    permission: Permission


@dataclass(frozen=True, slots=True)
class LedgerRead:
    """The ledger, as far as it is believed."""

    stored: StoredLedger


@dataclass(frozen=True, slots=True)
class ChangeRead:
    """The change and the ledger."""

    change: ReviewedChange
    stored: StoredLedger


@dataclass(frozen=True, slots=True)
class TaskRead:
    """A task as it is now.

    Attributes:
        answer: to an older head, placed on this change; None when it was not asked for or there is none.
        seconds: that were waited before it was asked for.
    """

    task: Task
    answer: PlacedAnswer | None = None
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class NotOver:
    """The wait has ended before the task was over: by the deadline, by a signal, or because CodeVF is away."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class BasesCompared:
    """Whether the base has only moved on."""

    only_moved_on: bool


@dataclass(frozen=True, slots=True)
class PriceRead:
    """The expertise and the balance; None where nothing costs anything."""

    tag: Tag | None
    balance: Balance | None


@dataclass(frozen=True, slots=True)
class ProjectFound:
    """The number of the project."""

    project_id: int


@dataclass(frozen=True, slots=True)
class Updated:
    """What is known once GitHub was read or written."""

    known: Known


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """The pull request has another head by now, so nothing was written."""


@dataclass(frozen=True, slots=True)
class TaskCreated:
    """The task, and what it was given."""

    task: Task
    packing: Packing


@dataclass(frozen=True, slots=True)
class TooLarge:
    """CodeVF takes less than that in one request."""

    error: PayloadTooLarge


@dataclass(frozen=True, slots=True)
class ResultRead:
    """The result."""

    report: Report


@dataclass(frozen=True, slots=True)
class OutputWritten:
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
    | TaskCreated
    | TooLarge
    | ResultRead
    | OutputWritten
)
