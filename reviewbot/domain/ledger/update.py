"""The changes of one run to the ledger.

Concurrent runs can write the same ledger, and GitHub has no compare-and-set. Each run therefore reads the ledger again
before a write and applies its changes to the new version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import Placed, assign_ids, remembered, said
from reviewbot.domain.findings.states import update_states
from reviewbot.domain.findings.tracking import PlacedAnswer, merge_answer
from reviewbot.domain.ledger.edits import LedgerEdit, Unwaive, apply_edits
from reviewbot.domain.ledger.ledger import Ledger, Purchase, PurchaseKey
from reviewbot.values import replace


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
