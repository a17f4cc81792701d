"""The benchmarks run, and the documentation contains their measured figures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from xml.etree import ElementTree as ET

import msgspec
import pytest

from bench import measure
from bench.__main__ import CHARTS, DOCUMENT, PARTS, ROOT, stored
from bench.action import Ended, Ran
from bench.charts import THEMES, Axis, Panel, charts, svg
from bench.document import UnknownRegion, filled
from bench.fair import INNER, REST, SPANS, Span, rows_of
from bench.machine import AnotherTree, commit_of, describe
from bench.meter import Exchange, Sample, served
from bench.paper import Hour, Organisation, polls
from bench.parts import SMALL
from bench.peers import HEAVY, LIGHT, Peer, run_peer
from bench.requests import A_HOUR, LOOKED_AT
from bench.services import serve
from bench.stages import Curve, Point, Stage, steepness
from bench.table import Goal, Results, Table, markdown, number, spread
from bench.waiting import KINDS, OURS, PACES, Life, Waited, compared, play
from bench.waiting import measure as wait


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PARTS)
def test_each_part_can_be_played_small(name: str, tmp_path: Path) -> None:
    found = PARTS[name](SMALL, tmp_path)
    assert found.tables
    missed = [goal for goal in found.goals if goal.what.startswith("requests of") and not goal.met]
    assert missed == []
    assert "failed" not in str(found.tables)


@pytest.mark.parametrize(
    "peer",
    [pytest.param(one, id=one.name, marks=pytest.mark.peers) for one in LIGHT]
    + [pytest.param(one, id=one.name, marks=pytest.mark.heavy_peers) for one in HEAVY],
)
def test_a_peer_comments_on_every_finding(tmp_path: Path, peer: Peer) -> None:
    with serve(tmp_path) as here:
        here.files = here.findings = 2
        took = run_peer(peer, here, here.pull_request())
    assert took.requests >= 3


def test_the_document_shows_what_was_measured() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert filled(document, stored()) == document


def test_the_charts_show_what_was_measured_and_the_documentation_shows_the_charts() -> None:
    drawn = charts(stored())
    assert {path.name: path.read_text(encoding="utf-8") for path in CHARTS.iterdir()} == drawn
    page = (CHARTS.parent / "performance.md").read_text(encoding="utf-8")
    assert [name for name in drawn if f"charts/{name}" not in page] == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_chart_is_valid_loads_nothing_and_keeps_its_lines_inside(theme: str) -> None:
    limit = ("limit <&>", 1_000.0)
    panel = Panel("Requests", "pull requests", {"a": [(1, 9), (2, 99)], "b": [(1, 20), (2, 1_400)]}, ("1", "2"), limit)
    for one in (panel, replace(panel, from_zero=True), replace(panel, series={"a": [(1, 1), (1_000, 10)]}, across=())):
        text = svg([one, one], theme)
        root = ET.fromstring(text)  # noqa: S314 — drawn here
        assert not re.search(r"(?:href|url|script|style)\b", text)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        places = [(float(at.attrib["cx"]), float(at.attrib["cy"])) for at in root.iter() if at.tag.endswith("circle")]
        assert len(places) == 2 * sum(map(len, one.series.values()))
        assert all(0 < x < width / 2 and 0 < y < height for x, y in places)
        assert "limit &lt;&amp;&gt;" in text


def test_an_axis_shows_larger_values_farther_from_its_start_and_powers_of_ten_at_equal_distances() -> None:
    linear = Axis(0, 10, 100, 0, logarithmic=False)
    assert [linear.at(value) for value in (0, 5, 10)] == [100, 50, 0]
    powers = Axis(1, 100, 0, 100, logarithmic=True)
    assert [powers.at(value) for value in (1, 10, 100)] == [0, 50, 100]


def test_each_request_and_each_second_belongs_to_one_part_of_a_review() -> None:
    state, posting, *_ = (row for row in SPANS if row not in INNER)
    spans = [Span(state, 1, 3, 0.5), Span(INNER[0], 2, 2.5, 0.25), Span(posting, 5, 6, 1.0)]
    rows = rows_of(spans, 4.0, requests=[0.5, 2.2, 5.5, 5.7])
    assert {row: value for row, value in rows.items() if any(value)} == {
        state: (0.5, 1),
        INNER[0]: (0.25, 0),
        posting: (1.0, 2),
        REST: (2.25, 1),
    }


def test_the_measured_program_is_this_one(tmp_path: Path) -> None:
    assert "commit" in describe(ROOT)["reviewbot"]
    with pytest.raises(AnotherTree):
        describe(tmp_path)


def test_uncommitted_changes_are_reported_with_the_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Mona", "-c", "user.email=mona@example.org")
        subprocess.run([shutil.which("git") or "git", *who, *arguments], cwd=tmp_path, check=True)

    git("init", "--quiet")
    (tmp_path / "a").write_text("1\n")
    git("add", "a")
    git("commit", "--quiet", "--message", "One")
    assert commit_of(tmp_path).isalnum()
    (tmp_path / "a").write_text("2\n")
    assert commit_of(tmp_path).endswith(" with changes")


def test_the_results_can_be_read_back() -> None:
    assert msgspec.json.decode(json.dumps(asdict(stored())), type=Results) == stored()


def test_the_thresholds_are_met_in_the_stored_results() -> None:
    held = [goal for goal in stored().goals if goal.what.startswith("requests of")]
    assert held
    assert all(goal.met for goal in held)


def test_no_polling_interval_is_better_in_delay_and_requests_for_any_length(tmp_path: Path) -> None:
    table = wait(SMALL, tmp_path).tables[0]
    ours = {row[0]: row[-1] for row in table.rows if row[1] == OURS}
    assert ours == dict.fromkeys(KINDS, "yes")
    assert len(table.rows) == len(KINDS) * len(PACES)


def test_other_trade_offs_are_listed_with_their_figures() -> None:
    ours, theirs, often = PACES
    played = [
        Waited(kind, pace, late, requests)
        for kind in KINDS
        for pace, late, requests in ((ours, 28.0, 400), (theirs, 5.0, 1000), (often, 5.0, 5000))
    ]
    note = compared(played)
    assert note.startswith("8 of 12 are on the front, because")
    assert note.endswith("hours: 0.4 times the requests, 23 s later.")


def test_a_finished_answer_is_read_at_the_next_poll() -> None:
    every_ten = PACES["every 10 s, as the vendor's page shows"]
    assert play(Life(3, 25), every_ten, Random(0)) == (5, 3)  # noqa: S311 — a simulation


def test_the_model_counts_unfinished_lookups_and_its_capacity_is_exact() -> None:
    day = Organisation()
    assert (day.peak.waiting, day.peak.requests > A_HOUR) == (55, True)
    assert Hour(10, 10).requests + LOOKED_AT * 40 == Hour(10, 50).requests
    assert Hour(day.fits, day.open_pulls).requests <= A_HOUR < Hour(day.fits + 1, day.open_pulls).requests
    assert Hour(2, 100).questions == 2 * 3 + 2 + 8, "bought, collected, and open for four hours"
    assert polls(0) < polls(480)


def test_a_pace_that_is_later_with_more_requests_is_beaten() -> None:
    here = Waited("", "", late=2, requests=10)
    assert here.beats(Waited("", "", late=2, requests=11))
    assert not here.beats(Waited("", "", late=1, requests=11))
    assert not here.beats(here)


def test_a_document_with_a_region_too_many_or_too_few_is_refused() -> None:
    goal = Goal("speed", "fast", "slow", met=False)
    results = Results({"machine": "this"}, "whole", 60, (Table("pace", ("who", "s"), (("we", 1.0),)),), (goal,))
    regions = [f"<!-- bench:{name} -->\n<!-- end -->\n" for name in ("machine", "goals", "pace")]
    document = filled("".join(regions), results)
    assert "| we | 1 |" in document
    assert "**missed**" in document
    assert filled(document, results) == document
    for wrong in ("".join(regions[:2]), "".join(regions) + regions[0].replace("machine", "speed")):
        with pytest.raises(UnknownRegion):
            filled(wrong, results)


def test_the_order_of_the_sides_rotates() -> None:
    said: list[str] = []
    got = measure.alternate(3, {"a": lambda: said.append("a"), "b": lambda: said.append("b")})
    assert said == ["a", "b", "b", "a", "a", "b"]
    assert {name: len(values) for name, values in got.items()} == {"a": 3, "b": 3}


def test_the_slope_of_quadratic_growth_is_two_and_of_linear_growth_one() -> None:
    sizes = [10, 100, 1000]
    assert measure.slope(sizes, [size**2 for size in sizes]) == pytest.approx(2)
    assert measure.slope(sizes, [3 * size for size in sizes]) == pytest.approx(1)


def test_growth_is_judged_below_the_limit_and_steep_growth_is_reported() -> None:
    def curve(name: str, power: int, bound: int) -> Curve:
        points = (Point(size, min(size, bound), min(size, bound) ** power) for size in (1, 10, 100, 1_000))
        return Curve(Stage(name, "lines", lambda _: lambda: None), tuple(points))

    assert curve("bounded", 1, 10).slope == pytest.approx(1)
    goal = steepness([curve("line", 1, 10), curve("square", 2, 100), curve("cube", 3, 100)])
    assert (goal.found, goal.met) == ("2 (square), 3 (cube)", False)
    assert steepness([curve("line", 1, 10)]).met


def test_concurrent_requests_count_their_time_once_and_those_of_git_are_separate() -> None:
    seen = (
        Exchange("GET", "/repos/a/b/pulls/1", 200, 1.0, 2.0, 0, 10),
        Exchange("POST", "/repos/a/b/check-runs", 201, 1.5, 2.5, 5, 10),
        Exchange("POST", "/a/b.git/git-upload-pack", 200, 4.0, 5.0, 1, 1),
    )
    assert served(seen) == 2.5
    assert Sample.of(9.0, seen) == Sample(9.0, requests=2, git=1, writes=1, traffic=27, served=2.5)


def test_the_reviewers_time_is_excluded_and_requests_meanwhile_are_not() -> None:
    github = (
        Exchange("GET", "/repos/a/b/pulls/1", 200, 1.0, 2.0, 0, 0),
        Exchange("PATCH", "/repos/a/b/check-runs/1", 200, 4.0, 4.5, 0, 0),
        Exchange("POST", "/repos/a/b/pulls/1/reviews", 200, 11.0, 12.0, 0, 0),
    )
    codevf = (
        Exchange("POST", "/api/v1/tasks/create", 201, 3.0, 3.5, 0, 0),
        Exchange("GET", "/api/v1/tasks/1", 200, 5.0, 6.0, 0, 0),
        Exchange("GET", "/api/v1/tasks/1", 200, 9.0, 10.0, 0, 0),
    )
    ran = Ran.of(Ended(0, began=0.0, ended=13.0, peak=1), github, codevf)
    assert (ran.submitting, ran.publishing, ran.seconds) == (3.0, 3.0, 13.0)
    assert ran.sample.seconds == 3.0 + 0.5 + 3.0


@pytest.mark.parametrize(
    ("value", "formatted"),
    [(0.41234, "0.412"), (1234.5, "1,234"), (7, "7"), (12345, "12,345"), (0.0, "0"), (4e-5, "4.0e-05")],
)
def test_a_number_has_three_significant_digits(value: float, formatted: str) -> None:
    assert number(value) == formatted


def test_a_measurement_shows_its_interquartile_range() -> None:
    assert spread(measure.Spread.of([1.0, 2.0, 3.0, 4.0, 5.0])) == "3 (2 to 4)"
    assert spread(measure.Spread.of([3.0, 1.0, 2.0])) == "2 (1 to 3)", "too few for quartiles"
    assert spread(measure.Spread.of([2.0])) == "2"
    assert measure.ratios([1.0, 2.0], [2.0, 8.0]).middle == 3


def test_a_pipe_does_not_end_its_cell_and_numbers_are_aligned_right() -> None:
    assert markdown(("a", "b"), [("x|y", None), ("z", 2)]) == "| a | b |\n|---|--:|\n| x\\|y | - |\n| z | 2 |"
