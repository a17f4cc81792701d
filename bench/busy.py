"""Measure a busy repository: a collection of many pull requests, and many reviews within one hourly limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewbot_sandbox.github.state.limits import Limits as GitHubLimits

from bench.action import Ran, launch
from bench.measure import slope
from bench.meter import api, refusals
from bench.parts import Found, Size
from bench.requests import A_HOUR, FIRST, of_collecting
from bench.services import NEVER, QUICK, Services, serve
from bench.table import Goal, Table, number
from reviewbot.domain.codevf.polling import Writes
from reviewbot.domain.text.formatting import counted
from tests.app.forked import prepare

FINDINGS, FILES = 3, 10
"""Findings and changed files of each review."""

FLAT = 1.1
"""Goal for the memory of the largest collection, as a multiple of that of the smallest."""

STEEPEST = 1.1

APP_HOUR = 5_000
"""Minimum requests an hour of a GitHub App's token."""

AT_ONCE = 4
"""Concurrent reviews."""

_LEAVE = {"wait-minutes": "0"}
_COLLECT = {"command": "collect"}


@dataclass(frozen=True, slots=True)
class Collected:
    """A collection.

    Attributes:
        finished: finished reviews that it publishes.
        pending: reviews that it finds open.
        wanted: requests that `bench.requests` expects.
        ran: the run; its `sample.writes` are requests that change something.
    """

    pulls: int
    finished: int
    pending: int
    wanted: int
    ran: Ran


def measure(size: Size, folder: Path) -> Found:
    collections = collect(folder, size.pulls)
    shared = share(folder, size.runs)
    goals = (
        *_growth(collections),
        Goal(
            f"requests of {counted(size.runs, 'review')} within one limit of {A_HOUR:,} an hour",
            f"{size.runs} published, {size.runs * FIRST} requests, 0 refused",
            f"{shared.published} published, {shared.requests} requests, {shared.refused} refused",
            (shared.published, shared.requests, shared.refused) == (size.runs, size.runs * FIRST, 0),
        ),
    )
    return Found((_collections(collections), _shares(shared)), goals)


def _growth(collections: Sequence[Collected]) -> Iterator[Goal]:
    last = collections[-1]
    yield Goal(
        f"requests of collecting {', '.join(str(one.finished) for one in collections)} reviews",
        ", ".join(str(one.wanted) for one in collections),
        ", ".join(str(one.ran.sample.requests) for one in collections),
        all(one.ran.sample.requests == one.wanted for one in collections),
    )
    requests, refused = last.ran.sample.requests, last.ran.sample.refused
    what = f"collecting {last.finished} of {last.pulls:,} within GitHub's limits"
    wanted = f"at most {A_HOUR:,} requests, 0 refused"
    yield Goal(what, wanted, f"{requests} requests, {refused} refused", requests <= A_HOUR and not refused)
    memory = [one.ran.peak / 1024**2 for one in collections]
    found = ", ".join(number(round(one)) for one in memory)
    what = f"MB of memory of collections of {collections[0].finished} to {last.finished} reviews"
    yield Goal(what, f"flat: at most {FLAT} times", found, memory[-1] <= FLAT * memory[0])
    grown = slope([one.finished for one in collections], [one.ran.sample.processor for one in collections])
    yield Goal(
        "growth of a collection's processor seconds",
        f"a log-log slope up to {STEEPEST}",
        number(grown),
        grown <= STEEPEST,
    )


def collect(folder: Path, sizes: Sequence[tuple[int, int, int]]) -> list[Collected]:
    """Collect in a growing repository, under GitHub's limits."""
    with TemporaryDirectory(dir=folder) as scratch, serve(Path(scratch)) as here:
        here.findings, here.files = FINDINGS, FILES
        return [_collected(here, *size) for size in sizes]


def _collected(here: Services, pulls: int, finished: int, pending: int) -> Collected:
    """Open more pull requests, buy reviews for some of them, and collect; `pending` reviews stay open forever."""
    numbers = [here.pull_request() for _ in range(pulls - here.opened)]
    comments = len(here.state.store.replies)
    here.life = QUICK
    _bought(here, numbers[:finished])
    here.life = NEVER
    _bought(here, numbers[finished : finished + pending - here.waiting])
    here.waiting = pending
    here.limit()
    here.forget()
    end = launch(here, numbers[0], _COLLECT)
    ran = Ran.of(end, here.github_meter.take(), here.codevf_meter.take())
    here.state.limits = GitHubLimits()
    posted = len(here.state.store.replies) - comments
    if posted != FINDINGS * finished:
        raise RuntimeError(f"{posted} comments of {FINDINGS * finished}: {end.log[-2000:]}")
    wanted = of_collecting(pulls, finished, pending, bare=pulls - finished - pending)
    return Collected(pulls, finished, pending, wanted, ran)


def _bought(here: Services, numbers: list[int]) -> None:
    """Buy a review for each, in processes forked from one that has imported everything."""

    def buy(number: int) -> None:
        running = prepare(here.environment(number, _LEAVE))
        running.process.start()
        ended = running.wait(600)
        if ended.exit_status:
            raise RuntimeError(f"{ended.log[-2000:]} {ended.errors[-2000:]}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(buy, numbers))


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
    with TemporaryDirectory(dir=folder) as scratch, serve(Path(scratch)) as here:
        here.findings = FINDINGS
        numbers = [here.pull_request() for _ in range(runs)]
        here.limit()
        here.forget()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(lambda number: launch(here, number, {}), numbers))
        seen = api(here.github_meter.take())
        published = sum(not one.exit_status for one in ended)
    return Shared(runs, published, len(seen), refusals(seen))


def _collections(collections: Sequence[Collected]) -> Table:
    columns = (
        "open pull requests", "finished", "still open", "requests", f"of {A_HOUR:,} an hour, %",
        f"of an App's {APP_HOUR:,}, %", "changes, of 500 an hour", "refused", "processor seconds", "MB of memory",
        "minutes with the pauses",
    )  # fmt: skip
    rows = tuple(
        (
            one.pulls, one.finished, one.pending, one.ran.sample.requests, 100 * one.ran.sample.requests / A_HOUR,
            100 * one.ran.sample.requests / APP_HOUR, one.ran.sample.writes, one.ran.sample.refused,
            one.ran.sample.processor, round(one.ran.peak / 1024**2), pauses(one.ran.sample.writes) / 60,
        )
        for one in collections
    )  # fmt: skip
    note = (
        f"{counted(FILES, 'changed file')} and {counted(FINDINGS, 'finding')} each. The sandbox enforces GitHub's "
        "limits by a clock that runs twenty times as fast; the last column has the pauses at GitHub's pace."
    )
    return Table("collecting", columns, rows, note)


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
    note = f"The limit allows {A_HOUR // FIRST} first reviews per hour and repository."
    return Table("sharing a limit", columns, (row,), note)
