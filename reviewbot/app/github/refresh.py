"""Read the pull request again, after users, pushes and other runs may have changed it."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.reviewer.read_result import placed_now
from reviewbot.domain.machine.finish import on_new_head, placed_again, reread
from reviewbot.domain.machine.known import Known


def refresh(run: RunContext, known: Known) -> Known:
    """Read the pull request again, and apply what this run knows to it.

    If the head has moved, every answer is placed again by its code; the verdict stays with the reviewed head.

    Raises:
        ReviewbotError: GitHub cannot be read.
    """
    snapshot = run.read_snapshot()
    now = reread(known, snapshot, read_ledger(run, snapshot, known.purchase.identity if known.purchase else ""))
    reviewed, head = known.snapshot.pull.head_sha, snapshot.pull.head_sha
    if head == reviewed:
        return now
    run.degraded.say(f"The head moved to {head[:7]} during the run; this review is of {reviewed[:7]}.")
    now = on_new_head(now, reviewed, prepare(run, snapshot, load_change(run.ports, snapshot.pull)))
    purchases = {one.task_id: one for one in (*now.stored.ledger.purchases, *now.memory.update.purchases)}
    answers = (placed_now(run, now, purchases[one.task_id], one.report) for one in now.memory.update.answers)
    return placed_again(now, tuple(answers))
