"""Collecting: the finished reviews of all pull requests are published, and nothing is bought but what was postponed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from reviewbot.app.comments.commands import catch_up
from reviewbot.app.context import Ports
from reviewbot.app.load import checked_settings
from reviewbot.app.review import review_pull_request
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.ledger.codec import is_waiting
from reviewbot.domain.machine.known import Cancels
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.policy.verdict import Outcome, collected
from reviewbot.errors import PermissionMissing, ReviewbotError, ServiceRefused, ServiceUnreachable
from reviewbot.settings import Settings, peek_settings


def collect_finished(ports: Ports, inputs: Mapping[str, str]) -> Outcome:
    """Look up the open reviews, oldest pull request first; one that fails never stops the next, whatever it fails by.

    A bug of ours that one of them meets is raised when the others have had their turn.

    Raises:
        SettingsError: the settings are wrong, so nobody knows which checks are ours.
        ForgeError: the open pull requests cannot be listed.
        ReviewDidNotHappen: CodeVF does not take the key, or there is none.
    """
    settings = checked_settings(ports, inputs, ports.forge.config(peek_settings(inputs).config_file))
    waiting, outcomes = _waiting(ports, settings), dict[int, Outcome | None]()
    if waiting:
        _check_key(ports, settings)
    with ExitStack() as turns:  # it goes on after whatever one of them raises, and raises that at its end
        for number in reversed(waiting):
            turns.callback(_turn, ports, inputs, number, outcomes, turns)
    return collected(outcomes)


def _check_key(ports: Ports, settings: Settings) -> None:
    """Pass, or find that no review can be looked up: else each check would say that it did not happen.

    Raises:
        NoKey: there is no key.
        ServiceRefused: CodeVF does not take it.
    """
    try:
        ports.open_service(settings).balance()
    except (ServiceUnreachable, ServiceRefused) as error:
        if isinstance(error, ServiceRefused) and error.is_unauthorized:
            raise
        ports.reporter.say(f"{error.message} What is open stays open.")


def _turn(
    ports: Ports, inputs: Mapping[str, str], number: int, outcomes: dict[int, Outcome | None], turns: ExitStack
) -> None:
    """Collect one pull request; None stands for an outcome that is not known."""
    outcomes[number] = None
    try:
        outcomes[number] = _collect(ports, inputs, number)
    except ReviewbotError as error:
        ports.reporter.say(f"#{number}: {error.message}")
    except KeyboardInterrupt:
        turns.pop_all()  # whoever is told to stop stops
        raise


def _collect(ports: Ports, inputs: Mapping[str, str], number: int) -> Outcome:
    snapshot = catch_up(ports, inputs, number)
    # No run may have seen it closed.
    cancels = Cancels.NONE if snapshot.pull.is_open else Cancels.NOT_BEGUN
    return review_pull_request(ports, inputs, DispatchEvent(number, ""), snapshot, may_buy=False, cancels=cancels)


def _waiting(ports: Ports, settings: Settings) -> tuple[int, ...]:
    """The pull requests with an open review: by their check runs, or by our summaries where there are none.

    A token that may read check runs and not write them leaves pull requests without any.
    """
    known: tuple[int, ...] = ()
    unknown = None
    if settings.check_run:
        try:
            waiting = ports.forge.waiting(settings.check_names)
            known, unknown = waiting.known, waiting.unknown
        except PermissionMissing as error:
            ports.reporter.say(f"{error.message} The summary comments are read instead.")
    if unknown == frozenset():
        return tuple(sorted(known))
    told = ports.forge.summaries(summary_mark(settings.instance), unknown)
    return tuple(sorted({*known, *(number for number, comment in told if is_waiting(comment.body))}))
