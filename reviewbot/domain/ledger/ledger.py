"""The ledger of a pull request: purchases, findings, waivers and bypass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Annotated

from msgspec import Meta, Struct, field

from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.findings.tracked_finding import (
    LOST,
    Acceptance,
    Bypass,
    EarlierReviews,
    Findings,
    FindingState,
    Judged,
    Waiver,
)
from reviewbot.domain.github.context import ContextPart
from reviewbot.domain.github.pull_request import PullRequest, Seen, Snapshot
from reviewbot.domain.ledger.opinions import Opinions, opinions_of
from reviewbot.domain.model.options import AnswerForm, FailOn, ReviewKind, Tolerance
from reviewbot.domain.model.question import Question, Questions
from reviewbot.domain.model.review import Credits, Mode, Severity
from reviewbot.domain.policy.verdict import Coverage, Rules, blocks
from reviewbot.domain.text.strict_json import Whole
from reviewbot.values import replace

MAX_TASKS = 30
MAX_COUNTER = 10**9 - 1
"""Nine digits, which fit in a check run's `external_id`."""

MAX_JUDGED = 60
"""The maximum length of `Purchase.judged`. If more findings block, only a whole review can pass."""


class TaskState(StrEnum):
    """The state of a purchase.

    A `DEFERRED` purchase costs nothing yet. It waits for other checks, a pause in pushes, or an older head's review.
    """

    DEFERRED = "deferred"
    INTENT = "intent"
    OPEN = "open"
    DONE = "done"
    ENDED = "ended"

    @property
    def is_over(self) -> bool:
        return self in {TaskState.DONE, TaskState.ENDED}

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {state: 3 if state.is_over else rank for rank, state in enumerate(TaskState)}


class Judgement(Struct, frozen=True):
    """The settings for the verdict and for publishing, frozen when the task is submitted.

    Attributes:
        answer: the requested form. None means that only JSON is read, because a file name is ambiguous in prose.
    """

    rules: Rules = field(default_factory=Rules)
    placement: PlacementRules = field(default_factory=PlacementRules)
    review_kind: ReviewKind = ReviewKind.COMMENT
    answer: AnswerForm | None = AnswerForm.SCHEMA


PurchaseKey = tuple[str, int]
"""The identity and the attempt of a purchase."""


class Purchase(Struct, frozen=True):
    """One or more tasks bought together, the intent to create them, or a deferred purchase.

    A purchase read from a check run has only the values that `decode_external_id` sets.

    Attributes:
        identity: `Identity.digest()` of what is bought.
        attempt: the number of the attempt, from 1.
        task_id: the ids of the tasks, joined by `batches.join_ids`, or empty before the tasks exist.
        hold: the credits that the open tasks hold. For a deferred purchase, the limit for each task.
        used: the credits used, or None while unknown.
        submitted_at: when the task was created, the intent recorded, or this head first deferred (ISO 8601, UTC).
        missed: the number of selected files that were not sent.
        size_tier: the index in `attachments.size_tiers` of the tier that CodeVF accepted.
        since: the last reviewed head at submission, or empty for a whole review.
        asked: the `comment_key` of each command that requested this attempt.
        requested_by: the logins of the users who requested the review by a command, a label or a manual run.
        selection: `idempotency.selection_digest` of the files selected at submission. Before the submission, the digest
            includes the size limit, because another limit may send other files.
        confirms: whether open findings were sent to be confirmed.
        selecting: `idempotency.selection_digest` of the rules that select files.
        minutes: the minutes from submission until a run saw the end of the task, rounded up, or None while unknown.
        change: `ChangeIndex.change`, the same for every mode and attempt.
        judged: at most `MAX_JUDGED` findings that were open when the change was judged, blocking ones first.
        max_credits: the limit for each task.
        lines: the number of changed lines from which `max-credits: auto` computed the limit, else None.
        read_at: when a run first read the answer (ISO 8601, UTC), or empty.
        unread: whether part of the answer could not be parsed.
        head_at: when a run first saw this head with this change (ISO 8601, UTC). Never read from a check run, because
            anyone can copy its `external_id` to another commit.
        context: the parts of the context that were sent, only for the latest `MOST_CONTEXTS` purchases.
        renames: `idempotency.renames_digest` of the change.
    """

    identity: str
    attempt: Whole
    state: TaskState
    head_sha: str
    submitted_at: str
    judgement: Judgement
    selection: str
    task_id: str = ""
    hold: Credits = 0
    used: Decimal | None = None
    coverage: Coverage = Coverage.FULL
    missed: Whole = 0
    size_tier: Whole = 0
    since: str = ""
    base_ref: str = ""
    merge_base: str = ""
    asked: tuple[str, ...] = ()
    selecting: str = ""
    confirms: bool = False
    parts: Whole = 1
    minutes: Whole | None = None
    change: str = ""
    judged: tuple[Judged, ...] = ()
    max_credits: Credits = 0
    lines: Whole | None = None
    read_at: str = ""
    unread: bool = False
    head_at: str = ""
    context: tuple[ContextPart, ...] = ()
    mode: Mode | None = None
    expertise: str = ""
    requested_by: tuple[str, ...] = ()
    renames: str = ""

    @property
    def key(self) -> PurchaseKey:
        return self.identity, self.attempt

    @property
    def cost(self) -> Decimal:
        """The credits that count against the budget: the hold until the used credits are known."""
        if self.state is TaskState.DEFERRED:
            return Decimal(0)
        return self.used if self.used is not None else Decimal(self.hold)

    @property
    def progress(self) -> tuple[bool, int]:
        """The sort key of records of the same attempt. The highest key wins, whichever run wrote last."""
        return bool(self.task_id), self.state.rank

    @property
    def is_unknown(self) -> bool:
        """Whether CodeVF may have a task whose id was never recorded."""
        return self.state is not TaskState.DEFERRED and not self.task_id and self.used is None

    @property
    def is_dropped(self) -> bool:
        """Whether the purchase ended before it had a task."""
        return self.state is TaskState.ENDED and not self.task_id and self.used == 0

    def is_deferred_on(self, head_sha: str) -> bool:
        """Return whether the purchase is deferred on this head. A new head needs its own approval and waiting time."""
        return self.state is TaskState.DEFERRED and self.head_sha == head_sha

    @property
    def is_whole(self) -> bool:
        """Whether the answer covers every selected file of the whole change."""
        return self.state is TaskState.DONE and not self.since and self.is_complete

    @property
    def is_complete(self) -> bool:
        """Whether the reviewer saw every selected file, and the answer was read completely."""
        return self.coverage is Coverage.FULL and not self.unread

    @property
    def is_carried(self) -> bool:
        """Whether a finding first reported by another purchase blocked the change."""
        return any(one.blocks and one.carried for one in self.judged)

    def seen_on(self, head_sha: str, now: datetime) -> Purchase:
        """Set the current head and the time at which a run first saw this head."""
        if self.head_at and self.head_sha == head_sha:
            return self
        return replace(self, head_sha=head_sha, head_at=now.isoformat(timespec="seconds"))

    def answered(self, *, readable: bool, seen_whole: bool, now: datetime) -> Purchase:
        coverage, read_at = Coverage.FULL if seen_whole else Coverage.PARTIAL, now.isoformat(timespec="seconds")
        return replace(self, coverage=coverage, read_at=self.read_at or read_at, unread=not readable)

    def with_details(self, whole: Purchase) -> Purchase:
        """Combine the state of this copy with the other fields of `whole`, the full record of the same attempt.

        Only one of the two may know that a task was refused, which makes `on-partial` stricter.
        """
        is_strict = self.judgement.rules.on_partial is Tolerance.FAIL
        return replace(
            whole.without_tolerance() if is_strict else whole,
            state=self.state,
            task_id=self.task_id,
            hold=self.hold,
            used=self.used,
            submitted_at=self.submitted_at,
            coverage=self.coverage,
            missed=self.missed,
            size_tier=self.size_tier,
            parts=self.parts,
            since=self.since,
            minutes=self.minutes,
            read_at=self.read_at,
            unread=self.unread,
        )

    def without_tolerance(self) -> Purchase:
        """Return the purchase with `on-partial: fail`, because one of its tasks was refused or ended without a result.

        `on-partial: pass` tolerates only files that cannot be sent. Otherwise, an author could cancel a task.
        """
        rules = replace(self.judgement.rules, on_partial=Tolerance.FAIL)
        return replace(self, judgement=replace(self.judgement, rules=rules))

    def over(self, state: TaskState, used: Decimal | None, now: datetime) -> Purchase:
        """Set a final state. The first call also records the minutes since the submission."""
        if self.state.is_over:
            return replace(self, state=state, used=used)
        seconds = (now - datetime.fromisoformat(self.submitted_at)).total_seconds()
        return replace(self, state=state, used=used, minutes=max(1, ceil(seconds / 60)))


class Ledger(Struct, frozen=True):
    """The ledger of one pull request.

    Attributes:
        purchases: oldest first.
        posted: ids of the findings that have had a comment, and the keys of posted replies and announcements.
        forgotten: credits of dropped purchases and questions, which still count against the budget.
        counter: the number of writes. A counter below a check run's shows that an older summary was restored.
        seen: the pull request at the last write.
        opinions: the numbers of 👍 and 👎 at the last write.
        stated: the outcome, or the task with the answer, that the summary comment shows.
        last_edit: the newest stamp of an executed command (`Waive.command`). A waiver, bypass or acceptance up to this
            stamp is not executed again, even if reviewbot's answer to the command is deleted.
    """

    purchases: tuple[Purchase, ...] = ()
    posted: frozenset[str] = frozenset()
    forgotten: Decimal = Decimal(0)
    findings: Findings = field(default_factory=Findings)
    bypass: Bypass | None = None
    acceptance: Acceptance | None = None
    counter: Annotated[int, Meta(ge=0, le=MAX_COUNTER)] = 0
    seen: Seen = field(default_factory=Seen)
    opinions: tuple[Opinions, ...] = ()
    stated: str = ""
    last_edit: str = ""
    questions: Questions = field(default_factory=Questions)

    def written_for(self, snapshot: Snapshot, instance: str) -> Ledger:
        """Return the ledger for the next write, with the next counter and the current pull request and opinions."""
        opinions = opinions_of(snapshot, instance)
        return replace(self, counter=self.counter + 1, seen=Seen.of(snapshot.pull), opinions=opinions)

    def find(self, identity: str, state: TaskState | None = None) -> Purchase | None:
        """Return the latest attempt with this identity and, if given, this state, or None."""
        attempts = (one for one in self.purchases if one.identity == identity and state in {None, one.state})
        return max(attempts, key=lambda one: one.attempt, default=None)

    def named(self, key: PurchaseKey) -> Purchase | None:
        return next((one for one in self.purchases if one.key == key), None)

    def recorded(self, purchase: Purchase) -> Purchase | None:
        """Return the record of the same attempt, or None."""
        return self.named(purchase.key)

    def with_purchase(self, purchase: Purchase) -> Ledger:
        """Add a purchase, or update the recorded attempt. The record with the higher `progress` wins."""
        if known := self.recorded(purchase):
            latest, other = (purchase, known) if purchase.progress >= known.progress else (known, purchase)
            judged = _together((*known.judged, *purchase.judged))
            change, context = latest.change or known.change, latest.context or known.context
            # Only a check run has `latest`. A base would say that the ledger has the findings of a completed review.
            is_complete = latest.state is not TaskState.DONE or other.state is TaskState.DONE
            if other.base_ref and not latest.base_ref and is_complete:
                latest = latest.with_details(other)
            if other.task_id and other.judgement.rules.on_partial is Tolerance.FAIL:
                latest = latest.without_tolerance()  # only one record may know that a task was refused
            read_at = known.read_at or purchase.read_at
            latest = replace(latest, change=change, judged=judged, context=context, read_at=read_at)
            return replace(self, purchases=tuple(latest if one is known else one for one in self.purchases))
        if len(self.purchases) < MAX_TASKS:
            return replace(self, purchases=(*self.purchases, purchase))
        gone = min(self.purchases, key=_worth)
        kept = tuple(entry for entry in self.purchases if entry is not gone)
        return replace(self, purchases=(*kept, purchase), forgotten=self.forgotten + gone.cost)

    def was_head(self, head_sha: str, at: datetime, forced_at: datetime | None) -> bool:
        """Return whether a run recorded this head at or before `at`, and no force-push has followed."""
        moments = (
            datetime.fromisoformat(one.head_at) for one in self.purchases if one.head_at and one.head_sha == head_sha
        )
        return any(seen <= at and (forced_at is None or forced_at < seen) for seen in moments)

    def reopened(self, but: str) -> Ledger:
        """Reopen completed reviews known only from check runs, except `but`, because only CodeVF has their findings."""
        found = (
            replace(one, state=TaskState.OPEN)
            if one.state is TaskState.DONE and not one.base_ref and one.identity != but
            else one
            for one in self.purchases
        )
        return replace(self, purchases=tuple(found))

    def was_asked(self, comment_id: str) -> bool:
        return any(comment_id in entry.asked for entry in self.purchases)

    def on_head(self, head_sha: str, merge_base: str) -> Purchase | None:
        """Return the latest purchase of this head and merge base. Ended purchases count only if there is no other."""
        bought = [entry for entry in self.purchases if (entry.head_sha, entry.merge_base) == (head_sha, merge_base)]
        wanted = [entry for entry in bought if entry.state is not TaskState.ENDED]
        return next(reversed(wanted or bought), None)

    def underway_on(self, head_sha: str) -> Iterator[Purchase]:
        """Yield the intents and open purchases of a head, latest first."""
        states = {TaskState.INTENT, TaskState.OPEN}
        return (one for one in reversed(self.purchases) if one.head_sha == head_sha and one.state in states)

    def ended(self, identity: str) -> int:
        """Count the attempts with this identity that CodeVF may have ended without a result.

        Attempts missing from the ledger also count, because a check run contains only the copy of the last attempt. So
        do unfinished ones before the last attempt, because an older check run may not contain their end.
        """
        attempts = [entry for entry in self.purchases if entry.identity == identity]
        last = max((entry.attempt for entry in attempts), default=0)
        begun = {TaskState.INTENT, TaskState.OPEN}
        over = (one for one in attempts if one.state is TaskState.ENDED or (one.state in begun and one.attempt < last))
        return last - len(attempts) + sum(one.task_id != "" or one.is_unknown for one in over)

    def open_tasks(self) -> tuple[Purchase, ...]:
        return tuple(entry for entry in self.purchases if entry.state is TaskState.OPEN)

    @property
    def is_open(self) -> bool:
        """Whether the ledger has an intent, an open or deferred purchase or an open question."""
        return bool(self.open_tasks() or self.deferred() or self.intents() or self.questions.open())

    def open_task_ids(self) -> tuple[str, ...]:
        """Return the ids of the open tasks, including the tasks of questions."""
        questions = (one.task_id for one in self.questions.open() if one.task_id)
        return (*(one.task_id for one in self.open_tasks()), *questions)

    def deferred(self) -> tuple[Purchase, ...]:
        return tuple(entry for entry in self.purchases if entry.state is TaskState.DEFERRED)

    def read_since(self, command: str) -> bool:
        """Return whether an answer was read after the command with the stamp `command` was written."""
        return any(command < one.read_at for one in self.purchases)

    def is_founded(self, purchase: Purchase) -> bool:
        """Return whether the reviews that an incremental review builds on are done.

        The ledger must contain the latest of these reviews or any whole review. Older ones may have been dropped.
        """
        seen: set[str] = set()
        while purchase.since and purchase.since not in seen:
            seen.add(purchase.since)
            before = [entry for entry in self.purchases if entry.head_sha == purchase.since]
            if not before:
                return len(seen) > 1 or any(entry.is_whole for entry in self.purchases)
            done = self.last_reviewed(purchase.since)
            if done is None:
                return False
            purchase = done
        return True

    def intents(self) -> tuple[Purchase, ...]:
        return tuple(entry for entry in self.purchases if entry.state is TaskState.INTENT)

    def _of_change(self, change: str) -> tuple[Purchase, ...]:
        return tuple(entry for entry in self.purchases if change and entry.change == change)

    def is_of_change(self, waiver: Waiver) -> bool:
        """Return whether a waiver applies to a whole change and not to one file."""
        return bool(self._of_change(waiver.file))

    def reviews_of(self, change: str) -> EarlierReviews:
        """Return the records of the reviews of a change, in every mode and attempt."""
        bought = self._of_change(change)
        judged = _together(one for entry in bought for one in entry.judged)
        done = [one for one in bought if one.state is TaskState.DONE and one.is_complete]
        first = min(done, key=lambda one: one.submitted_at, default=None)
        # Of two purchases in the same second, the later record is newer, but a copy of an older one may come late.
        after = self.purchases[self.purchases.index(first) + 1 :] if first else ()
        since = (one.task_id for one in after if first and one.submitted_at >= first.submitted_at)
        tasks = frozenset(one.task_id for one in bought)
        return EarlierReviews({one.id: one.state for one in judged}, frozenset(since), tasks)

    def judged_on(self, purchase: Purchase) -> tuple[Judged, ...]:
        """Return the findings that were open when a purchase's change was judged, in every mode and attempt."""
        return _together(one for entry in (purchase, *self._of_change(purchase.change)) for one in entry.judged)

    def with_judged(self, change: str, answered: Collection[str]) -> Ledger:
        """Record the open findings in the latest review of a change and in the reviews by the tasks `answered`."""
        done = [entry for entry in self._of_change(change) if entry.state is TaskState.DONE]
        last = done[-1].task_id if done else None
        return replace(self, purchases=tuple(self._judging(one, last, answered) for one in self.purchases))

    def _judging(self, bought: Purchase, last: str | None, answered: Collection[str]) -> Purchase:
        is_late = bought.task_id in answered and bought.state is TaskState.DONE
        if bought.task_id != last and not is_late:
            return bought
        judged = _together((*_open_now(self.findings, bought), *bought.judged))
        judged = tuple(sorted(judged, key=lambda one: not one.blocks))
        if any(one.blocks for one in judged[MAX_JUDGED:]):
            judged = (*judged[: MAX_JUDGED - 1], LOST)
        return replace(bought, judged=judged[:MAX_JUDGED])

    def forgets(self, change: str) -> bool:
        """Return whether the ledger lacks a blocking finding from a purchase since the last whole review of `change`.

        Without a whole review, all purchases since the first purchase of `change` count.
        """
        bought = self._of_change(change)
        first = next((one for one in reversed(bought) if one.is_whole), bought[0] if bought else None)
        since = self.purchases[self.purchases.index(first) :] if first else ()
        judged = (one for entry in since for one in entry.judged)
        return any(one.blocks and self.findings.find(one.id) is None for one in judged)

    def last_reviewed(self, head_sha: str | None = None, base_ref: str | None = None) -> Purchase | None:
        """Return the latest completed review, if given of this head and against this base branch, or None."""
        done = (one for one in reversed(self.purchases) if one.state is TaskState.DONE)
        wanted = (one for one in done if head_sha in {None, one.head_sha} and base_ref in {None, one.base_ref})
        return next(wanted, None)

    def builds_on(self, base_ref: str, selecting: str) -> Purchase | None:
        """Return the review that an incremental review can build on, or None if the whole change must be reviewed.

        The caller must check that the merge base of this review is an ancestor of the current merge base. Moving a base
        branch back adds unreviewed lines to the change.
        """
        last, findings = self.last_reviewed(), self.findings
        if last is None or findings.beyond or findings.broken or not last.is_complete:
            return None
        return last if (last.base_ref, last.selecting) == (base_ref, selecting) else None

    def may_block(self, severity: Severity, fail_on: FailOn) -> bool:
        """Return whether a finding of this severity blocks under `fail_on` or the rules of a recorded purchase."""
        frozen = (one.judgement.rules.fail_on for one in self.purchases)
        return any(blocks(severity, one) for one in (fail_on, *frozen))

    def entitled(self, pull: PullRequest, fail_on: FailOn) -> Ledger:
        """Remove the waivers and the bypass that do not apply to the current state of the pull request.

        An acceptance is kept, because each use of an acceptance checks the head, base branch and task.
        """
        bypass = self.bypass if self.bypass and self.bypass.is_of(pull.head_sha, pull.base_ref) else None
        return replace(self.with_waivers_for(pull, fail_on), bypass=bypass)

    def with_waivers_for(self, pull: PullRequest, fail_on: FailOn) -> Ledger:
        """Remove waivers by possible authors of the pull request from findings that may block."""
        records = tuple(
            one
            if one.waiver is None or _is_entitled(one.waiver, pull) or not self.may_block(one.severity, fail_on)
            else replace(one, waiver=None)
            for one in self.findings.records
        )
        return replace(self, findings=replace(self.findings, records=records))

    @property
    def has_exemptions(self) -> bool:
        """Whether the ledger has a waiver, a bypass or an acceptance."""
        given = self.bypass is not None or self.acceptance is not None
        return given or any(one.waiver for one in self.findings.records)

    def without_exemptions(self) -> Ledger:
        records = tuple(replace(record, waiver=None) for record in self.findings.records)
        return replace(self, bypass=None, acceptance=None, findings=replace(self.findings, records=records))

    def incomplete(self) -> Ledger:
        """Mark the findings as incomplete, so that the check fails until the whole change is reviewed."""
        return replace(self, findings=replace(self.findings, broken=True))

    @property
    def first_hold(self) -> int:
        """The credits held by the first review, or 0 without a review.

        A task whose id was not recorded may be the first one, so the smallest hold of all candidates counts.
        """
        least: list[int] = []
        for one in sorted(self.purchases, key=lambda one: one.submitted_at):
            least += [one.hold] if one.task_id or one.is_unknown else []
            if one.task_id:
                break
        return min(least, default=0)

    @property
    def spent(self) -> Decimal:
        return sum((entry.cost for entry in self.purchases), self.forgotten + self.questions.cost)

    def with_question(self, question: Question) -> Ledger:
        """Add a question, or update its record. The credits of a dropped question still count."""
        questions = self.questions.having(question)
        gone = (one.cost for one in self.questions.records if questions.find(one.comment) is None)
        return replace(self, questions=questions, forgotten=sum(gone, self.forgotten))


def _is_entitled(waiver: Waiver, pull: PullRequest) -> bool:
    """Return whether the waiver is not by an author. Users who become authors later keep waivers for the same base."""
    if not waiver.base_ref or waiver.base_ref == pull.base_ref:
        return bool(waiver.base_ref)
    return pull.people is not None and waiver.by.casefold() not in pull.people


def _together(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Merge by finding id, in order of first appearance. The state `OPEN` takes precedence."""
    found: dict[str, Judged] = {}
    for one in judged:
        before = found.get(one.id, one)
        found[one.id] = before if before.state is FindingState.OPEN else one
    return tuple(found.values())


def _open_now(findings: Findings, bought: Purchase) -> Iterator[Judged]:
    fail_on = bought.judgement.rules.fail_on
    for one in findings.open():
        yield Judged(one.id, one.state, blocks(one.severity, fail_on), carried=one.found != bought.task_id)
    if any(blocks(severity, fail_on) for _, severity, _ in findings.beyond):
        yield LOST


def _worth(entry: Purchase) -> int:
    """Return the order in which a full ledger drops purchases. Open tasks go last, because their ids would be lost."""
    if entry.state is TaskState.DEFERRED:
        return 0
    return 1 if entry.state.is_over else 2
