"""The texts, table rows and charts of the statistics for the terminal, Markdown and HTML.

In the charts, horizontal positions are percentages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil, floor, log10

from msgspec import Struct

from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.statistics.figures import FEW_REVIEWS, End, SeveritySum, Statistics, Sums
from reviewbot.domain.text.formatting import counted, number

HEADINGS = ("", "reviews", "median hours", "90th percentile", "credits", "findings", "fixed", "credits per fixed")
ENDS = ("severity", "findings", *(str(end) for end in End))


def rounded(value: Decimal | None, places: int = 1) -> str:
    """Format a number with at most `places` decimal places, or None as `-`. A number above 0 is never shown as `0`."""
    if value is None:
        return "-"
    least = Decimal(1).scaleb(-places)
    return f"<{number(least)}" if 0 < value < least / 2 else number(round(value, places))


def scope_of(found: Statistics) -> str:
    """Return the repositories and the period, such as `acme/shop, 2026-08-30 to 2026-11-28`."""
    period = found.period
    return f"{', '.join(period.repositories)}, {period.since:%Y-%m-%d} to {period.until:%Y-%m-%d}"


def notes_of(found: Statistics) -> tuple[str, ...]:
    return (*cautions_of(found), *facts_of(found))


def cautions_of(found: Statistics) -> Iterator[str]:
    period = found.period
    if found.is_small:
        yield f"These figures are not meaningful yet, because there are fewer than {FEW_REVIEWS} reviews."
    if not period.verified:
        yield "Unverified. To count only summaries signed with the workflow's key, set CODEVF_API_KEY to that key."
    if period.left_out:
        why = "not signed with this key" if period.verified else "by a user"
        yield f"Left out: {counted(period.left_out, 'summary', 'summaries')} (edited, unreadable, or {why})."


def facts_of(found: Statistics) -> Iterator[str]:
    """Yield sentences with facts that the tables do not show."""
    if found.pending:
        yield f"Not answered yet: {counted(found.pending, 'review')}."
    if found.ended:
        yield f"Ended without an answer: {counted(found.ended, 'task')}. The totals include the credits used."
    if found.up or found.down:
        yield f"Reactions to findings and summaries: {number(found.up)} 👍, {number(found.down)} 👎."
    if (questions := found.questions).asked:
        yield (
            f"Questions: {number(questions.asked)} asked, {number(questions.answered)} answered. "
            f"Only the totals include these {rounded(questions.credits, 0)} credits."
        )
    if questions.up or questions.down:
        yield f"Reactions to answers: {number(questions.up)} 👍, {number(questions.down)} 👎."


def groups_of(found: Statistics) -> tuple[tuple[str, ...], ...]:
    """Return the rows below `HEADINGS`: the totals of all reviews, by mode, and by expertise."""
    by_mode = (_cells(f"mode {one.name}", one) for one in found.by_mode)
    by_expertise = (_cells(f"expertise {one.name}", one) for one in found.by_expertise)
    return (_cells("all", found.whole), *by_mode, *by_expertise)


def _cells(name: str, one: Sums) -> tuple[str, ...]:
    return (
        name,
        number(one.reviews),
        rounded(one.hours_median),
        rounded(one.hours_p90),
        rounded(one.credits, 0),
        number(one.findings),
        number(one.fixed),
        rounded(one.credits_per_fixed, 0),
    )


def ends_of(one: SeveritySum) -> tuple[str, ...]:
    return (one.severity.value, number(one.findings), *(number(getattr(one, end.value)) for end in End))


HEIGHT = 200
"""The plot's height in pixels, from the highest value to the axis. `page.html.j2` contains the same height."""

MOST_DOTS = 1_000
"""The maximum number of dots in the hours chart, which shows the newest reviews."""

_FEW_DAYS, _MANY_DAYS = 21, 400
_TICKS = 4
_MOST_DATES = 3
_WIDEST = 0.88
"""The part of the plot's width that the longest row of outcomes takes. The rest has room for the number of findings."""


class Bucket(Struct, frozen=True):
    """A bar of the credits chart: the reviews, questions and credits of consecutive days."""

    start: datetime
    days: int
    reviews: int
    questions: int
    credits: Decimal
    is_over: bool

    @property
    def name(self) -> str:
        name = f"{self.start:%Y-%m-%d}" if self.days == 1 else f"{self.days} days from {self.start:%Y-%m-%d}"
        return name if self.is_over else f"{name}, so far"


def page_of(found: Statistics) -> dict[str, object]:
    """Return the texts and numbers of the page by their names in the template."""
    most = max((one.findings for one in found.severities), default=0)
    return {
        "found": found,
        "scope": scope_of(found),
        "question_credits": rounded(found.questions.credits, 0),
        "cautions": tuple(cautions_of(found)),
        "headings": HEADINGS,
        "groups": groups_of(found),
        "ends": ENDS,
        "severities": tuple(map(ends_of, found.severities)),
        "outcomes": [(one, tuple(_parts(one, most))) for one in found.severities],
        "facts": tuple(facts_of(found)),
        **(_charts(found) if found.reviews else {}),
    }


def _charts(found: Statistics) -> dict[str, object]:
    buckets = buckets_of(found)
    last = buckets[-1]
    return {
        "last": last,
        "days_passed": (found.period.until - last.start).days + 1,
        "dates": tuple(_dates(buckets)),
        **_credits_chart(buckets),
        **_hours_chart(found, buckets),
    }


def _credits_chart(buckets: Sequence[Bucket]) -> dict[str, object]:
    values, count = ticks(max(one.credits for one in buckets)), len(buckets)
    return {
        "credit_marks": _marks(values),
        "bar_width": _percent(0.8 / count),
        "bars": [
            (one, rounded(one.credits, 0), _percent((at + 0.1) / count), _height(one.credits, values))
            for at, one in enumerate(buckets)
        ],
    }


def _hours_chart(found: Statistics, buckets: Sequence[Bucket]) -> dict[str, object]:
    """Return the hours to the answer over time, with a dot for each answered review."""
    answered = [(one, one.hours) for one in found.reviews if one.state is TaskState.DONE and one.hours is not None]
    newest = answered[-MOST_DOTS:]
    values = ticks(max((hours for _, hours in newest), default=Decimal(0)))
    start, length = buckets[0].start, timedelta(buckets[0].days) * len(buckets)
    levels = (("median", "median", found.whole.hours_median), ("high", "90th percentile", found.whole.hours_p90))
    return {
        "hour_marks": _marks(values),
        "levels": [
            (kind, name, rounded(hours), _height(hours, values)) for kind, name, hours in levels if hours is not None
        ],
        "dots": [
            (
                f"{one.repository} #{one.pull_number}, {one.submitted_at:%Y-%m-%d}",
                rounded(hours),
                _percent((one.submitted_at - start) / length),
                _height(hours, values),
            )
            for one, hours in newest
        ],
    }


def buckets_of(found: Statistics) -> tuple[Bucket, ...]:
    """Divide the time from the first review or question to the end of the period into equal buckets.

    There must be a review.
    """
    reviews = [(one.submitted_at, one.credits or 0) for one in found.reviews]
    questions = [(one.asked_at, one.credits or 0) for one in found.asked]
    first = min(at for at, _ in (*reviews, *questions)).replace(hour=0, minute=0, second=0, microsecond=0)
    until = found.period.until
    days = (until - first).days + 1
    size = 1 if days <= _FEW_DAYS else 7 if days <= _MANY_DAYS else 30 * ceil(days / (30 * 36))
    used, least = [Decimal(0)] * ceil(days / size), timedelta(max(size - 1, 1))  # a week counts as over on its last day
    for moment, spent in (*reviews, *questions):
        used[(moment - first).days // size] += spent
    counts, asked = (Counter((at - first).days // size for at, _ in tasks) for tasks in (reviews, questions))
    starts = [first + timedelta(at * size) for at in range(len(used))]
    return tuple(
        Bucket(start, size, counts[at], asked[at], used[at], start + least <= until) for at, start in enumerate(starts)
    )


def ticks(most: Decimal) -> tuple[Decimal, ...]:
    """Return round values from 0 to at least `most`, in steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return (Decimal(0), Decimal(1))
    raw = most / _TICKS
    power = Decimal(10) ** floor(log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return tuple(step * at for at in range(ceil(most / step) + 1))


def _marks(ticks: Sequence[Decimal]) -> Sequence[tuple[str, Decimal]]:
    """Return the text and the height of each value on the vertical axis."""
    return [(_tick(one), _height(one, ticks)) for one in ticks]


def _tick(value: Decimal) -> str:
    thousand = 1_000
    return f"{number(value / thousand)}k" if value >= 10 * thousand else number(value)


def _height(value: Decimal, ticks: Sequence[Decimal]) -> Decimal:
    return round(value / ticks[-1] * HEIGHT, 1)


def _percent(share: float | Decimal) -> Decimal:
    return round(Decimal(share) * 100, 3)


def _dates(buckets: Sequence[Bucket]) -> Iterator[tuple[str, Decimal, str]]:
    """Yield the text, the position and the anchor of at most three dates, because a phone has room for three."""
    count = min(_MOST_DATES, len(buckets))
    chosen = sorted({round(at * (len(buckets) - 1) / max(1, count - 1)) for at in range(count)})
    for at in chosen:
        x, day = (at + 0.5) / len(buckets), buckets[at].start
        anchor = "start" if at == 0 and len(buckets) > 1 else "end" if at == len(buckets) - 1 and at else "middle"
        yield f"{day.day} {day:%b %Y}", _percent({"start": 0.0, "end": 1.0}.get(anchor, x)), anchor


def _parts(one: SeveritySum, most: int) -> Iterator[tuple[str, int, Decimal, Decimal]]:
    """Yield the name, the count, the position and the width of each outcome of a severity's findings."""
    before = 0
    for end in End:
        if count := int(getattr(one, end.value)):
            yield end.value, count, _percent(before * _WIDEST / most), _percent(count * _WIDEST / most)
            before += count
