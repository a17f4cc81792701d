"""The pull request as it is by now: people, pushes and other runs went on while this one worked or waited."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.reviewer.read_result import placed_now
from reviewbot.domain.ledger.edits import Waive
from reviewbot.domain.ledger.memory import Memory
from reviewbot.domain.machine.known import Known


def refresh(run: RunContext, known: Known) -> Known:
    """Read again, and add what this run knows to what is there now.

    On a head that has moved, every answer is placed anew by its code; the verdict stays with the reviewed head.

    Raises:
        ReviewbotError: GitHub cannot be read.
    """
    before, snapshot = known, run.read_snapshot()
    stored = read_ledger(run, snapshot, known.purchase.identity if known.purchase else "")
    # What was not believed at first is not believed later because this run has written it anew.
    stored = replace(stored, claimed=max(stored.claimed, known.stored.claimed), lost=stored.lost or known.stored.lost)
    known = replace(known, snapshot=snapshot, read_again=True, stored=stored, summary=stored.summary)
    reviewed, head = before.snapshot.pull.head_sha, snapshot.pull.head_sha
    if head == reviewed:
        return replace(known, memory=Memory.of(stored.ledger, known.memory.update, known.change.index))
    run.degraded.say(f"The head moved to {head[:7]} meanwhile: this review is of {reviewed[:7]}.")
    superseded = any(entry.head_sha == head for entry in stored.ledger.purchases)
    change = prepare(run, snapshot, load_change(run.ports, snapshot.pull))
    known = replace(known, change=change, reviewed_sha=known.reviewed_sha or reviewed, superseded=superseded)
    purchases = {entry.task_id: entry for entry in (*stored.ledger.purchases, *known.memory.update.purchases)}
    answers = (placed_now(run, known, purchases[one.task_id], one.report) for one in known.memory.update.answers)
    # Without the waivers: whoever gave one has looked at other code.
    edits = tuple(one for one in known.memory.update.edits if not isinstance(one, Waive))
    update = replace(known.memory.update, answers=tuple(answers), edits=edits)
    return replace(known, memory=Memory.of(stored.ledger, update, change.index))
