"""What was remembered on GitHub: the ledger in the summary, and the short copies in the head's check runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reviewbot.app.run import Run
from reviewbot.domain.gate import Coverage
from reviewbot.domain.identity import Identity
from reviewbot.domain.ledger import Ledger, Purchase, ShortCopy, TaskState, decode, read_short_copy
from reviewbot.domain.plan import summaries
from reviewbot.domain.snapshot import Comment, Snapshot


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run may believe.

    Attributes:
        ledger: signed, or empty.
        copies: of the head's check runs, signed.
        spent: credits that count against the budget, signed or not.
        problem: why the ledger is not believed, empty when it is.
        summary: our summary comment.
    """

    ledger: Ledger
    copies: tuple[ShortCopy, ...]
    spent: Decimal
    problem: str
    summary: Comment | None


def read_memory(run: Run, snapshot: Snapshot) -> Memory:
    """Read the ledger of the summary comment and the check runs' copies."""
    signer, keep = run.signer, summaries(snapshot.comments, run.settings.instance).keep
    copies = tuple(copy for check in snapshot.checks if (copy := read_short_copy(check.external_id, signer)))
    if keep is None:
        return Memory(Ledger(), copies, _spent_by(copies), "", None)
    reading = decode(keep.body, signer, edited_by_other=not keep.edited_by_us)
    return Memory(reading.ledger, copies, max(reading.spent, _spent_by(copies)), reading.problem, keep)


def _spent_by(copies: tuple[ShortCopy, ...]) -> Decimal:
    latest = {(copy.identity, copy.attempt): copy for copy in copies}
    return sum((copy.cost for copy in latest.values()), Decimal(0))


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
