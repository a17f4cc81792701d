"""Collects the finished reviews of the workflow's repository, or of the repositories that the input lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from msgspec import Struct, field

from reviewbot.app.collect.recorder import Recorder
from reviewbot.app.collect.repository import Progress, collect_repository, is_exhausted
from reviewbot.app.context import Ports
from reviewbot.domain.policy.collection import Collection, Failure
from reviewbot.errors import ReviewbotError
from reviewbot.ports import Installation
from reviewbot.render.collection import collection_summary
from reviewbot.settings import peek_settings
from reviewbot.settings.readers import INSTALLATION
from reviewbot.values import replace


def collect_finished(ports: Ports, inputs: Mapping[str, str]) -> Collection:
    """Publish the finished reviews, and list them in the job summary.

    Raises:
        ReviewbotError: no repository could be looked through.
    """
    progress = Progress(Recorder(ports.reporter))
    wanted, installation = peek_settings(inputs).repositories, ports.installation
    work = _Everywhere(progress)
    try:
        if wanted and installation:
            work.collect(ports, inputs, installation, _names(installation, wanted))
        else:
            repository = installation.repository if installation else ""
            collect_repository(ports, inputs, repository, progress)
            work.done = 1
    finally:
        collection = work.collection()
        if collection != Collection(repositories=0):
            ports.reporter.job_summary(collection_summary(collection))
        for summary in progress.recorder.summaries:
            ports.reporter.job_summary(summary)
    return collection


def _names(installation: Installation, wanted: Sequence[str]) -> list[str]:
    """Return full names, each once; one without an owner has the owner of the workflow's repository."""
    owner = installation.repository.partition("/")[0]
    listed = installation.names() if wanted == (INSTALLATION,) else wanted
    full: dict[str, str] = {}
    for name in listed:
        whole = name if "/" in name else f"{owner}/{name}"
        full.setdefault(whole.casefold(), whole)
    return list(full.values())


class _Everywhere(Struct):
    """A collection in several repositories.

    Attributes:
        done: how many repositories were looked through to the end.
    """

    progress: Progress
    failures: list[Failure] = field(default_factory=list)
    done: int = 0

    def collection(self) -> Collection:
        progress = self.progress
        return Collection(tuple(progress.lookups), tuple(self.failures), tuple(progress.unreached), self.done)

    def collect(
        self, ports: Ports, inputs: Mapping[str, str], installation: Installation, names: Sequence[str]
    ) -> None:
        """Collect in random order, so that a rate limit does not always leave out the same repositories."""
        with ExitStack() as turns:  # as in `collect_repository`
            for name in ports.rng.sample(names, len(names)):
                turns.callback(self._turn, ports, inputs, installation, name, turns)

    def _turn(
        self, ports: Ports, inputs: Mapping[str, str], installation: Installation, name: str, turns: ExitStack
    ) -> None:
        if is_exhausted(ports):
            self.progress.unreached.append(name)
            return
        self.progress.recorder.is_elsewhere = name.casefold() != installation.repository.casefold()
        forge, changes = installation.at(name)
        try:
            collect_repository(replace(ports, forge=forge, changes=changes), inputs, name, self.progress)
            self.done += 1
        except ReviewbotError as error:
            details = f" {error.hint}" if error.hint else ""
            ports.reporter.say(f"{name}: {error.message}{details}")
            self.failures.append(Failure(name, error.message, error.exit_status))
        except KeyboardInterrupt:
            turns.pop_all()
            raise
