"""The figures in the documentation are those that the program computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from bench.__main__ import stored
from bench.paper import CODEVF_A_HOUR, Organisation
from bench.requests import A_HOUR, FIRST, FOLLOWED
from bench.table import number
from reviewbot.domain.codevf.budget import hold
from reviewbot.domain.model.review import Mode
from reviewbot.domain.policy.size import AutoSize
from reviewbot.settings import Settings


@pytest.fixture(scope="module")
def costs(root: Path) -> str:
    return (root / "docs/costs.md").read_text(encoding="utf-8")


def rows(text: str, first: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the table whose first column has this heading."""
    (body,) = re.findall(rf"^\| {first} \|.*\n\|[-|:]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    for line in body.splitlines():
        yield [bare(cell) for cell in line.strip("|").split("|")]


def bare(cell: str) -> str:
    """Return a cell without the backticks around it and the commas in its numbers."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", cell.strip().strip("`"))


def test_a_size_in_the_documentation_is_the_computed_one(costs: str) -> None:
    default = Settings()
    auto = AutoSize(default.base_credits, default.credits_per_100_lines, default.max_credits_ceiling)
    sizes = list(rows(costs, r"lines \| `max-credits`"))
    assert sizes
    for lines, most, held in sizes:
        assert auto.credits_for(int(lines.removesuffix(" or more")), Mode.FAST) == int(most)
        assert hold(int(most), Mode.FAST, Decimal(1)) == int(held)
    yaml = dict(re.findall(r"^(base-credits|credits-per-100-lines|max-credits-ceiling): (\d+)", costs, re.MULTILINE))
    assert [int(one) for one in yaml.values()] == [auto.base, auto.per_100_lines, auto.ceiling]


def test_the_monthly_hold_of_a_team_is_the_product_of_its_figures(costs: str) -> None:
    teams = list(rows(costs, "team"))
    assert len(teams) == 3
    for _, pulls, reviews, _, held, month in teams:
        assert int(pulls) * int(reviews) * int(held) == int(month)


def test_the_multipliers_in_the_documentation_match_the_program(costs: str) -> None:
    documented = {
        mode: (Decimal(multiplier), *map(int, credits_.split(" to ")))
        for mode, multiplier, credits_ in rows(costs, "mode \\| multiplier")
    }
    assert documented == {mode: (mode.multiplier, mode.credits[0], mode.credits[-1]) for mode in Mode}


def test_the_figures_of_a_review_are_those_that_were_measured(root: Path) -> None:
    page = (root / "docs/performance.md").read_text(encoding="utf-8")
    prose = " ".join(page.split())
    tables = {table.name: table for table in stored().tables}
    overhead = tables["overhead"]
    at = [overhead.columns.index(name) for name in ("both, s", "requests", "requests when run again", "MB of memory")]
    measured = {bare(str(row[0])): [str(row[place]).partition(" ")[0] for place in at] for row in overhead.rows}
    shown = list(rows(page, "pull request"))
    assert [figures for _, *figures in shown] == [measured[name] for name, *_ in shown]
    scan = next(row for row in tables["stages"].rows if row[0] == "secret scan and redaction")
    assert isinstance(scan[3], float)
    assert f"100,000 new lines with a credential in every fiftieth take {number(scan[3])} seconds of CPU time" in prose


def test_the_limits_of_the_performance_page_are_those_of_the_benchmarks(root: Path) -> None:
    page = " ".join((root / "docs/performance.md").read_text(encoding="utf-8").split())
    billed = [row[2] for table in stored().tables if table.name == "runner minutes" for row in table.rows]
    assert f"a review after the first takes {FOLLOWED} requests" in page
    assert f"{A_HOUR:,} requests per hour and repository: {A_HOUR // FIRST} first reviews" in page
    assert f"{CODEVF_A_HOUR:,} requests per hour and account: {Organisation().carried} reviews" in page
    collections = (root / "docs/collect.md").read_text(encoding="utf-8")
    assert f"Waiting four hours for one review costs {billed[0]:.0f} runner minutes." in collections
