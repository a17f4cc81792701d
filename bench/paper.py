"""Calculate the load of a large organization from the tested numbers of requests."""

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
"""Pushes after a pull request is opened; each buys a review."""

OPEN_FOR = 2
"""Days that a pull request stays open."""

REPOSITORIES = 200
HOURS = 10
"""Hours of a working day."""

PEAK = 3
"""The busiest hour of a repository, as a multiple of the average."""

COLLECTIONS = 14
"""Collections a day in the documented workflow."""

CREDITS = 360
"""Default hold of a review: 240 times 1.5 for `fast`."""

CODEVF_A_HOUR = 3_600
"""CodeVF's requests per hour and account."""

REVIEW_HOURS = ceil(LONG_REVIEW / HOUR)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of one repository whose runs detach at once, with one collection.

    Attributes:
        bought: reviews bought, and as many that the collection finds finished.
        open_pulls: open pull requests, each with at most one open review.
    """

    bought: int
    open_pulls: int

    @property
    def waiting(self) -> int:
        """Reviews that the collection finds unfinished; each takes some hours."""
        return max(0, min(self.bought * REVIEW_HOURS, self.open_pulls - self.bought))

    @property
    def requests(self) -> int:
        """Requests to GitHub; each later review has new comments and edits one."""
        leaving = ceil(self.bought * (LEFT + PUSHES * LEFT_AFTER_A_PUSH) / (1 + PUSHES))
        looking = of_collecting(self.open_pulls, 0, self.waiting)
        return leaving + looking + COLLECTED_AFTER_A_PUSH * self.bought

    @property
    def questions(self) -> int:
        """Requests to CodeVF: those of buying, and one for each open task when it is collected."""
        return BOUGHT * self.bought + self.bought + self.waiting


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organization's day, with hourly collections in each repository."""

    pulls: int = PULLS_A_DAY
    repositories: int = REPOSITORIES

    @property
    def reviews(self) -> int:
        return self.pulls * (1 + PUSHES)

    @property
    def open_pulls(self) -> int:
        return ceil(OPEN_FOR * self.pulls / self.repositories)

    @property
    def share(self) -> Hour:
        return Hour(ceil(self.reviews / self.repositories / HOURS), self.open_pulls)

    @property
    def peak(self) -> Hour:
        return Hour(PEAK * self.share.bought, self.open_pulls)

    @property
    def fits(self) -> int:
        """Most reviews per hour and repository within GitHub's limit."""
        return max(bought for bought in range(A_HOUR) if Hour(bought, self.open_pulls).requests <= A_HOUR)

    @property
    def carried(self) -> int:
        """Most reviews per hour and CodeVF account if each run detaches at once."""
        return CODEVF_A_HOUR // (BOUGHT + 1 + REVIEW_HOURS)


def polls(pending: float) -> int:
    """Return the polls of a run that gets no answer, by the seconds until its task starts."""
    return play(Life(pending, DETACH_AFTER), PACES[OURS], Random(OURS))[1]  # noqa: S311 — a simulation


def table(organisation: Organisation = Organisation()) -> Table:
    rows = (*_bought(organisation), *_github(organisation), *_runners(organisation), *_codevf(organisation))
    return Table("on paper", ("figure", "how many", "from"), rows)


def _bought(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    yield "pull requests a day", day.pulls, f"in {day.repositories} repositories, each open for {OPEN_FOR} days"
    yield "reviews bought a day", day.reviews, f"{1 + PUSHES} of each: the first, and {PUSHES} pushes"
    yield (
        "credits held a day",
        day.reviews * CREDITS,
        f"{CREDITS} each by the defaults; fewer with `review-on`",
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
        "requests of a repository in an average hour, detaching at once",
        share.requests,
        f"{share.bought} reviews, and a collection that publishes as many and finds {share.waiting} open",
    )
    yield (
        f"the same in its busiest hour, {PEAK} times that",
        peak.requests,
        f"{peak.bought} reviews, as many published, {peak.waiting} open; **the limit is {A_HOUR:,}**",
    )
    yield "most reviews per hour and repository", day.fits, "within that limit, including their collection"
    yield "re-run without changes", AGAIN, "requests of each such run"


def _runners(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    collections = COLLECTIONS * day.repositories
    why = f"one started minute for each review and collection, {COLLECTIONS} a day in each repository"
    yield "runner minutes a day, detaching at once", day.reviews + collections, why
    yield "runner minutes a day, waiting 8", day.reviews * 9 + collections, "nine started minutes for each review"
    yield "runner minutes a day, waiting to the end", day.reviews * 240, f"of reviews that take {REVIEW_HOURS} hours"


def _codevf(day: Organisation) -> Iterator[tuple[Cell, ...]]:
    asked = day.repositories * day.share.questions
    yield (
        "requests to CodeVF in an average hour, detaching at once",
        asked,
        f"{BOUGHT} per review, and one for each open task; **the limit is {CODEVF_A_HOUR:,} an account**",
    )
    yield "accounts needed", ceil(asked / CODEVF_A_HOUR), "each with its own key"
    yield "most reviews per hour and account", day.carried, "detaching at once, collected hourly"
    few, many = sorted((polls(0), polls(DETACH_AFTER)))
    yield (
        "the same when runs wait 8 minutes without an answer",
        CODEVF_A_HOUR // (BOUGHT + many),
        f"each polls {few} times if the task has started, {many} times if not",
    )
