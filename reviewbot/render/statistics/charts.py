"""SVG charts that fill the width of the page. Horizontal positions are percentages, so that text keeps its size.

The page's content security policy allows no scripts and no inline styles, so the style sheet defines all colors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil, floor, log10

from msgspec import Struct

from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.statistics.figures import End, SeveritySum, Statistics
from reviewbot.domain.text.formatting import counted, number
from reviewbot.render.html_escaping import line
from reviewbot.render.view_models.statistics import rounded

HEIGHT = 200
"""The plot's height in pixels, from the highest value to the axis."""

_TOP, _BOTTOM = 14, 24
MOST_DOTS = 1_000
"""The maximum number of dots in the hours chart, which shows the newest reviews."""

_FEW_DAYS, _MANY_DAYS = 21, 400
_TICKS = 4
_MOST_DATES = 3
_WIDE_ENOUGH = 7.0
"""The minimum width of a bar with a number inside, in percent of the plot's width."""

_ROW, _BAR = 34, 22


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


def part_of(found: Statistics) -> str:
    """Return the time that each bar of the credits chart represents, such as `per week`."""
    days = buckets_of(found)[0].days
    return {1: "per day", 7: "per week"}.get(days, f"per {days} days")


def credits_chart(found: Statistics) -> str:
    buckets = buckets_of(found)
    marks = ticks(max(one.credits for one in buckets))
    width = 100 / len(buckets)
    bars = []
    for at, one in enumerate(buckets):
        y, kind = _y(one.credits, marks), "bar" if one.is_over else "bar partial"
        tooltip = f"{one.name}: {rounded(one.credits, 0)} credits, {counted(one.reviews, 'review')}"
        tooltip += f", {counted(one.questions, 'question')}" if one.questions else ""
        x, height = at * width + width * 0.1, _TOP + HEIGHT - y
        bars.append(_bar(kind, x, f"{y:.1f}", width * 0.8, f"{height:.1f}", tooltip))
    return _chart(f"Credits used over time, {rounded(found.whole.credits, 0)} in total", marks, "".join(bars), buckets)


def hours_chart(found: Statistics) -> str:
    """Return a chart of the hours to the answer over time, with a dot for each answered review."""
    done = [one for one in found.reviews if one.state is TaskState.DONE and one.hours is not None][-MOST_DOTS:]
    marks = ticks(max((one.hours for one in done if one.hours is not None), default=Decimal(0)))
    buckets = buckets_of(found)
    dots = []
    for one in done:
        share = (one.submitted_at - buckets[0].start) / (timedelta(buckets[0].days) * len(buckets)) * 100
        tooltip = f"{one.repository} #{one.pull_number}, {one.submitted_at:%Y-%m-%d}: {rounded(one.hours)} hours"
        y = _y(one.hours or Decimal(0), marks)
        dots.append(
            f'<circle class="dot-of" cx="{share:.3f}%" cy="{y:.1f}" r="4"><title>{line(tooltip)}</title></circle>'
        )
    median, high = found.whole.hours_median, found.whole.hours_p90
    levels = _level(median, marks, "median", "median") + _level(high, marks, "90th percentile", "high")
    return _chart(f"Hours until the answer over time, median {rounded(median)}", marks, levels + "".join(dots), buckets)


def _level(value: Decimal | None, marks: Sequence[Decimal], name: str, kind: str) -> str:
    if value is None:
        return ""
    y = _y(value, marks)
    return (
        f'<line class="level {kind}" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"><title>{name}: {rounded(value)} hours'
        "</title></line>"
    )


def _y(value: Decimal, marks: Sequence[Decimal]) -> float:
    return _TOP + HEIGHT - float(value / marks[-1]) * HEIGHT


def _chart(label: str, marks: Sequence[Decimal], inside: str, buckets: Sequence[Bucket]) -> str:
    heights = [(mark, _y(mark, marks)) for mark in marks]
    grid = "".join(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>' for _, y in heights)
    names = "".join(_label("44", f"{y + 4:.1f}", _tick(mark), "end") for mark, y in heights)
    return _beside(label, names, grid + inside + "".join(_dates(buckets)), _TOP + HEIGHT + _BOTTOM)


def _beside(label: str, names: str, plot: str, height: int, kind: str = "") -> str:
    """Return the labels of an axis in a column of fixed width, and the plot in the remaining width."""
    return (
        f'<div class="chart{kind}" role="img" aria-label="{line(label)}">'
        f'<svg class="names" height="{height}">{names}</svg><svg class="plot" height="{height}">{plot}</svg></div>'
    )


def _bar(kind: str, x: float, y: str, width: float, height: str, tooltip: str) -> str:
    place = f'x="{x:.3f}%" y="{y}" width="{width:.3f}%" height="{height}"'
    return f'<rect class="{kind}" {place}><title>{line(tooltip)}</title></rect>'


def _label(x: str, y: str, text: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'


def _tick(value: Decimal) -> str:
    thousand = 1_000
    return f"{number(value / thousand)}k" if value >= 10 * thousand else number(value)


def _dates(buckets: Sequence[Bucket]) -> Iterator[str]:
    """Yield at most three evenly spaced dates, because a phone has room for three."""
    count = min(_MOST_DATES, len(buckets))
    chosen = sorted({round(at * (len(buckets) - 1) / max(1, count - 1)) for at in range(count)})
    for at in chosen:
        x, day = (at + 0.5) * 100 / len(buckets), buckets[at].start
        anchor = "start" if at == 0 and len(buckets) > 1 else "end" if at == len(buckets) - 1 and at else "middle"
        edge = {"start": 0.0, "end": 100.0}.get(anchor, x)
        yield _label(f"{edge:.3f}%", f"{_TOP + HEIGHT + 18}", f"{day.day} {day:%b %Y}", anchor)


def outcome_chart(severities: Sequence[SeveritySum]) -> str:
    """Return a bar for each severity, divided by the outcomes of its findings."""
    most = max(one.findings for one in severities)
    rows = "".join(_outcome(one, at, most) for at, one in enumerate(severities))
    names = "".join(_label("72", f"{at * _ROW + 20}", one.severity.value, "end") for at, one in enumerate(severities))
    label = "; ".join(f"{one.severity.value}: {_told(one)}" for one in severities)
    return _beside(f"Findings by severity and outcome: {label}", names, rows, len(severities) * _ROW + 4, " wide")


def _outcome(one: SeveritySum, row: int, most: int) -> str:
    parts, x = [], 0.0
    scale = 88 / most
    for end, count in _ends(one):
        width = count * scale
        tooltip = f"{one.severity.value}: {number(count)} {end.value}"
        parts.append(_bar(end.value, x, f"{row * _ROW + 4}", width, f"{_BAR}", tooltip))
        if width >= _WIDE_ENOUGH:
            parts.append(_label(f"{x + width / 2:.3f}%", f"{row * _ROW + 20}", number(count), "middle", "in-bar"))
        x += width
    parts.append(f'<text class="tick" x="{x + 1:.3f}%" y="{row * _ROW + 20}">{number(one.findings)}</text>')
    return "".join(parts)


def _told(one: SeveritySum) -> str:
    return ", ".join(f"{number(count)} {end.value}" for end, count in _ends(one))


def _ends(one: SeveritySum) -> Iterable[tuple[End, int]]:
    return ((end, count) for end in End if (count := int(getattr(one, end.value))))
