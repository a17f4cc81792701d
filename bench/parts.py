"""What every part of the benchmarks has in common: how much of it is played, and what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench.table import Goal, Table


@dataclass(frozen=True, slots=True)
class Size:
    """How much is played.

    Attributes:
        name: `whole` or `small`.
        reviews: pull requests of the first part: changed files, findings, rounds.
        rounds: how often a start is timed.
        tasks: simulated reviews of each kind.
        lines: changed lines of the pure functions, growing.
        findings: the same of findings.
        pulls: open pull requests of the busy repository, how many of them have a finished review, how many an open one.
        runs: reviews that share one hourly limit.
        image: whether the image is built and started.
    """

    name: str
    reviews: tuple[tuple[int, int, int], ...]
    rounds: int
    tasks: int
    lines: tuple[int, ...]
    findings: tuple[int, ...]
    pulls: tuple[int, int, int]
    runs: int
    image: bool


WHOLE = Size(
    name="whole",
    reviews=((1, 1, 5), (10, 10, 5), (100, 30, 5), (100, 300, 3), (1000, 30, 3), (3000, 30, 3), (3000, 300, 3)),
    rounds=15,
    tasks=2_000,
    lines=(1_000, 3_000, 10_000, 30_000, 100_000),
    findings=(100, 300, 1_000, 3_000, 10_000),
    pulls=(200, 50, 10),
    runs=20,
    image=True,
)

SMALL = Size(
    name="small",
    reviews=((1, 1, 1),),
    rounds=1,
    tasks=20,
    lines=(100, 200),
    findings=(10, 20),
    pulls=(3, 1, 1),
    runs=1,
    image=False,
)
"""So that nothing here rots: every line is played, and nothing is to be learned from the figures."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a part has found."""

    tables: tuple[Table, ...]
    goals: tuple[Goal, ...]


Part: TypeAlias = Callable[[Size, Path], Found]
"""Plays a part in a folder that is gone afterwards."""
