"""The pull request as it is by now: people, pushes and other runs went on while this one worked or waited."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.answer import placed_now
from reviewbot.app.load import load_change, prepare
from reviewbot.app.memory import read_memory
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain.amendments import Amendment, Waive
from reviewbot.domain.bookkeeping import Changes
from reviewbot.domain.ledger import Ledger


def follow(run: Run, story: Story) -> tuple[Run, Story]:
    """Read again, and add what this run knows to what is there now.

    On a head that has moved, every answer is placed anew by its code; the verdict stays with the reviewed head.

    Raises:
        ReviewbotError: GitHub cannot be read.
    """
    now = run.read_again()
    memory = read_memory(run, now, story.purchase.identity if story.purchase else "")
    story = replace(story, there=now, summary=memory.summary)
    reviewed = run.snapshot.pull.head_sha
    if now.pull.head_sha == reviewed:
        return run, story.learned(story.changes, written=memory.ledger)
    run.degraded.say(f"The head moved to {now.pull.head_sha[:7]} meanwhile: this review is of {reviewed[:7]}.")
    run = replace(run, snapshot=now)
    story = replace(story, prepared=prepare(run, load_change(run.world, now.pull)))
    superseded = any(entry.head_sha == now.pull.head_sha for entry in memory.ledger.purchases)
    story = replace(story, reviewed_sha=story.reviewed_sha or reviewed, superseded=superseded)
    return run, story.learned(_placed_anew(run, story, memory.ledger), written=memory.ledger)


def _placed_anew(run: Run, story: Story, ledger: Ledger) -> Changes:
    """What this run knows, with every answer on the change that is there now."""
    purchases = {entry.task_id: entry for entry in (*ledger.purchases, *story.changes.purchases)}
    answers = (placed_now(run, story.read, purchases[one.task_id], one.report) for one in story.changes.answers)
    return replace(story.changes, answers=tuple(answers), amendments=_for_any_head(story.changes))


def _for_any_head(changes: Changes) -> tuple[Amendment, ...]:
    """Without the waivers: whoever gave one has looked at other code."""
    return tuple(one for one in changes.amendments if not isinstance(one, Waive))
