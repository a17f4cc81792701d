"""Collect the finished reviews of one repository."""

from __future__ import annotations

from reviewbot.app.collect.recorder import Recorder
from reviewbot.app.collect.turns import take_turns
from reviewbot.app.comments.commands import catch_up
from reviewbot.app.context import Ports
from reviewbot.app.load import checked_settings
from reviewbot.app.review import review_pull_request
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.ledger.codec import is_waiting
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.review import NOT_BEGUN
from reviewbot.domain.policy.collection import LEFT_TO_OTHERS, Lookup
from reviewbot.errors import PermissionMissing, ReviewbotError, ServiceRefused, ServiceUnreachable
from reviewbot.settings import Settings, peek_settings
from reviewbot.values import replace


def collect_repository(ports: Ports, repository: str, recorder: Recorder) -> None:
    """Look up the open reviews of a repository, oldest pull request first. An error does not stop the next lookup.

    Raises:
        SettingsError: the settings are invalid, so the names of the checks are unknown.
        ForgeError: the open pull requests cannot be listed.
        ReviewDidNotHappen: CodeVF does not accept the key, or there is no key.
    """
    settings = checked_settings(ports, ports.forge.config(peek_settings(ports.inputs).config_file))
    waiting = _waiting(ports, settings)
    if waiting:
        _check_key(ports, settings)
    recording = replace(ports, reporter=recorder)
    lookups = [Lookup(repository, number, {}) for number in waiting]
    take_turns(lookups, lambda lookup: _look_up(recording, lookup, recorder))


def is_exhausted(ports: Ports) -> bool:
    """Return whether GitHub's rate limit leaves too few requests for another pull request."""
    left = ports.installation.requests_left if ports.installation else None
    return left is not None and left <= LEFT_TO_OTHERS


def _check_key(ports: Ports, settings: Settings) -> None:
    """Raise if the key is missing or rejected. Otherwise, each check run would report that no review happened."""
    try:
        ports.open_service(settings).balance()
    except (ServiceUnreachable, ServiceRefused) as error:
        if isinstance(error, ServiceRefused) and error.is_unauthorized:
            raise
        ports.reporter.say(f"{error.message} Open reviews stay open.")


def _look_up(ports: Ports, lookup: Lookup, recorder: Recorder) -> None:
    if is_exhausted(ports):
        recorder.unreached.append(lookup.name)
        return
    error = "A bug in reviewbot stopped the lookup."
    recorder.values = {}
    try:
        _collect(ports, lookup.number)
        error = ""
    except ReviewbotError as failure:
        error = failure.message
        recorder.say(f"{lookup.name}: {error}")
    except KeyboardInterrupt:
        error = "The run was interrupted."
        raise
    finally:
        recorder.lookups.append(replace(lookup, outputs={} if error else recorder.values, error=error))


def _collect(ports: Ports, number: int) -> None:
    snapshot = catch_up(ports, number)
    # There may have been no run when the pull request was closed, so its pending tasks are cancelled here.
    cancels = frozenset() if snapshot.pull.is_open else NOT_BEGUN
    review_pull_request(ports, StartReview(DispatchEvent(number, ""), cancels=cancels), snapshot)


def _waiting(ports: Ports, settings: Settings) -> tuple[int, ...]:
    """Return the pull requests with an open review, according to check runs or, if they have none, summary comments.

    A pull request has no check runs if the token of earlier runs lacked `checks: write`.
    """
    known: tuple[int, ...] = ()
    unknown = None
    if settings.check_run:
        try:
            waiting = ports.forge.waiting(settings.check_names)
            known, unknown = waiting.known, waiting.unknown
        except PermissionMissing as error:
            ports.reporter.say(f"{error.message} reviewbot reads the summary comments instead.")
    if unknown == frozenset():
        return tuple(sorted(known))
    summaries = ports.forge.summaries(summary_mark(settings.instance), unknown)
    return tuple(sorted({*known, *(number for number, comment in summaries if is_waiting(comment.body))}))
