"""The steps of a run, which access GitHub, CodeVF and files, and the results of these steps."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.attachments import Packing
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import CheckRun, Comment, Permission, Snapshot
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Bought, Candidate, Known, ReviewedChange
from reviewbot.domain.model.review import Balance, Report, Tag, Task
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ReviewbotError

# Steps


class ReadPermission(Struct, frozen=True):
    """Read the permission of a user."""

    login: str


class ReadLedger(Struct, frozen=True):
    """Read the ledger from GitHub.

    If `must_read` is False, check runs of older heads that cannot be read are only logged.
    """

    must_read: bool = True


class ReadChange(Struct, frozen=True):
    """Read the ledger, and read the change from GitHub's API or with git."""


class OpenReviewer(Struct, frozen=True):
    """Open the configured reviewer."""


class LookUpTask(Struct, frozen=True):
    """Read an earlier task once, with the answer if the task is completed."""

    purchase: Purchase


class ReadTask(Struct, frozen=True):
    """Read a task."""

    task_id: str


class PollTask(Struct, frozen=True):
    """Wait for the recommended interval and read the task, unless the run's deadline comes first."""

    task: Task
    waited: float


class CancelTask(Struct, frozen=True):
    """Ask CodeVF to cancel a task."""

    task_id: str


class ReadAgain(Struct, frozen=True):
    """Read the pull request, the ledger and the purchases of other runs again.

    `identity` is the identity of this run's purchase, or empty.
    """

    identity: str


class ReadNewPart(Struct, frozen=True):
    """Compare the selected files with the last reviewed head (`since`).

    Attributes:
        last: the review of that head, or None if unknown.
        compares: whether to compare the merge bases first, because the scope of the review is not decided yet.
    """

    since: str
    last: Purchase | None
    compares: bool = True


class ReadTerms(Struct, frozen=True):
    """Read the balance and the expertise from CodeVF."""


class FindProject(Struct, frozen=True):
    """Find or create the CodeVF project, because no limit is exceeded."""


class _Recording(Struct, frozen=True):
    """A part of recording a purchase.

    Attributes:
        known: the state of the run to write. Its ledger update contains only this purchase.
    """

    known: Known
    outcome: Outcome


class RecordInCheckRun(_Recording, frozen=True):
    """Record a purchase in the check run."""


class RecordInSummary(_Recording, frozen=True):
    """Record a purchase in the summary comment."""


class RecordInSummaryAgain(_Recording, frozen=True):
    """Record a purchase in the summary comment that was read again."""


class RecordKeepingText(Struct, frozen=True):
    """Record a purchase in the summary comment, but keep its text, which is about a newer head.

    `known` is as in `_Recording`.
    """

    known: Known


class RemoveLabel(Struct, frozen=True):
    """Remove the approval label, because the purchase is recorded."""


class ReadHeadChecks(Struct, frozen=True):
    """Read the check runs and commit statuses for which a purchase waits."""


class CreateTask(Struct, frozen=True):
    """Submit the change to CodeVF. For a repeated idempotency key, CodeVF returns the existing task."""

    bought: Bought
    candidate: Candidate


class ReadResult(Struct, frozen=True):
    """Read the result and the deliverables of a completed task."""

    purchase: Purchase
    task: Task


class Refresh(Struct, frozen=True):
    """Read the pull request and the ledger again. If the head has moved, also read the new change."""


class _Publishing(Struct, frozen=True):
    outcome: Outcome


class PostReview(_Publishing, frozen=True):
    """Post the missing comments in one review, which requests changes if the setting says so."""


class ReadPosted(_Publishing, frozen=True):
    """Read the pull request again, with the URLs of posted comments and the commands executed meanwhile."""


class DeleteDuplicates(_Publishing, frozen=True):
    """Delete comments that concurrent runs posted twice."""


class UpdateThreads(_Publishing, frozen=True):
    """Post the reviewer's replies, and update the comments whose findings have changed state."""


class Announce(_Publishing, frozen=True):
    """Post a comment for each late answer, because GitHub sends no notification for an edited comment."""


class WriteSummary(_Publishing, frozen=True):
    """Write the summary comment, which contains the ledger."""


class ReadSummary(_Publishing, frozen=True):
    """Read the pull request again, because GitHub did not respond to the summary, or its comment was deleted."""


class RewriteSummary(_Publishing, frozen=True):
    """Write the summary comment that was read again."""


class WriteCheckRun(_Publishing, frozen=True):
    """Write the check run on the reviewed head."""


class DismissRequests(_Publishing, frozen=True):
    """Dismiss reviewbot's requests for changes, because the check passes."""


class CloseOlderChecks(_Publishing, frozen=True):
    """Complete older check runs of finished tasks. Withdraw green checks that may be wrong."""


class WriteOutput(Struct, frozen=True):
    """Write the job summary, annotations, report files, outputs and log."""

    outcome: Outcome


class Finish(Struct, frozen=True):
    """End the run."""

    outcome: Outcome


OfChange = ReadChange | ReadNewPart
Reading = ReadPermission | ReadLedger | OfChange | ReadAgain | Refresh | ReadHeadChecks
AtReviewer = (
    OpenReviewer | LookUpTask | ReadTask | PollTask | CancelTask | ReadTerms | FindProject | CreateTask | ReadResult
)
RecordingStep = ReadAgain | RecordInCheckRun | RecordInSummary | RecordInSummaryAgain | RemoveLabel
Posting = PostReview | ReadPosted | DeleteDuplicates | Announce | UpdateThreads
WritingSummary = WriteSummary | ReadSummary | RewriteSummary
PublishingStep = Posting | WritingSummary | WriteCheckRun | DismissRequests | CloseOlderChecks
Step = Reading | AtReviewer | RecordingStep | RecordKeepingText | PublishingStep | WriteOutput

# Results


class Done(Struct, frozen=True):
    """The step succeeded without a value."""


class Failed(Struct, frozen=True):
    error: ReviewbotError


class ChangeRead(Struct, frozen=True):
    change: ReviewedChange
    stored: StoredLedger


class TaskRead(Struct, frozen=True):
    """A task as CodeVF returned it.

    Attributes:
        answer: the answer for an older head with its findings placed on this change, or None.
        seconds: the duration of the wait and the request.
    """

    task: Task
    answer: PlacedAnswer | None = None
    seconds: float = 0


class NotOver(Struct, frozen=True):
    """The wait ended before the task finished, because of the deadline, a signal or a CodeVF error."""

    note: str = ""


class HeadChecksRead(Struct, frozen=True):
    """A phrase for each check that is not green, e.g., "`lint` is running"."""

    open_checks: tuple[str, ...]


class NewPartRead(Struct, frozen=True):
    """The new part, or no part if the merge base of the last review is not an ancestor of the current one."""

    parts: tuple[NewPart, ...]
    only_moved_on: bool = True


class TermsRead(Struct, frozen=True):
    """The configured expertise, or None, and the balance, or None for a free review."""

    tag: Tag | None
    balance: Balance | None


class ProjectFound(Struct, frozen=True):
    project_id: int


class Reread(Struct, frozen=True):
    """The pull request and the ledger as they are now.

    Attributes:
        first: the purchase of this change that the check runs contain first, or None. GitHub orders check runs.
    """

    snapshot: Snapshot
    stored: StoredLedger
    first: Purchase | None


class NewHead(Struct, frozen=True):
    """The pull request with a newer head.

    Attributes:
        answers: the answers of this run, with their findings placed on the new change.
    """

    snapshot: Snapshot
    stored: StoredLedger
    change: ReviewedChange
    answers: tuple[PlacedAnswer, ...]


class CheckRunWritten(Struct, frozen=True):
    """The check run, or None if the token may not write it. `neighbour` is as in `Wrote`."""

    check: CheckRun | None
    neighbour: int


class SummaryWritten(Struct, frozen=True):
    """The summary comment as it is now.

    Attributes:
        ledger: the ledger in the comment.
        is_new: False if the comment was up to date or the token may not write it.
        is_whole: whether the comment shows every finding in full.
    """

    summary: Comment
    ledger: Ledger
    is_new: bool
    is_whole: bool


class CommentsPosted(Struct, frozen=True):
    """The ids of the findings that have a comment, and of those whose comments GitHub refused.

    `count` is the number of posted comments.
    """

    posted: frozenset[str]
    refused: frozenset[str]
    count: int


class DuplicatesDeleted(Struct, frozen=True):
    """The duplicate comments are deleted, as far as the token may delete them."""


class Announced(Struct, frozen=True):
    """The keys of the posted announcements."""

    posted: frozenset[str]


class ThreadsUpdated(Struct, frozen=True):
    """The keys of the replies in the threads. `count` is the number of replies that this run posted."""

    posted: frozenset[str]
    count: int


class TaskCreated(Struct, frozen=True):
    """The created task. `is_whole` is False if CodeVF refused one of several tasks."""

    task: Task
    packing: Packing
    is_whole: bool


OfGitHub = Permission | StoredLedger | ChangeRead | HeadChecksRead | NewPartRead | Reread
Written = CheckRunWritten | SummaryWritten
Posted = CommentsPosted | DuplicatesDeleted | Announced | ThreadsUpdated
Published = Done | Reread | NewHead | Written | Posted
"""The results of recording and publishing. `merge` adds them to the state of the run."""
OfReviewer = TaskRead | NotOver | TermsRead | ProjectFound | TaskCreated | Report
Result = Failed | OfGitHub | OfReviewer | Published | Outcome
