"""The statistics of reviews as JSON, Markdown and CSV; `docs/stats.schema.json` describes every key."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from reviewbot.domain.statistics.figures import End, PastReview, SeveritySum, Statistics, Sums
from reviewbot.domain.text.escaping import markdown_line, visible
from reviewbot.render.view_models.statistics import ENDS, HEADINGS, cells_of, ends_of, groups_of, notes_of, scope_of

SCHEMA = "reviewbot/stats/1"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet evaluates a cell that begins so."""

COLUMNS = (
    "repository",
    "pullRequest",
    "submittedAt",
    "state",
    "hours",
    "credits",
    "mode",
    "expertise",
    "findings",
    *(str(end) for end in End),
    "up",
    "down",
)
"""The columns of the CSV, which has one line per review."""


def statistics_json(found: Statistics) -> str:
    """Return the figures and every review as JSON in ASCII."""
    document = {
        "schema": SCHEMA,
        "repositories": found.repositories,
        "since": found.since.isoformat(timespec="seconds"),
        "until": found.until.isoformat(timespec="seconds"),
        "verified": found.verified,
        "leftOut": found.left_out,
        "small": found.is_small,
        "pending": found.pending,
        "ended": found.ended,
        "up": found.up,
        "down": found.down,
        **_sums(found.whole),
        "bySeverity": [_severity(one) for one in found.by_severity],
        "byMode": [{"mode": one.name, **_sums(one)} for one in found.by_mode],
        "byExpertise": [{"expertise": one.name, **_sums(one)} for one in found.by_expertise],
        "each": [_review(one) for one in found.reviews],
    }
    return f"{json.dumps(document, indent=2)}\n"


def _sums(one: Sums) -> Mapping[str, object]:
    return {
        "reviews": one.reviews,
        "hoursMedian": _figure(one.hours_median),
        "hoursP90": _figure(one.hours_p90),
        "credits": _figure(one.credits),
        "findings": one.findings,
        "fixed": one.fixed,
        "creditsPerFixed": _figure(one.credits_per_fixed),
    }


def _severity(one: SeveritySum) -> Mapping[str, object]:
    return {
        "severity": one.severity.value,
        "findings": one.findings,
        **{end.value: getattr(one, end.value) for end in End},
    }


def _review(one: PastReview) -> Mapping[str, object]:
    return {
        "repository": one.repository,
        "pullRequest": one.pull_number,
        "submittedAt": one.submitted_at.isoformat(timespec="seconds"),
        "state": one.state.value,
        "hours": _figure(one.hours),
        "credits": _figure(one.credits),
        "mode": one.mode,
        "expertise": one.expertise,
        "findings": one.found,
        **{end.value: one.count(end) for end in End},
        "up": one.up,
        "down": one.down,
    }


def _figure(value: Decimal | None) -> int | float | None:
    """Return a number with two places at most."""
    if value is None:
        return None
    short = round(value, 2)
    return int(short) if short == short.to_integral_value() else float(short)


def statistics_csv(found: Statistics) -> str:
    """Return one line per review; a cell that a spreadsheet would evaluate begins with an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for review in found.reviews:
        row = _review(review)
        table.writerow(["" if row[name] is None else _cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def statistics_markdown(found: Statistics) -> str:
    scope = markdown_line(scope_of(found))
    rows = [(markdown_line(name), *cells_of(one)) for name, one in groups_of(found)]
    parts = [f"Reviews of {scope}:", _table(HEADINGS, rows)]
    if found.severities:
        parts.append(_table(ENDS, map(ends_of, found.severities)))
    parts += notes_of(found)
    return "\n\n".join(parts) + "\n"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    aligned = ["---", *("---:" for _ in heading[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, aligned, *rows))
