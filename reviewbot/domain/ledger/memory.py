"""What a run knows of the ledger: as it was read, what the run adds to it, and both together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracking import ChangeIndex
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.update import LedgerUpdate, applied, told_apart


@dataclass(frozen=True, slots=True)
class StoredLedger:
    """The ledger on GitHub, as far as it is believed.

    Attributes:
        ledger: signed, with what the check runs remember beside it.
        claimed: credits of a ledger that is not believed otherwise; they count against the budget.
        problem: why the ledger is not believed, empty when it is.
        lost: whether there was a review here of which nothing says what it cost.
        summary: our summary comment.
        doubled: whether two runs at the same time have written a summary each; what both say is in `ledger`.
        on_head: what each of our check runs on the head remembers, by its id; without those that another key signed.
    """

    ledger: Ledger = field(default_factory=Ledger)
    claimed: Decimal = Decimal(0)
    problem: str = ""
    lost: bool = False
    summary: Comment | None = None
    doubled: bool = False
    on_head: Mapping[int, ExternalId] = field(default_factory=dict)


@dataclass(frozen=True)
class Memory:
    """The ledger as it was read, and what this run adds to it.

    Attributes:
        written: as it was read.
        update: what this run adds.
        change_index: of the change, to look findings up in; None before it is read.
    """

    written: Ledger = field(default_factory=Ledger)
    update: LedgerUpdate = field(default_factory=LedgerUpdate)
    change_index: ChangeIndex | None = None

    @classmethod
    def of(cls, written: Ledger, update: LedgerUpdate, change_index: ChangeIndex) -> Memory:
        """The two together; the findings of answers get the ids under which they are remembered."""
        return cls(written, told_apart(written, update) if update.answers else update, change_index)

    @cached_property
    def ledger(self) -> Ledger:
        """Both together, as it should stand on GitHub."""
        return applied(self.written, self.update, self.change_index) if self.change_index else self.written

    @property
    def has_news(self) -> bool:
        """Whether the run knows something that was not written down when it began."""
        return self.update != LedgerUpdate()

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The findings of every answer that this run has read."""
        return tuple(item for answer in self.update.answers for item in answer.placed)

    def answer_of(self, task_id: str) -> tuple[Placed, ...]:
        """The findings of one task's answer, duplicates included."""
        return next((one.placed for one in self.update.answers if one.task_id == task_id), ())

    def with_purchase(self, purchase: Purchase, change_index: ChangeIndex) -> Memory:
        """With a purchase as it stands now."""
        return Memory.of(self.written, self.update.with_purchase(purchase), change_index)

    def stored(self, ledger: Ledger) -> Memory:
        """Once a ledger is on GitHub, written so many times, for the pull request of that moment."""
        return replace(self, written=replace(self.written, counter=ledger.counter, seen=ledger.seen))

    def moved(self, place: Callable[[Placed], Placed], change_index: ChangeIndex) -> Memory:
        """With other places for the findings of every answer."""
        answers = (replace(one, placed=tuple(map(place, one.placed))) for one in self.update.answers)
        return Memory.of(self.written, replace(self.update, answers=tuple(answers)), change_index)

    def only(self, identity: str, change_index: ChangeIndex) -> Memory:
        """With nothing new but the purchases of one change.

        That is what is written before the end of a run: a ledger that calls the task of an older head done is written
        only after its findings have their comments.
        """
        purchases = tuple(one for one in self.update.purchases if one.identity == identity)
        return Memory.of(self.written, LedgerUpdate(purchases=purchases), change_index)
