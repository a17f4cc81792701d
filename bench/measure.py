"""Numbers about numbers: what several measurements come to, and how one grows with another."""

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
"""Measurements that have a middle half: of fewer it would lie between them."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing, in its unit: the middle one, and the middle half, or all when they are few."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """What some measurements come to, one or more."""
        if len(values) < HALVED:
            return cls(median(values), min(values), max(values))
        low, middle, high = quantiles(values, n=4, method="inclusive")
        return cls(middle, low, high)


def alternate(rounds: int, sides: Mapping[Key, Callable[[], Got]]) -> dict[Key, list[Got]]:
    """Each side once a round, so that a slow minute of the machine strikes all; who was last begins the next."""
    got: dict[Key, list[Got]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            got[name].append(sides[name]())
    return got


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> Spread:
    """Ours by theirs, round by round."""
    return Spread.of([our / their for their, our in zip(theirs, ours, strict=True)])


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def processor_seconds(work: Callable[[], object]) -> float:
    """How long the processor works on it, whatever else it has to do meanwhile."""
    began = time.process_time()
    work()
    return time.process_time() - began


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent with which a cost grows: 1 is linear, 2 is quadratic."""
    return linear_regression([log(size) for size in sizes], [log(cost) for cost in costs]).slope
