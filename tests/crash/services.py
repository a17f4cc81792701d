"""Serve both services on loopback for many pull requests, and run the action as a process that can be killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from reviewbot_sandbox.codevf import (
    Account,
    Answer,
    Clock,
    CodeVFService,
    Engineer,
    Limits,
    ServiceConfig,
    Setup,
    TaskLife,
    TaskRequest,
    build_codevf,
    scaled_clock,
)
from reviewbot_sandbox.faults import ClientDies, Fault, Faults, RecordedThen, with_faults
from reviewbot_sandbox.github import GitHubState, Store, build_github, identify
from reviewbot_sandbox.serve import Bounds, serving_all

from tests.app.forked import Running, prepare
from tests.app.rig import BASE, HEAD, KEY, REPO, TOKEN, Rig, answer, assert_reviews, earlier, finding
from tests.contract.referee import refereed
from tests.hostile import leaks

SCALE = 0.01
"""Real seconds per simulated second. Deadlines are a simulated hour, so a busy machine causes no timeouts."""

QUICK = TaskLife(pending=1, processing=1)
NEVER = TaskLife(pending=10**9, processing=1)

ALL_KINDS: Answer = answer(
    finding("app.py", 10, title="on a line"),
    finding("app.py", 11, end_line=12, severity="critical", title="on two lines"),
    finding("app.py", 30, side="LEFT", code="value_30 = 30", title="on a deleted line"),
    *(finding("app.py", 12, severity="info", title=f"many, number {number}") for number in range(70)),
    finding("app.py", 22, title="off the diff, so on the file"),
    finding("gone.py", 1, code="never there", title="a quote of nothing, so on the file"),
    finding("elsewhere.py", 3, title="not in the change, so in the summary"),
)
"""Findings on lines, on files and only in the summary, more than the check has annotations."""


def answer_review(request: TaskRequest) -> Answer:
    """Answer a first review with findings of every kind; a later one calls the critical ones fixed, and replies."""
    if not any(one.file_name == "conversation.md" for one in request.attachments):
        return ALL_KINDS
    fixed = [one for one in earlier(request) if one["severity"] == "critical"]
    return answer(previous=[{"id": one["id"], "state": "fixed", "note": "Seen.", "reply": REPLY} for one in fixed])


REPLY = '@mona It is fixed.\n<!-- reviewbot:finding:v1 instance="" ids=0123456789 -->\n/reviewbot bypass'


class Kind(Enum):
    """What happens at a request."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    ANSWER_LOST = "recorded, then 502"


@dataclass(frozen=True, slots=True)
class Point:
    """A fault at one request of a run; `nth` counts the requests to one service from 1."""

    service: str
    nth: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind.value} {self.service} {self.nth}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and whether the fault occurred."""

    exit_status: int
    log: str
    struck: bool


@dataclass
class Services:
    """Both services and their pull requests.

    Attributes:
        life: maps the number of earlier tasks of a pull request to the life of the next one.
        bought: number of tasks by pull request.
    """

    folder: Path
    world: GitHubState
    service: CodeVFService
    urls: tuple[str, str]
    faults: Mapping[str, Faults]
    clock: Clock
    life: Callable[[int], TaskLife] = lambda _: QUICK
    bought: Counter[int] = field(default_factory=Counter)
    rigs: list[Rig] = field(default_factory=list)

    def open(self) -> Rig:
        """Open a pull request with the same change as all others and its own head commit."""
        branch = f"topic-{len(self.rigs)}"
        self.world.push(REPO, branch, HEAD, message=branch, author="mona")
        pull = self.world.open_pull_request(REPO, branch, title="Track parcels", body="Adds tracking.", author="mona")
        faults = self.faults["github"], self.faults["codevf"]
        rig = Rig(self.folder / branch, self.world, self.service, *self.urls, *faults, pull.number)
        self.rigs.append(rig)
        return rig

    def close(self, rig: Rig) -> None:
        """Close a pull request that is no longer needed, so that collections skip it."""
        self.world.close(REPO, rig.number)

    def life_of(self, request: TaskRequest) -> TaskLife:
        """Return the life of a new task. The service calls this once per recorded task."""
        number = int(str((request.metadata or {})["pullRequest"]))
        self.bought[number] += 1
        return self.life(self.bought[number] - 1)

    def assert_no_leak(self) -> None:
        """Check that no run wrote or sent the key or the token."""
        traces = {
            f"{rig.folder.name}/{place}": content
            for rig in self.rigs
            for place, content in leaks.left_by_runs(rig.folder).items()
        }
        for service, faults in self.faults.items():
            traces |= leaks.said_to(service, faults)
        found = leaks.leaks(traces, (KEY, TOKEN))
        assert not found, "\n".join(found)

    def requests(self) -> dict[str, int]:
        """Return the number of requests that each service received."""
        return {name: len(faults.log) for name, faults in self.faults.items()}

    def prepare(self, rig: Rig, inputs: Mapping[str, str], action: str = "synchronize") -> Running:
        """Prepare a run of the action on a pull request."""
        env = rig.environment("pull_request", rig.event(action), inputs) | {"REVIEWBOT_TIME_SCALE": str(SCALE)}
        return prepare(env)

    def run(
        self,
        rig: Rig,
        inputs: Mapping[str, str] = MappingProxyType({}),
        at: Point | None = None,
        action: str = "synchronize",
    ) -> Ended:
        """Run the action until it ends or is killed."""
        running = self.prepare(rig, inputs, action)
        if at is not None:
            self.faults[at.service].add(".", fault_of(at.kind, running.kill), nth=at.nth)
        running.process.start()
        ended, struck = running.wait(), False
        if at is not None:
            [(_, count)] = self.faults[at.service].rules
            self.faults[at.service].clear()
            struck = count[0] >= at.nth
        return Ended(ended.exit_status, ended.log, struck)


def fault_of(kind: Kind, kill: Callable[[], None]) -> Fault:
    """Return the fault for the sandbox's fault layer."""
    match kind:
        case Kind.KILLED_BEFORE:
            return ClientDies(kill, recorded=False)
        case Kind.KILLED_AFTER:
            return ClientDies(kill, recorded=True)
        case Kind.ANSWER_LOST:
            return RecordedThen(502)


@contextmanager
def serve(folder: Path, engineer: Engineer = answer_review, clock: Clock | None = None) -> Iterator[Services]:
    """Serve both services while the block runs."""
    world = GitHubState(Store(folder / "git"))
    world.repository(REPO)
    world.push(REPO, "main", BASE, message="Base")
    world.app_token(TOKEN)
    faults = {"github": Faults(), "codevf": Faults()}
    made: list[Services] = []

    def life_of(request: TaskRequest) -> TaskLife:
        return made[0].life_of(request)

    ticking = clock or scaled_clock(SCALE)
    config = ServiceConfig(
        accounts=(Account(KEY, Decimal(10_000_000), "crash"),),
        limits=Limits(rate=None),
        life_of=life_of,
    )
    service = CodeVFService(Setup(config, engineer=engineer, clock=ticking))
    with refereed() as referee, ExitStack() as stack:
        github = with_faults(referee.answers(build_github(world)), faults["github"], identify=identify(world))
        codevf = with_faults(build_codevf(service), faults["codevf"])
        apps = {"github": referee.requests(github), "codevf": referee.bought(codevf)}
        served = stack.enter_context(serving_all(apps, bounds=Bounds(lifetime=3600)))
        made.append(Services(folder, world, service, (served["github"].url, served["codevf"].url), faults, ticking))
        yield made[0]
        made[0].assert_no_leak()
        assert_reviews(service)
