"""The statistics of reviews as JSON, Markdown and CSV. `docs/stats.schema.json` describes every key."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import methodcaller

from reviewbot.domain.statistics.figures import End, PastReview, QuestionSum, SeveritySum, Statistics
from reviewbot.domain.text.escaping import markdown_line, visible
from reviewbot.exports.report import object_of
from reviewbot.render.view_models.statistics import ENDS, HEADINGS, ends_of, groups_of, notes_of, scope_of

SCHEMA = "reviewbot/stats/1"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Spreadsheets evaluate cells that start with one of these characters."""

_CELLS: Mapping[str, Callable[[PastReview], object]] = {
    "repository": lambda one: one.repository,
    "pullRequest": lambda one: one.pull_number,
    "submittedAt": lambda one: one.submitted_at.isoformat(timespec="seconds"),
    "state": lambda one: one.state.value,
    "hours": lambda one: _figure(one.hours),
    "credits": lambda one: _figure(one.credits),
    "mode": lambda one: one.mode,
    "expertise": lambda one: one.expertise,
    "findings": lambda one: one.found,
    **{end.value: methodcaller("count", end) for end in End},
    "up": lambda one: one.up,
    "down": lambda one: one.down,
}

COLUMNS = tuple(_CELLS)
"""The columns of the CSV, which has one line per review."""


def statistics_json(found: Statistics) -> str:
    """Return the figures and every review as JSON in ASCII."""
    document = {
        "schema": SCHEMA,
        **object_of(found.period),
        **object_of(found),
        "small": found.is_small,
        **object_of(found.whole),
        "byMode": [{"mode": one.name, **object_of(one)} for one in found.by_mode],
        "byExpertise": [{"expertise": one.name, **object_of(one)} for one in found.by_expertise],
        "each": [_review(one) for one in found.reviews],
    }
    return f"{json.dumps(document, indent=2, default=_encoded)}\n"


def _encoded(value: Decimal | datetime | SeveritySum | QuestionSum) -> object:
    if isinstance(value, Decimal):
        return _figure(value)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else object_of(value)


def _review(one: PastReview) -> Mapping[str, object]:
    return {name: cell(one) for name, cell in _CELLS.items()}


def _figure(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    short = round(value, 2)
    return int(short) if short == short.to_integral_value() else float(short)


def statistics_csv(found: Statistics) -> str:
    """Return one line per review. Cells that a spreadsheet would evaluate begin with an apostrophe."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for review in found.reviews:
        table.writerow("" if value is None else _cell(value) for value in _review(review).values())
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def statistics_markdown(found: Statistics) -> str:
    scope = markdown_line(scope_of(found))
    rows = [(markdown_line(name), *cells) for name, *cells in groups_of(found)]
    parts = [f"Reviews of {scope}:", markdown_table(HEADINGS, rows)]
    if found.severities:
        parts.append(markdown_table(ENDS, map(ends_of, found.severities)))
    parts += notes_of(found)
    return "\n\n".join(parts) + "\n"


def markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown cells, in which every column except the first is right-aligned."""
    aligned = ["---", *("---:" for _ in heading[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, aligned, *rows))
