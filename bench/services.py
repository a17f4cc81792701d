"""Serve both services on loopback, metered, with pull requests of a given size."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from reviewbot_sandbox.codevf import (
    Account,
    Answer,
    CodeVFService,
    Limits,
    ServiceConfig,
    Setup,
    Structured,
    TaskLife,
    TaskRequest,
    build_codevf,
    scaled_clock,
)
from reviewbot_sandbox.github import WORKFLOW, Access, GitHubState, Scope, Store, build_github
from reviewbot_sandbox.github.state.limits import Limits as GitHubLimits
from reviewbot_sandbox.serve import Bounds, serving_all

from bench.meter import UNMETERED, Meter

REPO = "acme/parcels"
KEY = "cvf_test_bench"
TOKEN = "ghs_bench"  # noqa: S105 — the sandbox's
_WATCHER = "ghp_bench"
SCALE = 0.05
"""Real seconds per second of the service; waiting is not measured."""

LIFETIME = Bounds(lifetime=3_600)
"""Longer than opening a thousand pull requests takes on a busy machine."""

LINES = 10
"""Lines of each changed file, all new."""

QUICK = TaskLife(pending=1, processing=1)
NEVER = TaskLife(pending=math.inf)


@dataclass
class Services:
    """Both services, with a repository.

    Attributes:
        files: changed files of the pull requests opened from now on.
        findings: findings of the reviews from now on.
        life: duration of the tasks created from now on.
        waiting: pull requests whose review never ends.
    """

    folder: Path
    state: GitHubState
    github: str
    codevf: str
    github_meter: Meter
    codevf_meter: Meter
    files: int = 1
    findings: int = 0
    life: TaskLife = QUICK
    opened: int = 0
    waiting: int = 0
    runs: int = 0

    def pull_request(self) -> int:
        """Open a pull request that adds `files` files, and return its number."""
        self.opened += 1
        branch = f"topic-{self.opened}"
        texts = {path: _text(number) for number, path in enumerate(paths(self.files))}
        # A message of its own: equal commits would be one head, shared by two pull requests.
        self.state.push(REPO, branch, texts, message=branch, author="mona")
        return self.state.open_pull_request(REPO, branch, title="Track parcels", author="mona").number

    def push(self, number: int, texts: Mapping[str, str]) -> None:
        """Push another commit to a pull request."""
        self.state.push(REPO, f"topic-{number}", texts, message="More", author="mona")

    def touch(self, number: int, path: str) -> None:
        """Push another first line of a changed file."""
        lines = _text(paths(self.files).index(path)).splitlines(keepends=True)
        self.push(number, {path: "".join(["value = other()\n", *lines[1:]])})

    def forget(self) -> None:
        """Discard the requests metered so far."""
        self.github_meter.take()
        self.codevf_meter.take()

    def limit(self) -> None:
        """Enforce GitHub's rate limits from now on, by the runs' clock."""
        self.state.limits = GitHubLimits(clock=scaled_clock(SCALE))
        self.state.limits.switch_on()

    def environment(self, number: int, inputs: Mapping[str, str]) -> dict[str, str]:
        """Return a runner's environment for an event of a pull request, with its own home."""
        self.runs += 1
        home = self.folder / f"run {self.runs}"
        workspace = home / "workspace"
        workspace.mkdir(parents=True)
        (home / "event.json").write_text(json.dumps(self._event(number)), encoding="utf-8")
        given = {"github-token": TOKEN, "codevf-api-key": KEY, "codevf-url": f"{self.codevf}/api/v1/", **inputs}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.github,
            "GITHUB_GRAPHQL_URL": f"{self.github}/graphql",
            "GITHUB_SERVER_URL": self.github,
            "GITHUB_REPOSITORY": REPO,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(home / "event.json"),
            "GITHUB_OUTPUT": str(home / "output"),
            "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_WORKSPACE": str(workspace),
            "REVIEWBOT_TIME_SCALE": str(SCALE),
            **{f"INPUT_{name.upper()}": value for name, value in given.items()},
        }

    def _event(self, number: int) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {_WATCHER}", UNMETERED.decode(): "1"}
        asked = httpx.get(f"{self.github}/repos/{REPO}/pulls/{number}", headers=headers)
        pull = asked.raise_for_status().json()
        return {
            "action": "opened",
            "number": number,
            "pull_request": pull,
            "repository": pull["base"]["repo"],
            "sender": {"login": "mona", "type": "User"},
        }

    def _review(self, _request: TaskRequest) -> Answer:
        return Structured(answer(self.findings, self.files))


def paths(files: int) -> list[str]:
    """Return paths of changed files, spread over folders."""
    return [f"src/pkg_{number % 50}/module_{number}.py" for number in range(files)]


def _text(number: int) -> str:
    return "".join(f"value_{line} = compute({number}, {line})\n" for line in range(LINES))


def spots(findings: int, files: int) -> list[tuple[str, int]]:
    """Return path and line of each finding, no two in one place."""
    names = paths(files)
    return [(names[at % files], at // files % LINES + 1) for at in range(findings)]


def answer(findings: int, files: int) -> dict[str, Any]:
    """Return the reviewer's answer in the response schema."""
    found: dict[str, list[dict[str, Any]]] = {}
    for at, (path, line) in enumerate(spots(findings, files)):
        found.setdefault(path, []).append(_finding(at, line))
    return {"summary": "Read.", "files": [{"path": path, "findings": items} for path, items in found.items()]}


def _finding(at: int, line: int) -> dict[str, Any]:
    return {
        "severity": ("high", "medium", "low")[at % 3],
        "category": "correctness",
        "title": f"The value of number {at} is never used",
        "explanation": "It is computed and thrown away. Either use it, or do not compute it at all.",
        "side": "RIGHT",
        "line": line,
        "end_line": line,
        "code": "",
    }


@contextmanager
def serve(folder: Path) -> Iterator[Services]:
    """Serve both during a `with` block."""
    state = GitHubState(Store(folder / "git"))
    state.repository(REPO)
    state.app_token(TOKEN, permissions={**WORKFLOW, Scope.STATUSES: Access.WRITE})
    state.person_token(_WATCHER, "acme")
    github, codevf = Meter(), Meter()
    here = Services(folder / "runs", state, "", "", github, codevf)
    account = Account(KEY, Decimal(1_000_000), "bench")
    config = ServiceConfig(accounts=(account,), limits=Limits(rate=None), life_of=lambda _: here.life)
    # Called when a task ends, so `findings` can change between pull requests.
    service = CodeVFService(Setup(config, engineer=here._review, clock=scaled_clock(SCALE)))  # noqa: SLF001 — of this module
    apps = {"github": github.around(build_github(state)), "codevf": codevf.around(build_codevf(service))}
    with serving_all(apps, bounds=LIFETIME) as at:
        here.github, here.codevf = at["github"].url, at["codevf"].url
        yield here
