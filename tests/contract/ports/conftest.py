"""Both sides of each port: every test of this folder runs in memory and over HTTP to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import CodeVFService, build_codevf
from reviewbot_sandbox.github import build_github
from reviewbot_sandbox.serve import Bounds, Served, serving_all
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.contract.ports.codevf_harness import CodeVFHarness, MemoryCodeVF, SandboxCodeVF
from tests.contract.ports.github_harness import GitHubHarness, MemoryGitHub, SandboxGitHub, Switch
from tests.contract.referee import Referee, refereed

SIDES = ("memory", "sandbox")


class Servers:
    """Both services on loopback, for all tests of a worker; each test puts its own application behind the address."""

    def __init__(self, referee: Referee) -> None:
        self.referee, self.github, self.codevf = referee, Switch(), Switch()
        self.github_url = self.codevf_url = ""

    def start(self, served: dict[str, Served]) -> None:
        """Note the addresses."""
        self.github_url, self.codevf_url = served["github"].url, served["codevf"].url


def forgiving(app: ASGIApp, referee: Referee) -> ASGIApp:
    """Forget what the referee objects to in a request that the sandbox refuses: then both agree."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        before = list(referee.violations)

        async def forgive(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _REFUSED:
                referee.violations[:] = before
            await send(message)

        await app(scope, receive, forgive)

    return watched


_REFUSED = (400, 413, 422)


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with refereed() as referee:
        made = Servers(referee)
        apps = {
            "github": forgiving(referee.requests(referee.answers(made.github)), referee),
            "codevf": forgiving(referee.bought(made.codevf), referee),
        }
        with serving_all(apps, bounds=Bounds(lifetime=3600)) as served:
            made.start(dict(served))
            yield made


@pytest.fixture(params=SIDES)
def github(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GitHubHarness]:
    """GitHub with one repository, which has one commit and no pull request."""
    if request.param == "memory":
        yield MemoryGitHub()
        return
    servers: Servers = request.getfixturevalue("servers")
    side = SandboxGitHub(tmp_path / "git", servers.github_url)
    servers.github.app = build_github(side.world)
    yield side
    side.stop()
    _judge(servers.referee)


@pytest.fixture(params=SIDES)
def codevf(request: pytest.FixtureRequest) -> Iterator[CodeVFHarness]:
    """CodeVF with one account."""
    if request.param == "memory":
        yield MemoryCodeVF()
        return
    servers: Servers = request.getfixturevalue("servers")

    def serve(service: CodeVFService) -> None:
        servers.codevf.app = build_codevf(service)

    side = SandboxCodeVF(servers.codevf_url, serve)
    yield side
    side.stop()
    _judge(servers.referee)


def _judge(referee: Referee) -> None:
    """Fail the test whose messages the referees object to, and not those after it."""
    verdict = referee.verdict()
    referee.violations.clear()
    assert not verdict, verdict
