"""What was remembered on GitHub: the ledger in the summary, and the short copies in the head's check runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from reviewbot.app.run import Run
from reviewbot.domain.gate import Coverage
from reviewbot.domain.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger_text import decode
from reviewbot.domain.plan import summaries
from reviewbot.domain.records import Findings
from reviewbot.domain.short_copy import SHORT_IDENTITY, ShortCopy, read_short_copy
from reviewbot.domain.snapshot import Comment, Snapshot


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run may believe.

    Attributes:
        ledger: signed, with what the head's check runs remember beside it.
        claimed: credits of a ledger that is not believed otherwise; they count against the budget.
        problem: why the ledger is not believed, empty when it is.
        summary: our summary comment.
    """

    ledger: Ledger
    claimed: Decimal
    problem: str
    summary: Comment | None


def _key(purchase: Purchase) -> tuple[str, int]:
    """A purchase as a check run's copy names it."""
    return purchase.identity[:SHORT_IDENTITY], purchase.attempt


def read_memory(run: Run, snapshot: Snapshot, digest: str) -> Memory:
    """Read the ledger of the summary comment and the check runs' copies.

    Args:
        run: whose settings sign.
        snapshot: of now.
        digest: of the change's identity; a copy holds the beginning of it alone.
    """
    signer, keep = run.signer, summaries(snapshot.comments, run.settings.instance).keep
    copies = tuple(copy for check in snapshot.checks if (copy := read_short_copy(check.external_id, signer)))
    if keep is None:
        return Memory(_with_copies(run, Ledger(), copies, digest), Decimal(0), "", None)
    reading = decode(keep.body, signer, edited_by_other=not keep.edited_by_us)
    # A free review lives as long as its run, and its ledger is signed with no key: what it found is not believed.
    ledger = reading.ledger if run.paid else replace(reading.ledger, findings=Findings(), bypass=None)
    claimed = reading.spent if reading.problem else Decimal(0)
    return Memory(_with_copies(run, ledger, copies, digest), claimed, reading.problem, keep)


def _with_copies(run: Run, ledger: Ledger, copies: tuple[ShortCopy, ...], digest: str) -> Ledger:
    """The ledger with what only the check runs remember."""
    for copy in sorted(copies, key=lambda one: (one.attempt, bool(one.task_id))):
        known = next((one for one in ledger.purchases if _key(one) == (copy.identity, copy.attempt)), None)
        if known is None:
            ledger = ledger.with_purchase(_adopted(run, copy, digest))
            # The findings of the reviews before it are not in the copy; the ledger may have them.
            remembered = not copy.since or any(one.head_sha == copy.since for one in ledger.purchases)
            broken = ledger.findings.broken or not remembered
            ledger = replace(ledger, findings=replace(ledger.findings, broken=broken))
        elif copy.task_id and not known.task_id:
            ledger = ledger.with_purchase(replace(known, state=TaskState.OPEN, task_id=copy.task_id))
    return ledger


def _adopted(run: Run, copy: ShortCopy, digest: str) -> Purchase:
    """A purchase as far as its copy tells it; whether it is over, the service knows."""
    ours = digest.startswith(copy.identity)
    return Purchase(
        identity=digest if ours else copy.identity,
        attempt=copy.attempt,
        state=TaskState.OPEN if copy.task_id else TaskState.INTENT,
        task_id=copy.task_id,
        head_sha=run.snapshot.pull.head_sha if ours else "",
        hold=copy.hold,
        used=copy.used,
        submitted_at=run.world.clock.now().isoformat(timespec="seconds"),
        coverage=Coverage.PARTIAL if copy.missed else Coverage.FULL,
        missed=copy.missed,
        rung=copy.rung,
        judgement=run.judgement,
        since=copy.since,
        base_ref=run.snapshot.pull.base_ref,
        confirms=bool(copy.since),
    )
