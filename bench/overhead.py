"""Measure a review without the reviewer's time, next to the peers on the same pull requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.action import Ran, run_action
from bench.measure import Spread, alternate, ratios, slope
from bench.meter import Sample
from bench.parts import Found, Size
from bench.peers import PEERS, Peer, run_peer
from bench.requests import FIRST, of_again, of_first
from bench.services import Services, serve
from bench.table import Goal, Table, number, spread
from reviewbot.domain.text.formatting import counted

MEMORY = 200
"""Goal for peak memory, in megabytes."""

FEW = (100, 30)
"""Files and findings up to which `FIRST` is the number of requests."""

STEEPEST = 1.1
SLOWEST = 1.5
"""Goal for the seconds next to danger-js."""

OURS = "reviewbot"

_FIGURES: Mapping[str, Callable[[Sample], float]] = {
    "seconds": lambda one: one.seconds,
    "requests": lambda one: one.requests,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A pull request with the measurements of each side, round by round.

    Attributes:
        runs: reviewbot's runs.
        again: reviewbot's run on a reviewed change.
        took: by side, including reviewbot.
        failed: peers that failed in some round, and are not in `took`.
    """

    files: int
    findings: int
    runs: tuple[Ran, ...]
    again: Ran
    took: Mapping[str, tuple[Sample, ...]]
    failed: frozenset[str]

    @property
    def name(self) -> str:
        return f"{counted(self.files, 'file')}, {counted(self.findings, 'finding')}"

    def middle(self, side: str, figure: Callable[[Sample], float]) -> float:
        return median(figure(one) for one in self.took[side])


def measure(size: Size, folder: Path) -> Found:
    """Measure this part: whole reviews, reviewbot and the peers in turns."""
    peers = [peer for peer in PEERS if not peer.missing]
    cases = [_play(folder, peers, *review) for review in size.reviews]
    return Found((_ours(cases), _beside(cases), _peers(cases)), (*_held(cases), *_beaten(cases)))


def _play(folder: Path, peers: Sequence[Peer], files: int, findings: int, rounds: int) -> Case:
    with TemporaryDirectory(dir=folder) as scratch, serve(Path(scratch)) as here:
        here.files, here.findings = files, findings
        run_action(here, here.pull_request(), {})
        again = run_action(here, here.opened, {})
        runs: list[Ran] = []

        def ours() -> Sample:
            runs.append(run_action(here, here.pull_request(), {}))
            return runs[-1].sample

        sides: dict[str, Callable[[], Sample | None]] = {OURS: ours}
        sides |= {peer.name: _side(peer, here) for peer in peers}
        for peer in peers if rounds > 1 else ():  # an untimed warm-up, as for reviewbot above
            sides[peer.name]()
        came = alternate(rounds, sides)
    took = {name: tuple(one for one in samples if one) for name, samples in came.items()}
    whole = {name: samples for name, samples in took.items() if len(samples) == rounds}
    return Case(files, findings, tuple(runs), again, whole, frozenset(took.keys() - whole.keys()))


def _side(peer: Peer, here: Services) -> Callable[[], Sample | None]:
    """Return a peer's turn; it is repeated once after a failure, then gives None."""

    def play() -> Sample | None:
        for _ in range(2):
            with suppress(RuntimeError):
                return run_peer(peer, here, here.pull_request())
        return None

    return play


def _ours(cases: Sequence[Case]) -> Table:
    columns = (
        "pull request", "rounds", "event to submitted, s", "completed to published, s", "both, s",
        "of that the sandbox, s", "requests", "requests of git", "kB", "MB of memory", "requests when run again",
    )  # fmt: skip
    return Table("overhead", columns, tuple(_row(case) for case in cases))


def _row(case: Case) -> tuple[str | int | float | None, ...]:
    runs, took = case.runs, case.took[OURS]
    return (
        case.name,
        len(runs),
        spread(Spread.of([one.submitting or 0.0 for one in runs])),
        spread(Spread.of([one.publishing or 0.0 for one in runs])),
        spread(Spread.of([one.seconds for one in took])),
        round(case.middle(OURS, lambda one: one.served), 3),
        max(one.requests for one in took),
        max(one.git for one in took),
        round(max(one.traffic for one in took) / 1000),
        _megabytes(case),
        case.again.sample.requests,
    )


def _megabytes(case: Case) -> int:
    return round(max(one.peak for one in case.runs) / 1024**2)


def _beside(cases: Sequence[Case]) -> Table:
    columns = ("pull request", "who", "seconds", "reviewbot / program", "requests", "kB")
    rows = [row for case in cases for row in _compared(case)]
    return Table("peers", columns, tuple(rows))


def _compared(case: Case) -> Iterator[tuple[str | int | float | None, ...]]:
    ours = [one.seconds for one in case.took[OURS]]
    for name, took in case.took.items():
        theirs = [one.seconds for one in took]
        by = "1" if name == OURS else spread(ratios(theirs, ours))
        requests, traffic = max(one.requests for one in took), max(one.traffic for one in took)
        yield case.name, name, spread(Spread.of(theirs)), by, requests, round(traffic / 1000)
    for name in sorted(case.failed):
        yield case.name, name, "failed", None, None, None


def _peers(cases: Sequence[Case]) -> Table:
    failures = {name for case in cases for name in case.failed}
    rows = []
    for peer in PEERS:
        state = "not installed here" if peer.missing else "fails on some sizes" if peer.name in failures else "measured"
        rows.append((peer.name, peer.does, state))
    return Table("who the peers are", ("who", "what it does", "here"), tuple(rows))


def _held(cases: Sequence[Case]) -> Iterator[Goal]:
    few = [case for case in cases if case.files <= FEW[0] and case.findings <= FEW[1]]
    most = max(one.requests for case in few for one in case.took[OURS])
    yield _at_most(f"requests of a first review up to {FEW[0]} files and {FEW[1]} findings", FIRST, most)
    sizes = [of_first(case.files) for case in cases]
    taken = [max(one.requests for one in case.took[OURS]) for case in cases]
    yield _exactly("requests of a first review, size by size", sizes, taken)
    again = [case.again.sample.requests for case in cases]
    yield _exactly("requests of a re-run", [of_again(case.files) for case in cases], again)
    yield _at_most("MB of memory", MEMORY, max(map(_megabytes, cases)))
    grown = _growth(cases)
    found = "not measured" if grown is None else number(grown)
    wanted = f"linear at most: a slope up to {STEEPEST}"
    yield Goal("growth of seconds with files", wanted, found, None if grown is None else grown <= STEEPEST)


def _beaten(cases: Sequence[Case]) -> Iterator[Goal]:
    """Compare seconds with danger-js, the closest in what it does, and requests with each peer."""
    yield _next_to(PEERS[0], "seconds", SLOWEST, cases)
    for peer in PEERS:
        yield _next_to(peer, "requests", 1, cases)


def _next_to(peer: Peer, unit: str, most: float, cases: Sequence[Case]) -> Goal:
    figure = _FIGURES[unit]
    both = [case for case in cases if peer.name in case.took]
    worst = [case.middle(OURS, figure) / case.middle(peer.name, figure) for case in both]
    found = f"{number(min(worst))} to {number(max(worst))} times theirs" if worst else "not measured"
    wanted = f"at most {most:.0%} of theirs at every size"
    return Goal(f"{unit} next to {peer.name}", wanted, found, max(worst) <= most if worst else None)


def _at_most(what: str, most: int, found: int) -> Goal:
    return Goal(what, f"at most {most}", str(found), found <= most)


def _exactly(what: str, wanted: Sequence[int], found: Sequence[int]) -> Goal:
    return Goal(what, ", ".join(map(str, wanted)), ", ".join(map(str, found)), list(wanted) == list(found))


def _growth(cases: Sequence[Case]) -> float | None:
    """Return the slope of seconds from a hundred files up; None with a single size."""
    large = [case for case in cases if case.files >= FEW[0] and case.findings <= FEW[1]]
    if len(large) < 2:  # noqa: PLR2004 — two points make a line
        return None
    return slope([case.files for case in large], [case.middle(OURS, _FIGURES["seconds"]) for case in large])
