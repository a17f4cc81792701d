"""Serve both services on loopback with a pull request, and run the action like a GitHub runner."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reviewbot_sandbox.codevf import (
    Account,
    Answer,
    Clock,
    CodeVFService,
    Engineer,
    Limits,
    ServiceConfig,
    Setup,
    Structured,
    TaskLife,
    TaskRequest,
    build_codevf,
    canned,
    scaled_clock,
)
from reviewbot_sandbox.faults import Faults, with_faults
from reviewbot_sandbox.github import WORKFLOW, Access, GitHubState, Scope, Store, build_github, identify
from reviewbot_sandbox.serve import serving_all

from reviewbot.domain.findings.markers import read_announcement_mark
from tests.app.forked import prepare, text_of
from tests.contract.referee import refereed
from tests.hostile import leaks

REPO = "acme/parcels"
KEY = "cvf_test_house"
OTHER_KEY = "cvf_test_another"
"""The key of another account, which cannot see the first account's tasks."""
TOKEN = "ghs_house"
SCALE = 0.05
"""Real seconds per simulated second. Deadlines shrink by the same factor, so this must suit a busy machine."""
FORGETFUL = Limits(rate=None, key_memory=1)
"""A service that forgets idempotency keys at once, so only reviewbot's state prevents a second purchase."""
CLEAN: Answer = Structured({"summary": "Nothing to say.", "files": []})

BASE = {
    "app.py": "".join(f"value_{number} = {number}\n" for number in range(1, 41)),
    "gone.py": "old = 1\n",
    "README.md": "# Parcels\n",
}
HEAD = {
    "app.py": "".join(
        [
            *(f"value_{number} = {number}\n" for number in range(1, 11)),
            "import os\n",
            "os.system(command)\n",
            *(f"value_{number} = {number}\n" for number in range(11, 30)),
            *(f"value_{number} = {number}\n" for number in range(31, 41)),
        ]
    ),
    "gone.py": None,
    "new file.py": "def track(parcel):\n    return eval(parcel)\n",
}


def finding(path: str, line: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 — JSON
    """Return a finding in the service's format."""
    return {
        "path": path,
        "severity": "medium",
        "category": "correctness",
        "title": f"Look at {path}:{line}",
        "explanation": "It may be wrong.",
        "side": "RIGHT",
        "line": line,
        "end_line": line,
        "code": "",
        **more,
    }


def earlier(request: TaskRequest) -> list[dict[str, Any]]:
    """Return the earlier findings that a submission asks about."""
    texts = [one.content for one in request.attachments if one.file_name == "conversation.md"]
    lines = "".join(texts).partition("NEW SINCE")[0].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def with_state(request: TaskRequest, state: str, note: str = "") -> list[dict[str, Any]]:
    """Return the same state for every earlier finding of a submission."""
    return [{"id": one["id"], "state": state, "note": note} for one in earlier(request)]


def answer(
    *findings: Mapping[str, Any], summary: str = "Read.", previous: Sequence[Mapping[str, Any]] | None = None
) -> Answer:
    """Return an answer in the response schema, with findings grouped by file."""
    files: dict[str, list[dict[str, Any]]] = {}
    for item in findings:
        rest = dict(item)
        files.setdefault(rest.pop("path"), []).append(rest)
    listed = [{"path": path, "findings": items} for path, items in files.items()]
    more = {} if previous is None else {"previous": [dict(one) for one in previous]}
    return Structured({"summary": summary, "files": listed, **more})


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run of the action left on the runner."""

    exit_status: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    workspace: Path


@dataclass
class Rig:
    """The services' state, and methods that run the action."""

    folder: Path
    world: GitHubState
    service: CodeVFService
    github_url: str
    codevf_url: str
    github_faults: Faults
    codevf_faults: Faults
    number: int = 1
    runs: int = field(default=0)
    rest: str = ""

    def environment(self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, str]:
        """Return a runner's environment without any variable of the test process."""
        self.runs += 1
        home = self.folder / f"run {self.runs}"
        workspace = home / "workspace"
        workspace.mkdir(parents=True)
        (home / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        given = {
            "github-token": TOKEN,
            "codevf-api-key": KEY,
            "codevf-url": f"{self.codevf_url}/api/v1/",
            "wait-minutes": "60",
            **inputs,
        }
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"{self.github_url}{self.rest}",
            "GITHUB_GRAPHQL_URL": f"{self.github_url}{self.rest.removesuffix('/v3')}/graphql",
            "GITHUB_SERVER_URL": self.github_url,
            "GITHUB_REPOSITORY": REPO,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(home / "event.json"),
            "GITHUB_OUTPUT": str(home / "output"),
            "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_WORKSPACE": str(workspace),
            "REVIEWBOT_TIME_SCALE": str(SCALE),
            **{f"INPUT_{name.upper()}": value for name, value in given.items()},
        }

    def event(self, action: str = "synchronize", **more: Any) -> dict[str, Any]:  # noqa: ANN401 — JSON
        """Return the fields of a `pull_request` event that the action reads."""
        pull = self.world.pull(REPO, self.number)
        return {
            "action": action,
            "number": self.number,
            "pull_request": {"number": self.number, "head": {"sha": pull.head_sha, "repo": {"full_name": REPO}}},
            "repository": {"full_name": REPO},
            "sender": {"login": "mona", "type": "User"},
            **more,
        }

    def labeled(self, name: str, by: str) -> dict[str, Any]:
        """Set a label as a person and return the event's payload."""
        self.world.label(REPO, self.number, name, by)
        return self.event("labeled", label={"name": name}, sender={"login": by, "type": "User"})

    def run(
        self,
        *,
        event: str = "pull_request",
        payload: Mapping[str, Any] | None = None,
        seconds: float = 60,
        runner: Mapping[str, str] = MappingProxyType({}),
        **inputs: str,
    ) -> Finished:
        """Run the action until it ends. Inputs have underscores for hyphens; `runner` adds environment variables."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        env = self.environment(event, self.event() if payload is None else payload, given) | dict(runner)
        running = prepare(env)
        running.process.start()
        ended = running.wait(seconds)
        assert not ended.errors, ended.errors
        return Finished(
            ended.exit_status,
            ended.log,
            read_outputs(text_of(Path(env["GITHUB_OUTPUT"]))),
            text_of(Path(env["GITHUB_STEP_SUMMARY"])),
            Path(env["GITHUB_WORKSPACE"]),
        )

    def collect(self, **inputs: Any) -> Finished:  # noqa: ANN401 — the arguments of `run`
        """Run a scheduled collection."""
        return self.run(event="schedule", payload={}, command="collect", **inputs)

    def assert_no_leak(self) -> None:
        """Check that nothing the action wrote or sent contains the key, the token or a planted secret."""
        traces = {
            **leaks.left_by_runs(self.folder),
            **leaks.said_to("GitHub", self.github_faults),
            **leaks.said_to("CodeVF", self.codevf_faults),
        }
        found = leaks.leaks(traces, (KEY, TOKEN, leaks.CORE))
        assert not found, "\n".join(found)

    # What GitHub holds

    def summaries(self) -> list[str]:
        """Return the bodies of reviewbot's comments in the conversation, without announcements."""
        return [one for one in self._ours() if not read_announcement_mark(one)]

    def announcements(self) -> list[str]:
        """Return the bodies of the comments that announce a late answer."""
        return [one for one in self._ours() if read_announcement_mark(one)]

    def _ours(self) -> list[str]:
        return [one.body for one in self.world.store.comments.values() if one.author.endswith("[bot]")]

    def comments(self) -> list[Any]:
        """Return the review comments in order."""
        return list(self.world.store.replies.values())

    def checks(self, sha: str | None = None) -> list[Any]:
        """Return the check runs of a commit, by default of the head."""
        wanted = sha or self.world.pull(REPO, self.number).head_sha
        return [one for one in self.world.store.checks.values() if one.head_sha == wanted]

    def github_requests(self) -> list[str]:
        """Return method and path of every request to GitHub's API so far."""
        return [f"{one.method} {one.path}" for one in self.github_faults.log]


def assert_reviews(service: CodeVFService) -> None:
    """Check that every task is a review or a question: its prompt asks for it, and files are attached."""
    asked = [one.request for one in service.tasks()]
    others = [
        one.prompt
        for one in asked
        if not (one.prompt.startswith(("Review ", "Answer one question ")) and one.attachments)
    ]
    assert not others, others


def fork(rig: Rig) -> None:
    """Open a pull request from mallory's fork, which later runs review."""
    rig.world.fork(REPO, "mallory")
    rig.world.push("mallory/parcels", "attack", {"app.py": "print(1)\n"}, author="mallory")
    pull = rig.world.open_pull_request(
        REPO, "attack", title="Trust me", author="mallory", head_repository="mallory/parcels"
    )
    rig.number = pull.number


def from_fork(rig: Rig, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 — JSON
    """Return that pull request's event."""
    payload = rig.event("opened", sender={"login": "mallory", "type": "User"}, **more)
    payload["pull_request"]["head"]["repo"]["full_name"] = "mallory/parcels"
    return payload


def read_outputs(text: str) -> dict[str, str]:
    """Parse outputs in the runner's format with random delimiters."""
    found = re.findall(r"^([a-z-]+)<<(ghadelimiter_\S+)\n(.*?)\n?\2$", text, re.MULTILINE | re.DOTALL)
    return {name: value for name, _, value in found}


@contextmanager
def open_rig(  # noqa: PLR0913 — a test names the two or three that it cares about
    folder: Path,
    *,
    engineer: Engineer | None = None,
    life: TaskLife | None = None,
    available: int = 10_000,
    permissions: Mapping[Scope, Access] = WORKFLOW,
    config: str | None = None,
    files: Mapping[str, str | bytes] | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    private: bool = False,
    rest: str = "",
) -> Iterator[Rig]:
    """Serve both services with pull request #1 by mona, which changes `BASE` to `HEAD`.

    `rest` is the prefix of REST paths: `/api/v3` on an Enterprise Server.
    """
    world = GitHubState(Store(folder / "git"))
    world.repository(REPO, private=private)
    base: dict[str, str | bytes] = {**BASE, **(files or {})}
    if config is not None:
        base[".github/reviewbot.yml"] = config
    world.push(REPO, "main", base, message="Base")
    world.push(REPO, "topic", HEAD, message="Topic", author="mona")
    pull = world.open_pull_request(REPO, "topic", title="Track parcels", body="Adds tracking.", author="mona")
    world.app_token(TOKEN, permissions=permissions)
    account = Account(KEY, Decimal(available), "test")
    service = CodeVFService(
        Setup(
            ServiceConfig(
                accounts=(account, Account(OTHER_KEY, Decimal(available), "another")),
                limits=limits or Limits(rate=None),
                life_of=lambda _: life or TaskLife(pending=1, processing=1),
            ),
            engineer=engineer or canned(CLEAN),
            clock=clock or scaled_clock(SCALE),
        )
    )
    github_faults, codevf_faults = Faults(), Faults()
    with refereed(rest) as referee, ExitStack() as stack:
        answers = referee.answers(build_github(world, base_path=rest))
        github = with_faults(answers, github_faults, identify=identify(world))
        codevf = with_faults(build_codevf(service), codevf_faults)
        apps = {"github": referee.requests(github), "codevf": referee.bought(codevf)}
        served = stack.enter_context(serving_all(apps))
        urls = served["github"].url, served["codevf"].url
        rig = Rig(folder / "runs", world, service, *urls, github_faults, codevf_faults, pull.number, rest=rest)
        yield rig
        rig.assert_no_leak()
        assert_reviews(service)
