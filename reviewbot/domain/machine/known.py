"""What a run knows in every phase: what it was asked for, the change, the ledger, and the review of this change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property

from msgspec import Struct, structs

from reviewbot.domain.codevf.attachments import Packing, Sendable
from reviewbot.domain.codevf.idempotency import WHOLE, Identity, change_digest
from reviewbot.domain.diff.parse import ChangeSet, FileStatus
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracking import Answered as PlacedAnswer
from reviewbot.domain.findings.tracking import ChangeIndex
from reviewbot.domain.github.pull_request import CheckRun, Comment, Snapshot
from reviewbot.domain.ledger.edits import LedgerEdit
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.memory import Memory, StoredLedger
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.model.options import PathInstruction, Supersede
from reviewbot.domain.model.review import Mode, Report, Tag, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Policy, Trigger
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.publishing.comment_diff import posted_comments
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.selection import Held, over_limit


@dataclass(frozen=True)
class ReviewedChange:
    """The change, selected and redacted.

    Attributes:
        change: as GitHub or git gave it.
        base_ref: the branch that it was read against; the pull request may have another one by now.
        sendables: selected files, redacted.
        views: the same files as the reviewer sees them; findings are placed on these.
        held: the files that are not sent, each with its reason.
        title: of the pull request, redacted; `body` and the owners' `instructions` likewise.
        redactor: knows the secrets of the change, for what is sent or shown beside it.
        to_leave_out: what leaves the missed files out, ready to be pasted.
    """

    change: ChangeSet
    base_ref: str
    sendables: tuple[Sendable, ...]
    views: tuple[FileView, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]
    title: str
    body: str
    instructions: str
    path_instructions: tuple[PathInstruction, ...]
    redactor: Redactor
    to_leave_out: str

    @cached_property
    def index(self) -> ChangeIndex:
        """The change, to look findings up in."""
        return ChangeIndex.of(self.change, self.views)

    @cached_property
    def digest(self) -> str:
        """What tells this change from any other."""
        return change_digest(self.change.files)

    @property
    def selected(self) -> tuple[str, ...]:
        """The names of the selected files, including those that are held back."""
        return tuple(dict.fromkeys((*(one.path for one in self.sendables), *self.missed)))

    @property
    def missed(self) -> tuple[str, ...]:
        """The names of the selected files that are held back."""
        return tuple(one.path for one in self.held if one.missed)

    @cached_property
    def misencoded(self) -> frozenset[str]:
        """The files whose text at the head is not UTF-8, so that only their diff can be sent."""
        return frozenset(file.path for file in self.change.files if file.new and file.new.misencoded)

    @cached_property
    def oversized(self) -> Mapping[str, str]:
        """The files that are too large for their text to be read, with their size and the limit in words."""
        return {file.path: over for file in self.change.files if (over := over_limit(file))}

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by their names at the head."""
        return {view.path: view for view in self.views}

    @cached_property
    def held_by_path(self) -> Mapping[str, Held]:
        """The files that were not sent, by their names at the head and at the merge base."""
        unsent = {one.path: one for one in self.held if one.path not in self.by_path}
        renamed = [file for file in self.change.files if file.diff.status is FileStatus.RENAMED]
        return {file.diff.old_path: unsent[file.path] for file in renamed if file.path in unsent} | unsent


_RESELECTED = "other files are selected than were sent"

NO_CHANGE = ReviewedChange(ChangeSet("", "", ()), "", (), (), (), (), "", "", "", (), Redactor(None), "")
"""What a run knows of the change before it has read it."""


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


class Request(Struct, frozen=True):
    """What a run was started for, and the settings that decide what it does.

    Attributes:
        judgement: the settings that judge and publish.
        selecting: `idempotency.selection_digest` of the rules by which files are selected.
        paid: whether this reviewer costs money.
        is_keyless: whether it costs money, and there is no key.
        waits: whether the settings let a run wait for a review at all.
        may_buy: False while collecting: tasks are looked up once, and nothing is bought but what was deferred.
        cancels: which open tasks the run cancels.
        edits: what a command changes of the ledger.
        project: CodeVF's project, by name or number.
        base_ref: the branch that the run has found the pull request against, by which its check run is named.
        shares_name: whether it was against another branch before whose check runs have the same name.
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
    base_ref: str
    shares_name: bool = False
    is_keyless: bool = False
    waits: bool = True
    may_buy: bool = True
    cancels: Cancels = Cancels.NONE
    edits: tuple[LedgerEdit, ...] = ()

    @property
    def remembers(self) -> bool:
        """Whether what earlier runs bought counts: not for a free review, which lives as long as its run."""
        return self.paid and not self.dry_run


class NotBought(Struct, frozen=True):
    """This run has no purchase of this change."""

    @property
    def bought(self) -> None:
        """No purchase."""


class Bought(Struct, frozen=True):
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

    @property
    def bought(self) -> Bought:
        """The purchase."""
        return self

    def with_purchase(self, purchase: Purchase) -> Bought:
        """With another state of the purchase."""
        return structs.replace(self, purchase=purchase)


class Underway(Struct, frozen=True):
    """The purchase and its task, as the service told it last."""

    bought: Bought
    task: Task

    @property
    def purchase(self) -> Purchase:
        """The purchase."""
        return self.bought.purchase

    def with_purchase(self, purchase: Purchase) -> Underway:
        """With another state of the purchase."""
        return structs.replace(self, bought=structs.replace(self.bought, purchase=purchase))

    def over(self, state: TaskState, now: datetime) -> Underway:
        """Once its task is over."""
        return self.with_purchase(self.purchase.over(state, self.task.credits_used, now))


class Answered(Struct, frozen=True):
    """The purchase, its task and the answer."""

    underway: Underway
    report: Report

    @property
    def bought(self) -> Bought:
        """The purchase with how it was sent."""
        return self.underway.bought

    @property
    def purchase(self) -> Purchase:
        """The purchase."""
        return self.underway.purchase

    def with_purchase(self, purchase: Purchase) -> Answered:
        """With another state of the purchase."""
        return structs.replace(self, underway=self.underway.with_purchase(purchase))


Own = NotBought | Bought | Underway | Answered
"""How far the review of this very change has come."""


class OpenTask(Struct, frozen=True):
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
        skip_record: what our check run on the head must say for the label `skip-review` to count; empty if it cannot.
        skips: whether the label counts.
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
    skip_record: str = ""
    skips: bool = False
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
        return self.own.bought

    @property
    def purchase(self) -> Purchase | None:
        """The purchase of this change."""
        bought = self.own.bought
        return bought.purchase if bought else None

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
        bought = self.own.bought
        return bought.purchase.task_id if bought else ""

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The findings of this change's answer, duplicates included."""
        return self.memory.answer_of(self.task_id)

    @property
    def judgement(self) -> Judgement:
        """The settings that judge: those of the purchase, else today's."""
        bought = self.own.bought
        return bought.purchase.judgement if bought else self.request.judgement

    @property
    def coverage(self) -> Coverage:
        """Whether the reviewer saw every selected file."""
        return Coverage.PARTIAL if self.why_partial else Coverage.FULL

    @property
    def is_short(self) -> bool:
        """Whether the reviewer did not see all that was selected at submission."""
        return any(not one.startswith(_RESELECTED) for one in self.why_partial)

    @property
    def why_partial(self) -> tuple[str, ...]:
        """Why the review is partial, a few words for each reason; empty if the reviewer saw every selected file."""
        bought, found = self.bought, []
        if bought and bought.reselected:
            found.append(_RESELECTED)
        if bought and bought.purchase.missed:
            found.append(f"{bought.purchase.missed} files were left out at submission")
        elif bought and bought.purchase.coverage is Coverage.PARTIAL:
            found.append("the ledger calls this review partial")
        if self.task and self.task.unseen:
            found.append(f"{len(self.task.unseen)} files were not read to the end by the reviewer")
        if self.change.missed and not (bought and bought.frozen):
            found.append(f"{len(self.change.missed)} selected files are held back")
        return tuple(found)

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
            change=self.change.digest,
            mode=self.request.mode,
            expertise=self.request.expertise,
        )

    @property
    def is_blind(self) -> bool:
        """Whether there is something to add to a summary that could not be read again."""
        return self.is_read and self.has_news and not self.read_again and self.summary is not None

    @property
    def has_news(self) -> bool:
        """Whether the summary has to be written: with what this run adds, or with what a second summary says."""
        return self.memory.has_news or (self.is_read and self.stored.doubled)

    # What a run learns

    def noting(self, *sentences: str) -> Known:
        """With more to say in the summary."""
        return replace(self, notes=(*self.notes, *(one for one in sentences if one and one not in self.notes)))

    def saying(self, line: str) -> Known:
        """With one more line for the log."""
        return replace(self, log=(*self.log, line))

    def reading(self, change: ReviewedChange, stored: StoredLedger, update: LedgerUpdate) -> Known:
        """With the change, and with the ledger as it is now."""
        memory = Memory.of(stored.ledger, update, change.index)
        return replace(self, change=change, stored=stored, memory=memory, summary=stored.summary)

    def noted(self, purchase: Purchase) -> Known:
        """With a purchase as it stands now."""
        return replace(self, memory=self.memory.with_purchase(purchase, self.change.index))

    def with_own(self, own: Bought | Underway | Answered) -> Known:
        """With the review of this change as it stands now."""
        return replace(self.noted(own.purchase), own=own)

    def with_answer(self, closed: Purchase, answer: PlacedAnswer) -> Known:
        """With the answer of a task, and its purchase as it stands now."""
        update = self.memory.update.with_purchase(closed).with_answer(answer)
        return replace(self, memory=Memory.of(self.memory.written, update, self.change.index))

    def with_comments(self) -> Known:
        """With the addresses of the comments that the snapshot shows."""
        there = posted_comments(self.snapshot.threads, self.request.instance)
        return replace(self, comment_urls={**self.comment_urls, **there})
