"""The phases of a run: each holds exactly what is known at that point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from reviewbot.domain.codevf.attachments import Packing
from reviewbot.domain.codevf.idempotency import WHOLE, Identity, change_digest
from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracking import Answered as PlacedAnswer
from reviewbot.domain.github.pull_request import CheckRun, Comment, Snapshot
from reviewbot.domain.ledger.edits import LedgerEdit
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.machine.memory import Memory, StoredLedger
from reviewbot.domain.machine.reviewed_change import NO_CHANGE, ReviewedChange
from reviewbot.domain.model.options import Supersede
from reviewbot.domain.model.review import Mode, Report, Tag, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Policy, Trigger
from reviewbot.domain.policy.verdict import Coverage, Outcome
from reviewbot.domain.publishing.comment_diff import posted_comments


class Cancels(Enum):
    """Which open tasks a run cancels."""

    NONE = "none"
    NOT_BEGUN = "those that nobody has begun"
    ALL = "all"

    def includes(self, status: TaskStatus) -> bool:
        """Whether a task with this status is cancelled."""
        if status.is_over or self is Cancels.NONE:
            return False
        return self is Cancels.ALL or status is TaskStatus.PENDING


@dataclass(frozen=True, slots=True)
class Request:
    """What a run was started for, and the settings that decide what it does.

    Attributes:
        judgement: the settings that judge and publish.
        selecting: `idempotency.selection_digest` of the rules by which files are selected.
        paid: whether this reviewer costs money.
        may_buy: False while collecting: tasks are looked up once, and nothing is bought but what was deferred.
        cancels: which open tasks the run cancels.
        edits: what a command changes of the ledger.
        project: CodeVF's project, by name or number.
    """

    trigger: Trigger
    policy: Policy
    judgement: Judgement
    instance: str
    mode: Mode
    expertise: str
    selecting: str
    project: str
    max_credits: int
    max_credits_per_pr: int
    min_balance: int
    max_tasks: int
    attachment_bytes: int
    supersede: Supersede
    incremental: bool
    paid: bool
    dry_run: bool
    check_run: bool
    summary_comment: bool
    may_buy: bool = True
    cancels: Cancels = Cancels.NONE
    edits: tuple[LedgerEdit, ...] = ()

    @property
    def remembers(self) -> bool:
        """Whether what earlier runs bought counts: not for a free review, which lives as long as its run."""
        return self.paid and not self.dry_run


@dataclass(frozen=True, slots=True)
class NotBought:
    """This run has no purchase of this change."""


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchase of this change, before this run knows its task.

    Attributes:
        tag: the expertise, None when the service was not asked for it.
        reselected: whether other files are selected by now than were sent.
        frozen: whether it is collected: what was selected at submission counts, not what is selected today.
    """

    purchase: Purchase
    tag: Tag | None = None
    packing: Packing | None = None
    reselected: bool = False
    frozen: bool = False

    def with_purchase(self, purchase: Purchase) -> Bought:
        """With another state of the purchase."""
        return replace(self, purchase=purchase)


@dataclass(frozen=True, slots=True)
class Underway:
    """The purchase and its task, as the service told it last."""

    bought: Bought
    task: Task

    @property
    def purchase(self) -> Purchase:
        """The purchase."""
        return self.bought.purchase

    def with_purchase(self, purchase: Purchase) -> Underway:
        """With another state of the purchase."""
        return replace(self, bought=replace(self.bought, purchase=purchase))

    def over(self, state: TaskState, now: datetime) -> Underway:
        """Once its task is over."""
        return self.with_purchase(self.purchase.over(state, self.task.credits_used, now))


@dataclass(frozen=True, slots=True)
class Answered:
    """The purchase, its task and the answer."""

    underway: Underway
    report: Report

    @property
    def purchase(self) -> Purchase:
        """The purchase."""
        return self.underway.purchase

    def with_purchase(self, purchase: Purchase) -> Answered:
        """With another state of the purchase."""
        return replace(self, underway=self.underway.with_purchase(purchase))


Own = NotBought | Bought | Underway | Answered
"""How far the review of this very change has come."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """The open task of an older head."""

    purchase: Purchase
    task: Task


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows, whatever its phase.

    Attributes:
        snapshot: the pull request as it was read last.
        read_again: whether that was after the change was read.
        stored: the ledger as it was read last.
        change: `NO_CHANGE` before it is read.
        others: open tasks of older heads.
        check: our check run on the head, once this run has written it.
        summary: our summary comment.
        comment_urls: addresses of the comments by finding id.
        posted: how many comments this run has posted.
        denied: the parts that the token may not write.
        reviewed_sha: the head that was reviewed, if the pull request has another one by now; else empty.
        superseded: whether that newer head has a purchase of its own.
        neighbour: an open pull request with the same head and no green verdict on it, 0 when there is none.
        ended: whether the run waits no longer.
        notes: what the summary says of this run, beside what it could not write.
        log: lines for the log of the run.
    """

    request: Request
    snapshot: Snapshot
    read_again: bool = False
    stored: StoredLedger = field(default_factory=StoredLedger)
    change: ReviewedChange = NO_CHANGE
    memory: Memory = field(default_factory=Memory)
    own: Own = field(default_factory=NotBought)
    others: tuple[OpenTask, ...] = ()
    check: CheckRun | None = None
    summary: Comment | None = None
    comment_urls: Mapping[str, str] = field(default_factory=dict)
    posted: int = 0
    denied: frozenset[str] = frozenset()
    reviewed_sha: str = ""
    superseded: bool = False
    neighbour: int = 0
    ended: bool = False
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()

    # The review of this change

    @property
    def is_read(self) -> bool:
        """Whether the change was read."""
        return self.change is not NO_CHANGE

    @property
    def bought(self) -> Bought | None:
        """The purchase of this change with how it was sent."""
        match self.own:
            case NotBought():
                return None
            case Bought():
                return self.own
            case Underway(bought=bought):
                return bought
            case Answered(underway=underway):
                return underway.bought

    @property
    def purchase(self) -> Purchase | None:
        """The purchase of this change."""
        return self.bought.purchase if self.bought else None

    @property
    def task(self) -> Task | None:
        """The task of this change's purchase, as the service told it last."""
        match self.own:
            case Underway(task=task):
                return task
            case Answered(underway=underway):
                return underway.task
            case _:
                return None

    @property
    def report(self) -> Report | None:
        """The answer to this change."""
        return self.own.report if isinstance(self.own, Answered) else None

    @property
    def packing(self) -> Packing | None:
        """How this change was sent."""
        return self.bought.packing if self.bought else None

    @property
    def task_id(self) -> str:
        """The id of the task of this change's purchase, empty while there is none."""
        return self.purchase.task_id if self.purchase else ""

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The findings of this change's answer, duplicates included."""
        return self.memory.answer_of(self.task_id)

    @property
    def judgement(self) -> Judgement:
        """The settings that judge: those of the purchase, else today's."""
        return self.purchase.judgement if self.purchase else self.request.judgement

    @property
    def coverage(self) -> Coverage:
        """Whether the reviewer saw every selected file."""
        reselected = self.bought is not None and self.bought.reselected
        return Coverage.PARTIAL if reselected or self.is_short else Coverage.FULL

    @property
    def is_short(self) -> bool:
        """Whether the reviewer did not see all that was selected at submission."""
        bought = self.bought
        missed = bought is not None and (bought.purchase.missed > 0 or bought.purchase.coverage is Coverage.PARTIAL)
        unseen = self.task.unseen if self.task else ()
        held = () if bought and bought.frozen else self.change.missed
        return missed or bool(unseen) or bool(held)

    # The pull request

    @property
    def ledger(self) -> Ledger:
        """What should be remembered by now."""
        return self.memory.ledger

    @property
    def head_sha(self) -> str:
        """The head that this run is about: the reviewed one, even if the pull request has another one by now."""
        return self.reviewed_sha or self.snapshot.pull.head_sha

    @property
    def awaited(self) -> OpenTask | None:
        """The open task of an older head that is waited for."""
        return self.others[-1] if self.others else None

    @property
    def identity(self) -> Identity:
        """What a whole review of this change is known by."""
        return Identity(
            repository_id=self.snapshot.repository.id,
            pull_number=self.snapshot.pull.number,
            instance=self.request.instance,
            scope=WHOLE,
            change=change_digest(self.change.change.files),
            mode=self.request.mode,
            expertise=self.request.expertise,
        )

    @property
    def is_blind(self) -> bool:
        """Whether there is something to add to a summary that could not be read again."""
        return self.is_read and self.memory.has_news and not self.read_again and self.summary is not None

    # What a run learns

    def noting(self, *sentences: str) -> Known:
        """With more to say in the summary."""
        return replace(self, notes=(*self.notes, *(one for one in sentences if one and one not in self.notes)))

    def saying(self, line: str) -> Known:
        """With one more line for the log."""
        return replace(self, log=(*self.log, line))

    def reading(self, change: ReviewedChange, stored: StoredLedger, update: LedgerUpdate) -> Known:
        """With the change, and with the ledger as it is now."""
        memory = Memory.of(stored.ledger, update, change)
        return replace(self, change=change, stored=stored, memory=memory, summary=stored.summary)

    def noted(self, purchase: Purchase) -> Known:
        """With a purchase as it stands now."""
        return replace(self, memory=self.memory.with_purchase(purchase, self.change))

    def with_own(self, own: Bought | Underway | Answered) -> Known:
        """With the review of this change as it stands now."""
        return replace(self.noted(own.purchase), own=own)

    def with_answer(self, closed: Purchase, answer: PlacedAnswer) -> Known:
        """With the answer of a task, and its purchase as it stands now."""
        update = self.memory.update.with_purchase(closed).with_answer(answer)
        return replace(self, memory=Memory.of(self.memory.written, update, self.change))

    def with_comments(self) -> Known:
        """With the addresses of the comments that the snapshot shows."""
        there = posted_comments(self.snapshot.threads, self.request.instance)
        return replace(self, comment_urls={**self.comment_urls, **there})


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
