"""`reviewbot doctor`: check that reviews of a repository work. The command changes nothing."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from msgspec import Struct
from rich.console import Console

from reviewbot import __version__
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.adapters.git.clone import open_clone
from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.doctor_reader import SetupReader
from reviewbot.adapters.local import settled_files
from reviewbot.cli.commands.config import chosen_inputs
from reviewbot.cli.invocation import Call, signals
from reviewbot.cli.review_target import inputs_at, repository_name
from reviewbot.domain.model.repository_setup import RepositorySetup
from reviewbot.domain.policy.verdict import EXIT_NO_REVIEW, EXIT_SETTINGS, first_exit_status
from reviewbot.domain.text.escaping import log_line
from reviewbot.errors import ForgeError, ReviewbotError, SettingsError, TokenUnknown
from reviewbot.render.renderer import Renderer
from reviewbot.settings import Settings, peek_settings, read_settings
from reviewbot.settings.environment import Desktop, read_desktop
from reviewbot.settings.readers import Secret, without_secrets
from reviewbot.setup import checkup
from reviewbot.setup.audit import Folders, Job, inputs_of_review, read_jobs
from reviewbot.setup.checkup import Check
from reviewbot.terminal.console import open_console
from reviewbot.terminal.progress import Progress
from reviewbot.values import replace

T = TypeVar("T")

_MOST_CALLED = 10
"""The maximum number of other repositories whose workflows are read."""

_SECONDS = 30
"""The time limit for all requests to CodeVF."""


def run(call: Call) -> int:
    """Run the checks and print each result immediately."""
    said = chosen_inputs(call.chosen)
    desktop = read_desktop(call.env, peek_settings(said).codevf_url)
    repository = repository_name(call.chosen.repo or call.env.get("GITHUB_REPOSITORY"), desktop)
    place = ["--repo", call.chosen.repo] if call.chosen.repo else []
    inputs = [word for one in call.chosen.inputs for word in ("--input", one)]
    again = shlex.join(["reviewbot", "doctor", *place, *inputs])
    secrets = {secret for secret in (desktop.api_key, desktop.token) if secret}
    checks = []
    with ExitStack() as stack, signals():
        console, clock = open_console(call.err, call.env, plain=False), SystemClock(desktop.network.time_scale)
        for check in _Doctor(repository, said, desktop, clock, stack, console, again).checks():
            checks.append(check)
            call.out.write(_line(check, secrets))
            call.out.flush()
    return first_exit_status(*(check.status for check in checks))


def _line(check: Check, secrets: set[str]) -> str:
    what = check.what.removesuffix(".")
    lines = [f"{check.mark:<8} {check.about}: {what}{'' if what.endswith('?') else '.'}"]
    lines += [f"{'':<8} -> {line}" for line in check.todo.splitlines()]
    return without_secrets("".join(f"{log_line(line)}\n" for line in lines), secrets)


class _Doctor(Struct, frozen=True):
    repository: str
    said: Mapping[str, str]
    desktop: Desktop
    clock: SystemClock
    stack: ExitStack
    console: Console
    again: str

    def checks(self) -> Iterator[Check]:
        """Yield all checks. GitHub comes first, because the settings are stored there."""
        yield Check("versions", f"reviewbot {__version__}, Python {platform.python_version()}")
        read = None
        if not self.desktop.token:
            yield Check("token", "missing, so doctor skipped the checks on GitHub", self._with_token(), EXIT_NO_REVIEW)
        else:
            read = yield from self._github()
        read = read or self._checked_out()
        settings = read or peek_settings(self.said)
        if settings.paid:
            if self.desktop.api_key or read or "reviewer" in self.said:
                yield from self._codevf(settings)
            else:
                todo = f"To check the local reviewer instead, run: {self.again} --input reviewer=local"
                what = "not checked, because doctor found no workflow that reviews pull requests"
                yield Check("key", what, f"Set CODEVF_API_KEY. {todo}")
        else:
            yield Check("reviewer", "`local` needs no account")

    def _with_token(self) -> str:
        return f"Set a token that can read the repository: GITHUB_TOKEN=$(gh auth token) {self.again}"

    def _github(self) -> Generator[Check, None, Settings | None]:
        """Check GitHub. Return the workflow's settings without invalid values, or None if they cannot be read."""
        first, network = peek_settings(self.said), self.desktop.network
        # The limits are smaller than in a workflow, because a user is waiting.
        limits = RetryLimits(most=10, whole=30, on_retry=Progress(self.console).retry)
        reader = SetupReader(self.desktop.token, self.repository, network, self.clock, limits)
        self.stack.enter_context(reader)
        try:
            there = reader.setup(first.config_file, first.templates_dir)
            elsewhere = _called_by(there.workflows, reader)
            jobs, unread = read_jobs(there.workflows, elsewhere)
            inputs = {**inputs_of_review(jobs), **self.said}
            named = peek_settings(inputs)
            if (named.config_file, named.templates_dir) != (first.config_file, first.templates_dir):
                there = reader.setup(named.config_file, named.templates_dir)
            others = self._by_file(jobs, except_for=named.config_file)
            configs = {file: reader.setup(file, named.templates_dir).config for file in others}
        except ForgeError as error:
            todo = f"It may be mistyped, expired or revoked. {self._with_token()}"
            invalid = Check("token", error.clause, todo, error.exit_status)
            yield invalid if isinstance(error, TokenUnknown) else checkup.of_error("repository", error)
            return None
        if not there.branch:
            todo = "Push a first commit. reviewbot reads its settings from the default branch."
            yield Check("repository", "empty", todo, EXIT_SETTINGS)
            return None
        configs[named.config_file] = there.config
        jobs = tuple(replace(job, settings=self._settings_of(job, configs)) for job in jobs)
        settings = peek_settings(inputs, there.config)
        yield from _settings(there, inputs)
        for file, given in others.items():
            yield from _settings(replace(there, config=configs[file]), given, file)
        own = {name: text for name, text in there.templates.items() if name.endswith(".j2")}
        result = f"valid: {', '.join(f'`{name}`' for name in sorted(own))}" if own else "built-in"
        yield from _read("templates", lambda: Renderer(own), lambda _: [Check("templates", result)])
        yield from checkup.of_broken(there.workflows)
        yield from checkup.of_workflows(jobs, settings, unread)
        # Only reads are tested, because the workflow states the permissions of its own token.
        readable = "readable (write access not tested)"
        yield from _read("pull requests", reader.try_pull_requests, lambda _: [Check("pull requests", readable)])
        yield from _read(
            "check runs", lambda: reader.try_checks(there.branch), lambda _: [Check("check runs", readable)]
        )
        if settings.wait_for_checks:
            awaited = partial(checkup.of_awaited, settings, branch=there.branch)
            checks = partial(reader.head_checks, f"refs/heads/{there.branch}")
            yield from _read("awaited checks", checks, awaited, is_needed=False)
        is_public = network.is_dotcom and not there.is_private
        yield from _protection(reader, there.branch, settings, jobs, is_public=is_public)
        return settings

    def _inputs_of(self, job: Job) -> Mapping[str, str]:
        return {**job.audited, **self.said}

    def _by_file(self, jobs: Sequence[Job], *, except_for: str) -> Mapping[str, Mapping[str, str]]:
        """Return the inputs of the first job that reviews with each other config file."""
        every = [self._inputs_of(job) for job in reversed(jobs) if job.reviews]
        by_file = {peek_settings(inputs).config_file: inputs for inputs in every}
        return {file: inputs for file, inputs in by_file.items() if file != except_for}

    def _settings_of(self, job: Job, configs: Mapping[str, str | None]) -> Settings:
        inputs = self._inputs_of(job)
        return peek_settings(inputs, configs.get(peek_settings(inputs).config_file))

    def _checked_out(self) -> Settings | None:
        """Return the settings of the review workflow in the last commit of the current clone, or None if unknown."""
        try:
            clone = self.stack.enter_context(open_clone(Path.cwd(), self.desktop.network.children))
        except SettingsError:
            return None
        origin, head = clone.origin(), clone.resolve("HEAD")
        found = inputs_at(clone, head) if head and origin and origin.full_name == self.repository else None
        if head is None or found is None:
            return None
        inputs = {**found, **self.said}
        named = peek_settings(inputs)
        return peek_settings(inputs, settled_files(clone, head, named.config_file, named.templates_dir).config)

    def _codevf(self, settings: Settings) -> Iterator[Check]:
        if not self.desktop.api_key:
            yield Check("key", "missing, so doctor skipped the checks at CodeVF", "Set CODEVF_API_KEY.", EXIT_NO_REVIEW)
            return
        network = self.desktop.network
        access = Access(settings.codevf_url, Secret(self.desktop.api_key), network.ssl_file, network.proxy)
        try:
            deadline, retry = self.clock.monotonic() + _SECONDS, Progress(self.console).retry
            service = self.stack.enter_context(CodeVF(access, self.clock, deadline, SystemRandom(), retry))
            balance = service.balance()
            yield Check("key", "valid")
            yield from checkup.of_price(settings, balance, service.tags(), self.clock.now())
            yield checkup.of_project(settings.codevf_project or self.repository)
        except SettingsError as error:
            yield from checkup.of_problems(error.problems)
        except ReviewbotError as error:
            yield checkup.of_error("CodeVF", error)


def _settings(there: RepositorySetup, inputs: Mapping[str, str], about: str = "settings") -> Iterator[Check]:
    try:
        settings = read_settings(inputs, there.config, there.branch)
    except SettingsError as error:
        yield from checkup.of_problems(error.problems, about)
    else:
        absent = f"no config file on `{there.branch}`, so reviewbot uses the workflow's inputs and the defaults"
        yield Check(about, absent if there.config is None else f"valid on `{there.branch}`")
        yield from checkup.of_routes(settings.routes)


def _protection(
    reader: SetupReader, branch: str, settings: Settings, jobs: tuple[Job, ...], *, is_public: bool
) -> Iterator[Check]:
    if is_public:
        yield from checkup.of_event_policy(jobs)
    for name, job in checkup.environments_of(jobs).items():
        of_it = partial(checkup.of_environment, job=job, branch=branch, jobs=jobs)
        yield from _read("environment", partial(reader.environment, name), of_it, is_needed=False)
    # An older Enterprise Server does not support rules, and reviews work without them.
    required = partial(checkup.of_required, settings=settings, jobs=jobs)
    yield from _read("required check", lambda: reader.required(branch), required, is_needed=False)


def _called_by(workflows: Mapping[str, str], reader: SetupReader) -> Folders:
    """Return the called workflows of other repositories, or none if the repository has a review job."""
    elsewhere: dict[tuple[str, str], Mapping[str, str]] = {}
    if any(job.reviews for job in read_jobs(workflows)[0]):
        return elsewhere
    while len(elsewhere) < _MOST_CALLED:
        _, unread = read_jobs(workflows, elsewhere)
        calls = {(one.repository, one.ref) for one in unread if one.repository}
        if not (left := sorted(calls - elsewhere.keys())):
            break
        elsewhere[left[0]] = {}
        with suppress(ForgeError):  # reported later as a workflow that could not be read
            elsewhere[left[0]] = reader.workflows_of(*left[0])
    return elsewhere


def _read(
    about: str, read: Callable[[], T], checks_of: Callable[[T], Iterable[Check]], *, is_needed: bool = True
) -> Iterator[Check]:
    """Yield the checks of the result of `read()`, or a check of its error, which is a note unless `is_needed`."""
    try:
        found = read()
    except ReviewbotError as error:
        check = checkup.of_error(about, error)
        yield check if is_needed else replace(check, status=0)
    else:
        yield from checks_of(found)
