"""A run that is killed, loses a response or races with another run leads to the same end as an undisturbed run.

A seeded sample of the requests; `make crash` plays all of them.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.crash.scenarios import RACES, SCENARIOS, Scenario, disturbed, raced, undisturbed
from tests.crash.services import serve

SAMPLE = 3
SEEDS = 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_at_any_request_leads_to_the_same_end(tmp_path: Path, scenario: Scenario) -> None:
    with serve(tmp_path, clock=scenario.clock()) as here:
        right = undisturbed(here, scenario)
        chosen = Random(scenario.name).sample(list(scenario.points(right)), SAMPLE)  # noqa: S311 — the same every time
        for where, point in chosen:
            came = disturbed(here, scenario, where, point, right)
            assert not came.wrong, f"run {where + 1}, {point}: {came.wrong}"
            # A run sends one request less if nothing that it wrote contains a different time of day.
            is_last = point.nth == right.requests[where][point.service]
            assert came.struck or is_last, f"run {where + 1}, {point}: there was no such request"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", RACES, ids=lambda scenario: scenario.name)
def test_two_concurrent_runs_buy_one_task_and_post_each_comment_once(tmp_path: Path, scenario: Scenario) -> None:
    with serve(tmp_path) as here:
        right = undisturbed(here, scenario)
        for seed in range(SEEDS):
            came = raced(here, scenario, seed, right)
            assert not came.wrong, f"seed {seed}: {came.wrong}"
            assert (came.tasks, came.duplicates) == (scenario.most_tasks, 0), f"seed {seed}"
