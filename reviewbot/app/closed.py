"""A pull request was closed: what nobody has begun is cancelled, what is finished is published.

A review that somebody is writing is left alone: the collection finds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.cancel import cancel
from reviewbot.app.load import load_settings, load_snapshot
from reviewbot.app.memory import read_memory
from reviewbot.app.review import review_pull_request
from reviewbot.app.run import Run, World
from reviewbot.domain.events import ClosedEvent, DispatchEvent
from reviewbot.domain.gate import Outcome, Reason, not_due
from reviewbot.domain.ledger import Ledger
from reviewbot.domain.model import TaskStatus
from reviewbot.render import Renderer


def cancel_unbegun(run: Run, ledger: Ledger) -> None:
    """Cancel the open tasks that nobody has begun.

    Raises:
        NoKey: there is no key to do it with.
    """
    tasks = [one.task_id for one in ledger.open_tasks()] if run.paid else []
    if tasks:
        cancel(run, run.open_service(), tasks, lambda task: task.status is TaskStatus.PENDING)


def leave(world: World, inputs: Mapping[str, str], event: ClosedEvent) -> Outcome:
    """End what is open on a closed pull request, as far as nobody works on it.

    Raises:
        ReviewbotError: GitHub or the service could not be asked.
    """
    number, started = event.number, world.clock.monotonic()
    snapshot = load_snapshot(world, inputs, number)
    settings, snapshot = load_settings(world, inputs, snapshot)
    trigger = DispatchEvent(number, event.sender)
    run = Run(world, settings, trigger, snapshot, Renderer({}), started, may_buy=False)
    ledger = read_memory(run, snapshot, "").ledger
    closed = f"The pull request #{number} was closed."
    left = ledger.open_tasks() or ledger.postponed() or ledger.intents()
    if snapshot.pull.is_open or settings.dry_run or not (run.paid and left):
        return not_due(Reason.CLOSED, closed)
    cancel_unbegun(run, ledger)
    outcome = review_pull_request(world, inputs, trigger, number, may_buy=False)
    told = f" {outcome.message}" if outcome.message else ""
    return not_due(Reason.CLOSED, f"{closed} Its review: {outcome.reason.value}.{told}")
