"""Buy the deferred reviews of a head after other checks of this head have finished."""

from __future__ import annotations

from reviewbot.app.collect.turns import take_turns
from reviewbot.app.comments.commands import catch_up
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.load import load_settings
from reviewbot.app.review import review_pull_request
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.model.events import ChecksEvent, DispatchEvent
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ReviewbotError
from reviewbot.render.renderer import Renderer


def buy_deferred(ports: Ports, event: ChecksEvent) -> Outcome | None:
    """Buy the deferred reviews of the open pull requests with this head, after executing their missed commands.

    Anyone can cause such an event, so the pull requests are read from GitHub, and the purchases from the ledger.

    Returns:
        The outcome of the last run, or None if no purchase is waiting.

    Raises:
        ReviewbotError: one of the pull requests failed. The others are still handled.
    """
    outcomes: list[Outcome | None] = [None]
    errors: list[ReviewbotError] = []

    def buy(number: int) -> None:
        try:
            outcomes.append(_buy(ports, number) or outcomes[-1])
        except ReviewbotError as error:
            ports.reporter.say(f"#{number}: {error.clause}")
            errors.append(error)

    take_turns(ports.forge.with_head(event.branches, event.head_sha), buy)
    if errors:
        raise errors[0]
    return outcomes[-1]


def _buy(ports: Ports, number: int) -> Outcome | None:
    settings, snapshot = load_settings(ports, catch_up(ports, number))
    run = RunContext.of(ports, settings, snapshot, Renderer())
    waits = settings.paid and read_ledger(run, snapshot).ledger.deferred()
    if not waits or settings.dry_run:
        return None
    return review_pull_request(ports, StartReview(DispatchEvent(number, "")), snapshot)
