"""Whatever goes wrong at a request, the run comes to what the table says: a seeded sample; `make faults` takes all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.faults.asked import STORY, Service
from tests.faults.judge import wrong
from tests.faults.play import ends, play, stage
from tests.faults.stories import REVIEW
from tests.faults.table import TABLE, cells

PARTS = 6
SAMPLE = 4


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_trouble_comes_to_what_the_table_says(part: int) -> None:
    chance = Random(part)  # noqa: S311 — the same every time
    within = [cell for cell in cells() if cell.story is REVIEW][part::PARTS]
    beside = [cell for cell in cells() if cell.story is not REVIEW][part::PARTS]
    for cell, end, right in ends([*chance.sample(within, SAMPLE), chance.choice(beside)]):
        assert right.held.tasks, right.log
        found = list(wrong(cell, end, right))
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
