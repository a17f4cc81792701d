"""On paper: an organisation with many pull requests a day, from the figures that are held by tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from random import Random

from bench.requests import (
    A_HOUR,
    AGAIN,
    BOUGHT,
    COLLECTED_AFTER_A_PUSH,
    FIRST,
    LEFT,
    LEFT_AFTER_A_PUSH,
    of_collecting,
    of_following,
)
from bench.table import Cell, Table
from bench.waiting import DETACH_AFTER, HOUR, LONG_REVIEW, OURS, PACES, Life, play

PULLS_A_DAY = 10_000
PUSHES = 2
"""After a pull request is opened; each buys another review."""

OPEN_FOR = 2
"""Days that a pull request stays open."""

REPOSITORIES = 200
HOURS = 10
"""Hours of a working day, in which all of them fall."""

PEAK = 3
"""The busiest hour of a repository, by the even share."""

COLLECTIONS = 13
"""A day, as the documents' workflow has it."""

CREDITS = 360
"""Held for a review by the defaults: 240 times 1.5 for `fast`."""

CODEVF_A_HOUR = 3_600
"""What CodeVF gives an account."""

REVIEW_HOURS = ceil(LONG_REVIEW / HOUR)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of one repository whose runs leave at once, and the collection in it.

    Attributes:
        bought: reviews that are bought, and as many that the collection finds finished.
        open_pulls: pull requests, each with one open review at most.
    """

    bought: int
    open_pulls: int

    @property
    def waiting(self) -> int:
        """Reviews that the collection looks at in vain: each takes some hours."""
        return max(0, min(self.bought * REVIEW_HOURS, self.open_pulls - self.bought))

    @property
    def requests(self) -> int:
        """To GitHub; each review after the first has new comments, and edits one."""
        leaving = ceil(self.bought * (LEFT + PUSHES * LEFT_AFTER_A_PUSH) / (1 + PUSHES))
        looking = of_collecting(self.open_pulls, 0, self.waiting)
        return leaving + looking + COLLECTED_AFTER_A_PUSH * self.bought

    @property
    def questions(self) -> int:
        """To CodeVF: those of buying, and one for each task that is open when it is collected."""
        return BOUGHT * self.bought + self.bought + self.waiting


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation's day; a collection an hour in each repository."""

    pulls: int = PULLS_A_DAY
    repositories: int = REPOSITORIES

    @property
    def reviews(self) -> int:
        """Bought a day."""
        return self.pulls * (1 + PUSHES)

    @property
    def open_pulls(self) -> int:
        """Of one repository."""
        return ceil(OPEN_FOR * self.pulls / self.repositories)

    @property
    def share(self) -> Hour:
        """An even hour of a repository."""
        return Hour(ceil(self.reviews / self.repositories / HOURS), self.open_pulls)

    @property
    def peak(self) -> Hour:
        """The busiest one."""
        return Hour(PEAK * self.share.bought, self.open_pulls)

    @property
    def fits(self) -> int:
        """Reviews of a repository in an hour that stay within GitHub's limit."""
        return max(bought for bought in range(A_HOUR) if Hour(bought, self.open_pulls).requests <= A_HOUR)

    @property
    def carried(self) -> int:
        """Reviews an hour that one account of CodeVF carries when every run leaves at once."""
        return CODEVF_A_HOUR // (BOUGHT + 1 + REVIEW_HOURS)


def polls(pending: float) -> int:
    """Questions of a run that waits in vain, by the seconds until its task is taken up."""
    return play(Life(pending, DETACH_AFTER), PACES[OURS], Random(OURS))[1]  # noqa: S311 — a simulation


def table(organisation: Organisation = Organisation()) -> Table:
    """The calculation."""
    rows = (*_bought(organisation), *_github(organisation), *_runners(organisation), *_codevf(organisation))
    return Table("on paper", ("figure", "how many", "how it comes about"), rows)


def _bought(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    yield "pull requests a day", day.pulls, f"in {day.repositories} repositories, each open for {OPEN_FOR} days"
    yield "reviews bought a day", day.reviews, f"{1 + PUSHES} of each: the first, and {PUSHES} pushes"
    yield (
        "credits held a day",
        day.reviews * CREDITS,
        f"{CREDITS} each by the defaults; `incremental` and `review-on` make fewer",
    )


def _github(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    share, peak = day.share, day.peak
    most = of_following(1, comments=True)
    yield (
        "requests to GitHub of a run that waits",
        most,
        f"{FIRST} of a first review, {most} when a push touches a finding",
    )
    yield (
        "requests of a repository in an even hour, leaving at once",
        share.requests,
        f"{share.bought} reviews, and a collection that publishes as many and finds {share.waiting} open",
    )
    yield (
        f"the same in its busiest hour, {PEAK} times that",
        peak.requests,
        f"{peak.bought} reviews, as many published, {peak.waiting} open; **the limit is {A_HOUR:,}**",
    )
    yield "reviews of a repository in an hour that fit", day.fits, "into that limit, with what they are collected by"
    yield "run again without news", AGAIN, "requests of each such run, whatever started it"


def _runners(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    collections = COLLECTIONS * day.repositories
    why = f"a started minute for each review and each collection, {COLLECTIONS} a day in each repository"
    yield "runner minutes a day, leaving at once", day.reviews + collections, why
    yield "runner minutes a day, waiting 8", day.reviews * 9 + collections, "nine started minutes for each review"
    yield "runner minutes a day, waiting to the end", day.reviews * 240, f"of reviews that take {REVIEW_HOURS} hours"


def _codevf(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    asked = day.repositories * day.share.questions
    yield (
        "questions to CodeVF in an even hour, leaving at once",
        asked,
        f"{BOUGHT} a review, and one for each open task; **the limit is {CODEVF_A_HOUR:,} an account**",
    )
    yield "accounts that carry them", ceil(asked / CODEVF_A_HOUR), "each with a key of its own"
    yield "reviews in an hour that one account carries", day.carried, "leaving at once, collected hourly"
    few, many = sorted((polls(0), polls(DETACH_AFTER)))
    yield (
        "the same when runs wait 8 minutes in vain",
        CODEVF_A_HOUR // (BOUGHT + many),
        f"each asks {few} times when the task is in work, {many} times when nobody takes it up",
    )
