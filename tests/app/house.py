"""Both services on loopback, a repository with a pull request, and the action run as a runner runs it."""

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
    House,
    Limits,
    Setup,
    Structured,
    TaskLife,
    TaskRequest,
    build_codevf,
    canned,
    scaled_clock,
)
from reviewbot_sandbox.faults import Faults, with_faults
from reviewbot_sandbox.github import WORKFLOW, Access, Scope, Store, World, build_github, identify
from reviewbot_sandbox.serve import serving_all

from tests.app.forked import prepare, text_of
from tests.contract.referee import refereed
from tests.hostile import leaks

REPO = "acme/parcels"
KEY = "cvf_test_house"
OTHER_KEY = "cvf_test_another"
"""Of another account, which sees nothing of the first one's."""
TOKEN = "ghs_house"
SCALE = 0.05
"""Real seconds for one of the service: slow enough for a busy machine, since the deadlines shrink alike."""
FORGETFUL = Limits(rate=None, key_memory=1)
"""A service that forgets keys at once: what is then not bought twice is what we remember."""
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
    """A finding as the service answers it."""
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
    """The findings of earlier reviews that a submission asks about."""
    texts = [one.content for one in request.attachments if one.file_name == "review-so-far.txt"]
    lines = "".join(texts).partition("NEW SINCE")[0].splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def said(request: TaskRequest, state: str, note: str = "") -> list[dict[str, Any]]:
    """The same word on every finding that a submission asks about."""
    return [{"id": one["id"], "state": state, "note": note} for one in earlier(request)]


def answer(
    *findings: Mapping[str, Any], summary: str = "Read.", previous: Sequence[Mapping[str, Any]] | None = None
) -> Answer:
    """An answer in the response schema, findings grouped by file."""
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
    """The house: what tests look at, and the action to run in it."""

    folder: Path
    world: World
    service: CodeVFService
    github_url: str
    codevf_url: str
    github_faults: Faults
    codevf_faults: Faults
    number: int = 1
    runs: int = field(default=0)
    rest: str = ""

    def environment(self, event: str, payload: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, str]:
        """A runner's environment, and nothing of ours."""
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
        """The payload of a `pull_request` event, as far as the action reads one."""
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
        """Set a label as a person; returns the payload of the event."""
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
        """Run the action to its end; inputs with underscores for dashes, `runner` is more of the environment."""
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

    def assert_kept_to_itself(self) -> None:
        """Nothing that the action wrote or sent shows the key, the token, or a secret that somebody planted."""
        traces = {
            **leaks.left_by_runs(self.folder),
            **leaks.said_to("GitHub", self.github_faults),
            **leaks.said_to("CodeVF", self.codevf_faults),
        }
        found = leaks.leaks(traces, (KEY, TOKEN, leaks.CORE))
        assert not found, "\n".join(found)

    # What GitHub holds

    def summaries(self) -> list[str]:
        """Bodies of the comments on the timeline that are ours."""
        return [one.body for one in self.world.store.comments.values() if one.author.endswith("[bot]")]

    def comments(self) -> list[Any]:
        """The review comments, in order."""
        return list(self.world.store.replies.values())

    def checks(self, sha: str | None = None) -> list[Any]:
        """The check runs on a commit, by default on the head."""
        wanted = sha or self.world.pull(REPO, self.number).head_sha
        return [one for one in self.world.store.checks.values() if one.head_sha == wanted]

    def github_requests(self) -> list[str]:
        """Method and path of every request to GitHub's API so far."""
        return [f"{one.method} {one.path}" for one in self.github_faults.log]


def assert_reviews(service: CodeVFService) -> None:
    """Every task that was created is a review: its prompt asks for one, and files are attached."""
    asked = [one.request for one in service.tasks()]
    others = [one.prompt for one in asked if not (one.prompt.startswith("Review ") and one.attachments)]
    assert not others, others


def fork(rig: Rig) -> None:
    """A pull request from mallory's fork becomes the one under review."""
    rig.world.fork(REPO, "mallory")
    rig.world.push("mallory/parcels", "attack", {"app.py": "print(1)\n"}, author="mallory")
    pull = rig.world.open_pull_request(
        REPO, "attack", title="Trust me", author="mallory", head_repository="mallory/parcels"
    )
    rig.number = pull.number


def from_fork(rig: Rig, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 — JSON
    """The event of that pull request."""
    payload = rig.event("opened", sender={"login": "mallory", "type": "User"}, **more)
    payload["pull_request"]["head"]["repo"]["full_name"] = "mallory/parcels"
    return payload


def read_outputs(text: str) -> dict[str, str]:
    """The outputs in the runner's own format, with random delimiters."""
    found = re.findall(r"^([a-z-]+)<<(ghadelimiter_\S+)\n(.*?)\n?\2$", text, re.MULTILINE | re.DOTALL)
    return {name: value for name, _, value in found}


@contextmanager
def house(  # noqa: PLR0913 — a test names the two or three that it cares about
    folder: Path,
    *,
    engineer: Engineer | None = None,
    life: TaskLife | None = None,
    available: int = 10_000,
    permissions: Mapping[Scope, Access] = WORKFLOW,
    config: str | None = None,
    files: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    private: bool = False,
    rest: str = "",
) -> Iterator[Rig]:
    """Both services, served; the pull request #1 by mona changes `BASE` to `HEAD`.

    The paths of REST begin with `rest`: an Enterprise Server has them under `/api/v3`.
    """
    world = World(Store(folder / "git"))
    world.repository(REPO, private=private)
    base: dict[str, str] = {**BASE, **(files or {})}
    if config is not None:
        base[".github/reviewbot.yml"] = config
    world.push(REPO, "main", base, message="Base")
    world.push(REPO, "topic", HEAD, message="Topic", author="mona")
    pull = world.open_pull_request(REPO, "topic", title="Track parcels", body="Adds tracking.", author="mona")
    world.app_token(TOKEN, permissions=permissions)
    account = Account(KEY, Decimal(available), "house")
    service = CodeVFService(
        Setup(
            House(
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
        rig.assert_kept_to_itself()
        assert_reviews(service)
