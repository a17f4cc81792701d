"""The phases of a run: each holds exactly what is known at that point."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from reviewbot.domain.codevf.idempotency import Identity
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Bought, Known, OpenTask, Underway
from reviewbot.domain.model.review import Tag
from reviewbot.domain.policy.verdict import Outcome


class Wish(Struct, frozen=True):
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


class Quote(Struct, frozen=True):
    """What a review is bought at; it fits the balance and the budgets.

    Attributes:
        hold: credits, of all parts.
        parts: over how many tasks the change is split.
        max_credits: of each task.
        project_id: 0 while it is not known.
    """

    hold: int
    tag: Tag | None
    parts: int
    max_credits: int
    project_id: int = 0


class ReviewChange(Struct, frozen=True):
    """Review this change.

    Attributes:
        before: the latest purchase of it, None when there is none.
    """

    before: Purchase | None


class NothingToSend(Struct, frozen=True):
    """Judge by the ledger, since no file of this change can be sent."""


Then = ReviewChange | NothingToSend | Outcome
"""What follows once the tasks of older heads are looked up."""


class CallingOff(Struct, frozen=True):
    """Open tasks are to be cancelled; the ledger says which."""

    known: Known


class Cancelling(Struct, frozen=True):
    """They are cancelled before anything else can fail."""

    known: Known
    task_ids: tuple[str, ...]


class Loaded(Struct, frozen=True):
    """The pull request and the settings are read; somebody set a label whose permission counts."""

    known: Known
    login: str


class NotDue(Struct, frozen=True):
    """No review is due; what was bought before may still be open."""

    known: Known
    outcome: Outcome


class Due(Struct, frozen=True):
    """The change has to be read."""

    known: Known
    skipped: Outcome | None


class Ready(Struct, frozen=True):
    """The change and the ledger are read, and the reviewer is needed."""

    known: Known
    then: Then


class Settling(Struct, frozen=True):
    """Open tasks of older heads are looked up, one by one.

    Attributes:
        left: those that are not looked up yet.
        then: what follows.
    """

    known: Known
    left: tuple[Purchase, ...]
    then: Then


class Resumed(Struct, frozen=True):
    """This change was bought before; its task is looked up.

    Attributes:
        label: by which the spending was approved, empty when nothing has to be removed.
        before: the purchase as the ledger has it.
    """

    known: Known
    bought: Bought
    before: Purchase
    label: str


class Wanted(Struct, frozen=True):
    """A purchase is wanted and somebody's permission decides whether it is approved."""

    known: Known
    wish: Wish
    login: str


class Approved(Struct, frozen=True):
    """A purchase is approved that may replace the open task of an older head."""

    known: Known
    wish: Wish
    awaited: OpenTask


class Affordable(Struct, frozen=True):
    """The newer head can be paid for; the project has to be known, too, before a task is cancelled for it."""

    known: Known
    wish: Wish
    awaited: OpenTask
    quote: Quote


class Replacing(Struct, frozen=True):
    """The open task of an older head is cancelled, since the newer head can be paid for."""

    known: Known
    wish: Wish
    awaited: OpenTask
    quote: Quote


class Replaced(Struct, frozen=True):
    """It was asked to be cancelled; what became of it is looked up."""

    known: Known
    wish: Wish
    awaited: OpenTask
    quote: Quote


class Deferred(Struct, frozen=True):
    """The purchase waits for the review of an older head, and that is written down."""

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase


class AwaitingOlder(Struct, frozen=True):
    """The review of an older head is waited for.

    Attributes:
        label: by which the spending was approved, empty when nothing has to be removed.
    """

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase
    label: str
    waited: float = 0


class OlderOver(Struct, frozen=True):
    """The task of the older head is over; its result is read."""

    known: Known
    wish: Wish
    awaited: OpenTask
    wanted: Purchase


class Rereading(Struct, frozen=True):
    """Minutes have passed: the pull request is read again before anything is bought."""

    known: Known
    wish: Wish
    wanted: Purchase


class Scoping(Struct, frozen=True):
    """Whether only what is new is reviewed depends on where the base is by now."""

    known: Known
    wish: Wish
    quote: Quote | None
    last: Purchase


class Pricing(Struct, frozen=True):
    """The scope is decided, the price is not."""

    known: Known
    wish: Wish


class Priced(Struct, frozen=True):
    """The price is known and within the budgets; the project is not known yet."""

    known: Known
    wish: Wish
    quote: Quote


class Order(Struct, frozen=True):
    """What `CreateTask` needs beside the purchase.

    Attributes:
        again: whether an earlier run may have created the task with the same key.
        label: by which the spending was approved, empty when nothing has to be removed.
    """

    identity: Identity
    quote: Quote
    again: bool
    label: str


class Quoted(Struct, frozen=True):
    """The purchase is to be recorded on GitHub before the task is created."""

    known: Known
    bought: Bought
    order: Order


class Intended(Struct, frozen=True):
    """The intent is recorded."""

    known: Known
    bought: Bought
    order: Order


class Reopened(Struct, frozen=True):
    """The task goes on; the check run on this head says so before it is polled."""

    known: Known
    underway: Underway


class Submitted(Struct, frozen=True):
    """The task exists; its id is to be recorded before the first poll."""

    known: Known
    underway: Underway


class Waiting(Struct, frozen=True):
    """The task is polled.

    Attributes:
        waited: seconds since this run began to wait.
    """

    known: Known
    underway: Underway
    waited: float = 0


class Completed(Struct, frozen=True):
    """The task has a result."""

    known: Known
    underway: Underway


class Reported(Struct, frozen=True):
    """The result is read and judged; the report files come before anything on GitHub."""

    known: Known
    outcome: Outcome


class Judged(Struct, frozen=True):
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


class Refreshed(Struct, frozen=True):
    """The pull request is as it is now; what is left to write, in order.

    Attributes:
        refused: whether GitHub did not take something.
    """

    known: Known
    outcome: Outcome
    left: tuple[Write, ...]
    refused: bool = False


class Published(Struct, frozen=True):
    """GitHub is as it should be, as far as it can be written; the runner gets its output."""

    known: Known
    outcome: Outcome


class Ended(Struct, frozen=True):
    """Everything is written."""

    known: Known
    outcome: Outcome


Phase = (
    CallingOff
    | Cancelling
    | Loaded
    | NotDue
    | Due
    | Ready
    | Settling
    | Resumed
    | Reopened
    | Wanted
    | Approved
    | Affordable
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
