"""The numbers of requests to GitHub and CodeVF on the wire match the documentation and `bench.requests`.

The bytes of bodies in both directions have bounds 5 % above the measured values.

`test_benchmarks.py` covers the smallest review and a collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.meter import Sample, api
from bench.requests import BOUGHT, LEFT, LEFT_AFTER_A_PUSH, of_again, of_collecting, of_first, of_following
from bench.services import Services, paths, serve
from tests.app.forked import prepare

LEAVING = {"wait-minutes": "0"}


def run(here: Services, number: int, inputs: Mapping[str, str] | None = None) -> Sample:
    """Return the requests of a run to GitHub; those to CodeVF are in the meter."""
    here.forget()
    running = prepare(here.environment(number, {"wait-minutes": "60", **(inputs or {})}))
    running.process.start()
    ended = running.wait()
    assert (ended.exit_status, ended.errors) == (0, "")
    return Sample.of(0, here.github_meter.take())


@pytest.mark.parametrize(
    ("files", "findings", "kilobytes", "kilobytes_again"),
    [(100, 30, 315, 252), (100, 300, 470, 330), (1_000, 300, 1_310, 360)],
)
def test_a_first_review_has_exact_requests_and_bytes_and_a_rerun_fewer(
    tmp_path: Path, files: int, findings: int, kilobytes: int, kilobytes_again: int
) -> None:
    with serve(tmp_path) as here:
        here.files, here.findings = files, findings
        first = run(here, here.pull_request())
        assert len(here.state.store.replies) == min(findings, 30)
        assert len(here.state.store.reviews) == 1
        assert first.requests == of_first(files)
        again = run(here, here.opened)
        assert again.requests == of_again(files)
        assert again.writes == 0
        assert first.traffic <= kilobytes * 1_000
        assert again.traffic <= kilobytes_again * 1_000


def test_a_review_after_a_push_takes_the_same_requests_unless_findings_changed(tmp_path: Path) -> None:
    with serve(tmp_path) as here:
        here.files = here.findings = 10
        number = here.pull_request()
        assert run(here, number).requests == of_first(10)
        here.push(number, {"README.md": "Parcels.\n"})
        aside = run(here, number)
        assert (aside.requests, aside.writes) == (of_following(0, comments=False), 4)
        here.touch(number, paths(10)[0])
        touching = run(here, number)
        assert (touching.requests, touching.writes) == (of_following(1, comments=True), 6)


def test_a_run_that_leaves_at_once_takes_fewer_and_asks_codevf_three_times(tmp_path: Path) -> None:
    with serve(tmp_path) as here:
        here.files = here.findings = 10
        number = here.pull_request()
        assert run(here, number, LEAVING).requests == LEFT
        assert len(api(here.codevf_meter.take())) == BOUGHT
        run(here, number)
        here.push(number, {"README.md": "Parcels.\n"})
        assert run(here, number, LEAVING).requests == LEFT_AFTER_A_PUSH


def test_the_requests_of_a_collection_grow_with_finished_reviews_and_hardly_with_open_ones() -> None:
    assert of_collecting(200, 50, 10) - of_collecting(200, 49, 10) == 8
    assert of_collecting(200, 0, 0, bare=200) - of_collecting(50, 0, 0, bare=50) == 10
    assert of_collecting(200, 50, 10, bare=140) == 457, "it stays within an hour's limit"
