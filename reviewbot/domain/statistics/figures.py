"""Compute the figures of past reviews and questions from the valid ledgers of past pull requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import ceil

from msgspec import Struct

from reviewbot.domain.findings.markers import read_summary_mark
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.codec import MAX_EXPERTISE, decode, unverified
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.opinions import SUMMARY, Opinions, answer_key
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.question import QuestionState
from reviewbot.domain.model.review import Severity

FEW_REVIEWS = 10
"""The minimum number of reviews for meaningful figures."""

MAX_MINUTES = 60 * 24 * 366
"""A longer or negative time to an answer counts as unknown, because an unverified ledger can contain any value."""

UNKNOWN = "unknown"
NO_EXPERTISE = "none"


class End(StrEnum):
    """The outcome of a finding. The first value that applies is used.

    `FIXED`: a review confirmed the fix, or the state is `GONE`. `DISPUTED`: the finding has more 👎 than 👍. `IGNORED`:
    the finding was open at the merge. `OPEN`: the pull request is not merged.
    """

    FIXED = "fixed"
    WAIVED = "waived"
    DISPUTED = "disputed"
    IGNORED = "ignored"
    OPEN = "open"


class Ended(Struct, frozen=True, order=True):
    severity: Severity
    end: End
    count: int


class PastReview(Struct, frozen=True):
    """A task with its findings.

    Attributes:
        minutes: the minutes from submission until a run read the finished task, or None if unknown.
        credits: the credits used, or None if unknown.
        findings: the findings that no earlier task reported.
    """

    repository: str
    pull_number: int
    state: TaskState
    submitted_at: datetime
    minutes: int | None
    credits: Decimal | None
    mode: str
    expertise: str
    findings: tuple[Ended, ...]
    up: int = 0
    down: int = 0

    @property
    def hours(self) -> Decimal | None:
        return None if self.minutes is None else Decimal(self.minutes) / 60

    @property
    def found(self) -> int:
        return sum(one.count for one in self.findings)

    def count(self, end: End) -> int:
        return sum(one.count for one in self.findings if one.end is end)


class PastQuestion(Struct, frozen=True):
    """A question to the reviewer that has a task. `credits` is None if unknown."""

    repository: str
    pull_number: int
    state: QuestionState
    asked_at: datetime
    credits: Decimal | None
    up: int = 0
    down: int = 0


class Sums(Struct, frozen=True):
    """The figures of a group of reviews.

    Attributes:
        name: the mode or the expertise of the reviews, or empty for all reviews.
        reviews: the number of answered reviews.
        hours_median: the median time to the answer. `hours_p90` is the 90th percentile. None without answers.
        credits: the credits used, including by tasks without an answer. For all reviews, the sum includes questions.
    """

    name: str
    reviews: int
    hours_median: Decimal | None
    hours_p90: Decimal | None
    credits: Decimal
    findings: int
    fixed: int
    credits_per_fixed: Decimal | None


class SeveritySum(Struct, frozen=True):
    severity: Severity
    findings: int
    fixed: int
    waived: int
    disputed: int
    ignored: int
    open: int


class QuestionSum(Struct, frozen=True):
    """The figures of the questions. `up` and `down` are the numbers of 👍 and 👎 on the answers."""

    asked: int
    answered: int
    credits: Decimal
    up: int
    down: int


class Period(Struct, frozen=True):
    """The scope of the statistics.

    Attributes:
        since: the start of the period. Earlier reviews are not counted.
        until: when the ledgers were read.
        verified: whether the signatures of the ledgers were verified.
        left_out: the number of invalid ledgers, which are not counted.
    """

    repositories: tuple[str, ...]
    since: datetime
    until: datetime
    verified: bool
    left_out: int


class Statistics(Struct, frozen=True):
    """The figures of a period.

    Attributes:
        pending: the number of unfinished reviews.
        ended: the number of tasks without an answer.
        reviews: the reviews, oldest first.
    """

    period: Period
    pending: int
    ended: int
    up: int
    down: int
    whole: Sums
    questions: QuestionSum
    by_severity: tuple[SeveritySum, ...]
    by_mode: tuple[Sums, ...]
    by_expertise: tuple[Sums, ...]
    reviews: tuple[PastReview, ...]
    asked: tuple[PastQuestion, ...]

    @property
    def is_small(self) -> bool:
        return self.whole.reviews < FEW_REVIEWS

    @property
    def severities(self) -> tuple[SeveritySum, ...]:
        """The severities that have findings, worst first."""
        return tuple(one for one in self.by_severity if one.findings)


def statistics_of(period: Period, reviews: Iterable[PastReview], questions: Iterable[PastQuestion] = ()) -> Statistics:
    """Compute the statistics of reviews and questions in any order. Ignore tasks after the period."""
    ordered = tuple(sorted((one for one in reviews if one.submitted_at <= period.until), key=_order))
    in_period = (one for one in questions if one.asked_at <= period.until)
    asked = tuple(sorted(in_period, key=lambda one: (one.asked_at, one.repository, one.pull_number)))
    return Statistics(
        period=period,
        pending=sum(not one.state.is_over for one in ordered),
        ended=sum(one.state is TaskState.ENDED for one in ordered),
        up=sum(one.up for one in ordered),
        down=sum(one.down for one in ordered),
        whole=_sums("", ordered, asked),
        questions=QuestionSum(
            asked=len(asked),
            answered=sum(one.state is QuestionState.ANSWERED for one in asked),
            credits=_used(asked),
            up=sum(one.up for one in asked),
            down=sum(one.down for one in asked),
        ),
        by_severity=tuple(_by_severity(ordered)),
        by_mode=_grouped(ordered, lambda one: one.mode),
        by_expertise=_grouped(ordered, lambda one: one.expertise),
        reviews=ordered,
        asked=asked,
    )


def _order(one: PastReview) -> tuple[object, ...]:
    minutes, used = (-1 if value is None else value for value in (one.minutes, one.credits))
    task = (one.state.value, minutes, used, one.mode, one.expertise)
    return (one.submitted_at, one.repository, one.pull_number, *task, one.findings, one.up, one.down)


def percentile(values: Iterable[Decimal], percent: int) -> Decimal | None:
    """Return the nearest-rank percentile, or None if there are no values."""
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1] if ordered else None


def _grouped(reviews: Sequence[PastReview], name_of: Callable[[PastReview], str]) -> tuple[Sums, ...]:
    names = sorted({name_of(one) for one in reviews})
    sums = (_sums(name, [one for one in reviews if name_of(one) == name]) for name in names)
    return tuple(sorted(sums, key=lambda one: (-one.reviews, one.name)))


def _used(tasks: Iterable[PastReview | PastQuestion]) -> Decimal:
    return sum((one.credits for one in tasks if one.credits is not None), Decimal(0))


def _sums(name: str, reviews: Sequence[PastReview], questions: Iterable[PastQuestion] = ()) -> Sums:
    answered = [one for one in reviews if one.state is TaskState.DONE]
    hours = [one.hours for one in answered if one.hours is not None]
    used = _used((*reviews, *questions))
    fixed = sum(one.count(End.FIXED) for one in reviews)
    return Sums(
        name=name,
        reviews=len(answered),
        hours_median=percentile(hours, 50),
        hours_p90=percentile(hours, 90),
        credits=used,
        findings=sum(one.found for one in reviews),
        fixed=fixed,
        credits_per_fixed=used / fixed if fixed else None,
    )


def _by_severity(reviews: Iterable[PastReview]) -> Iterator[SeveritySum]:
    counts: Counter[tuple[Severity, End]] = Counter()
    for one in (one for review in reviews for one in review.findings):
        counts[one.severity, one.end] += one.count
    for severity in Severity:
        ends = {end.value: counts[severity, end] for end in End}
        yield SeveritySum(severity, sum(ends.values()), **ends)


def reviews_of(pull: PastPull, ledger: Ledger, since: datetime) -> Iterator[PastReview]:
    """Yield the reviews that were submitted at or after `since`."""
    for purchase in ledger.purchases:
        submitted_at = datetime.fromisoformat(purchase.submitted_at)
        if purchase.task_id and submitted_at >= since:
            yield _review(pull, ledger, purchase, submitted_at)


def questions_of(pull: PastPull, ledger: Ledger, since: datetime) -> Iterator[PastQuestion]:
    """Yield the questions that have a task and were asked at or after `since`."""
    opinions = {one.about: one for one in ledger.opinions}
    for one in ledger.questions.records:
        asked_at = datetime.fromisoformat(one.at)
        if not one.task_id or asked_at < since:
            continue
        rated = opinions.get(answer_key(one.comment), Opinions(""))
        yield PastQuestion(pull.repository, pull.number, one.state, asked_at, one.used, rated.up, rated.down)


def _review(pull: PastPull, ledger: Ledger, purchase: Purchase, submitted_at: datetime) -> PastReview:
    """Convert a purchase. The last answered review also counts opinions on the summary and `Findings.beyond`."""
    opinions = {one.about: one for one in ledger.opinions}
    found = [one for one in ledger.findings.records if one.found == purchase.task_id and not one.leftover]
    ends = Counter((one.severity, end_of(one, pull.state, opinions.get(one.id))) for one in found)
    rated = [one.id for one in found]
    if purchase is ledger.last_reviewed():
        for _, severity, count in ledger.findings.beyond:
            ends[severity, End.IGNORED if pull.state is PullState.MERGED else End.OPEN] += count
        rated.append(SUMMARY)
    there = [opinions[about] for about in rated if about in opinions]
    minutes = purchase.minutes
    return PastReview(
        repository=pull.repository,
        pull_number=pull.number,
        state=purchase.state,
        submitted_at=submitted_at,
        minutes=minutes if minutes is not None and 0 <= minutes <= MAX_MINUTES else None,
        credits=purchase.used,
        mode=purchase.mode.value if purchase.mode else UNKNOWN,
        expertise=purchase.expertise[:MAX_EXPERTISE] or (NO_EXPERTISE if purchase.mode else UNKNOWN),
        findings=tuple(sorted(Ended(*key, count) for key, count in ends.items())),
        up=sum(one.up for one in there),
        down=sum(one.down for one in there),
    )


def end_of(finding: TrackedFinding, state: PullState, opinions: Opinions | None) -> End:
    if not finding.state.is_open:
        return End.FIXED
    if finding.waiver is not None:
        return End.WAIVED
    if opinions is not None and opinions.down > opinions.up:
        return End.DISPUTED
    return End.IGNORED if state is PullState.MERGED else End.OPEN


class PullState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class PastPull(Struct, frozen=True):
    """A pull request with the comments that look like a summary of reviewbot. Any user may have posted a comment."""

    repository: str
    repository_id: int
    number: int
    state: PullState
    updated_at: datetime
    comments: tuple[Comment, ...]


def ledgers_of(pull: PastPull, key: str) -> tuple[list[Ledger], int]:
    """Return the valid ledger of each `instance`, and the number of instances without a valid ledger.

    With a key, a ledger is valid if that key signed the ledger. Without a key, ledgers of bots and of the viewer are
    valid. A ledger that another user edited is invalid. Instances of the local reviewer are not counted.
    """
    named = [(read_summary_mark(one.body), one) for one in pull.comments]
    instances = dict.fromkeys(instance for instance, _ in named if instance is not None)
    found, left_out = [], 0
    for instance in instances:
        comments = [one for name, one in named if name == instance]
        signer = Signer(key, pull.repository_id, pull.number, instance)
        ledgers = [ledger for ledger in (_ledger(one, signer) for one in comments) if ledger is not None]
        if ledgers:
            found.append(max(ledgers, key=lambda one: one.counter))
        else:
            left_out += not _is_free(comments)
    return found, left_out


def _ledger(comment: Comment, signer: Signer) -> Ledger | None:
    if not comment.edited_by_us:
        return None
    if signer.secret:
        reading = decode(comment.body, signer)
        return None if reading.problem else reading.ledger
    return unverified(comment.body) if comment.author_is_bot or comment.ours else None


def _is_free(comments: Iterable[Comment]) -> bool:
    ledgers = [unverified(one.body) for one in comments]
    return all(one is not None and not one.purchases and not one.findings.records for one in ledgers)
