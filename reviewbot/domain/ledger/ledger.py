"""What we remember of a pull request: what was bought, what was found, and who let what through.

It lives on GitHub itself (`codec` writes it into our summary comment, `external_id` into the check run).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil

from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.findings.tracked_finding import LOST, Bypass, Findings, FindingState, Judged
from reviewbot.domain.github.pull_request import PullRequest, Seen
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.policy.verdict import Coverage, Rules, blocks

MAX_TASKS = 30
MAX_JUDGED = 30
"""How many open findings are remembered of one judgement; where more block, a fix of all has to be reviewed whole."""


class TaskState(StrEnum):
    """Where a purchase stands.

    `DEFERRED` costs nothing: a review was due and allowed while that of an older head was being written, and it is
    bought when that one is there.
    """

    DEFERRED = "wanted"
    INTENT = "intent"
    OPEN = "open"
    DONE = "done"
    ENDED = "ended"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it."""
        return self in {TaskState.DONE, TaskState.ENDED}

    @property
    def rank(self) -> int:
        """How far it has come."""
        return _RANKS[self]


_RANKS = {
    TaskState.DEFERRED: 0,
    TaskState.INTENT: 1,
    TaskState.OPEN: 2,
    TaskState.DONE: 3,
    TaskState.ENDED: 3,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The settings that judge and publish, frozen when the task is submitted."""

    rules: Rules = field(default_factory=Rules)
    placement: PlacementRules = field(default_factory=PlacementRules)
    review_kind: ReviewKind = ReviewKind.COMMENT


@dataclass(frozen=True, slots=True)
class Purchase:
    """One task, or the intent to create one.

    Attributes:
        identity: `Identity.digest()` of what is bought.
        attempt: from 1.
        task_id: empty while it is an intent; of several tasks `batches.join_ids`.
        parts: over how many tasks it is split.
        head_sha: the head that was submitted.
        hold: credits held while it is open; of one that is only wanted the most that a task of it may have.
        used: credits used, None while unknown.
        submitted_at: ISO 8601, UTC.
        coverage: whether every selected file was sent.
        missed: how many selected files were not.
        size_tier: which of `attachments.size_tiers` the service took, so that the manifest can be told again.
        since: the last reviewed head when it was submitted, empty for a whole review.
        base_ref: the branch that the pull request was opened against; empty where only a short copy remembers the
            purchase.
        merge_base: where its head had left that branch; empty likewise.
        asked: the ids of the comments that asked for this attempt.
        selection: `idempotency.selection_digest` of what was selected when it was handed in; of an intent with how much
            may go into a task, so that nobody takes what would be sent now for what was sent then.
        confirms: whether open findings went along to be confirmed.
        selecting: `idempotency.selection_digest` of the rules by which files were selected; empty where only a short
            copy remembers the purchase.
        minutes: until a run saw that the task was over, rounded up; None while unknown.
        change: `ChangeIndex.change`, the same for every mode and attempt; empty where only a short copy remembers the
            purchase.
        judged: the findings that were open when its change was judged, the worst `MAX_JUDGED`.
        head_at: when a run first saw this head with this change, ISO 8601, UTC; empty where only a short copy
            remembers the purchase, which may be on any commit.
    """

    identity: str
    attempt: int
    state: TaskState
    task_id: str
    head_sha: str
    hold: int
    used: Decimal | None
    submitted_at: str
    coverage: Coverage
    missed: int
    size_tier: int
    judgement: Judgement
    since: str
    base_ref: str
    merge_base: str
    asked: tuple[str, ...]
    selection: str
    selecting: str
    confirms: bool = False
    parts: int = 1
    minutes: int | None = None
    change: str = ""
    judged: tuple[Judged, ...] = ()
    head_at: str = ""

    @property
    def cost(self) -> Decimal:
        """What counts against the budget: the hold until the service has said what was used."""
        if self.state is TaskState.DEFERRED:
            return Decimal(0)
        return self.used if self.used is not None else Decimal(self.hold)

    @property
    def is_unknown(self) -> bool:
        """Whether CodeVF may have a task for it whose id was never recorded."""
        return self.state is not TaskState.DEFERRED and not self.task_id and self.used is None

    @property
    def is_whole(self) -> bool:
        """Whether its answer is about every selected file of the whole change."""
        return self.state is TaskState.DONE and not self.since and self.coverage is Coverage.FULL

    @property
    def is_carried(self) -> bool:
        """Whether a finding blocked its change that another task reported first: its answer alone does not tell."""
        return any(one.blocks and one.carried for one in self.judged)

    def seen_on(self, head_sha: str, now: datetime) -> Purchase:
        """This purchase on the head of now, which may be another one with the same change."""
        if self.head_at and self.head_sha == head_sha:
            return self
        return replace(self, head_sha=head_sha, head_at=now.isoformat(timespec="seconds"))

    def asked_by(self, *comment_ids: str) -> Purchase:
        """This purchase once more comments have asked for it."""
        return replace(self, asked=tuple(dict.fromkeys((*self.asked, *comment_ids))))

    def over(self, state: TaskState, used: Decimal | None, now: datetime) -> Purchase:
        """This purchase once its task is over; the first run that saw it so has timed it."""
        if self.state.is_over:
            return replace(self, state=state, used=used)
        seconds = (now - datetime.fromisoformat(self.submitted_at)).total_seconds()
        return replace(self, state=state, used=used, minutes=max(1, ceil(seconds / 60)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that is remembered.

    Attributes:
        purchases: oldest first.
        posted: ids of the findings that have had a comment.
        forgotten: credits of purchases that there was no room for: the budget does not forget them.
        bypass: the latest one.
        counter: how often it was written, so that an older one that is put back is known; at least what our check runs
            say.
        seen: the pull request as it was when this was written.
    """

    purchases: tuple[Purchase, ...] = ()
    posted: frozenset[str] = frozenset()
    forgotten: Decimal = Decimal(0)
    findings: Findings = field(default_factory=Findings)
    bypass: Bypass | None = None
    counter: int = 0
    seen: Seen = field(default_factory=Seen)

    def written_for(self, pull: PullRequest) -> Ledger:
        """The ledger as a run writes it once more."""
        return replace(self, counter=self.counter + 1, seen=Seen.of(pull))

    def find(self, identity: str) -> Purchase | None:
        """The latest attempt at an identity."""
        attempts = (entry for entry in self.purchases if entry.identity == identity)
        return max(attempts, key=lambda entry: entry.attempt, default=None)

    def done(self, identity: str) -> Purchase | None:
        """The latest finished attempt at an identity."""
        attempts = (entry for entry in self.purchases if entry.identity == identity and entry.state is TaskState.DONE)
        return max(attempts, key=lambda entry: entry.attempt, default=None)

    def named(self, identity: str, attempt: int) -> Purchase | None:
        """The attempt at an identity of which the beginning is known."""
        fitting = (one for one in self.purchases if one.attempt == attempt and one.identity.startswith(identity))
        return next(fitting, None)

    def with_purchase(self, purchase: Purchase) -> Ledger:
        """This attempt recorded, in place of what was known of it.

        One that has come further stays: the run that saw it so was a later one, whichever writes last. A task's id is
        further than any state without one.
        """
        same = (purchase.identity, purchase.attempt)
        if known := next((one for one in self.purchases if (one.identity, one.attempt) == same), None):
            latest = purchase if _progress(purchase) >= _progress(known) else known
            judged = _together((*known.judged, *purchase.judged))
            latest = replace(latest, change=latest.change or known.change, judged=judged)
            return replace(self, purchases=tuple(latest if one is known else one for one in self.purchases))
        if len(self.purchases) < MAX_TASKS:
            return replace(self, purchases=(*self.purchases, purchase))
        gone = min(self.purchases, key=_worth)
        kept = tuple(entry for entry in self.purchases if entry is not gone)
        return replace(self, purchases=(*kept, purchase), forgotten=self.forgotten + gone.cost)

    def was_head(self, head_sha: str, at: datetime, forced_at: datetime | None) -> bool:
        """Whether a run of ours had recorded this head before a moment, and no force-push has come since."""
        moments = (
            datetime.fromisoformat(one.head_at) for one in self.purchases if one.head_at and one.head_sha == head_sha
        )
        return any(seen <= at and (forced_at is None or forced_at < seen) for seen in moments)

    def told_whole(self, identity: str) -> Ledger:
        """With the whole identity in place of the beginning of it, which is all that a short copy has."""
        cut = [one for one in self.purchases if one.identity != identity and identity.startswith(one.identity)]
        if not cut:
            return self
        whole = (replace(one, identity=identity) if one in cut else one for one in self.purchases)
        return replace(self, purchases=tuple(whole))

    def was_asked(self, comment_id: str) -> bool:
        """Whether a comment has asked for one of them."""
        return any(comment_id in entry.asked for entry in self.purchases)

    def on_head(self, head_sha: str, merge_base: str) -> Purchase | None:
        """The latest purchase of this head and merge base, which is the same change whatever it was to be read by.

        Not one that only a short copy remembers, which does not say the merge base.
        """
        bought = [entry for entry in self.purchases if (entry.head_sha, entry.merge_base) == (head_sha, merge_base)]
        wanted = [entry for entry in bought if entry.state is not TaskState.ENDED]
        return next(reversed(wanted or bought), None)

    def underway_on(self, head_sha: str) -> Purchase | None:
        """The latest purchase of a head that is neither deferred nor over."""
        states = {TaskState.INTENT, TaskState.OPEN}
        found = (one for one in reversed(self.purchases) if one.head_sha == head_sha and one.state in states)
        return next(found, None)

    def ended(self, identity: str) -> int:
        """How many tasks of an identity have ended without a result."""
        attempts = (entry for entry in self.purchases if entry.identity == identity and entry.task_id)
        return sum(entry.state is TaskState.ENDED for entry in attempts)

    def open_tasks(self) -> tuple[Purchase, ...]:
        """The tasks that nobody has seen the end of, oldest first."""
        return tuple(entry for entry in self.purchases if entry.state is TaskState.OPEN)

    def postponed(self) -> tuple[Purchase, ...]:
        """What is to be bought when an older head's review is there."""
        return tuple(entry for entry in self.purchases if entry.state is TaskState.DEFERRED)

    def is_founded(self, purchase: Purchase) -> bool:
        """Whether the reviews that it builds on are in, as far as they are remembered."""
        seen: set[str] = set()
        while purchase.since and purchase.since not in seen:
            seen.add(purchase.since)
            before = [entry for entry in self.purchases if entry.head_sha == purchase.since]
            if not before:
                return True
            done = next((entry for entry in reversed(before) if entry.state is TaskState.DONE), None)
            if done is None:
                return False
            purchase = done
        return True

    def intents(self) -> tuple[Purchase, ...]:
        """The purchases that a run began and of which it has not recorded a task."""
        return tuple(entry for entry in self.purchases if entry.state is TaskState.INTENT)

    def _of_change(self, change: str) -> tuple[Purchase, ...]:
        return tuple(entry for entry in self.purchases if change and entry.change == change)

    def stood(self, change: str) -> Mapping[str, FindingState]:
        """How the findings stood that were open when a change was judged, in whatever mode or attempt, by id."""
        judged = _together(one for entry in self._of_change(change) for one in entry.judged)
        return {one.id: one.standing for one in judged}

    def with_judged(self, change: str) -> Ledger:
        """With the findings as they are now in the latest finished purchase of a change, beside what it has."""
        bought = [entry for entry in self._of_change(change) if entry.state is TaskState.DONE]
        if not bought:
            return self
        last, judged = bought[-1], _together((*_open_now(self.findings, bought[-1]), *bought[-1].judged))
        judged = tuple(sorted(judged, key=lambda one: not one.blocks))
        if any(one.blocks for one in judged[MAX_JUDGED:]):
            judged = (*judged[: MAX_JUDGED - 1], LOST)
        marked = replace(last, judged=judged[:MAX_JUDGED])
        return replace(self, purchases=tuple(marked if one is last else one for one in self.purchases))

    def forgets(self, change: str) -> bool:
        """Whether a finding that blocked when a change was judged is remembered no more.

        A whole review after that does not need it.
        """
        bought = self._of_change(change)
        whole = [at for at, entry in enumerate(bought) if entry.is_whole]
        judged = (one for entry in bought[whole[-1] if whole else 0 :] for one in entry.judged)
        return any(one.blocks and self.findings.find(one.id) is None for one in judged)

    def last_reviewed(self) -> Purchase | None:
        """The latest finished purchase."""
        return next((entry for entry in reversed(self.purchases) if entry.state is TaskState.DONE), None)

    def with_posted(self, ids: frozenset[str]) -> Ledger:
        """More findings that have had a comment."""
        return replace(self, posted=self.posted | ids)

    def costing(self, least: Decimal) -> Ledger:
        """With so many credits spent at least, whatever they were for."""
        return replace(self, forgotten=self.forgotten + max(least - self.spent, Decimal(0)))

    @property
    def favours(self) -> bool:
        """Whether somebody has let something stand or through: what an older ledger could bring back."""
        return self.bypass is not None or any(one.waiver for one in self.findings.records)

    def without_favours(self) -> Ledger:
        """What of it blocks: without waivers and bypass, and as one of which findings may be lost."""
        records = tuple(replace(record, waiver=None) for record in self.findings.records)
        return replace(self, bypass=None, findings=replace(self.findings, records=records, broken=True))

    @property
    def spent(self) -> Decimal:
        """Credits held by open tasks and used by finished ones."""
        return sum((entry.cost for entry in self.purchases), self.forgotten)


def _together(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """Each finding once, as open as it was at any time, in the order in which they come first."""
    found: dict[str, Judged] = {}
    for one in judged:
        before = found.get(one.id, one)
        found[one.id] = before if before.standing is FindingState.OPEN else one
    return tuple(found.values())


def _open_now(findings: Findings, bought: Purchase) -> Iterator[Judged]:
    """The open findings as the rules of a purchase judge them, worst first."""
    fail_on = bought.judgement.rules.fail_on
    for one in findings.open():
        yield Judged(one.id, one.standing, blocks(one.severity, fail_on), carried=one.found != bought.task_id)
    if any(blocks(severity, fail_on) for severity, _ in findings.beyond):
        yield LOST


def _progress(entry: Purchase) -> tuple[bool, int]:
    return bool(entry.task_id), entry.state.rank


def _worth(entry: Purchase) -> int:
    """Which one goes when there is no room, the oldest first: its credits are remembered, an open task's id is not."""
    if entry.state is TaskState.DEFERRED:
        return 0
    return 1 if entry.state.is_over else 2
