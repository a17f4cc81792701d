"""Two runs that race for one pull request's budget stay within it, however their calls interleave."""

from __future__ import annotations

import pytest

from tests.simulation.found import NEXT, PUSH, history
from tests.simulation.histories import Episode, play
from tests.simulation.people import Move
from tests.simulation.quick import quick, replaced
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
                begins = (At(first, Meanwhile(Move("harmless", 1))), At(first, Begin(PUSH)))
                world = play(history(Episode((NEXT,), (*begins, At(second, Switch()))), setting=setting)).world
                tasks = world.tasks_of(1)
                held = sum(task.hold for task in tasks)
                assert held <= LIMIT, f"the runs take turns at their calls {first} and {second}"
                bought.add(len(tasks))
    assert bought <= {0, 1}
    assert 1 in bought


def test_two_runs_would_exceed_the_budget_without_rereading_the_intents() -> None:
    guard = replaced("reviewbot.domain.machine.decisions.purchase:check_race", lambda _right: lambda *_arguments: None)
    with guard, pytest.raises(AssertionError, match="take turns"):
        test_two_runs_of_two_heads_stay_within_the_budget("true")


SIXTY_A_LINE = "max-credits: auto\nbase-credits: 0\ncredits-per-100-lines: 6000\nmax-credits-ceiling: 115200\n"
BY_RULE = "routes: [{name: large, min-lines: 20, max-credits: 1920}]\n"


def holds(summary: str, config: str) -> set[tuple[int, ...]]:
    """Return what two first reviews of different sizes hold, the first task first, however their calls interleave."""
    inputs = (("wait-minutes", "0"), ("summary-comment", summary))
    setting = Setting(inputs, f"supersede: keep\n{config}")
    found = set()
    with quick():
        for first in range(1, MOST_CALLS):
            for second in range(first + 1, first + MOST_CALLS):
                begins = (At(first, Meanwhile(Move("copy"))), At(first, Begin(PUSH)))
                world = play(history(Episode((NEXT,), (*begins, At(second, Switch()))), setting=setting)).world
                found.add(tuple(int(task.hold) for task in world.tasks_of(1)))
    return found


@pytest.mark.parametrize(
    ("summary", "config"),
    [
        ("true", SIXTY_A_LINE),
        ("false", BY_RULE),
        pytest.param("true", BY_RULE, marks=pytest.mark.proof),
        pytest.param("false", SIXTY_A_LINE, marks=pytest.mark.proof),
    ],
    ids=["auto", "routes without a summary", "routes", "auto without a summary"],
)
def test_two_first_reviews_of_different_sizes_stay_within_six_times_the_first(summary: str, config: str) -> None:
    small, large = 360, 2_880
    assert {(small,), (large, small)} <= holds(summary, config) <= {(), (small,), (large,), (large, small)}
