"""Two runs that race for one pull request's budget stay within it, however their calls interleave."""

from __future__ import annotations

import pytest

from tests.simulation.found import NEXT, PUSH, history
from tests.simulation.histories import Episode, play
from tests.simulation.people import Move
from tests.simulation.quick import quick
from tests.simulation.schedule import At, Begin, Meanwhile, Switch
from tests.simulation.world import Setting

LIMIT = 600
"""Of two holds of 360 credits each, only one fits."""
MOST_CALLS = 12


@pytest.mark.parametrize("summary", ["true", "false"])
def test_two_runs_of_two_heads_stay_within_the_budget(summary: str) -> None:
    inputs = (("max-credits-per-pr", str(LIMIT)), ("wait-minutes", "0"), ("summary-comment", summary))
    setting = Setting(inputs, "supersede: keep\n")
    bought = set()
    with quick():
        for first in range(1, MOST_CALLS):
            for second in range(first + 1, first + MOST_CALLS):
                begins = (At(first, Meanwhile(Move("harmless", 1))), At(first, Begin(PUSH)), At(first, Switch()))
                world = play(history(Episode((NEXT,), (*begins, At(second, Switch()))), setting=setting)).world
                tasks = world.tasks_of(1)
                held = sum(task.hold for task in tasks)
                assert held <= LIMIT, f"the runs take turns at their calls {first} and {second}"
                bought.add(len(tasks))
    assert bought <= {0, 1}
    assert 1 in bought
