"""Statistics: spread, ratio and growth of measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import linear_regression, median, quantiles
from typing import TypeVar

Key = TypeVar("Key")
Got = TypeVar("Got")


HALVED = 5
"""Fewest measurements for quartiles."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and middle half of measurements, or their range if they are few."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Compute it from one or more measurements."""
        if len(values) < HALVED:
            return cls(median(values), min(values), max(values))
        low, middle, high = quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)


def alternate(rounds: int, sides: Mapping[Key, Callable[[], Got]]) -> dict[Key, list[Got]]:
    """Run each side once per round, in alternating order, so that a slow minute affects all of them."""
    got: dict[Key, list[Got]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            got[name].append(sides[name]())
    return got


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> Spread:
    """Divide ours by theirs, round by round."""
    return Spread.of([our / their for their, our in zip(theirs, ours, strict=True)])


def seconds(work: Callable[[], object]) -> float:
    """Measure wall-clock seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def processor_seconds(work: Callable[[], object]) -> float:
    """Measure processor seconds, which other processes do not change."""
    began = time.process_time()
    work()
    return time.process_time() - began


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the exponent of growth: 1 is linear, 2 is quadratic."""
    return linear_regression([log(size) for size in sizes], [log(cost) for cost in costs]).slope
