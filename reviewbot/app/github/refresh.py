"""Read the pull request again, after users, pushes and other runs may have changed it."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.reviewer.read_result import placed_now
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.merge import merge
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import NewHead, Reread
from reviewbot.values import replace

MOST_HEADS = 3
"""How many times a run reads yet another head before it publishes."""


def refresh(run: RunContext, known: Known) -> Reread | NewHead:
    """Read the pull request and the ledger again.

    If the head has moved, findings are located on the new head by the quoted code. The verdict stays on the old head.
    """
    snapshot, change = _read(run, known.snapshot.pull.head_sha, run.read_snapshot())
    digest = known.purchase.identity if known.purchase else ""
    stored = read_ledger(run, snapshot, digest, known.wrote.summary)
    if change is None:
        return Reread(snapshot, stored, None)
    found = NewHead(snapshot, stored, prepare(run, snapshot, change), known.ledgers.update.answers)
    now = merge(known, found)
    purchases = {one.task_id: one for one in (*now.stored.ledger.purchases, *now.ledgers.update.purchases)}
    answers = (placed_now(run, now, purchases[one.task_id], one.report) for one in now.ledgers.update.answers)
    return replace(found, answers=tuple(answers))


def _read(
    run: RunContext, reviewed: str, snapshot: Snapshot, left: int = MOST_HEADS
) -> tuple[Snapshot, ChangeSet | None]:
    """Read the change if the head has moved, and return it with the pull request.

    The pull request is read last, so that other runs have little time to write before this run does. If the head keeps
    moving, the last head whose change was read counts, because a run follows for each newer head.
    """
    if snapshot.pull.head_sha == reviewed:
        return snapshot, None
    before, change = snapshot.pull, load_change(run.ports, snapshot)
    now = run.read_snapshot()
    if (now.pull.head_sha, now.pull.base_sha) == (before.head_sha, before.base_sha):
        return now, change
    return _read(run, reviewed, now, left - 1) if left else (snapshot, change)
