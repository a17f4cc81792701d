"""Both sides of each port: every test of this folder runs in memory and over HTTP to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import CodeVFService, build_codevf
from reviewbot_sandbox.github import build_github
from reviewbot_sandbox.serve import Bounds, serving_all

from tests.contract.ports.codevf_harness import CodeVFHarness, MemoryCodeVF, SandboxCodeVF
from tests.contract.ports.github_harness import GitHubHarness, MemoryGitHub, SandboxGitHub
from tests.contract.ports.servers import Servers, forgiving, judge
from tests.contract.referee import refereed

SIDES = ("memory", "sandbox")


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
    judge(servers.referee)


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
    judge(servers.referee)
