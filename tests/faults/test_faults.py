"""A fault at any request leads to the end in the table. `make faults` plays all cells.

The sample contains every request and every fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.faults.judge import wrong
from tests.faults.play import ends, play, serve_with_file
from tests.faults.requests import REVIEW_REQUESTS, Service
from tests.faults.scenarios import REVIEW
from tests.faults.table import TABLE, Cell, cells
from tests.replay import replay

PARTS = 6
HERE = Path(__file__).parent


def sample(seed: str = "") -> list[Cell]:
    """Select cells that cover every request and every fault with few scenarios."""
    shuffled = sorted(cells(), key=str)
    Random(seed).shuffle(shuffled)  # noqa: S311 — the same for the same seed
    shuffled.sort(key=lambda cell: cell.scenario is not REVIEW)
    left = {thing for cell in shuffled for thing in _things(cell)}
    return [cell for least in (2, 1) for cell in _fresh(shuffled, left, least)]


def _things(cell: Cell) -> set[str]:
    return {f"at {cell.request.name}", cell.fault}


def _fresh(shuffled: list[Cell], left: set[str], least: int) -> Iterator[Cell]:
    """Yield the cells that cover this many requests and faults not yet covered, and mark those as covered."""
    for cell in shuffled:
        if len(left & _things(cell)) >= least:
            left -= _things(cell)
            yield cell


def part_of(chosen: list[Cell], part: int) -> list[Cell]:
    """Split the cells by scenario, because each part plays the undisturbed scenario once."""
    chosen = sorted(chosen, key=lambda cell: (cell.scenario is not REVIEW, cell.scenario.name))
    return chosen[len(chosen) * part // PARTS : len(chosen) * (part + 1) // PARTS]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_an_error_has_the_outcome_in_the_table(part: int) -> None:
    for cell, end, right in ends(part_of(sample(), part)):
        assert right.state.tasks, right.log
        found = list(wrong(cell, end, right))
        assert not found, f"{cell}: {found}. {replay('faults', str(cell))}"


@pytest.mark.parametrize("seed", ["", "another"])
def test_every_request_and_every_fault_occurs_in_a_sample(seed: str) -> None:
    chosen, whole = sample(seed), list(cells())
    assert {thing for cell in chosen for thing in _things(cell)} == {thing for cell in whole for thing in _things(cell)}
    assert len(chosen) < len(whole) / 15
    assert sorted(map(str, chosen)) == sorted(str(cell) for part in range(PARTS) for cell in part_of(chosen, part))


def test_the_table_has_a_row_for_every_request_of_a_review(tmp_path: Path) -> None:
    assert set(TABLE) == set(REVIEW_REQUESTS)
    with serve_with_file(tmp_path) as here:
        sent = play(here).log_of
    for service in Service:
        rows = [one for one in REVIEW_REQUESTS if one.service is service]
        for entry in sent[service]:
            body = "" if entry.body is None else str(entry.body)
            assert any(one.fits(entry.method, entry.target, body) for one in rows), entry.target
