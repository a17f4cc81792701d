"""The texts and table rows of the statistics for the terminal, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

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
