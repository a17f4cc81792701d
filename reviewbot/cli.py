"""The commands: the composition root. Opens the edges, calls the story, returns the exit status."""

from __future__ import annotations

import argparse
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import Random, SystemRandom
from types import FrameType
from typing import TextIO, TypeAlias

from reviewbot import __version__
from reviewbot.app import World, act, tell_bug
from reviewbot.domain.events import Event, read_event_text
from reviewbot.domain.policy import ReviewerKind
from reviewbot.edges.clock import SystemClock
from reviewbot.edges.codevf import Access, CodeVF
from reviewbot.edges.git import GitChangeReader
from reviewbot.edges.github.calls import Address
from reviewbot.edges.github.forge import GitHubForge
from reviewbot.edges.runner import Runner, Surroundings
from reviewbot.errors import NoKey, Problem, ReportUnreadable, ReviewbotError, SettingsError
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.sarif import sarif
from reviewbot.exports.stored import StoredReport, read_report
from reviewbot.ports import ReviewService
from reviewbot.render import Renderer
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import PASSED_ON, Environment, read_environment

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 — the only name it has

SANDBOX_MODULES = ("starlette", "uvicorn", "graphql", "rich")
"""What the extra `sandbox` brings."""

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


def report_bug(arguments: Sequence[str], env: Mapping[str, str], log: TextIO, error: Exception) -> None:
    """Say that a bug of ours stopped the run: where, and never with which values, which may hold a secret.

    Args:
        arguments: without the program's name.
        env: the environment.
        log: where lines go.
        error: what nobody foresaw.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in frames]
    what = f"reviewbot {__version__} has a bug: {type(error).__name__}."
    log.write(f"{what}\n{''.join(lines)}Please report these lines as an issue of the action's repository.\n")
    if list(arguments) == ["action"]:
        environment = read_environment(env)
        with open_world(environment, log) as world:
            tell_bug(world, environment.inputs, read_event(environment), what)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reviewbot", description="A code review of a pull request, bought once.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    action = commands.add_parser("action", help="what the GitHub Action's container runs")
    action.set_defaults(run=_action)
    _add_demo(commands)
    _add_sandbox(commands)
    _add_render(commands)
    return parser


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="a whole review on this machine: no account, no cost, under a minute")
    demo.add_argument("--keep", action="store_true", help="leave both services running, to be looked at")
    demo.add_argument("--plain", action="store_true", help="no colour, nothing that moves")
    demo.set_defaults(run=_demo)


def _add_sandbox(commands: Commands) -> None:
    sandbox = commands.add_parser("sandbox", help="GitHub and CodeVF on this machine, with a pull request to try")
    for name in ("github", "codevf"):
        told = f"where {name} listens; 0, the default, takes a free port"
        sandbox.add_argument(f"--{name}-port", type=_between(int, 0, 65_535), default=0, metavar="N", help=told)
    told = "when it ends by itself; 3600 unless told otherwise"
    sandbox.add_argument("--lifetime", type=_between(float, 1, 604_800), default=3600.0, metavar="SECONDS", help=told)
    told = "how long a second of the reviewing takes, above 0 to 1; 0.1 unless told otherwise"
    sandbox.add_argument("--time-scale", type=_between(float, 0.001, 1), default=0.1, metavar="X", help=told)
    told = "answer however fast one asks; without it both services keep their documented limits"
    sandbox.add_argument("--no-rate-limit", action="store_true", help=told)
    sandbox.set_defaults(run=_sandbox)


def _add_render(commands: Commands) -> None:
    render = commands.add_parser("render", help="a JSON report as another kind of file, written to the output")
    render.add_argument("report", type=Path, metavar="REPORT.json", help="what `json-file` named")
    render.add_argument("--to", choices=tuple(FORMATS), required=True, help="the kind")
    render.set_defaults(run=_render)


def _between(kind: type[int | float], least: float, most: float) -> Callable[[str], float]:
    """Reads a number of an option; argparse tells the user about the error."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(least - 1)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
        return value

    return read


FORMATS: Mapping[str, Callable[[StoredReport], str]] = {
    "sarif": lambda report: sarif(report.view, version=report.version, review_url=report.review_url),
    "rdjson": lambda report: rdjson(report.view),
    "html": lambda report: Renderer().html(report.view),
    "markdown": lambda report: Renderer().job_summary(report.view) + "\n",
}
"""What `render` makes of a report."""


def _render(chosen: argparse.Namespace, _: Mapping[str, str], log: TextIO) -> int:
    try:
        text = chosen.report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportUnreadable(f"The report cannot be read: {type(error).__name__}.", hint=str(chosen.report)) from None
    log.write(FORMATS[chosen.to](read_report(text)))
    return 0


def _demo(chosen: argparse.Namespace, env: Mapping[str, str], log: TextIO) -> int:
    check_installed("sandbox", SANDBOX_MODULES)
    # Imported here: a review needs none of it, and it may not be installed.
    from reviewbot.sandbox.demo import Options, run_demo  # noqa: PLC0415

    with _signals():
        return run_demo(Options(chosen.keep, chosen.plain), _analysers(env), env, log)


def _sandbox(chosen: argparse.Namespace, env: Mapping[str, str], log: TextIO) -> int:
    check_installed("sandbox", SANDBOX_MODULES)
    from reviewbot.sandbox.command import run_sandbox  # noqa: PLC0415 — as above
    from reviewbot.sandbox.demo import Plan  # noqa: PLC0415 — as above

    ports = chosen.github_port, chosen.codevf_port
    plan = Plan(chosen.time_scale, chosen.lifetime, *ports, rate_limits=not chosen.no_rate_limit, stranger=True)
    with _signals():
        return run_sandbox(plan, _analysers(env), env, log)


def check_installed(extra: str, modules: Sequence[str]) -> None:
    """Refuse a command whose optional dependencies are missing.

    Raises:
        SettingsError: with the line that installs them.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        named = ", ".join(f"`{name}`" for name in missing)
        allowed = f"`pip install 'reviewbot[{extra},local]'` brings what the command needs"
        raise SettingsError((Problem("installation", f"{named} cannot be imported", allowed),))


def _analysers(env: Mapping[str, str]) -> Callable[[Sequence[tuple[str, str]]], Mapping[str, object]]:
    """The local reviewer, as the sandbox's engineer calls it."""
    from reviewbot.local.reviewer import review  # noqa: PLC0415 — as above
    from reviewbot.local.service import with_interpreter  # noqa: PLC0415 — as above

    path_env = with_interpreter({name: env[name] for name in PASSED_ON if name in env})
    return lambda attachments: review(attachments, path_env=path_env)


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
