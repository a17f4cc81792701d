"""A pull request was closed: what nobody has begun is cancelled, what is finished is published.

A review that somebody is writing is left alone: the collection finds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.cancel import cancel
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.ledger_store import read_ledger
from reviewbot.app.read_change import load_settings, load_snapshot
from reviewbot.app.review import review_pull_request
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.model.events import ClosedEvent, DispatchEvent
from reviewbot.domain.model.review import TaskStatus
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.render.renderer import Renderer


def cancel_unbegun(run: RunContext, ledger: Ledger) -> None:
    """Cancel the open tasks that nobody has begun.

    Raises:
        NoKey: there is no key to do it with.
    """
    tasks = [one.task_id for one in ledger.open_tasks()] if run.paid else []
    if tasks:
        cancel(run, run.open_service(), tasks, lambda task: task.status is TaskStatus.PENDING)


def leave(ports: Ports, inputs: Mapping[str, str], event: ClosedEvent) -> Outcome:
    """End what is open on a closed pull request, as far as nobody works on it.

    Raises:
        ReviewbotError: GitHub or the service could not be asked.
    """
    number, started = event.number, ports.clock.monotonic()
    snapshot = load_snapshot(ports, inputs, number)
    settings, snapshot = load_settings(ports, inputs, snapshot)
    trigger = DispatchEvent(number, event.sender)
    run = RunContext(ports, settings, trigger, snapshot, Renderer({}), started, may_buy=False)
    ledger = read_ledger(run, snapshot, "").ledger
    closed = f"The pull request #{number} was closed."
    left = ledger.open_tasks() or ledger.postponed() or ledger.intents()
    if snapshot.pull.is_open or settings.dry_run or not (run.paid and left):
        return not_due(Reason.CLOSED, closed)
    cancel_unbegun(run, ledger)
    outcome = review_pull_request(ports, inputs, trigger, number, may_buy=False)
    told = f" {outcome.message}" if outcome.message else ""
    return not_due(Reason.CLOSED, f"{closed} Its review: {outcome.reason.value}.{told}")
