"""Read the pull request again, after users, pushes and other runs may have changed it."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.reviewer.read_result import placed_now
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.finish import move_to_new_head, replace_answers, take_reread
from reviewbot.domain.machine.known import Known

MOST_HEADS = 3
"""How many times a run reads yet another head before it publishes."""


def refresh(run: RunContext, known: Known) -> Known:
    """Read the pull request again, and update the state of the run.

    If the head has moved, findings are located on the new head by the quoted code. The verdict stays on the old head.
    """
    reviewed = known.snapshot.pull.head_sha
    snapshot, change = _read(run, reviewed, run.read_snapshot())
    now = _with_ledger(run, known, snapshot)
    if change is None:
        return now
    head = snapshot.pull.head_sha
    run.note(f"The head moved to {head[:7]} during the run, but this review covers {reviewed[:7]}.")
    now = move_to_new_head(now, reviewed, prepare(run, snapshot, change))
    purchases = {one.task_id: one for one in (*now.stored.ledger.purchases, *now.ledgers.update.purchases)}
    answers = (placed_now(run, now, purchases[one.task_id], one.report) for one in now.ledgers.update.answers)
    return replace_answers(now, tuple(answers))


def _with_ledger(run: RunContext, known: Known, snapshot: Snapshot) -> Known:
    digest = known.purchase.identity if known.purchase else ""
    return take_reread(known, snapshot, read_ledger(run, snapshot, digest, known.wrote.summary))


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
