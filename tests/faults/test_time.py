"""Timeouts: a closed port, a server that never responds, and a wall clock that jumps by years."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from pathlib import Path
from random import Random

import pytest
from reviewbot_sandbox.faults import Delay, Reply

from reviewbot.adapters.actions.runner import Runner
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.app.dispatch import Ports, handle
from reviewbot.domain.model.events import read_event_text
from reviewbot.settings import Settings
from reviewbot.settings.environment import read_environment
from tests.app.rig import KEY, REPO, TOKEN, Rig, open_rig
from tests.network import network_at

SCALE = 0.01
JUMPS = (timedelta(days=-3650), timedelta(days=3650), timedelta(0), timedelta(hours=1))


@dataclass
class JumpingClock(SystemClock):
    """A clock with the machine's monotonic time and a wall time that jumps at every call. It records waits."""

    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(SCALE)
        self._jumps = cycle(JUMPS)

    def now(self) -> datetime:
        return datetime.now(UTC) + next(self._jumps)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        super().sleep(seconds)


@contextmanager
def jumping_world(rig: Rig, env: dict[str, str], clock: JumpingClock) -> Iterator[Ports]:
    """Open the adapters like the composition root, with another clock."""
    environment = read_environment(env)
    with ExitStack() as stack:

        def service(settings: Settings) -> CodeVF:
            access = Access(settings.codevf_url, settings.codevf_api_key)
            return stack.enter_context(CodeVF(access, clock, clock.monotonic() + 3600, Random(1)))  # noqa: S311 — jitter

        yield Ports(
            forge=stack.enter_context(GitHubForge(TOKEN, REPO, network_at(rig.github_url), clock)),
            changes=GitChangeReader(network_at(rig.github_url, children=env), TOKEN),
            open_service=service,
            reporter=Runner(io.StringIO(), environment.files, (KEY, TOKEN)),
            clock=clock,
            rng=Random(2),  # noqa: S311 — the same every time
            run_url=None,
            inputs=environment.inputs,
        )


def test_a_wall_clock_jump_changes_neither_waits_nor_deadline(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        soon = datetime.now(UTC) + timedelta(seconds=6)
        spent = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", str(int(soon.timestamp()))))
        rig.github_faults.add("/graphql", Reply(403, spent, b"{}"))
        rig.codevf_faults.add("/tasks/task_", Reply(429, (("Retry-After", format_datetime(soon, usegmt=True)),), b"{}"))
        env, clock = rig.environment("pull_request", rig.event(), {}), JumpingClock()
        event = read_event_text("pull_request", Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        with jumping_world(rig, env, clock) as world:
            outcome = handle(world, event)
        assert outcome.exit_status == 0, outcome
        assert rig.checks()[0].conclusion == "success"
        assert len(rig.service.tasks()) == 1
        assert max(clock.waits) <= 10, clock.waits
        again = rig.run()
        assert (again.exit_status, len(rig.service.tasks())) == (0, 1)


def closed_port() -> str:
    """Return the URL of a port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_without_a_codevf_server_the_check_says_what_to_do(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(codevf_url=f"{closed_port()}/api/v1/")
        assert (done.exit_status, done.outputs["reason"]) == (3, "unreachable")
        assert rig.checks()[0].conclusion == "action_required"
        assert "Check the network, the proxy and the CodeVF URL" in done.log


def test_without_a_github_server_the_run_ends_and_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        away = closed_port()
        rig.github_url = away
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (3, "github")
        assert "Check the network, the proxy and `GITHUB_API_URL`" in done.log
        assert not rig.codevf_faults.log


@pytest.mark.parametrize("silent", ["github", "codevf"])
def test_a_silent_server_times_out_within_ten_seconds(tmp_path: Path, silent: str) -> None:
    with open_rig(tmp_path) as rig:
        faults = rig.github_faults if silent == "github" else rig.codevf_faults
        faults.add("/graphql$" if silent == "github" else "/tasks/task_", Delay(40))
        began = time.monotonic()
        done = rig.run(seconds=100)
        assert 10 <= time.monotonic() - began < 35
        assert done.exit_status == 0, done.log
        assert rig.checks()[0].conclusion == "success"
