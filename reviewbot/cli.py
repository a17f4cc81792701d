"""The commands: the composition root. Opens the edges, calls the story, returns the exit status."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from types import FrameType
from typing import TextIO

from reviewbot import __version__
from reviewbot.app import World, act
from reviewbot.domain.events import Event, read_event_text
from reviewbot.domain.policy import ReviewerKind
from reviewbot.edges.clock import SystemClock
from reviewbot.edges.codevf import Access, CodeVF
from reviewbot.edges.git import GitChangeReader
from reviewbot.edges.github.calls import Address
from reviewbot.edges.github.forge import GitHubForge
from reviewbot.edges.runner import Runner, Surroundings
from reviewbot.environment import Environment, read_environment
from reviewbot.errors import NoKey, ReviewbotError
from reviewbot.ports import ReviewService
from reviewbot.settings import Settings, peek_settings

GRACE_SECONDS = 120
"""How long after the wait's deadline the service may still be asked: the last answer must not be lost to a retry."""


def main(arguments: Sequence[str], env: Mapping[str, str], log: TextIO) -> int:
    """Run a command.

    Args:
        arguments: without the program's name.
        env: the environment; nothing else reads it.
        log: where lines go.

    Returns:
        The exit status.
    """
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Mapping[str, str], TextIO], int] = chosen.run
    try:
        return command(chosen, env, log)
    except ReviewbotError as error:
        log.write(f"reviewbot: {error.message}\n{error.hint}\n")
        return error.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reviewbot", description="A code review of a pull request, bought once.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    action = commands.add_parser("action", help="what the GitHub Action's container runs")
    action.set_defaults(run=_action)
    return parser


def _action(_: argparse.Namespace, env: Mapping[str, str], log: TextIO) -> int:
    environment = read_environment(env)
    with open_world(environment, log) as world:
        return act(world, environment.inputs, read_event(environment)).exit_status


def read_event(environment: Environment) -> Event:
    """The event that the runner wrote down."""
    try:
        text = Path(environment.event_path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return read_event_text(environment.event_name, text)


@contextmanager
def open_world(environment: Environment, log: TextIO) -> Iterator[World]:
    """The edges, open; closed again at the end."""
    first = peek_settings(environment.inputs)
    token = first.github_token.reveal()
    clock = SystemClock(environment.time_scale)
    address = Address(environment.api_url, environment.graphql_url, environment.ssl_file)
    surroundings = Surroundings(
        environment.output_file, environment.summary_file, environment.workspace, environment.debug
    )
    with ExitStack() as stack, _signals():
        services = _Services(environment, clock, SystemRandom(), stack)
        yield World(
            forge=stack.enter_context(GitHubForge(token, environment.repository, address, clock)),
            changes=GitChangeReader(
                server_url=environment.server_url,
                repository=environment.repository,
                token=token,
                environment=environment.path_env,
                ca_file=environment.ssl_file,
            ),
            open_service=services.open,
            reporter=Runner(log, surroundings, first.secrets()),
            clock=clock,
            rng=SystemRandom(),
            run_url=environment.run_url,
            version=__version__,
        )


@dataclass(frozen=True, slots=True)
class _Services:
    """Opens the reviewer that the settings name, and closes it with the world."""

    environment: Environment
    clock: SystemClock
    rng: Random
    stack: ExitStack

    def open(self, settings: Settings) -> ReviewService:
        """The reviewer.

        Raises:
            NoKey: CodeVF without a key.
        """
        if settings.reviewer is ReviewerKind.LOCAL:
            return _local_reviewer(self.environment.path_env)
        if not settings.codevf_api_key:
            raise NoKey(
                "A review is due and there is no CodeVF API key.",
                hint="Set `codevf-api-key` from a secret of the repository. Workflows of a fork's pull request get no "
                "secrets under `pull_request`; `pull_request_target` has them.",
            )
        environment = self.environment
        access = Access(settings.codevf_url, settings.codevf_api_key, environment.ssl_file, environment.proxy)
        deadline = self.clock.monotonic() + settings.wait_minutes * 60 + GRACE_SECONDS
        return self.stack.enter_context(CodeVF(access, self.clock, deadline, self.rng))


def _local_reviewer(path_env: Mapping[str, str]) -> ReviewService:
    # Imported here: a paid review needs none of it.
    from reviewbot.local.service import LocalReviewer, with_interpreter  # noqa: PLC0415

    return LocalReviewer(path_env=with_interpreter(path_env))


@contextmanager
def _signals() -> Iterator[None]:
    """Let SIGTERM end a wait as SIGINT does: as process 1 of a container it would be ignored without a handler."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
