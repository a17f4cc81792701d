"""A GitHub on loopback for every test that asks for one, with a small repository and an open pull request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from reviewbot.sandbox.faults import Faults, with_faults
from reviewbot.sandbox.github import READ_ONLY, Store, World, build_github, identify
from reviewbot.sandbox.serve import serving

if TYPE_CHECKING:
    from pathlib import Path

REPO = "acme/widget"
BOT_TOKEN = "ghs_workflow"
LONG = [f"line {number}\n" for number in range(1, 61)]


@dataclass(frozen=True, slots=True)
class GithubBox:
    """A running GitHub: its state, its faults, and a client with the workflow's token."""

    world: World
    faults: Faults
    url: str
    http: httpx.Client

    def repo(self, tail: str) -> str:
        """An address inside the repository."""
        return f"/repos/{REPO}{tail}"

    def graphql(self, query: str, **variables: object) -> dict[str, object]:
        """The whole answer to a GraphQL request."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body

    def data(self, query: str, **variables: object) -> dict[str, object]:
        """The data of a GraphQL answer without errors."""
        body = self.graphql(query, **variables)
        assert "errors" not in body, body
        data = body["data"]
        assert isinstance(data, dict)
        return data


@pytest.fixture
def github_world(tmp_path: Path) -> World:
    """A repository with a pull request by mona that changes, adds, renames, deletes and holds binaries."""
    world = World(Store(tmp_path / "git"))
    world.repository(REPO)
    world.push(
        REPO,
        "main",
        {"app.py": "".join(LONG), "old.txt": "same\n" * 20, "gone.txt": "bye\n", "logo.png": b"\0\1"},
        message="Base",
    )
    changed = [*LONG[:9], "line ten\n", *LONG[10:39], *LONG[40:]]
    world.push(
        REPO,
        "topic",
        {
            "app.py": "".join(changed),
            "old.txt": None,
            "moved.txt": "same\n" * 20,
            "gone.txt": None,
            "logo.png": b"\0\2",
            "new é.py": "print(1)\n",
        },
        message="Topic",
        author="mona",
    )
    world.open_pull_request(REPO, "topic", title="Ten", body="Says ten.", author="mona")
    world.app_token(BOT_TOKEN)
    world.app_token("ghs_fork", permissions=READ_ONLY)
    world.person_token("ghp_mona", "mona")
    return world


@pytest.fixture
def github_box(github_world: World) -> Iterator[GithubBox]:
    """That repository served, with the faults' controls."""
    faults = Faults()
    app = with_faults(build_github(github_world), faults, identify=identify(github_world))
    headers = {"Authorization": f"token {BOT_TOKEN}"}
    with serving(app) as served, httpx.Client(base_url=served.url, headers=headers) as http:
        yield GithubBox(github_world, faults, served.url, http)
