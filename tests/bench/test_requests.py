"""GitHub is asked no more often than the documents say: the hard numbers of `bench.requests`, counted on the wire.

Bytes are counted, too, of bodies in both directions; their bounds are a tenth above what was counted when set.

Those of the smallest review and of a collection are held by what `test_benchmarks.py` plays of each part.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.ground import Ground, ground
from bench.meter import Sample
from bench.requests import AGAIN, FIRST, MOST, of_collecting
from tests.app.forked import prepare


def run(here: Ground, number: int) -> Sample:
    """What a run of the action asks of GitHub."""
    here.forget()
    running = prepare(here.environment(number, {"wait-minutes": "60"}))
    running.process.start()
    ended = running.wait()
    assert (ended.exit_status, ended.errors) == (0, "")
    return Sample.of(0, here.github_meter.take())


@pytest.mark.parametrize(
    ("findings", "most", "kilobytes", "kilobytes_again"), [(30, FIRST, 295, 225), (300, MOST, 1_150, 305)]
)
def test_a_first_review_of_a_hundred_files_takes_few_requests_and_bytes_and_another_run_fewer(
    tmp_path: Path, findings: int, most: int, kilobytes: int, kilobytes_again: int
) -> None:
    with ground(tmp_path) as here:
        here.files, here.findings = 100, findings
        first = run(here, here.pull_request())
        assert len(here.world.store.replies) == 30
        assert len(here.world.store.reviews) == 1
        assert first.requests <= most
        assert first.traffic <= kilobytes * 1_000
        again = run(here, here.opened)
        assert again.requests <= AGAIN
        assert again.writes == 0
        assert again.traffic <= kilobytes_again * 1_000


def test_what_a_collection_may_take_grows_with_what_there_is_to_collect_and_hardly_with_what_is_open() -> None:
    assert of_collecting(200, 50) - of_collecting(200, 49) == 9
    assert of_collecting(200, 0) - of_collecting(50, 0) == 3
    assert of_collecting(200, 50, 10) < 1_000, "it stays within an hour's limit"
