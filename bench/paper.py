"""On paper: an organisation with many pull requests a day, from the figures that are held by tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from bench.requests import A_HOUR, AGAIN, FIRST, of_collecting
from bench.table import Cell, Table

PULLS_A_DAY = 10_000
PUSHES = 3
"""Reviews bought for a pull request: the first one, and two pushes."""

REPOSITORIES = 200
HOURS = 10
"""Hours of a working day, in which all of them fall."""

CREDITS = 360
"""Held for a review by the defaults: 240 times 1.5 for `fast`."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation's day.

    Attributes:
        collections: a day, in each repository.
    """

    pulls: int = PULLS_A_DAY
    repositories: int = REPOSITORIES
    collections: int = 13

    @property
    def reviews(self) -> int:
        """Bought a day."""
        return self.pulls * PUSHES

    @property
    def finished_each(self) -> int:
        """Reviews that one collection finds finished, when they are spread evenly."""
        return ceil(self.reviews / self.repositories / self.collections)

    @property
    def requests(self) -> int:
        """To GitHub, a day."""
        open_pulls = ceil(self.pulls / self.repositories)
        collecting = of_collecting(open_pulls, self.finished_each) * self.collections * self.repositories
        return self.reviews * FIRST + collecting

    @property
    def peak(self) -> int:
        """Requests of one repository in its busiest hour: three times the even share of reviews, and a collection."""
        reviews = ceil(3 * self.reviews / self.repositories / HOURS)
        return reviews * FIRST + of_collecting(ceil(self.pulls / self.repositories), self.finished_each)


def table(organisation: Organisation = Organisation()) -> Table:
    """The calculation."""
    return Table("on paper", ("figure", "a day", "how it comes about"), tuple(_rows(organisation)))


def _rows(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    collections = day.collections * day.repositories
    yield "pull requests", day.pulls, f"in {day.repositories} repositories"
    yield "reviews bought", day.reviews, f"{PUSHES} of each: the first, and two pushes"
    yield (
        "requests to GitHub",
        day.requests,
        f"{FIRST} a review at most, and {day.collections} collections of each repository",
    )
    yield "of one repository in its busiest hour", day.peak, f"three times the even share; the limit is {A_HOUR:,}"
    yield "run again without news", AGAIN, "requests of each such run, whatever started it"
    yield (
        "runner minutes, leaving at once",
        day.reviews + collections,
        "a started minute for each review and each collection",
    )
    yield "runner minutes, waiting 8", day.reviews * 9 + collections, "nine started minutes for each review"
    yield "runner minutes, waiting to the end", day.reviews * 240, "of reviews that take four hours"
    yield (
        "credits held",
        day.reviews * CREDITS,
        f"{CREDITS} each by the defaults; `incremental` and `review-on` make fewer",
    )
    yield (
        "questions to CodeVF",
        collections * day.finished_each,
        "one a task and collection; its limit is 3,600 an hour and account",
    )
