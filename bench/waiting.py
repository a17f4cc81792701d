"""Simulate polling: delay of the answer and number of requests, per interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean

from bench.parts import Found, Size
from bench.table import Goal, Table, number
from reviewbot.domain.codevf.polling import next_poll
from reviewbot.domain.model.review import Mode, TaskStatus

MINUTE, HOUR = 60.0, 3600.0

COLLECT_EVERY = HOUR
"""Seconds between two collections in the documented workflow."""

DETACH_AFTER = 8 * MINUTE
"""Default of `wait-minutes`, in seconds."""

LONG_REVIEW = 4 * HOUR

A_RUN = 5.0
"""Seconds of a run without waiting."""


@dataclass(frozen=True, slots=True)
class Life:
    """A task: seconds until it starts, and until it ends."""

    pending: float
    done: float

    def status(self, at: float) -> TaskStatus:
        return TaskStatus.PENDING if at < self.pending else TaskStatus.PROCESSING


OURS, VENDORS = "reviewbot", "every 10 s, as the vendor's page shows"

Pace = Callable[[TaskStatus, float, Random], float]
"""Seconds until the next poll, by the last status and the seconds since the task was created."""

PACES: dict[str, Pace] = {
    OURS: lambda status, elapsed, rng: next_poll(status, Mode.FAST, elapsed, None, rng),
    VENDORS: lambda *_: 10.0,
    "every 2 s, as langchain-human-in-the-loop does": lambda *_: 2.0,
}

KINDS: dict[str, Callable[[Random], float]] = {
    "seconds: 5 to 60": lambda rng: rng.uniform(5, 60),
    "minutes: a median of 5": lambda rng: rng.lognormvariate(5.7, 0.5),
    "an hour: 20 to 90 minutes": lambda rng: rng.uniform(20 * MINUTE, 90 * MINUTE),
    "hours: 1 to 4": lambda rng: rng.uniform(HOUR, 4 * HOUR),
}
"""Durations of reviews by kind, including the time until they start."""


@dataclass(frozen=True, slots=True)
class Waited:
    """Average delay in seconds and polls of a pace."""

    kind: str
    pace: str
    late: float
    requests: float

    def beats(self, other: Waited) -> bool:
        """Whether it is better in one figure and worse in neither."""
        no_worse = self.late <= other.late and self.requests <= other.requests
        return no_worse and (self.late, self.requests) != (other.late, other.requests)


def play(life: Life, pace: Pace, rng: Random) -> tuple[float, int]:
    """Return the seconds from the end of the task to the poll that sees it, and the number of polls."""
    at, asked = 0.0, 0
    status = TaskStatus.PENDING
    while at < life.done or not asked:
        at += pace(status, at, rng)
        asked += 1
        status = life.status(at)
    return at - life.done, asked


def lives(kind: str, count: int) -> list[Life]:
    """Return the tasks of a kind, always the same."""
    rng = Random(kind)  # noqa: S311 — a simulation
    lengths = [KINDS[kind](rng) for _ in range(count)]
    return [Life(length * rng.uniform(0.05, 0.7), length) for length in lengths]


def _waited(kind: str, name: str, count: int) -> Waited:
    rng = Random(name)  # noqa: S311 — a simulation
    played = [play(life, PACES[name], rng) for life in lives(kind, count)]
    return Waited(kind, name, fmean(late for late, _ in played), fmean(asked for _, asked in played))


def measure(size: Size, _folder: Path) -> Found:
    all_waited = [_waited(kind, name, size.tasks) for kind in KINDS for name in PACES]
    rows = tuple(
        (one.kind, one.pace, one.late, one.requests, "yes" if _on_front(one, all_waited) else "no")
        for one in all_waited
    )
    columns = ("a review takes", "polling", "delay, s", "requests", "on the Pareto front")
    ours = [one for one in all_waited if one.pace == OURS]
    met = all(_on_front(one, all_waited) for one in ours)
    found = f"on it for {sum(_on_front(one, all_waited) for one in ours)} of {len(ours)} kinds"
    goal = Goal("waiting", "on the Pareto front of lag and requests for every kind", found, met)
    return Found((Table("waiting", columns, rows, compared(all_waited)), _runner_minutes()), (goal,))


def compared(among: Sequence[Waited]) -> str:
    """Compare reviewbot's pace with the vendor's, in words."""
    by = {(one.kind, one.pace): one for one in among}
    pairs = [(kind, by[kind, OURS], by[kind, VENDORS]) for kind in KINDS]
    figures = "; ".join(
        f"{kind.partition(':')[0]}: {number(ours.requests / theirs.requests)} times the requests, "
        f"{number(abs(ours.late - theirs.late))} s {'later' if ours.late > theirs.late else 'earlier'}"
        for kind, ours, theirs in pairs
    )
    on = sum(_on_front(one, among) for one in among)
    return (
        f"{on} of {len(among)} are on the front, because more frequent polling always sees the answer earlier. "
        f"reviewbot compared with every 10 s: {figures}."
    )


def _on_front(one: Waited, among: Sequence[Waited]) -> bool:
    return not any(other.beats(one) for other in among if other.kind == one.kind)


def _runner_minutes() -> Table:
    columns = (
        "a review of four hours",
        "runner minutes",
        "billed, each job rounded up",
        "delay, minutes at most",
    )
    note = (
        "A collection serves all open reviews of the repository; here its minutes count for one. "
        f"Each run counts {A_RUN:g} seconds besides waiting, mostly the container's start."
    )
    return Table("runner minutes", columns, tuple(_strategies()), note)


def _strategies() -> Iterator[tuple[str, float, float, float]]:
    waited = (LONG_REVIEW + A_RUN) / MINUTE
    yield "wait to the end", waited, -(-waited // 1), 1.0
    runs = -(-(LONG_REVIEW - DETACH_AFTER) // COLLECT_EVERY)
    used = (DETACH_AFTER + A_RUN + runs * A_RUN) / MINUTE
    yield "wait 8 minutes, then collect hourly", used, -(-(DETACH_AFTER + A_RUN) // MINUTE) + runs, 60.0
    runs = -(-LONG_REVIEW // COLLECT_EVERY)
    used = (A_RUN + runs * A_RUN) / MINUTE
    yield "wait 0 minutes, then collect hourly", used, 1 + runs, 60.0
