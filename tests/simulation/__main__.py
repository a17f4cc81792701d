"""`python -m tests.simulation`: plays histories with new seeds, or replays one and prints it step by step."""

from __future__ import annotations

import argparse
import dataclasses
import gc
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import product
from random import SystemRandom

from tests.simulation.found import FOUND
from tests.simulation.histories import Episode, History, judge, make, play, shrink
from tests.simulation.laws import Violation
from tests.simulation.mutations import MUTATIONS, noticed
from tests.simulation.quick import quick
from tests.simulation.schedule import At, Kill, Lose

CHUNK = 25
PROGRESS = 10_000
"""The number of histories between two lines of progress."""
_HURRY = ExitStack()
"""Open as long as the process."""

MOST_HISTORIES = 10_000
"""The maximum number of histories until each mutation must be noticed."""

FAULTS: tuple[Lose | Kill, ...] = (Lose(done=False), Lose(done=True), Kill(after=False), Kill(after=True))
MOST_CALLS = 25
"""The number of calls of an episode at which `--faults` adds a fault. Most episodes make fewer."""


def main(arguments: list[str] | None = None) -> int:
    """Return exit status 1 if a law is violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay this history, and print it")
    parser.add_argument("--found", choices=sorted(FOUND), metavar="NAME", help="replay a bug of `found.py`")
    parser.add_argument("--histories", type=int, default=1000, help="how many to play (default: %(default)s)")
    parser.add_argument("--from", type=int, dest="first", help="the first seed (default: a new one)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--keep-going", action="store_true", help="go on after a violation")
    parser.add_argument("--mutations", action="store_true", help="plant each mistake, too")
    parser.add_argument("--faults", action="store_true", help="play `found.py` with one more fault at each call")
    chosen = parser.parse_args(arguments)
    if chosen.seed is not None:
        return replay(make(chosen.seed))
    if chosen.found is not None:
        sys.stdout.write(f"{FOUND[chosen.found].what}\n")
        return replay(FOUND[chosen.found].history)
    if chosen.faults:
        return sweep(chosen.workers)
    first = SystemRandom().randrange(10**9) if chosen.first is None else chosen.first
    failed = explore(first, chosen.histories, chosen.workers, keep_going=chosen.keep_going)
    return failed or (plant(chosen.workers) if chosen.mutations else 0)


def plant(workers: int) -> int:
    """Apply each mutation and print which history notices it."""
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(_noticed, range(len(MUTATIONS))))
    for mutation, one in zip(MUTATIONS, found, strict=True):
        result = f"history {one[0]}: {one[1]}" if one else f"not noticed in {MOST_HISTORIES} histories"
        sys.stdout.write(f"{mutation.name}: {result[:150]}\n")
    return 0 if all(found) else 1


def replay(history: History) -> int:
    """Play a history and print each call: time, run, call, result."""
    describe(history)

    def tell(at: float, run: str, call: str, what: str) -> None:
        sys.stdout.write(f"{at:8.0f}  {run:7} {call:28} {what}\n")

    with quick():
        play(history, tell)
        violations = judge(history)
    for one in violations:
        sys.stdout.write(f"{one}\n")
    return 1 if violations else 0


def describe(history: History) -> None:
    """Print a history as data."""
    setting = history.setting
    sys.stdout.write(f"seed {history.seed}: {dict(setting.inputs)} {setting.config!r} {setting.life} {setting.mind}")
    sys.stdout.write(f"{' from a fork' * setting.is_from_fork}{' of a bot' * setting.is_bots}")
    sys.stdout.write(f" without {sorted(setting.denied)}\n")
    for step in history.steps:
        if isinstance(step, Episode):
            sys.stdout.write(f"  runs {[one.kind for one in step.starts]}\n")
            for at in step.at:
                sys.stdout.write(f"    at call {at.call}: {at.what}\n")
        else:
            sys.stdout.write(f"  {step.kind} ({step.a}, {step.b})\n")


def explore(first: int, count: int, workers: int, *, keep_going: bool) -> int:
    """Play many histories, and shorten those that violate a law."""
    began, played, failed = time.perf_counter(), 0, 0
    chunks = [range(start, min(start + CHUNK, first + count)) for start in range(first, first + count, CHUNK)]
    with ProcessPoolExecutor(workers, initializer=_speed_up) as pool:
        for chunk, found in zip(chunks, pool.map(_judged, chunks), strict=False):
            played += len(chunk)
            for seed, violations in found:
                failed += 1
                report(seed, violations[0])
            if played % PROGRESS == 0:
                sys.stdout.write(f"{played} histories in {time.perf_counter() - began:.0f} s, {failed} break a law\n")
                sys.stdout.flush()
            if failed and not keep_going:
                pool.shutdown(cancel_futures=True)
                break
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{played} histories from seed {first} in {seconds:.1f} s: {played / seconds:.0f} a second\n")
    sys.stdout.write(f"{failed} histories break a law\n")
    return 1 if failed else 0


def sweep(workers: int) -> int:
    """Play each history of `found.py` with one more fault at each call, and print each violation."""
    failed = 0
    with ProcessPoolExecutor(workers, initializer=_speed_up) as pool:
        for name, found in zip(sorted(FOUND), pool.map(_with_faults, sorted(FOUND)), strict=True):
            failed += len(found)
            sys.stdout.write("".join(f"{name}, {one}\n" for one in found))
            sys.stdout.flush()
    sys.stdout.write(f"{failed} histories break a law\n")
    return 1 if failed else 0


def _with_faults(name: str) -> list[str]:
    history, found = FOUND[name].history, list[str]()
    episodes = [(number, step) for number, step in enumerate(history.steps) if isinstance(step, Episode)]
    for (number, step), call, fault in product(episodes, range(1, MOST_CALLS + 1), FAULTS):
        faulty = dataclasses.replace(step, at=(*step.at, At(call, fault)))
        steps = (*history.steps[:number], faulty, *history.steps[number + 1 :])
        violations = judge(dataclasses.replace(history, steps=steps))
        found += [f"step {number}, call {call}, {fault}: {violations[0]}"] if violations else []
    return found


def _noticed(number: int) -> tuple[int, Violation] | None:
    return noticed(MUTATIONS[number], MOST_HISTORIES)


def judged(seeds: range) -> list[tuple[int, list[Violation]]]:
    """Return the seeds whose histories violate a law."""
    with quick():
        return _judged(seeds)


def _speed_up() -> None:
    """Play all histories of this process quickly, and exclude loaded objects from garbage collection."""
    _HURRY.enter_context(quick())
    gc.freeze()


def _judged(seeds: range) -> list[tuple[int, list[Violation]]]:
    found = [(seed, judge(make(seed))) for seed in seeds]
    return [(seed, violations) for seed, violations in found if violations]


def report(seed: int, violation: Violation) -> None:
    """Print a violation, its replay command, and the shortest history that violates the same law."""
    sys.stdout.write(f"\n{violation}\n  replay: python -m tests.simulation --seed {seed}\n")
    with quick():
        shortest = shrink(make(seed), partial(_breaks, law=violation.law))
    describe(shortest)
    sys.stdout.flush()


def _breaks(history: History, law: str) -> bool:
    return any(one.law == law for one in judge(history))


if __name__ == "__main__":
    sys.exit(main())
