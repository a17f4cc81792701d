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
from reviewbot.values import replace


def refresh(run: RunContext, known: Known) -> Known:
    """Read the pull request again, and update the state of the run.

    If the head has moved, findings are located on the new head by the quoted code. The verdict stays on the old head.
    """
    reviewed = known.snapshot.pull.head_sha
    snapshot, change = _read(run, reviewed)
    now = replace(_with_ledger(run, known, snapshot), read_again=True)
    if change is None:
        return now
    head = snapshot.pull.head_sha
    run.degraded.say(f"The head moved to {head[:7]} during the run, but this review covers {reviewed[:7]}.")
    now = move_to_new_head(now, reviewed, prepare(run, snapshot, change))
    purchases = {one.task_id: one for one in (*now.stored.ledger.purchases, *now.memory.update.purchases)}
    answers = (placed_now(run, now, purchases[one.task_id], one.report) for one in now.memory.update.answers)
    return replace_answers(now, tuple(answers))


def read_ledger_again(run: RunContext, known: Known) -> Known:
    """Read the pull request and the ledger again, but not the change of a newer head (see `head_has_moved`)."""
    return _with_ledger(run, known, run.read_snapshot())


def head_has_moved(known: Known, now: Known) -> bool:
    return now.snapshot.pull.head_sha != known.snapshot.pull.head_sha


def _with_ledger(run: RunContext, known: Known, snapshot: Snapshot) -> Known:
    digest = known.purchase.identity if known.purchase else ""
    return take_reread(known, snapshot, read_ledger(run, snapshot, digest, known.wrote.summary))


def _read(run: RunContext, reviewed: str) -> tuple[Snapshot, ChangeSet | None]:
    """Read the pull request. If the head has moved, also read the change.

    The pull request is read last, so that other runs have little time to write before this run does.
    """
    snapshot = run.read_snapshot()
    while snapshot.pull.head_sha != reviewed:
        before = snapshot.pull
        change = load_change(run.ports, snapshot)
        snapshot = run.read_snapshot()
        if (snapshot.pull.head_sha, snapshot.pull.base_sha) == (before.head_sha, before.base_sha):
            return snapshot, change
    return snapshot, None
