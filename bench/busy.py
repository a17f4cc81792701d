"""Measure a busy repository: a collection of many pull requests, and many reviews within one hourly limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.action import launch, run_action
from bench.ground import NEVER, Ground, ground
from bench.meter import api
from bench.parts import Found, Size
from bench.requests import A_HOUR, FIRST, of_collecting
from bench.table import Goal, Table
from reviewbot.domain.codevf.polling import Writes
from reviewbot.domain.text.formatting import counted

FINDINGS = 3
"""Findings of each review."""

AT_ONCE = 4
"""Reviews at the same time."""

_LEAVE = {"wait-minutes": "0"}
_COLLECT = {"command": "collect"}


@dataclass(frozen=True, slots=True)
class Collected:
    """A collection.

    Attributes:
        wanted: requests that `bench.requests` expects.
        writes: requests that change something.
    """

    pulls: int
    finished: int
    pending: int
    requests: int
    wanted: int
    writes: int
    seconds: float


def measure(size: Size, folder: Path) -> Found:
    """Measure this part."""
    pulls, finished, pending = size.pulls
    collected = collect(folder, pulls, finished, pending)
    shared = share(folder, size.runs)
    goals = (
        Goal(
            f"requests of collecting {finished} of {pulls}",
            str(collected.wanted),
            str(collected.requests),
            collected.requests == collected.wanted,
        ),
        Goal(
            f"requests of {counted(size.runs, 'review')} within one limit of {A_HOUR:,} an hour",
            f"{size.runs} published, {size.runs * FIRST} requests, 0 refused",
            f"{shared.published} published, {shared.requests} requests, {shared.refused} refused",
            (shared.published, shared.requests, shared.refused) == (size.runs, size.runs * FIRST, 0),
        ),
    )
    return Found((_collections(collected), _shares(shared)), goals)


def collect(folder: Path, pulls: int, finished: int, pending: int) -> Collected:
    """Collect open pull requests: some reviews finished, some pending, the others without one."""
    with TemporaryDirectory(dir=folder) as scratch, ground(Path(scratch)) as here:
        here.findings = FINDINGS
        numbers = [here.pull_request() for _ in range(pulls)]
        _bought(here, numbers[:finished])
        here.life = NEVER
        _bought(here, numbers[finished : finished + pending])
        came = run_action(here, numbers[0], _COLLECT)
        comments = len(here.world.store.replies)
    if comments != FINDINGS * finished:
        raise RuntimeError(f"{comments} comments of {FINDINGS * finished}")
    wanted = of_collecting(pulls, finished, pending, bare=pulls - finished - pending)
    return Collected(pulls, finished, pending, came.sample.requests, wanted, came.sample.writes, came.seconds)


def _bought(here: Ground, numbers: list[int]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda number: launch(here, number, _LEAVE), numbers))


@dataclass(frozen=True, slots=True)
class Shared:
    """Reviews that share a limit.

    Attributes:
        refused: requests that GitHub refused for a limit; each was sent again.
    """

    runs: int
    published: int
    requests: int
    refused: int


def share(folder: Path, runs: int) -> Shared:
    """Review this many pull requests under GitHub's limits, several at a time."""
    with TemporaryDirectory(dir=folder) as scratch, ground(Path(scratch)) as here:
        here.findings = FINDINGS
        numbers = [here.pull_request() for _ in range(runs)]
        here.limit()
        here.forget()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(lambda number: launch(here, number, {}), numbers))
        seen = api(here.github_meter.take())
        published = sum(not one.exit_status for one in ended)
    refused = sum(one.status in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS} for one in seen)
    return Shared(runs, published, len(seen), refused)


def _collections(one: Collected) -> Table:
    columns = (
        "open pull requests", "finished", "still open", "requests", "of the hour's limit, %", "changes",
        "seconds", "seconds of pauses at GitHub's pace",
    )  # fmt: skip
    row = (
        one.pulls, one.finished, one.pending, one.requests, 100 * one.requests / A_HOUR, one.writes,
        one.seconds, pauses(one.writes),
    )  # fmt: skip
    note = "Here a second of a pause takes a twentieth; the last column has the pauses on GitHub."
    return Table("collecting", columns, (row,), note)


def pauses(writes: int) -> float:
    """Return the seconds of pauses between this many changes."""
    bucket, now = Writes(), 0.0
    for _ in range(writes):
        pause, bucket = bucket.next(now)
        now += pause
    return now


def _shares(one: Shared) -> Table:
    columns = ("reviews in one hour", "published", "requests", "of the hour's limit, %", "refused and sent again")
    row = (one.runs, one.published, one.requests, 100 * one.requests / A_HOUR, one.refused)
    note = f"The limit allows {A_HOUR // FIRST} first reviews an hour and repository."
    return Table("sharing a limit", columns, (row,), note)
