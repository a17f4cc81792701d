"""Create the adapters of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct, field

from reviewbot.adapters.actions.runner import Runner
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.app.dispatch import Ports
from reviewbot.cli.invocation import signals
from reviewbot.domain.model.events import DispatchEvent, Event, ReviewEvent, read_event_text
from reviewbot.domain.model.options import ActionCommand, ReviewerKind
from reviewbot.errors import NoKey, ReviewDidNotHappen
from reviewbot.ports import Clock, ReviewService
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import Environment, Network
from reviewbot.values import replace

if TYPE_CHECKING:
    from reviewbot.adapters.codevf import CodeVF, OnRetry

GRACE_SECONDS = 120
"""How long requests to CodeVF continue after the wait's deadline, so that a retry does not lose the last answer."""

FORK_HINT = (
    "Set `codevf-api-key` from a repository secret. For pull requests from forks, GitHub passes secrets "
    "only to `pull_request_target` workflows, not to `pull_request` workflows."
)

WITHOUT_ANALYZERS = (
    "`reviewer: local` needs analyzers that are not installed here. Use the action `OWNER/reviewbot/local@COMMIT`."
)


def read_event(environment: Environment) -> Event:
    try:
        text = Path(environment.event_path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    event = read_event_text(environment.event_name, text)
    if isinstance(event, ReviewEvent):
        return replace(event, is_repeated=environment.is_repeated, workflow=environment.workflow)
    return replace(event, workflow=environment.workflow) if isinstance(event, DispatchEvent) else event


@contextmanager
def open_ports(environment: Environment, log: TextIO) -> Iterator[Ports]:
    """Open the adapters of a run of the action, and close them on exit."""
    first, network = peek_settings(environment.inputs), environment.network
    clock, rng = SystemClock(network.time_scale), SystemRandom()
    with ExitStack() as stack, signals() as interrupts:
        token = first.github_token.reveal()
        forge = stack.enter_context(GitHubForge(token, environment.repository, network, clock))
        yield Ports(
            forge=forge,
            changes=GitChangeReader(network, token),
            open_service=Reviewers(network, clock, rng, stack, FORK_HINT).open,
            reporter=Runner(log, environment.files, first.secrets()),
            clock=clock,
            rng=rng,
            run_url=environment.run_url,
            inputs=environment.inputs,
            docs_url=environment.docs_url,
            installation=forge,
            uninterrupted=interrupts.held_back,
        )


class Reviewers(Struct, frozen=True):
    """Opens the reviewer that the settings select. All runs of a collection share one client of CodeVF.

    Attributes:
        without_key: the hint if CodeVF's key is missing.
        on_missing: receives the names of missing analyzers.
        on_retry: receives the error of a failed request to CodeVF and the seconds until the next attempt.
    """

    network: Network
    clock: Clock
    rng: Random
    stack: ExitStack
    without_key: str
    on_missing: Callable[[Sequence[str]], None] | None = None
    on_retry: OnRetry | None = None
    _clients: dict[tuple[str, str], CodeVF] = field(default_factory=dict)

    def open(self, settings: Settings) -> ReviewService:
        """Open the reviewer.

        Raises:
            NoKey: the reviewer is CodeVF, and the key is missing.
            ReviewDidNotHappen: an analyzer is missing in a run of the action.
        """
        if settings.reviewer is ReviewerKind.LOCAL:
            # Imported here because a paid review does not need the analyzers.
            from reviewbot.analyzers.reviewer import LocalReviewer, all_installed, with_interpreter  # noqa: PLC0415

            path_env = with_interpreter(self.network.children)
            if self.on_missing is None and not all_installed(path_env):
                raise ReviewDidNotHappen(WITHOUT_ANALYZERS)
            return LocalReviewer(path_env=path_env, on_missing=self.on_missing)
        if not settings.codevf_api_key:
            raise NoKey("A review is due, but there is no CodeVF API key.", hint=self.without_key)
        # Imported here because loading httpx takes as long as a request, and the first request does not need httpx.
        from reviewbot.adapters.codevf import Access, CodeVF  # noqa: PLC0415

        # Each review of a run may take its own time, but a collection waits for none.
        collects = settings.command is ActionCommand.COLLECT
        deadline = self.clock.monotonic() + GRACE_SECONDS + (0 if collects else settings.wait_minutes * 60)
        account = settings.codevf_url, settings.codevf_api_key.reveal()
        if account not in self._clients:
            access = Access(settings.codevf_url, settings.codevf_api_key, self.network.ssl_file, self.network.proxy)
            client = CodeVF(access, self.clock, deadline, self.rng, self.on_retry)
            self._clients[account] = self.stack.enter_context(client)
        elif not collects:
            self._clients[account].deadline = deadline
        return self._clients[account]
