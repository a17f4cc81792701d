"""The ledger during a run: as read from GitHub, and with the changes of the run."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracked_finding import Bypass
from reviewbot.domain.github.pull_request import CheckRun, Comment
from reviewbot.domain.ledger.edits import Unwaive
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Ledger, PurchaseKey
from reviewbot.domain.ledger.update import LedgerUpdate, applied, assign_recorded_ids
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


class LedgerVersions(Struct, frozen=True, dict=True):
    """The ledger as read, and the update of this run. `change_index` is None before the change is read."""

    written: Ledger = field(default_factory=Ledger)
    update: LedgerUpdate = field(default_factory=LedgerUpdate)
    change_index: ChangeIndex | None = None

    @classmethod
    def of(cls, written: Ledger, update: LedgerUpdate, change_index: ChangeIndex | None) -> LedgerVersions:
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

    def stored(self, ledger: Ledger) -> LedgerVersions:
        """Copy the fields that a write sets: `counter`, `seen`, `opinions` and `stated`."""
        now = replace(self.written, counter=ledger.counter, seen=ledger.seen, opinions=ledger.opinions)
        return replace(self, written=replace(now, stated=ledger.stated))
