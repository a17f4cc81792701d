"""The pull request as it is by now: people, pushes and other runs went on while this one worked or waited."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.context import RunContext
from reviewbot.app.ledger_store import read_ledger
from reviewbot.app.read_change import load_change, prepare
from reviewbot.app.read_result import placed_now
from reviewbot.app.story import Story
from reviewbot.domain.ledger.edits import LedgerEdit, Waive
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.update import LedgerUpdate


def refresh(run: RunContext, story: Story) -> tuple[RunContext, Story]:
    """Read again, and add what this run knows to what is there now.

    On a head that has moved, every answer is placed anew by its code; the verdict stays with the reviewed head.

    Raises:
        ReviewbotError: GitHub cannot be read.
    """
    now = run.read_again()
    memory = read_ledger(run, now, story.purchase.identity if story.purchase else "")
    story = replace(story, there=now, summary=memory.summary)
    reviewed = run.snapshot.pull.head_sha
    if now.pull.head_sha == reviewed:
        return run, story.learned(story.changes, written=memory.ledger)
    run.degraded.say(f"The head moved to {now.pull.head_sha[:7]} meanwhile: this review is of {reviewed[:7]}.")
    run = replace(run, snapshot=now)
    story = replace(story, prepared=prepare(run, load_change(run.ports, now.pull)))
    superseded = any(entry.head_sha == now.pull.head_sha for entry in memory.ledger.purchases)
    story = replace(story, reviewed_sha=story.reviewed_sha or reviewed, superseded=superseded)
    return run, story.learned(_placed_anew(run, story, memory.ledger), written=memory.ledger)


def _placed_anew(run: RunContext, story: Story, ledger: Ledger) -> LedgerUpdate:
    """What this run knows, with every answer on the change that is there now."""
    purchases = {entry.task_id: entry for entry in (*ledger.purchases, *story.changes.purchases)}
    answers = (placed_now(run, story.read, purchases[one.task_id], one.report) for one in story.changes.answers)
    return replace(story.changes, answers=tuple(answers), edits=_for_any_head(story.changes))


def _for_any_head(changes: LedgerUpdate) -> tuple[LedgerEdit, ...]:
    """Without the waivers: whoever gave one has looked at other code."""
    return tuple(one for one in changes.edits if not isinstance(one, Waive))
