"""Opens the adapters of a run of the action."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import TextIO

from reviewbot import __version__
from reviewbot.adapters.actions.runner import Runner, Surroundings
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.github.client import Address
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.app.dispatch import Ports
from reviewbot.cli.invocation import signals
from reviewbot.domain.model.events import Event, read_event_text
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.errors import NoKey
from reviewbot.ports import Clock, ReviewService
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import Environment

GRACE_SECONDS = 120
"""How long after the wait's deadline the service may still be asked: the last answer must not be lost to a retry."""

FORK_HINT = (
    "Set `codevf-api-key` from a secret of the repository. Workflows of a fork's pull request get no "
    "secrets under `pull_request`; `pull_request_target` has them."
)


def read_event(environment: Environment) -> Event:
    """The event that the runner wrote down."""
    try:
        text = Path(environment.event_path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return read_event_text(environment.event_name, text)


@contextmanager
def open_ports(environment: Environment, log: TextIO) -> Iterator[Ports]:
    """Open the adapters, and close them at the end."""
    first = peek_settings(environment.inputs)
    token = first.github_token.reveal()
    clock, rng = SystemClock(environment.time_scale), SystemRandom()
    address = Address(environment.api_url, environment.graphql_url, environment.ssl_file)
    surroundings = Surroundings(
        environment.output_file, environment.summary_file, environment.workspace, environment.debug
    )
    with ExitStack() as stack, signals() as interrupts:
        line = Line(environment.ssl_file, environment.proxy, environment.path_env)
        yield Ports(
            forge=stack.enter_context(GitHubForge(token, environment.repository, address, clock)),
            changes=GitChangeReader(
                server_url=environment.server_url,
                repository=environment.repository,
                token=token,
                environment=environment.path_env,
                ca_file=environment.ssl_file,
            ),
            open_service=Reviewers(line, clock, rng, stack, FORK_HINT).open,
            reporter=Runner(log, surroundings, first.secrets()),
            clock=clock,
            rng=rng,
            run_url=environment.run_url,
            version=__version__,
            uninterrupted=interrupts.held_back,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """The way to the outside.

    Attributes:
        path_env: what children may see of the environment.
    """

    ssl_file: str | None
    proxy: str | None
    path_env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Opens the reviewer that the settings name, and closes it with the other adapters.

    Attributes:
        without_key: what to do when CodeVF's key is missing.
        on_missing: gets the names of the analyzers that the local reviewer needs and does not find.
    """

    line: Line
    clock: Clock
    rng: Random
    stack: ExitStack
    without_key: str
    on_missing: Callable[[Sequence[str]], None] | None = None

    def open(self, settings: Settings) -> ReviewService:
        """The reviewer.

        Raises:
            NoKey: CodeVF without a key.
        """
        if settings.reviewer is ReviewerKind.LOCAL:
            return self._local()
        if not settings.codevf_api_key:
            raise NoKey("A review is due and there is no CodeVF API key.", hint=self.without_key)
        access = Access(settings.codevf_url, settings.codevf_api_key, self.line.ssl_file, self.line.proxy)
        deadline = self.clock.monotonic() + settings.wait_minutes * 60 + GRACE_SECONDS
        return self.stack.enter_context(CodeVF(access, self.clock, deadline, self.rng))

    def _local(self) -> ReviewService:
        # Imported here: a paid review needs none of it.
        from reviewbot.analyzers.service import LocalReviewer, with_interpreter  # noqa: PLC0415

        return LocalReviewer(path_env=with_interpreter(self.line.path_env), on_missing=self.on_missing)
