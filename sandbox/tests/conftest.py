"""A GitHub on loopback for tests, with a small repository and an open pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from reviewbot_sandbox.faults import Faults, with_faults
from reviewbot_sandbox.github import READ_ONLY, GitHubState, Store, build_github, identify
from reviewbot_sandbox.serve import serving

from tests.contract.referee import refereed

REPO = "acme/widget"
TOKEN = "ghs_workflow"
LINES = [f"line {number}\n" for number in range(1, 61)]


@pytest.fixture
def github_state(tmp_path: Path) -> GitHubState:
    """Return a repository with a pull request by mona, whose files are changed in every way that a diff knows.

    `app.py` has 60 lines; the pull request changes line 10 and deletes line 40.
    """
    state = GitHubState(Store(tmp_path / "git"))
    state.repository(REPO)
    base: dict[str, str | bytes] = {
        "app.py": "".join(LINES),
        "old.txt": "same\n" * 20,
        "gone.txt": "bye\n",
        "logo.png": b"\0\1",
    }
    state.push(REPO, "main", base, message="Base")
    changed = "".join([*LINES[:9], "line ten\n", *LINES[10:39], *LINES[40:]])
    moved = {"old.txt": None, "moved.txt": "same\n" * 20}
    topic = {"app.py": changed, **moved, "gone.txt": None, "logo.png": b"\0\2", "new é.py": "print(1)\n"}
    state.push(REPO, "topic", topic, message="Topic", author="mona")
    state.open_pull_request(REPO, "topic", title="Ten", body="Says ten.", author="mona")
    state.app_token(TOKEN)
    state.app_token("ghs_fork", permissions=READ_ONLY)
    state.person_token("ghp_mona", "mona")
    return state


@pytest.fixture
def github_faults() -> Faults:
    """Return the faults and the log of that GitHub."""
    return Faults()


@pytest.fixture
def github_url(github_state: GitHubState, github_faults: Faults) -> Iterator[str]:
    """Yield the server's address; its responses are validated against GitHub's description."""
    with refereed() as referee:
        app = referee.answers(build_github(github_state))
        with serving(with_faults(app, github_faults, identify=identify(github_state))) as served:
            yield served.url


@pytest.fixture
def github_http(github_url: str) -> Iterator[httpx.Client]:
    """Yield a client with the workflow's token; addresses inside the repository are relative."""
    headers = {"Authorization": f"token {TOKEN}"}
    with httpx.Client(base_url=f"{github_url}/repos/{REPO}", headers=headers) as client:
        yield client


@pytest.fixture
def github_graphql(github_url: str, github_http: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Sends a query with its variables and returns the whole response."""

    def send(query: str, secret: str | None = None, **variables: object) -> dict[str, Any]:
        headers = {"Authorization": f"bearer {secret or TOKEN}"}
        body = {"query": query, "variables": variables}
        answer = github_http.post(f"{github_url}/graphql", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return send
