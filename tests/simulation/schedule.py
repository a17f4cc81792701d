"""Runs of the action side by side on one thread: each is a greenlet that yields at its port calls.

A disturbance of a call is a plain value: a kill, a lost answer, a refused write, a delay, another run, or a move of
people. The same values at the same calls replay the same history.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ChangeUnreadable, ForgeUnreachable, PermissionMissing, Refused, ServiceUnreachable
from tests.simulation.github import Time

T = TypeVar("T")
CALL_SECONDS = 1.0
MOST_CALLS = 600
LOST = "The answer was lost on the way."
REFUSED = "GitHub refused it."
READS = frozenset(
    f"{port}.{method}"
    for port, methods in {
        "forge": "snapshot commits diff heads with_head waiting config is_same_file entries merge_base permission "
        "queued checks head_checks older_checks summaries",
        "codevf": "balance tags retrieve deliverable",
        "git": "read_change",
    }.items()
    for method in methods.split()
)
"""The calls that only read."""


class Killed(BaseException):
    """The runner was killed: the run stops."""


class Endless(Exception):
    """A run made more calls than any run needs."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The run dies at this call, before or after its effect."""

    after: bool


@dataclass(frozen=True, slots=True)
class Lose:
    """The answer or the request is lost."""

    done: bool


@dataclass(frozen=True, slots=True)
class Refuse:
    """GitHub refuses a write at this call, for a missing permission (403) or as invalid (422)."""

    permission: bool = True


@dataclass(frozen=True, slots=True)
class Delay:
    """The call takes longer."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The runner cancels the job: the next wait of this run ends with `KeyboardInterrupt`."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Another run continues first."""


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A move of `people.py` happens before the call."""

    move: object


@dataclass(frozen=True, slots=True)
class Begin:
    """Another run begins before the call; `start` is defined in `world.py`."""

    start: object


Disturbance = Kill | Lose | Refuse | Delay | Interrupt | Switch | Meanwhile | Begin


@dataclass(frozen=True, slots=True)
class At:
    """A disturbance, and the call at which it happens: the first call of an episode is 0, whichever run makes it."""

    call: int
    what: Disturbance


@dataclass(slots=True, eq=False)
class Run:
    """A run of the action, and how it ended: with an outcome, killed, or by an error that is a bug.

    Attributes:
        checks_read: when it last read the check runs of the heads.
        lost: the calls whose request was lost on the way.
        unanswered: when an answer was lost on the way.
        refused: the calls that GitHub refused.
    """

    number: int
    name: str
    start: object
    body: Callable[[Run], Outcome]
    greenlet: greenlet | None = None
    began: float = 0.0
    ended: float | None = None
    wake: float = 0.0
    calls: int = 0
    is_dead: bool = False
    is_interrupted: bool = False
    checks_read: float | None = None
    lost: set[str] = field(default_factory=set)
    unanswered: set[float] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    writes: bool = False
    outcome: Outcome | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Scheduler:
    """Plays episodes of runs in virtual time.

    Attributes:
        meanwhile: plays a move of people or the service.
        begin: creates a run.
        written: is called before each call that may change something.
        trace: receives (time, run, call, result); may be None.
        ended: is called after the last call of a run.
    """

    time: Time
    meanwhile: Callable[[object], None]
    begin: Callable[[object], Run]
    written: Callable[[], None] = lambda: None
    trace: Callable[[float, str, str, str], None] | None = None
    ended: Callable[[Run], None] = lambda _run: None
    calls: int = 0
    struck: int = 0
    current: Run | None = None
    _at: dict[int, list[Disturbance]] = field(default_factory=dict)
    _live: list[Run] = field(default_factory=list)
    _all: list[Run] = field(default_factory=list)
    _hub: greenlet | None = None
    _last: Run | None = None

    def play(self, runs: Iterable[Run], at: Iterable[At] = ()) -> list[Run]:
        """Play runs to their end and return them, with those that began meanwhile."""
        wanted: defaultdict[int, list[Disturbance]] = defaultdict(list)
        for one in at:
            wanted[one.call].append(one.what)
        self._at, self.calls, self._hub = dict(wanted), 0, getcurrent()
        self._live = list(runs)
        self._all = every = list(self._live)
        while self._live:
            ready = [run for run in self._live if run.wake <= self.time.seconds]
            if not ready:
                self.time.seconds = min(run.wake for run in self._live)
                continue
            self._resume(self._next(ready))
        return every

    def _next(self, ready: list[Run]) -> Run:
        """Return the run after the one that went last, in the order in which they began."""
        last = self._last
        after = [run for run in ready if last is not None and run.number > last.number]
        return (after or ready)[0]

    def _resume(self, run: Run) -> None:
        self._last = run
        if run.greenlet is None:
            run.greenlet = greenlet(self._body)
            run.greenlet.switch(run)
        else:
            run.greenlet.switch()
        if run.greenlet.dead:
            self._live.remove(run)

    def _body(self, run: Run) -> None:
        try:
            run.outcome = run.body(run)
        except Killed:
            self._report(run, "", "is dead")
        except Exception as error:  # noqa: BLE001 — whatever it is, it is a bug of the product, and a law says so
            run.error = error
            self._report(run, "", f"raises {error!r}")
        else:
            self._report(run, "", f"ends: {run.outcome.status}, {run.outcome.reason}, exit {run.outcome.exit_status}")
        finally:
            run.ended = self.time.seconds
            self.ended(run)

    def call(self, run: Run, name: str, effect: Callable[[], T], unreachable: type[Exception]) -> T:
        """Perform one call of a port with its disturbances."""
        if run.is_dead:
            raise Killed
        self.time.seconds += CALL_SECONDS
        run.calls += 1
        run.writes = run.writes or name not in READS
        if run.calls > MOST_CALLS:
            raise Endless(f"more than {MOST_CALLS} calls")
        index, self.calls = self.calls, self.calls + 1
        after: list[Disturbance] = []
        for what in self._at.get(index, ()):
            self._before(run, name, what, unreachable, after)
        self.current = run
        if name not in READS:
            self.written()
        result = effect() if self.trace is None else self._traced(run, name, effect)
        if name == "forge.checks":
            run.checks_read = self.time.seconds
        for what in after:
            self._report(run, name, "the run is killed" if isinstance(what, Kill) else "the answer is lost")
            if isinstance(what, Kill):
                run.is_dead = True
                raise Killed
            run.unanswered.add(self.time.seconds)
            raise unreachable(LOST)
        return result

    def _before(
        self, run: Run, name: str, what: Disturbance, unreachable: type[Exception], after: list[Disturbance]
    ) -> None:
        self.struck += 1
        match what:
            case Kill(after=False):
                self._report(run, name, "the run is killed before it")
                run.is_dead = True
                raise Killed
            case Lose(done=False) | Refuse():
                self._fail(run, name, what, unreachable)
            case Kill() | Lose():
                after.append(what)
            case Delay(seconds=seconds):
                self._report(run, name, f"takes {seconds} seconds longer")
                self.time.seconds += seconds
            case Interrupt():
                run.is_interrupted = True
            case Switch():
                self.give_way(run)
            case Meanwhile(move=move):
                self.meanwhile(move)
            case Begin(start=start):
                began = self.begin(start)
                self._live.append(began)
                self._all.append(began)
                self.give_way(run)

    def _fail(self, run: Run, name: str, what: Lose | Refuse, unreachable: type[Exception]) -> None:
        """Raise the error of a call without an effect."""
        if isinstance(what, Lose):
            self._report(run, name, "the request is lost")
            run.lost.add(name)
            raise unreachable(LOST)
        if name.startswith("forge.") and name not in READS:
            self._report(run, name, "GitHub refuses it")
            run.refused.add(name)
            raise (PermissionMissing if what.permission else Refused)(REFUSED)

    def _traced(self, run: Run, name: str, effect: Callable[[], T]) -> T:
        try:
            result = effect()
        except Exception as error:
            self._report(run, name, f"raises {error!r}")
            raise
        self._report(run, name, _short(result))
        return result

    def _report(self, run: Run, name: str, what: str) -> None:
        if self.trace is not None:
            self.trace(self.time.seconds, run.name, name, what)

    def give_way(self, run: Run) -> None:
        """Let the other runs continue until they wait or end."""
        if len(self._live) > 1 and self._hub is not None:
            self._hub.switch()
        if run.is_dead:
            raise Killed

    def sleep(self, run: Run, seconds: float) -> None:
        """Let virtual time pass for a run."""
        if run.is_dead:
            raise Killed
        if run.is_interrupted:
            run.is_interrupted = False
            self._report(run, "sleep", "the job is cancelled")
            raise KeyboardInterrupt
        run.wake = self.time.seconds + seconds
        if len(self._live) > 1 and self._hub is not None:
            self._hub.switch()
        else:
            self.time.seconds = run.wake
        if run.is_dead:
            raise Killed


def _short(result: object) -> str:
    text = repr(result)
    return text if len(text) < 200 else f"{text[:200]}…"


class Wired:
    """A port whose methods are calls of a run."""

    def __init__(self, scheduler: Scheduler, run: Run, name: str, target: object, unreachable: type[Exception]) -> None:
        self._scheduler, self.simulated_run, self._name, self._target = scheduler, run, name, target
        self._unreachable = unreachable

    def __getattr__(self, method: str) -> Callable[..., Any]:
        effect, name = getattr(self._target, method), f"{self._name}.{method}"
        scheduler, run, unreachable = self._scheduler, self.simulated_run, self._unreachable

        def call(*args: object, **named: object) -> object:
            return scheduler.call(run, name, lambda: effect(*args, **named), unreachable)

        self.__dict__[method] = call
        return call


UNREACHABLE: dict[str, type[Exception]] = {
    "forge": ForgeUnreachable,
    "codevf": ServiceUnreachable,
    "git": ChangeUnreadable,
}
"""The error that a port raises if its answer is lost."""


@dataclass(slots=True)
class SimulatedClock:
    """The port `Clock` of one run."""

    scheduler: Scheduler
    run: Run

    def now(self) -> datetime:
        """See `ports.Clock.now`."""
        return self.scheduler.time.now()

    def monotonic(self) -> float:
        """See `ports.Clock.monotonic`."""
        return self.scheduler.time.seconds

    def sleep(self, seconds: float) -> None:
        """See `ports.Clock.sleep`."""
        self.scheduler.sleep(self.run, seconds)
