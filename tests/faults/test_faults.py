"""Whatever goes wrong at a request, the run comes to what the table says: a seeded sample; `make faults` takes all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.faults.asked import STORY, Service
from tests.faults.judge import wrong
from tests.faults.play import play, stage
from tests.faults.table import TABLE, cells

PARTS = 6
SAMPLE = 8


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_trouble_comes_to_what_the_table_says(tmp_path: Path, part: int) -> None:
    chosen = Random(part).sample(list(cells())[part::PARTS], SAMPLE)  # noqa: S311 — the same every time
    with stage(tmp_path) as here:
        right = play(here)
        assert (right.exit_status, right.conclusion) == (1, "failure"), right.log
        for cell in chosen:
            found = list(wrong(cell, play(here, cell.request, cell.made(), cell.times), right))
            assert not found, f"{cell}: {found}"


def test_the_table_has_a_row_for_every_request_of_a_review(tmp_path: Path) -> None:
    assert set(TABLE) == set(STORY)
    with stage(tmp_path) as here:
        sent = play(here).log_of
    for service in Service:
        rows = [one for one in STORY if one.service is service]
        for entry in sent[service]:
            body = "" if entry.body is None else str(entry.body)
            assert any(one.fits(entry.method, entry.target, body) for one in rows), entry.target
