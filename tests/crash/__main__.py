"""Every request of every story, killed or with its answer lost, races, commands beside runs, and random histories.

`python -m tests.crash [--seed N] [WORD ...]` plays the stories whose name holds the words, and prints the figures of
each. The seed chooses the histories. Each failure comes with the command that replays it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reviewbot_sandbox.codevf import HandClock

from reviewbot.domain.commands.parse import CommandName
from tests.crash.beside import WORDS, beside, moments
from tests.crash.scenarios import RACES, SCENARIOS, Disturbed, Scenario, disturbed, raced, undisturbed
from tests.crash.test_histories import play as histories
from tests.crash.town import town
from tests.replay import replay

WORKERS = 2
SEEDS = 100
HISTORIES, STEPS = 60, 20


def play(scenario: Scenario) -> Iterator[tuple[str, Disturbed]]:
    """Every disturbance of a story, in a town of its own."""
    with tempfile.TemporaryDirectory() as folder, town(Path(folder), clock=scenario.clock()) as here:
        right = undisturbed(here, scenario)
        if scenario in RACES:
            yield from ((f"seed {seed}", raced(here, scenario, seed, right)) for seed in range(SEEDS))
            return
        for where, point in scenario.points(right):
            yield f"run {where + 1}, {point}", disturbed(here, scenario, where, point, right)


def play_beside(word: CommandName) -> Iterator[tuple[str, Disturbed]]:
    """A command at every request of a run."""
    with tempfile.TemporaryDirectory() as folder, town(Path(folder), clock=HandClock()) as here:
        yield from ((str(one.at), beside(here, word, one)) for one in moments(here, word))


def tell(name: str, played: Iterator[tuple[str, Disturbed]]) -> int:
    """Write a line with the figures, and say how many went wrong."""
    count: Counter[str] = Counter()
    for where, came in played:
        figures = {
            "tasks": came.tasks,
            "duplicates left": came.doubles,
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


def tell_histories(seed: int) -> None:
    """Play the histories of a seed, and print how to play them again and what they reached."""
    sys.stdout.write(f"histories: seed {seed}. Replay: make crash WORD=histories SEED={seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        reached = histories(Path(folder), examples=HISTORIES, steps=STEPS, seed=seed)
    sys.stdout.write(f"histories: tried {HISTORIES} of {STEPS} steps, no law was broken\n")
    sys.stdout.writelines(f"{count:5} {what}\n" for what, count in sorted(reached.items()))


def main(arguments: list[str]) -> int:
    """Play the stories whose name holds the words, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args(arguments)
    words: list[str] = asked.words
    stories = {one.name: play(one) for one in (*SCENARIOS, *RACES)}
    stories |= {f"beside a run: {word.value}": play_beside(word) for word in WORDS}
    chosen = [name for name in stories if all(word in name for word in words)]
    with ThreadPoolExecutor(WORKERS) as pool:
        wrong = any(list(pool.map(lambda name: tell(name, stories[name]), chosen)))
    if all(word in "histories" for word in words):
        tell_histories(asked.seed)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
