"""What a run has learned, kept apart from what was written before: so that it can be added to whatever is there now.

Two runs can write the same ledger, and GitHub has no compare-and-set. So a run reads again before it writes, and
applies its own changes to what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reviewbot.domain.findings.placement import assign_ids, remembered, said
from reviewbot.domain.findings.tracking import Answered, ChangeIndex, absorb, update_states
from reviewbot.domain.ledger.edits import LedgerEdit, apply_edits
from reviewbot.domain.ledger.ledger import Ledger, Purchase


@dataclass(frozen=True, slots=True)
class LedgerUpdate:
    """What one run adds to the ledger; doing it twice is doing it once.

    Attributes:
        purchases: as they stand by now, in the order in which they came to stand so.
        answers: of finished tasks, oldest first.
        posted: ids of findings that have a comment.
    """

    purchases: tuple[Purchase, ...] = ()
    answers: tuple[Answered, ...] = ()
    edits: tuple[LedgerEdit, ...] = ()
    posted: frozenset[str] = frozenset()

    def with_purchase(self, purchase: Purchase) -> LedgerUpdate:
        """One more purchase, or another state of one."""
        return replace(self, purchases=(*self.purchases, purchase))

    def with_answer(self, answer: Answered) -> LedgerUpdate:
        """One more answer, in place of what was known of its task."""
        others = tuple(one for one in self.answers if one.task_id != answer.task_id)
        return replace(self, answers=(*others, answer))


def told_apart(ledger: Ledger, changes: LedgerUpdate) -> LedgerUpdate:
    """The changes with the ids under which their findings are remembered: those that the comments have to name."""
    known, answers = remembered(ledger.findings.records), []
    for answer in changes.answers:
        placed = assign_ids(answer.placed, known)
        known |= said(placed)
        answers.append(replace(answer, placed=placed))
    return replace(changes, answers=tuple(answers))


def applied(ledger: Ledger, changes: LedgerUpdate, change_index: ChangeIndex) -> Ledger:
    """The ledger with the changes, its findings as the change is now."""
    for purchase in changes.purchases:
        ledger = ledger.with_purchase(purchase)
    stood = ledger.stood(change_index.change)
    findings = update_states(ledger.findings, change_index, stood)
    for answer in changes.answers:
        findings = absorb(findings, answer, change_index, stood)
    ledger = apply_edits(replace(ledger, findings=findings), changes.edits, change_index)
    return ledger.with_posted(changes.posted).with_judged(change_index.change)
