"""A check against a former base does not stay green after its waiver or label is withdrawn."""

from __future__ import annotations

import pytest

from tests.simulation import people
from tests.simulation.laws import newest_check
from tests.simulation.people import Move
from tests.simulation.quick import quick
from tests.simulation.world import CHECK, Setting, Start, World

RUN, TO_RELEASE, TO_MAIN = Start("next"), Move("retarget", 1), Move("retarget")


def conclusions(*steps: Move | Start) -> list[str | None]:
    """Return the check against the default branch after each step."""
    world, found = World(Setting(), people.play), []
    for step in steps:
        if isinstance(step, Move):
            world.happen(step)
        else:
            world.scheduler.play([world.begin(step)])
        shown = list(world.github.written_checks(world.pull, CHECK))
        found.append(shown[-1].conclusion if shown else None)
    assert newest_check(world, world.pull) is not None
    return found


@pytest.mark.parametrize(
    ("given", "withdrawn"),
    [((Move("evil"), RUN, RUN, Move("waive"), RUN), Move("unwaive")), ((Move("skip"), RUN, RUN), Move("skip"))],
    ids=["waiver", "skip label"],
)
def test_a_withdrawal_for_another_base_counts_immediately(given: tuple[Move | Start, ...], withdrawn: Move) -> None:
    with quick():
        *_, before = conclusions(*given)
        *_, after, back = conclusions(*given, TO_RELEASE, RUN, withdrawn, RUN, TO_MAIN)
    assert before in {"success", "skipped"}
    assert (after, back) == ("action_required", "action_required")
