"""The statistics as JSON, Markdown, CSV and a page: documented, escaped, and the same figures in each."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reviewbot.domain.statistics.figures import End, Period, Statistics, statistics_of
from reviewbot.exports.statistics import COLUMNS, statistics_csv, statistics_json, statistics_markdown
from reviewbot.render.renderer import Renderer
from reviewbot.values import replace
from tests.render.statistics_builders import SINCE, UNTIL, hostile, usual

USUAL = usual()
FIRST = USUAL.reviews[0].submitted_at.replace(hour=0, minute=0, second=0, microsecond=0)
EMPTY = statistics_of(Period(("acme/shop",), SINCE, UNTIL, verified=True, left_out=0), [])
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


def document(found: Statistics) -> dict[str, Any]:
    text = statistics_json(found)
    assert text.isascii()
    read: dict[str, Any] = json.loads(text)
    return read


ACTIVE = {"script", "img", "link", "iframe", "object", "form", "base", "a"}


def parsed(html: str) -> list[tuple[str, str]]:
    """Return every element with each of its attributes."""
    found: list[tuple[str, str]] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend((tag, name) for name, _ in [("", None), *attrs])

    Parser().feed(html)
    return found


@pytest.mark.parametrize("found", [USUAL, EMPTY, hostile("x")], ids=["usual", "empty", "hostile"])
def test_the_json_matches_its_schema(found: Statistics) -> None:
    schema = json.loads(Path(__file__).parents[2].joinpath("docs", "stats.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(document(found))] == []
    assert schema["properties"]["each"]["items"]["required"] == list(COLUMNS)


def test_the_sums_match_the_reviews() -> None:
    found = document(USUAL)
    assert found["schema"] == "reviewbot/stats/1"
    questions = found["questions"]["credits"]
    assert found["credits"] == questions + sum(one["credits"] or 0 for one in found["each"])
    assert questions > 0
    assert (
        found["findings"]
        == sum(one["findings"] for one in found["each"])
        == sum(one["findings"] for one in found["bySeverity"])
    )
    for one in (*found["bySeverity"], *found["each"]):
        assert one["findings"] == sum(one[end.value] for end in End)


def test_unknown_figures_are_null_and_empty_cells() -> None:
    found = document(EMPTY)
    assert (found["hoursMedian"], found["creditsPerFixed"], found["credits"]) == (None, None, 0)
    pending = statistics_of(
        Period(("acme/shop",), SINCE, UNTIL, verified=True, left_out=0),
        [replace(USUAL.reviews[0], minutes=None, credits=None)],
    )
    (row,) = csv.DictReader(io.StringIO(statistics_csv(pending)))
    assert (row["hours"], row["credits"]) == ("", "")


def test_the_csv_has_one_line_per_review() -> None:
    rows = list(csv.DictReader(io.StringIO(statistics_csv(USUAL))))
    assert tuple(rows[0]) == COLUMNS
    assert [one["pullRequest"] for one in rows] == [str(one.pull_number) for one in USUAL.reviews]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    for row in csv.reader(io.StringIO(statistics_csv(hostile(text)))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("text", ["|a|b|", "@mona", "<!-- x -->", "[x](https://evil.example)", "a\n\n# b", "`x`"])
def test_names_have_no_effect_in_markdown(text: str) -> None:
    made, plain = statistics_markdown(hostile(text)), statistics_markdown(hostile("x"))
    assert len(made.splitlines()) == len(plain.splitlines())
    assert "@mona" not in made
    assert "](https://evil" not in made
    assert "<!--" not in made


def test_the_page_loads_and_runs_nothing() -> None:
    for found in (USUAL, EMPTY, hostile('<script>alert(1)</script>" onload="alert(1)')):
        html = Renderer().statistics(found)
        assert [
            (tag, name) for tag, name in parsed(html) if tag in ACTIVE or name.startswith(("on", "style", "src"))
        ] == []
        assert "default-src 'none'; style-src 'sha256-" in html


def test_the_page_explains_every_outcome() -> None:
    html = Renderer().statistics(USUAL)
    assert re.findall(r'<span class="key (\w+)"></span>\1: ', html) == [end.value for end in End]


def test_the_page_shows_the_credits_of_questions() -> None:
    html = Renderer().statistics(USUAL)
    questions = USUAL.questions
    assert f"</b> credits, {questions.credits} for {questions.asked} questions</li>" in html
    assert ", 1 question</title>" in html
    assert "Questions: 10 asked, 10 answered. Only the totals include these" in html
    assert "for 0 questions" not in Renderer().statistics(EMPTY)


@pytest.mark.parametrize(
    ("until", "title", "legend"),
    [
        (UNTIL, "7 days from 2026-11-26, so far: ", "3 of 7 days, so far"),
        (UNTIL + timedelta(5), "7 days from 2026-12-03, so far: 0 credits, 0 reviews", "1 of 7 days, so far"),
        (FIRST + timedelta(5, hours=9), "2026-09-08, so far: ", "today, so far"),
        (FIRST + timedelta(27, hours=9), "7 days from 2026-09-24: ", ""),
    ],
    ids=["week", "new week", "day", "whole week"],
)
def test_an_unfinished_last_bar_is_marked(until: datetime, title: str, legend: str) -> None:
    period = Period(("acme/shop",), SINCE, until, verified=True, left_out=0)
    page = Renderer().statistics(statistics_of(period, USUAL.reviews))
    last = page[page.rindex('<rect class="bar') :]
    assert f"<title>{title}" in last
    assert last.startswith(f'<rect class="bar{" partial" if legend else ""}"')
    assert page.count('class="bar partial"') == bool(legend)
    assert (f'<span class="key partial"></span>{legend}</li>' in page) == bool(legend)


def test_a_period_without_reviews_has_no_charts() -> None:
    html = Renderer().statistics(EMPTY)
    assert "No reviews in this period." in html
    assert "<svg" not in html
    assert "These figures are not meaningful yet, because there are fewer than 10 reviews." in html
