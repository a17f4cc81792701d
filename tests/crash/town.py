"""Both services on loopback for many pull requests, and the action as a process that dies where it is told to."""

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
    HandClock,
    House,
    Limits,
    Setup,
    TaskLife,
    TaskRequest,
    build_codevf,
    scaled_clock,
)
from reviewbot_sandbox.faults import ClientDies, Fault, Faults, Meanwhile, RecordedThen, with_faults
from reviewbot_sandbox.github import Store, World, build_github, identify
from reviewbot_sandbox.serve import Bounds, serving_all

from tests.app.forked import Running, prepare
from tests.app.house import BASE, HEAD, KEY, REPO, TOKEN, Rig, answer, assert_reviews, earlier, finding
from tests.app.test_commands import event_of
from tests.contract.referee import refereed
from tests.hostile import leaks

SCALE = 0.01
"""Real seconds for one of the clocks: deadlines are an hour of theirs, so a busy machine does no harm."""

TICK = 250.0
"""Seconds by which a clock that is moved by hand goes on while a run waits."""

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
"""Comments on lines and on files, findings in the summary alone, and more annotations than fit into one request."""


def engaged(request: TaskRequest) -> Answer:
    """A first review finds something of every kind; a later one calls all critical findings fixed, and no others."""
    if not any(one.file_name == "review-so-far.txt" for one in request.attachments):
        return ALL_KINDS
    fixed = [one for one in earlier(request) if one["severity"] == "critical"]
    return answer(previous=[{"id": one["id"], "state": "fixed", "note": "Seen."} for one in fixed])


class Kind(Enum):
    """What happens at a request."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    ANSWER_LOST = "recorded, then 502"


@dataclass(frozen=True, slots=True)
class Point:
    """One request of a run, and what happens at it; `nth` counts the requests to one service, from 1."""

    service: str
    nth: int
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind.value} {self.service} {self.nth}"


@dataclass(frozen=True, slots=True)
class Moment:
    """One request of a run, at which it is held up; `recorded` is whether the service has done its work by then.

    `nth` counts those with this method and a fitting path, from 1.
    """

    service: str
    method: str | None
    match: str
    nth: int = 1
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and whether what was to happen in it did."""

    exit_status: int
    log: str
    struck: bool


@dataclass
class Town:
    """Both services, and the pull requests that live there.

    Attributes:
        life: how a task lives, by how many its pull request had before it.
        bought: tasks by pull request.
    """

    folder: Path
    world: World
    service: CodeVFService
    urls: tuple[str, str]
    faults: Mapping[str, Faults]
    clock: Clock
    life: Callable[[int], TaskLife] = lambda _: QUICK
    bought: Counter[int] = field(default_factory=Counter)
    rigs: list[Rig] = field(default_factory=list)

    def open(self) -> Rig:
        """A new pull request, that changes what every other one changes, with a head of its own."""
        branch = f"topic-{len(self.rigs)}"
        self.world.push(REPO, branch, HEAD, message=branch, author="mona")
        pull = self.world.open_pull_request(REPO, branch, title="Track parcels", body="Adds tracking.", author="mona")
        faults = self.faults["github"], self.faults["codevf"]
        rig = Rig(self.folder / branch, self.world, self.service, *self.urls, *faults, pull.number)
        self.rigs.append(rig)
        return rig

    def close(self, rig: Rig) -> None:
        """Close a pull request that nobody looks at any more, so that collections pass it by."""
        self.world.close(REPO, rig.number)

    def life_of(self, request: TaskRequest) -> TaskLife:
        """The script of a new task; CodeVF asks once for each that it records."""
        number = int(str((request.metadata or {})["pullRequest"]))
        self.bought[number] += 1
        return self.life(self.bought[number] - 1)

    def assert_kept_to_itself(self) -> None:
        """No run wrote or sent the key or the token."""
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
        """How many requests each service has had."""
        return {name: len(faults.log) for name, faults in self.faults.items()}

    def answer(self, rig: Rig, by: str, text: str, inputs: Mapping[str, str]) -> Ended:
        """Somebody writes a comment, and the action runs on it to its end."""
        payload = event_of(rig, self.world.comment(REPO, rig.number, by, text))
        env = rig.environment("issue_comment", payload, inputs) | {"REVIEWBOT_TIME_SCALE": str(SCALE)}
        running = prepare(env)
        running.process.start()
        ended = running.wait()
        return Ended(ended.exit_status, ended.log, struck=False)

    def run_beside(self, rig: Rig, inputs: Mapping[str, str], at: Moment, happens: Callable[[], None]) -> Ended:
        """Run the action to its end; at that moment it waits for GitHub or CodeVF till something else has happened.

        While it waits for a review, CodeVF's clock goes on.
        """
        rule = self.faults[at.service].add(at.match, Meanwhile(happens, at.recorded), method=at.method, nth=at.nth)
        self.faults["codevf"].add("/tasks/task_", Meanwhile(self._goes_on), method="GET", times=None)
        running = self.prepare(rig, inputs)
        running.process.start()
        ended = running.wait()
        [count] = [count for one, (count,) in self.faults[at.service].rules if one is rule]
        for faults in self.faults.values():
            faults.clear()
        return Ended(ended.exit_status, ended.log, count >= at.nth)

    def _goes_on(self) -> None:
        assert isinstance(self.clock, HandClock)
        self.clock.advance(TICK)

    def prepare(self, rig: Rig, inputs: Mapping[str, str], action: str = "synchronize") -> Running:
        """The action on a pull request, ready to be started."""
        env = rig.environment("pull_request", rig.event(action), inputs) | {"REVIEWBOT_TIME_SCALE": str(SCALE)}
        return prepare(env)

    def run(
        self,
        rig: Rig,
        inputs: Mapping[str, str] = MappingProxyType({}),
        at: Point | None = None,
        action: str = "synchronize",
    ) -> Ended:
        """Run the action to its end, or to where it dies."""
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
    """What the fault layer is told."""
    match kind:
        case Kind.KILLED_BEFORE:
            return ClientDies(kill, recorded=False)
        case Kind.KILLED_AFTER:
            return ClientDies(kill, recorded=True)
        case Kind.ANSWER_LOST:
            return RecordedThen(502)


@contextmanager
def town(folder: Path, engineer: Engineer | None = None, clock: Clock | None = None) -> Iterator[Town]:
    """Both services, served."""
    world = World(Store(folder / "git"))
    world.repository(REPO)
    world.push(REPO, "main", BASE, message="Base")
    world.app_token(TOKEN)
    faults = {"github": Faults(), "codevf": Faults()}
    towns: list[Town] = []

    def life_of(request: TaskRequest) -> TaskLife:
        return towns[0].life_of(request)

    ticking = clock or scaled_clock(SCALE)
    house = House(
        accounts=(Account(KEY, Decimal(10_000_000), "town"),),
        limits=Limits(rate=None),
        life_of=life_of,
    )
    service = CodeVFService(Setup(house, engineer=engineer or engaged, clock=ticking))
    with refereed() as referee, ExitStack() as stack:
        github = with_faults(referee.answers(build_github(world)), faults["github"], identify=identify(world))
        codevf = with_faults(build_codevf(service), faults["codevf"])
        apps = {"github": referee.requests(github), "codevf": referee.bought(codevf)}
        served = stack.enter_context(serving_all(apps, bounds=Bounds(lifetime=3600)))
        towns.append(Town(folder, world, service, (served["github"].url, served["codevf"].url), faults, ticking))
        yield towns[0]
        towns[0].assert_kept_to_itself()
        assert_reviews(service)
