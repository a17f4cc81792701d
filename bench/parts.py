"""Sizes and results of the parts of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench.table import Goal, Table


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        name: `whole` or `small`.
        reviews: changed files, findings and rounds of each pull request of the overhead part.
        rounds: rounds of timed starts.
        tasks: simulated reviews of each kind.
        lines: changed lines for the pure functions, increasing.
        findings: findings for the pure functions, increasing.
        pulls: collections of a growing repository: open pull requests; how many have a finished review; how many an
            open one.
        runs: reviews that share one hourly limit.
        image: whether the image is built and started.
    """

    name: str
    reviews: tuple[tuple[int, int, int], ...]
    rounds: int
    tasks: int
    lines: tuple[int, ...]
    findings: tuple[int, ...]
    pulls: tuple[tuple[int, int, int], ...]
    runs: int
    image: bool


WHOLE = Size(
    name="whole",
    reviews=((1, 1, 5), (10, 10, 5), (100, 30, 5), (100, 300, 3), (1000, 30, 3), (3000, 30, 3), (3000, 300, 3)),
    rounds=15,
    tasks=2_000,
    lines=(1_000, 3_000, 10_000, 30_000, 100_000),
    findings=(30, 100, 300, 1_000, 3_000, 10_000),
    pulls=((100, 10, 5), (300, 30, 5), (1_000, 100, 5)),
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
    pulls=((3, 1, 1), (5, 2, 1)),
    runs=1,
    image=False,
)
"""For tests: runs every line; the figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a part."""

    tables: tuple[Table, ...]
    goals: tuple[Goal, ...]


Part: TypeAlias = Callable[[Size, Path], Found]
"""Measures a part in a temporary folder."""
