"""Collect the finished reviews of the workflow's repository, or of the repositories in the input `repositories`."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.app.collect.recorder import Recorder
from reviewbot.app.collect.repository import collect_repository, is_exhausted
from reviewbot.app.collect.turns import take_turns
from reviewbot.app.context import Ports
from reviewbot.domain.policy.collection import Collection, Failure
from reviewbot.errors import ReviewbotError
from reviewbot.ports import Installation
from reviewbot.render.collection import collection_summary
from reviewbot.settings import peek_settings
from reviewbot.settings.readers import INSTALLATION
from reviewbot.values import replace


def collect_finished(ports: Ports) -> Collection:
    """Publish the finished reviews, and list them in the job summary.

    Raises:
        ReviewbotError: the only repository could not be read, or the installation's repositories could not be listed.
    """
    recorder = Recorder(ports.reporter)
    wanted, installation = peek_settings(ports.inputs).repositories, ports.installation
    try:
        if wanted and installation:
            _collect_everywhere(ports, installation, _names(installation, wanted), recorder)
        else:
            collect_repository(ports, installation.repository if installation else "", recorder)
            recorder.repositories = 1
    finally:
        collection = recorder.collection()
        if collection != Collection(repositories=0):
            ports.reporter.job_summary(collection_summary(collection))
        for summary in recorder.summaries:
            ports.reporter.job_summary(summary)
    return collection


def _names(installation: Installation, wanted: Sequence[str]) -> list[str]:
    """Return full names without duplicates. The owner defaults to the owner of the workflow's repository."""
    owner = installation.repository.partition("/")[0]
    listed = installation.installed() if wanted == (INSTALLATION,) else wanted
    full: dict[str, str] = {}
    for name in listed:
        whole = name if "/" in name else f"{owner}/{name}"
        full.setdefault(whole.casefold(), whole)
    return list(full.values())


def _collect_everywhere(ports: Ports, installation: Installation, names: Sequence[str], recorder: Recorder) -> None:
    """Collect in random order, so that a rate limit does not always affect the same repositories."""

    def collect(name: str) -> None:
        if is_exhausted(ports):
            recorder.unreached.append(name)
            return
        recorder.is_elsewhere = name.casefold() != installation.repository.casefold()
        try:
            collect_repository(replace(ports, forge=installation.at(name)), name, recorder)
            recorder.repositories += 1
        except ReviewbotError as error:
            details = f" {error.hint}" if error.hint else ""
            ports.reporter.say(f"{name}: {error.clause}{details}")
            recorder.failures.append(Failure(name, error.message, error.exit_status))

    take_turns(ports.rng.sample(names, len(names)), collect)
