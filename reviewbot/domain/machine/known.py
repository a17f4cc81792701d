"""The state of a run: the request, the change, the ledger and the review of this change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.codevf.attachments import Packing, Sendable
from reviewbot.domain.codevf.idempotency import Identity, change_digest
from reviewbot.domain.codevf.remarks import is_ambiguous
from reviewbot.domain.diff.parse import ChangeSet, FileStatus, LineKind
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.context import ProjectContext
from reviewbot.domain.github.pull_request import CheckRun, Comment, Snapshot
from reviewbot.domain.ledger.edits import LedgerEdit
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, PurchaseKey, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import Auto, FailOn, PathInstruction, Supersede
from reviewbot.domain.model.review import Mode, Report, Tag, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Policy, Trigger
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.size import AutoSize
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.publishing.comment_diff import (
    CommentGroup,
    Duplicates,
    duplicates,
    group,
    left_to_post,
    posted_comments,
)
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.file_kinds import is_lock_file
from reviewbot.domain.selection.selection import Held, over_limit
from reviewbot.values import replace


class ReviewedChange(Struct, frozen=True, dict=True):
    """The change after file selection and redaction.

    Attributes:
        base_ref: the base branch of the diff. The base of the pull request may have changed since.
        views: the selected files as the reviewer sees them. Findings are placed on these views.
        title: the redacted title of the pull request. `body` and `instructions` are redacted, too.
        redactor: redacts the secrets of this change in other strings.
        to_leave_out: a setting or command that excludes the missed files, ready to paste.
        context: the project context, not redacted.
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
    context: ProjectContext = ProjectContext()

    @cached_property
    def index(self) -> ChangeIndex:
        media = [one.path for one in self.held if one.is_media]
        return ChangeIndex.of(self.change, self.views, media, self.redactor)

    @cached_property
    def digest(self) -> str:
        return change_digest(self.change.files)

    @property
    def has_ambiguous_names(self) -> bool:
        """Whether the old or new name of a file is ambiguous in a prose answer."""
        return any(is_ambiguous(name) for one in self.change.files for name in (one.path, one.diff.old_path))

    @property
    def selected(self) -> tuple[str, ...]:
        """The paths of the selected files, including files that are held back."""
        return tuple(dict.fromkeys((*(one.path for one in self.sendables), *self.missed)))

    @property
    def missed(self) -> tuple[str, ...]:
        """The paths of the selected files that are held back."""
        return tuple(one.path for one in self.held if one.missed)

    @cached_property
    def changed_lines(self) -> int:
        """The number of added and deleted lines in the sent files, without lock files."""
        hunks = (hunk for view in self.views if not is_lock_file(view.path) for hunk in view.hunks)
        lines = (line for hunk in hunks for line in hunk.lines)
        return sum(line.kind is not LineKind.CONTEXT for line in lines)

    @cached_property
    def misencoded(self) -> Mapping[str, str]:
        """`Entry.invalid` of each file that is not UTF-8 at the head, by path. Only the diff can be sent."""
        return {file.path: file.new.invalid for file in self.change.files if file.new and file.new.misencoded}

    @cached_property
    def oversized(self) -> Mapping[str, str]:
        """A phrase with the size and the limit for each file that is too large to read, by path."""
        return {file.path: over for file in self.change.files if (over := over_limit(file))}

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        return {view.path: view for view in self.views}

    @cached_property
    def held_by_path(self) -> Mapping[str, Held]:
        """The unsent files by path. A renamed file has two keys, the old path and the new path."""
        unsent = {one.path: one for one in self.held if one.path not in self.by_path}
        renamed = [file for file in self.change.files if file.diff.status is FileStatus.RENAMED]
        return {file.diff.old_path: unsent[file.path] for file in renamed if file.path in unsent} | unsent


_RESELECTED = "the selected files differ from the files that were sent"

NO_CHANGE = ReviewedChange(ChangeSet("", "", ()), "", (), (), (), (), "", "", "", (), Redactor(None), "")
"""The value of `Known.change` before the change is read."""


class Request(Struct, frozen=True):
    """The trigger and the settings of a run.

    Attributes:
        selecting: `idempotency.selection_digest` of the rules that select files.
        paid: whether the reviewer of this change costs credits. If not, the ledger may still record paid reviews.
        is_keyless: whether the reviewer costs money but the key is missing.
        waits: whether `wait-minutes` is above 0.
        may_buy: False in a run that requests no review, e.g., a collection. Such a run reads each task once, and buys
            only deferred purchases and intents of earlier runs.
        cancels: the statuses with which open tasks are cancelled.
        bought_before: purchases that this process may have made earlier for missed commands.
        base_ref: the base branch at the start of the run, which determines the name of the check run.
        strictest_fail_on: the strictest `fail-on` in the settings and the rules of `routes`.
        check_names: the names of reviewbot's check runs by base branch.
        check_name: the name of the check run for `base_ref`, and for the default branch at the start of the run.
        shares_name: whether checks against an earlier base branch have the same name.
        route: the names of the rules of `routes` that apply to this change, or empty.
        is_due: False if a rule of `routes` exempts this change from review.
    """

    trigger: Trigger
    policy: Policy
    judgement: Judgement
    instance: str
    mode: Mode
    expertise: str
    selecting: str
    max_credits: int | Auto
    auto_size: AutoSize
    max_credits_per_pr: int | Auto
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
    strictest_fail_on: FailOn
    check_names: CheckNames
    check_name: str
    shares_name: bool = False
    is_keyless: bool = False
    waits: bool = True
    may_buy: bool = True
    cancels: frozenset[TaskStatus] = frozenset()
    bought_before: frozenset[PurchaseKey] = frozenset()
    edits: tuple[LedgerEdit, ...] = ()
    routes: tuple[Route, ...] = ()
    route: str = ""
    is_due: bool = True
    instructions: str = ""
    wait_rules: WaitRules = WaitRules()

    @property
    def is_explicit(self) -> bool:
        """Whether a command, a manual run or a user at a terminal requests a review."""
        return self.may_buy and not isinstance(self.trigger, ReviewEvent)

    @property
    def remembers(self) -> bool:
        """Whether earlier purchases count. Dry runs and free reviews ignore earlier purchases."""
        return self.paid and not self.dry_run


class Quote(Struct, frozen=True):
    """The price of a review or a question.

    Attributes:
        hold: the credits that all tasks of the purchase hold together.
        lines: the number of changed lines from which `max_credits` was computed, or None if the setting is a number.
        project_id: the id of the CodeVF project, or 0 before the project is found.
    """

    hold: int
    tag: Tag | None
    parts: int
    max_credits: int
    lines: int | None
    project_id: int = 0


class Candidate(Struct, frozen=True):
    """A purchase that this run may make.

    Attributes:
        identity: the identity with the attempt number. `since` is set after the scope of the review is decided.
        before: the latest purchase of this change, or None.
        quote: the price of the whole change if it was read to replace a task, otherwise None.
        new_parts: the new part of the change if only this part is reviewed and it was read, otherwise empty.
    """

    identity: Identity
    before: Purchase | None
    quote: Quote | None = None
    new_parts: tuple[NewPart, ...] = ()

    @property
    def intent(self) -> Purchase | None:
        """The intent of an earlier run, or None. This run sends the idempotency key of that intent again."""
        before = self.before
        return before if before is not None and before.state is TaskState.INTENT else None


class Bought(Struct, frozen=True):
    """The purchase of this change, and how this run made or resumed it.

    Attributes:
        tag: the expertise, or None if it was not read from CodeVF.
        project_id: the id of the CodeVF project, or 0 if the task was created before.
        reselected: whether the current file selection differs from the selection at submission.
    """

    purchase: Purchase
    tag: Tag | None = None
    project_id: int = 0
    packing: Packing | None = None
    reselected: bool = False

    def with_purchase(self, purchase: Purchase) -> Bought:
        return replace(self, purchase=purchase)

    def over(self, state: TaskState, task: Task, now: datetime) -> Bought:
        return self.with_purchase(self.purchase.over(state, task.credits_used, now))


class OwnReview(Struct, frozen=True):
    """The purchase of this change, and what CodeVF has returned for it.

    Attributes:
        task: the task, or None if it was not read or created.
        report: the answer, or None if it was not read.
    """

    bought: Bought
    task: Task | None = None
    report: Report | None = None


class OpenTask(Struct, frozen=True):
    purchase: Purchase
    task: Task


class Wrote(Struct, frozen=True):
    """What this run has written on GitHub, and asked CodeVF to cancel.

    Attributes:
        neighbour: the number of another open pull request with the same head and no green verdict, or 0.
        summary: the text of the summary comment, or empty.
        whole_summary: the text of the summary if it shows every finding in full, else empty.
        posted: the number of comments on findings. `replies` is the number of replies in their threads.
        denied: the parts that the token may not write.
        cancelled: the ids of the tasks that this run may have cancelled.
    """

    check: CheckRun | None = None
    neighbour: int = 0
    summary: str = ""
    whole_summary: str = ""
    posted: int = 0
    replies: int = 0
    denied: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()


class ReviewedHead(Struct, frozen=True):
    sha: str
    merge_base: str


class HeadProof(Struct, frozen=True):
    """Facts about the head that reviewbot's check runs prove.

    Attributes:
        skip_record: a check run on the head with this string proves that `skip-review` counts. May be empty.
        push_record: a check run on the head with this string proves that the pull request's bot pushed. May be empty.
        skips: whether the label `skip-review` counts.
        is_bots: whether the bot that opened the pull request pushed this head.
    """

    skip_record: str = ""
    push_record: str = ""
    skips: bool = False
    is_bots: bool = False


class Known(Struct, frozen=True, dict=True):
    """The state of a run, which every phase contains.

    There are four versions of the ledger: as first read (`found`), as last read (`stored.ledger`), as last read or
    written (`ledgers.written`), and with the update that this run has not written yet (`ledger`).

    Attributes:
        change: `NO_CHANGE` before the change is read.
        own: the review of this change, or None if none was bought.
        others: open tasks of older heads.
        notes: sentences for the summary.
        log: lines for the log.
        reviewed: the reviewed head if the pull request now has another head, else None.
    """

    request: Request
    snapshot: Snapshot

    change: ReviewedChange = NO_CHANGE
    found: Ledger = field(default_factory=Ledger)
    stored: StoredLedger = field(default_factory=StoredLedger)
    ledgers: LedgerVersions = field(default_factory=LedgerVersions)
    own: OwnReview | None = None
    others: tuple[OpenTask, ...] = ()

    wrote: Wrote = Wrote()
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()

    proof: HeadProof = HeadProof()
    reviewed: ReviewedHead | None = None

    # The review of this change

    @property
    def is_read(self) -> bool:
        return self.change is not NO_CHANGE

    @property
    def purchase(self) -> Purchase | None:
        return self.own.bought.purchase if self.own else None

    @property
    def task(self) -> Task | None:
        return self.own.task if self.own else None

    @property
    def report(self) -> Report | None:
        return self.own.report if self.own else None

    @property
    def accepted_by(self) -> str:
        """The maintainer who accepted the answer of this task for this head and base, or empty."""
        accepted, what = self.ledger.acceptance, (self.head_sha, self.change.base_ref, self.task_id)
        return accepted.by if accepted and self.task_id and accepted.is_of(*what) else ""

    @property
    def packing(self) -> Packing | None:
        return self.own.bought.packing if self.own else None

    @property
    def task_id(self) -> str:
        return self.purchase.task_id if self.purchase else ""

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The findings in the answer for this change."""
        return next((one.placed for one in self.ledgers.update.answers if one.task_id == self.task_id), ())

    @property
    def judgement(self) -> Judgement:
        """The verdict settings of the purchase, or the current settings without a purchase."""
        return self.purchase.judgement if self.purchase else self.request.judgement

    @property
    def coverage(self) -> Coverage:
        return Coverage.PARTIAL if self.why_partial else Coverage.FULL

    @property
    def why_partial(self) -> tuple[str, ...]:
        is_reselected = self.own is not None and self.own.bought.reselected
        return (_RESELECTED, *self.why_short) if is_reselected else self.why_short

    @property
    def why_short(self) -> tuple[str, ...]:
        """Why the reviewer saw fewer files than were selected at submission."""
        bought, found = self.own.bought if self.own else None, []
        if bought and bought.purchase.missed:
            found.append(f"{bought.purchase.missed} files were not submitted")
        elif bought and bought.purchase.coverage is Coverage.PARTIAL:
            found.append("the ledger marks this review as partial")
        if self.task and self.task.unseen:
            found.append(f"the reviewer did not completely read {len(self.task.unseen)} files")
        counts = self.request.may_buy or bought is None  # a collection ignores the current file selection
        if self.change.missed and self.request.is_due and counts:
            found.append(f"{len(self.change.missed)} selected files are held back")
        return tuple(found)

    # The pull request

    @property
    def summary(self) -> Comment | None:
        """The summary comment as last read or written."""
        return self.stored.summary

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger after this run's update, without waivers that do not count for the pull request."""
        return self.ledgers.ledger.with_waivers_for(self.snapshot.pull, self.request.strictest_fail_on)

    @property
    def spent(self) -> Decimal:
        """The credits held and used on the pull request, including the credits in an untrusted ledger."""
        return max(self.stored.claimed, self.ledger.spent)

    @property
    def head_sha(self) -> str:
        """The head that this run reviews. The pull request may have a newer head."""
        return self.reviewed.sha if self.reviewed else self.snapshot.pull.head_sha

    @property
    def has_other_base(self) -> bool:
        """Whether the base has changed during the run, to a branch whose check run has the same name."""
        request, base_ref = self.request, self.snapshot.pull.base_ref
        name = request.check_names.against(self.snapshot.repository.default_branch, base_ref)
        return base_ref != request.base_ref and name == request.check_name

    @property
    def merge_base(self) -> str:
        """The merge base of `head_sha`."""
        return self.reviewed.merge_base if self.reviewed else self.change.change.merge_base

    @property
    def approval_label(self) -> str:
        """The label of `approve-spend` if it is set, or empty. It is removed once the purchase is recorded."""
        label = self.request.policy.approve_spend
        return label if self.request.paid and label in self.snapshot.pull.labels else ""

    @property
    def awaited(self) -> OpenTask | None:
        """The last open task of an older head, or None. A new purchase waits for this task or cancels it."""
        return self.others[-1] if self.others else None

    @property
    def identity(self) -> Identity:
        """The identity of a whole review of this change."""
        return Identity(
            repository_id=self.snapshot.repository.id,
            pull_number=self.snapshot.pull.number,
            instance=self.request.instance,
            since="",
            change=self.change.digest,
            mode=self.request.mode,
            expertise=self.request.expertise,
        )

    @property
    def may_lack_history(self) -> bool:
        """Whether the record of earlier reviews may be missing, or unreadable without the API key."""
        checks = (*self.snapshot.checks, *self.snapshot.older_checks)
        is_keyless = self.request.is_keyless and any(one.external_id for one in checks if not one.foreign)
        return self.stored.lost or is_keyless

    @cached_property
    def uncommented(self) -> tuple[CommentGroup, ...]:
        """The findings of this run's answers that need a comment and have none."""
        there = posted_comments(self.snapshot.threads, self.request.instance)
        return left_to_post(group(self.ledgers.placed), there, self.ledger.posted)

    @property
    def uncommented_ids(self) -> frozenset[str]:
        return frozenset(item.id for one in self.uncommented for item in one.placed)

    @cached_property
    def duplicates(self) -> Duplicates:
        """The comments that concurrent runs posted twice. A run without the key deletes none."""
        is_keyless = self.request.is_keyless
        return Duplicates((), ()) if is_keyless else duplicates(self.snapshot, self.request.instance)

    @property
    def has_news(self) -> bool:
        """Whether the summary must be written because of this run's update, or to merge a second summary."""
        return self.ledgers.has_news or (self.is_read and self.stored.has_duplicates)

    # Updates

    def noting(self, *sentences: str) -> Known:
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *filter(None, sentences)))))

    def saying(self, line: str) -> Known:
        return replace(self, log=(*self.log, line))

    def reading(self, change: ReviewedChange, stored: StoredLedger, update: LedgerUpdate) -> Known:
        ledgers = LedgerVersions.of(stored.ledger, update, change.index)
        return replace(self, change=change, stored=stored, found=stored.ledger, ledgers=ledgers)

    def noted(self, purchase: Purchase) -> Known:
        return self.with_update(self.ledgers.update.with_purchase(purchase))

    def with_own(self, bought: Bought, task: Task | None = None) -> Known:
        return replace(self.noted(bought.purchase), own=OwnReview(bought, task))

    def with_answer(self, closed: Purchase, answer: PlacedAnswer) -> Known:
        return self.with_update(self.ledgers.update.with_purchase(closed).with_answer(answer))

    def with_update(self, update: LedgerUpdate) -> Known:
        return replace(self, ledgers=LedgerVersions.of(self.ledgers.written, update, self.change.index))
