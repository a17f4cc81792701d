"""Play each scenario with a kill or a lost response at every request, and the races.

`python -m tests.crash [WORD ...]` plays the scenarios whose names contain the words and prints figures for each.
A failure prints the command that replays it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.crash.scenarios import RACES, SCENARIOS, Disturbed, Scenario, disturbed, raced, undisturbed
from tests.crash.services import serve
from tests.replay import replay

WORKERS = 2
SEEDS = 100


def play(scenario: Scenario) -> Iterator[tuple[str, Disturbed]]:
    """Play each fault of a scenario on services of its own."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), clock=scenario.clock()) as here:
        right = undisturbed(here, scenario)
        if scenario in RACES:
            yield from ((f"seed {seed}", raced(here, scenario, seed, right)) for seed in range(SEEDS))
            return
        for where, point in scenario.points(right):
            yield f"run {where + 1}, {point}", disturbed(here, scenario, where, point, right)


def report(name: str, played: Iterator[tuple[str, Disturbed]]) -> int:
    """Print a line of figures and return the number of failures."""
    count: Counter[str] = Counter()
    for where, came in played:
        figures = {
            "tasks": came.tasks,
            "duplicates left": came.duplicates,
            "duplicates cleared": came.cleared,
            "lost": came.lost,
        }
        count.update(tried=1, struck=came.struck, wrong=bool(came.wrong), **figures)
        for wrong in came.wrong:
            sys.stdout.write(f"WRONG {name}, {where}: {wrong}\n")
    if count["wrong"]:
        sys.stdout.write(f"{replay('crash', name)}\n")
    sys.stdout.write(f"{name}: {', '.join(f'{kind} {number}' for kind, number in count.items())}\n")
    sys.stdout.flush()
    return count["wrong"]


def main(arguments: list[str]) -> int:
    """Play the scenarios whose names contain all words; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("words", nargs="*")
    words: list[str] = parser.parse_args(arguments).words
    stories = {one.name: play(one) for one in (*SCENARIOS, *RACES)}
    chosen = [name for name in stories if all(word in name for word in words)]
    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = any(list(pool.map(lambda name: report(name, stories[name]), chosen)))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
