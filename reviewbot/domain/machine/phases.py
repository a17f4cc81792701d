"""The phases of a run: each holds exactly what is known at that point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reviewbot.domain.codevf.idempotency import Identity
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Bought, Known, OpenTask, Underway
from reviewbot.domain.model.review import Tag
from reviewbot.domain.policy.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Wish:
    """A purchase that this run wants to make.

    Attributes:
        identity: with the number of the attempt, and with the scope once that is decided.
        before: the purchase of this very change that there was, None when there was none.
        waits: whether the review of an older head has to come in first.
    """

    identity: Identity
    before: Purchase | None
    waits: bool

    @property
    def intent(self) -> Purchase | None:
        """The intent of an earlier run, whose key is sent again."""
        before = self.before
        return before if before is not None and before.state is TaskState.INTENT else None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a review is bought at; it fits the balance and the budgets.

    Attributes:
        hold: credits, of all parts.
        parts: over how many tasks the change is split.
        max_credits: of each task.
    """

    hold: int
    tag: Tag | None
    parts: int
    max_credits: int


@dataclass(frozen=True, slots=True)
class ReviewChange:
    """Review this change.

    Attributes:
        before: the latest purchase of it, None when there is none.
    """

    before: Purchase | None


@dataclass(frozen=True, slots=True)
class NothingToSend:
    """Judge by the ledger, since no file of this change can be sent."""


Then = ReviewChange | NothingToSend | Outcome
"""What follows once the tasks of older heads are looked up."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The pull request and the settings are read; somebody set a label whose permission counts."""

    known: Known
    login: str


@dataclass(frozen=True, slots=True)
class NotDue:
    """No review is due; what was bought before may still be open."""

    known: Known
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Due:
    """The change has to be read."""

    known: Known
    skipped: Outcome | None


@dataclass(frozen=True, slots=True)
class Ready:
    """The change and the ledger are read, and the reviewer is needed."""

    known: Known
    then: Then


@dataclass(frozen=True, slots=True)
class Settling:
    """Open tasks of older heads are looked up, one by one.

    Attributes:
        left: those that are not looked up yet.
        then: what follows.
        cancelled: whether the first of `left` was cancelled by this run.
    """

    known: Known
    left: tuple[Purchase, ...]
    then: Then
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class CancellingOther:
    """An open task of an older head is to be cancelled."""

    settling: Settling

    @property
    def known(self) -> Known:
        """What the run knows."""
        return self.settling.known


@dataclass(frozen=True, slots=True)
class Resumed:
    """This change was bought before; its task is looked up.

    Attributes:
        label: by which the spending was approved, empty when nothing has to be removed.
        before: the purchase as the ledger has it.
    """

    known: Known
    bought: Bought
    before: Purchase
    label: str
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class CancellingOwn:
    """The open task of this change is to be cancelled."""

    resumed: Resumed

    @property
    def known(self) -> Known:
        """What the run knows."""
        return self.resumed.known


@dataclass(frozen=True, slots=True)
class Wanted:
    """A purchase is wanted and somebody's permission decides whether it is approved."""

    known: Known
    wish: Wish
    login: str


@dataclass(frozen=True, slots=True)
class Approved:
    """A purchase is approved that may replace the open task of an older head."""

    known: Known
    wish: Wish
    awaited: OpenTask


@dataclass(frozen=True, slots=True)
class Replacing:
    """The open task of an older head is cancelled, since the newer head can be paid for."""

    known: Known
    wish: Wish
    awaited: OpenTask
    quote: Quote


@dataclass(frozen=True, slots=True)
class Replaced:
    """It was asked to be cancelled; what became of it is looked up."""

    known: Known
    wish: Wish
    awaited: OpenTask
    quote: Quote


@dataclass(frozen=True, slots=True)
class Deferred:
    """The purchase waits for the review of an older head, and that is written down.

    Attributes:
        label: by which the spending was approved, empty when nothing has to be removed.
    """

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase
    label: str


@dataclass(frozen=True, slots=True)
class AwaitingOlder:
    """The review of an older head is waited for."""

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase
    waited: float = 0


@dataclass(frozen=True, slots=True)
class OlderOver:
    """The task of the older head is over; its result is read."""

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase


@dataclass(frozen=True, slots=True)
class Rereading:
    """Minutes have passed: the pull request is read again before anything is bought."""

    known: Known
    wish: Wish
    wanted: Purchase


@dataclass(frozen=True, slots=True)
class Scoping:
    """Whether only what is new is reviewed depends on where the base is by now."""

    known: Known
    wish: Wish
    quote: Quote | None
    last: Purchase


@dataclass(frozen=True, slots=True)
class Pricing:
    """The scope is decided, the price is not."""

    known: Known
    wish: Wish


@dataclass(frozen=True, slots=True)
class Priced:
    """The price is known and within the budgets; the project is not known yet."""

    known: Known
    wish: Wish
    quote: Quote


@dataclass(frozen=True, slots=True)
class Order:
    """What `CreateTask` needs beside the purchase.

    Attributes:
        again: whether an earlier run may have created the task with the same key.
        label: by which the spending was approved, empty when nothing has to be removed.
    """

    identity: Identity
    quote: Quote
    project_id: int
    again: bool
    label: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The purchase is to be recorded on GitHub before the task is created."""

    known: Known
    bought: Bought
    order: Order


@dataclass(frozen=True, slots=True)
class Intended:
    """The intent is recorded."""

    known: Known
    bought: Bought
    order: Order


@dataclass(frozen=True, slots=True)
class Reopened:
    """The task goes on; the check run on this head says so before it is polled."""

    known: Known
    underway: Underway


@dataclass(frozen=True, slots=True)
class Submitted:
    """The task exists; its id is to be recorded before the first poll."""

    known: Known
    underway: Underway


@dataclass(frozen=True, slots=True)
class Waiting:
    """The task is polled.

    Attributes:
        waited: seconds since this run began to wait.
    """

    known: Known
    underway: Underway
    waited: float = 0


@dataclass(frozen=True, slots=True)
class Completed:
    """The task has a result."""

    known: Known
    underway: Underway


@dataclass(frozen=True, slots=True)
class Reported:
    """The result is read and judged; the report files come before anything on GitHub."""

    known: Known
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome is known; what people and other runs did meanwhile is read before it is published."""

    known: Known
    outcome: Outcome


class Write(Enum):
    """What is written when a run is published."""

    COMMENTS = "comments"
    POSTED = "what was posted"
    THREADS = "threads"
    SUMMARY = "summary"
    CHECK_RUN = "check run"
    OLDER_CHECKS = "check runs of older heads"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The pull request is as it is now; what is left to write, in order.

    Attributes:
        refused: whether GitHub did not take something.
    """

    known: Known
    outcome: Outcome
    left: tuple[Write, ...]
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """GitHub is as it should be, as far as it can be written; the runner gets its output."""

    known: Known
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything is written."""

    outcome: Outcome


Phase = (
    Loaded
    | NotDue
    | Due
    | Ready
    | Settling
    | CancellingOther
    | Resumed
    | CancellingOwn
    | Reopened
    | Wanted
    | Approved
    | Replacing
    | Replaced
    | Deferred
    | AwaitingOlder
    | OlderOver
    | Rereading
    | Scoping
    | Pricing
    | Priced
    | Quoted
    | Intended
    | Submitted
    | Waiting
    | Completed
    | Reported
    | Judged
    | Refreshed
    | Published
    | Ended
)
"""Every phase of a run."""
