"""What was remembered on GitHub: the ledger in the summary, and the short copies in the head's check runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reviewbot.app.run import Run
from reviewbot.domain.gate import Coverage
from reviewbot.domain.identity import Identity
from reviewbot.domain.ledger import SHORT_IDENTITY, Ledger, Purchase, ShortCopy, TaskState, decode, read_short_copy
from reviewbot.domain.plan import summaries
from reviewbot.domain.snapshot import Comment, Snapshot


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run may believe.

    Attributes:
        ledger: signed, or empty.
        copies: of the head's check runs, signed.
        claimed: credits of a ledger that is not believed otherwise; they count against the budget.
        problem: why the ledger is not believed, empty when it is.
        summary: our summary comment.
    """

    ledger: Ledger
    copies: tuple[ShortCopy, ...]
    claimed: Decimal
    problem: str
    summary: Comment | None

    def spent(self, apart_from: Purchase | None = None) -> Decimal:
        """Credits that count against the budget.

        Args:
            apart_from: the intent that is about to be carried out: its hold must not count twice.
        """
        costs = {(copy.identity, copy.attempt): copy.cost for copy in self.copies}
        costs |= {_key(entry): entry.cost for entry in self.ledger.purchases}
        if apart_from is not None:
            costs.pop(_key(apart_from), None)
        return max(self.claimed, sum(costs.values(), self.ledger.forgotten))


def _key(purchase: Purchase) -> tuple[str, int]:
    """A purchase as a check run's copy names it."""
    return purchase.identity[:SHORT_IDENTITY], purchase.attempt


def read_memory(run: Run, snapshot: Snapshot) -> Memory:
    """Read the ledger of the summary comment and the check runs' copies."""
    signer, keep = run.signer, summaries(snapshot.comments, run.settings.instance).keep
    copies = tuple(copy for check in snapshot.checks if (copy := read_short_copy(check.external_id, signer)))
    if keep is None:
        return Memory(Ledger(), copies, Decimal(0), "", None)
    reading = decode(keep.body, signer, edited_by_other=not keep.edited_by_us)
    claimed = reading.spent if reading.problem else Decimal(0)
    return Memory(reading.ledger, copies, claimed, reading.problem, keep)


def recall(run: Run, memory: Memory, identity: Identity) -> Purchase | None:
    """The latest purchase of this change, from the ledger or from a check run's copy of it."""
    digest = identity.digest()
    if (known := memory.ledger.find(digest)) is not None:
        return known
    copies = [copy for copy in memory.copies if digest.startswith(copy.identity)]
    if not copies:
        return None
    latest = max(copies, key=lambda copy: (copy.attempt, bool(copy.task_id)))
    return Purchase(
        identity=digest,
        attempt=latest.attempt,
        state=TaskState.OPEN if latest.task_id else TaskState.INTENT,
        task_id=latest.task_id,
        head_sha=run.snapshot.pull.head_sha,
        hold=latest.hold,
        used=latest.used,
        submitted_at=run.world.clock.now().isoformat(timespec="seconds"),
        coverage=Coverage.PARTIAL if latest.missed else Coverage.FULL,
        missed=latest.missed,
        rung=latest.rung,
        judgement=run.judgement,
    )
