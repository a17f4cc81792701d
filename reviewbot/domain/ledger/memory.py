"""The ledger in a run: the ledger as it was read, the update of the run, and their combination."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracked_finding import Bypass
from reviewbot.domain.findings.tracking import ChangeIndex
from reviewbot.domain.github.pull_request import CheckRun, Comment
from reviewbot.domain.ledger.external_id import SHORT_IDENTITY, ExternalId
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.update import LedgerUpdate, applied, assign_recorded_ids
from reviewbot.values import replace

PurchaseKey = tuple[str, int]
"""The beginning of a purchase's identity, as stored in a check run, and the attempt."""


def purchase_key(purchase: Purchase) -> PurchaseKey:
    return purchase.identity[:SHORT_IDENTITY], purchase.attempt


class StoredLedger(Struct, frozen=True):
    """The trusted part of the ledger on GitHub.

    Attributes:
        ledger: the signed ledger with the additions from the check runs.
        claimed: credits of an untrusted ledger, which count against the budget.
        problem: why the ledger is not trusted, or empty.
        lost: whether earlier purchases may exist that `ledger` does not contain.
        doubled: whether two concurrent runs each wrote a summary. `ledger` contains both.
        on_head: the copies signed with this key in reviewbot's check runs on the head, by check run id.
        finished: the purchases whose end an earlier run has recorded. `ledger` may contain such a purchase as open,
            because only CodeVF has its findings.
        older_checks: the check runs of older heads and other bases that were read for the ledger, including check runs
            of replaced heads.
        ended: the bypass of an earlier head or base, which `ledger` does not contain.
    """

    ledger: Ledger = field(default_factory=Ledger)
    claimed: Decimal = Decimal(0)
    problem: str = ""
    lost: bool = False
    summary: Comment | None = None
    doubled: bool = False
    on_head: Mapping[int, ExternalId] = field(default_factory=dict)
    finished: frozenset[PurchaseKey] = frozenset()
    older_checks: tuple[CheckRun, ...] = ()
    ended: Bypass | None = None

    @property
    def kept(self) -> Ledger:
        """The ledger for a write without a review. An ended bypass is kept, so that a review can withdraw its check."""
        return replace(self.ledger, bypass=self.ledger.bypass or self.ended)


class Memory(Struct, frozen=True, dict=True):
    """The ledger as it was read, and the update of this run.

    Attributes:
        change_index: the index of the change, or None before the change is read.
    """

    written: Ledger = field(default_factory=Ledger)
    update: LedgerUpdate = field(default_factory=LedgerUpdate)
    change_index: ChangeIndex | None = None

    @classmethod
    def of(cls, written: Ledger, update: LedgerUpdate, change_index: ChangeIndex) -> Memory:
        """Combine the ledger and the update. Findings in answers get their recorded ids."""
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
        """Copy the values that a write has set in `ledger`: counter, pull request, opinions and `stated`."""
        now = replace(self.written, counter=ledger.counter, seen=ledger.seen, opinions=ledger.opinions)
        return replace(self, written=replace(now, stated=ledger.stated))
