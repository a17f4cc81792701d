"""The ledger during a run: as read from GitHub, and with the changes of the run.

Concurrent runs can write the same ledger, and GitHub has no compare-and-set. Each run therefore reads the ledger again
before a write and applies its changes to the new version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import Placed, assign_ids, remembered, said
from reviewbot.domain.findings.states import update_states
from reviewbot.domain.findings.tracked_finding import Bypass
from reviewbot.domain.findings.tracking import PlacedAnswer, merge_answer
from reviewbot.domain.github.pull_request import CheckRun, Comment
from reviewbot.domain.ledger.edits import LedgerEdit, Unwaive, apply_edits
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Ledger, Purchase, PurchaseKey
from reviewbot.values import replace


class StoredLedger(Struct, frozen=True):
    """The ledger as read from GitHub.

    Attributes:
        ledger: the trusted part of the ledger, with the purchases from check runs and duplicate summaries.
        claimed: credits of an untrusted ledger, which count against the budget.
        problem: why the ledger is not trusted, or empty.
        lost: whether `ledger` may lack earlier purchases.
        summary: the summary comment that contains the ledger, or None.
        has_duplicates: whether concurrent runs each wrote a summary comment.
        on_head: the signed copies in reviewbot's check runs on the head, by check run id.
        finished: the purchases whose end is recorded on GitHub. In `ledger`, they may be open, because only CodeVF has
            their findings.
        older_checks: the check runs of older heads and other bases that were read.
        ended: the bypass of an earlier head or base, which `ledger` does not contain.
        withdrawn: executed `unwaive` commands that the ledger lacks, because a concurrent run has overwritten it.
    """

    ledger: Ledger = field(default_factory=Ledger)
    claimed: Decimal = Decimal(0)
    problem: str = ""
    lost: bool = False
    summary: Comment | None = None
    has_duplicates: bool = False
    on_head: Mapping[int, ExternalId] = field(default_factory=dict)
    finished: frozenset[PurchaseKey] = frozenset()
    older_checks: tuple[CheckRun, ...] = ()
    ended: Bypass | None = None
    withdrawn: tuple[Unwaive, ...] = ()

    @property
    def kept(self) -> Ledger:
        """`ledger` with the bypass `ended`, so that a later review can withdraw the check that passed with it."""
        return replace(self.ledger, bypass=self.ledger.bypass or self.ended)


class LedgerUpdate(Struct, frozen=True):
    """The changes of one run to the ledger. Applying the changes is idempotent.

    Attributes:
        purchases: in the order in which they changed.
        answers: the answers of finished tasks, oldest first.
        posted: as in `Ledger`.
        is_incomplete: whether findings of an earlier review are lost.
    """

    purchases: tuple[Purchase, ...] = ()
    answers: tuple[PlacedAnswer, ...] = ()
    edits: tuple[LedgerEdit, ...] = ()
    posted: frozenset[str] = frozenset()
    is_incomplete: bool = False

    def with_purchase(self, purchase: Purchase) -> LedgerUpdate:
        return replace(self, purchases=(*self.purchases, purchase))

    def with_answer(self, answer: PlacedAnswer) -> LedgerUpdate:
        others = tuple(one for one in self.answers if one.task_id != answer.task_id)
        return replace(self, answers=(*others, answer))

    def withdrawing(self, withdrawn: Collection[Unwaive], before: Collection[Unwaive] = ()) -> LedgerUpdate:
        """Add the edits of other runs' commands. A later waiver of this run stays.

        The edits `before`, from an earlier read of the ledger, are dropped, because the waiver may have been set again.
        """
        return replace(self, edits=(*withdrawn, *(one for one in self.edits if one not in (*withdrawn, *before))))

    def having_posted(self, keys: Iterable[str]) -> LedgerUpdate:
        return replace(self, posted=self.posted.union(keys))

    def moved(self, place: Callable[[Placed], Placed]) -> LedgerUpdate:
        answers = (replace(one, placed=tuple(map(place, one.placed))) for one in self.answers)
        return replace(self, answers=tuple(answers))

    def not_behind(self, ledger: Ledger, own: Purchase | None) -> LedgerUpdate:
        """Omit the purchases that another run has advanced further, and dropped deferrals that it has begun to buy.

        `own` is the purchase of this run, which may drop its own intent.
        """
        begun = {one.key for one in ledger.intents() if own is None or one.key != own.key}
        left = (one for one in self.purchases if not (one.is_dropped and one.key in begun))
        there = ((one, ledger.recorded(one)) for one in left)
        kept = (one for one, recorded in there if recorded is None or one.progress >= recorded.progress)
        return replace(self, purchases=tuple(kept))

    def only(self, key: PurchaseKey) -> LedgerUpdate:
        """Keep only one purchase, for writes before the end of the run.

        Earlier tasks must not be recorded as finished before their findings have comments or their end is announced.
        """
        kept = (one for one in self.purchases if one.key == key)
        return LedgerUpdate(purchases=tuple(kept))


def assign_recorded_ids(ledger: Ledger, changes: LedgerUpdate) -> LedgerUpdate:
    """Give reported findings their ids from the ledger, because existing comments contain these ids."""
    known, answers = remembered(ledger.findings.records), []
    for answer in changes.answers:
        placed = assign_ids(answer.placed, known)
        known |= said(placed)
        answers.append(replace(answer, placed=placed))
    return replace(changes, answers=tuple(answers))


def applied(ledger: Ledger, changes: LedgerUpdate, change_index: ChangeIndex) -> Ledger:
    """Apply an update to the ledger, and update the states of the findings for the current change.

    Edits are applied before answers, because the users who made the edits had not seen these answers.
    """
    for purchase in changes.purchases:
        ledger = ledger.with_purchase(purchase)
    ledger = ledger.incomplete() if changes.is_incomplete else ledger
    reviews = ledger.reviews_of(change_index.change)
    ledger = replace(ledger, findings=update_states(ledger.findings, change_index, reviews))
    ledger = apply_edits(ledger, changes.edits, change_index)
    findings = ledger.findings
    for answer in changes.answers:
        findings = merge_answer(findings, answer, change_index, reviews)
    answered = {one.task_id for one in changes.answers}
    ledger = replace(ledger, findings=findings, posted=ledger.posted | changes.posted)
    return ledger.with_judged(change_index.change, answered)


class Memory(Struct, frozen=True, dict=True):
    """The ledger as read, and the update of this run. `change_index` is None before the change is read."""

    written: Ledger = field(default_factory=Ledger)
    update: LedgerUpdate = field(default_factory=LedgerUpdate)
    change_index: ChangeIndex | None = None

    @classmethod
    def of(cls, written: Ledger, update: LedgerUpdate, change_index: ChangeIndex | None) -> Memory:
        return cls(written, assign_recorded_ids(written, update) if update.answers else update, change_index)

    @cached_property
    def ledger(self) -> Ledger:
        return applied(self.written, self.update, self.change_index) if self.change_index else self.written

    @property
    def has_news(self) -> bool:
        return self.update != LedgerUpdate()

    @property
    def placed(self) -> tuple[Placed, ...]:
        return tuple(item for answer in self.update.answers for item in answer.placed)

    def stored(self, ledger: Ledger) -> Memory:
        """Copy the fields that a write sets: `counter`, `seen`, `opinions` and `stated`."""
        now = replace(self.written, counter=ledger.counter, seen=ledger.seen, opinions=ledger.opinions)
        return replace(self, written=replace(now, stated=ledger.stated))
