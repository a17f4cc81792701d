"""Handle a closed pull request: cancel pending tasks, publish finished reviews, record 👍 and 👎 on the findings."""

from __future__ import annotations

from reviewbot.app.context import Ports, RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.summary_comment import record_opinions
from reviewbot.app.load import load_settings, load_snapshot
from reviewbot.app.questions.ask import settle_questions
from reviewbot.app.review import review_pull_request
from reviewbot.domain.model.events import ClosedEvent, DispatchEvent
from reviewbot.domain.model.review import NOT_BEGUN
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.render.renderer import Renderer


def handle_closed(ports: Ports, event: ClosedEvent) -> Outcome:
    """Cancel pending tasks and publish finished reviews, or record the reactions if no purchase or question is open."""
    settings, snapshot = load_settings(ports, load_snapshot(ports, event.number))
    run = RunContext.of(ports, settings, snapshot, Renderer())
    stored = read_ledger(run, snapshot, must_read=False)
    closed = f"Pull request #{event.number} was closed."
    if snapshot.pull.is_open or settings.dry_run or not settings.paid:
        return not_due(Reason.CLOSED, closed)
    if not stored.ledger.is_open:
        record_opinions(run, snapshot, stored)
        return not_due(Reason.CLOSED, closed)
    trigger = DispatchEvent(event.number, event.sender)
    outcome = review_pull_request(ports, trigger, snapshot, may_buy=False, cancels=NOT_BEGUN)
    settle_questions(ports, run.read_snapshot())
    message = f" {outcome.message}" if outcome.message else ""
    return not_due(Reason.CLOSED, f"{closed} Review result: {outcome.reason.value}.{message}")
