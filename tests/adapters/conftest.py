"""A GitHub on loopback for the adapter's tests: its state, its faults, and a forge that does not sleep."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reviewbot_sandbox.faults import Faults, Logged, with_faults
from reviewbot_sandbox.github import GitHubState, Store, build_github
from reviewbot_sandbox.serve import serving
from starlette.types import ASGIApp, Receive, Scope, Send

from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.settings.environment import Network
from tests.adapters.remote import Remote, serving_remote
from tests.contract.referee import refereed
from tests.network import network_at

REPO = "acme/widget"
TOKEN = "ghs_workflow-token"
CHECK_NAME = "CodeVF review"


@dataclass
class PatientClock:
    """The current time, and a monotonic clock that stands still: a busy machine changes no wait. Waits are recorded."""

    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@dataclass
class Begun:
    """An application that counts its requests when they begin. The fault layer logs them shortly after they end."""

    app: ASGIApp
    count: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.count += scope["type"] == "http"
        await self.app(scope, receive, send)


@dataclass
class GitHubOnLoopback:
    """The sandbox and the forge under test."""

    world: GitHubState
    faults: Faults
    network: Network
    clock: PatientClock
    forge: GitHubForge
    begun: Begun
    seen: int = 0

    def snapshot(self, number: int = 1, forge: GitHubForge | None = None) -> Snapshot:
        """Read the snapshot that a run starts with."""
        return (forge or self.forge).snapshot(
            number, check_names=[CHECK_NAME], config_file=".github/reviewbot.yml", templates_dir=".github/reviewbot"
        )

    def diff(self, number: int = 1, forge: GitHubForge | None = None) -> bytes:
        """Read the pull request's diff in one request."""
        pull = self.world.pull(REPO, number)
        return (forge or self.forge).diff(self.world.store.merge_base(pull), pull.head_sha)

    def open(self, token: str = TOKEN, repository: str = REPO, retry_limits: RetryLimits | None = None) -> GitHubForge:
        """Open another forge, to be closed by `with`."""
        return GitHubForge(token, repository, self.network, self.clock, retry_limits)

    def sent(self) -> list[Logged]:
        """Return the requests since the last call. The log is written shortly after each response."""
        total = self.begun.count
        deadline = time.monotonic() + 5
        while len(self.faults.requests()) < total - self.seen and time.monotonic() < deadline:
            time.sleep(0.002)
        self.seen = total
        log = list(self.faults.requests())
        self.faults.forget()
        return log


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubOnLoopback]:
    """Serve a repository with one pull request that changes one file and adds another."""
    with _serve(tmp_path / "git", "", "/graphql") as served:
        yield served


@pytest.fixture
def enterprise(tmp_path: Path) -> Iterator[GitHubOnLoopback]:
    """Serve the same with an Enterprise Server's paths."""
    with _serve(tmp_path / "git", "/api/v3", "/api/graphql") as served:
        yield served


ServeGitHub = Callable[[Path, str, str], AbstractContextManager[GitHubOnLoopback]]


@pytest.fixture(scope="session")
def serve_github() -> ServeGitHub:
    """Return `serve_github(folder, REST path, GraphQL path)` for modules that share one server."""
    return _serve


@contextmanager
def _serve(folder: Path, rest: str, graphql: str) -> Iterator[GitHubOnLoopback]:
    """Serve the sandbox with a fault layer while the block runs."""
    world, faults, clock = GitHubState(Store(folder)), Faults(), PatientClock()
    world.repository(REPO)
    world.push(REPO, "main", {"app.py": "one\ntwo\nthree\n"})
    world.push(REPO, "topic", {"app.py": "one\n2\nthree\n", "new.py": "print(1)\n"}, author="mona")
    world.open_pull_request(REPO, "topic", title="Say one", body="Because.", author="mona")
    world.app_token(TOKEN)
    with refereed(rest) as referee, ExitStack() as stack:
        github = referee.answers(build_github(world, base_path=rest))
        begun = Begun(referee.requests(with_faults(github, faults)))
        server = stack.enter_context(serving(begun))
        network = network_at(f"{server.url}{rest}", f"{server.url}{graphql}")
        with GitHubForge(TOKEN, REPO, network, clock, RetryLimits(read=5)) as forge:
            yield GitHubOnLoopback(world, faults, network, clock, forge, begun)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    with serving_remote(tmp_path) as made:
        yield made
