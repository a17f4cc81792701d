"""A check against a former base is not green after its exemption is withdrawn, nor for the next base."""

from __future__ import annotations

import pytest

from reviewbot.domain.model.events import ReviewEvent
from tests.simulation import people
from tests.simulation.laws import newest_check
from tests.simulation.people import Move
from tests.simulation.quick import quick, replaced
from tests.simulation.schedule import At, Begin, Meanwhile
from tests.simulation.world import CHECK, LISTS_RELEASE, Setting, Start, World

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


LAST_READ = 9
"""The last call of a collection at which it can still see another base."""


def after_a_change_of_base(call: int) -> str | None:
    """Return the check after a collection of a review, during which the base became one with more to review."""
    with quick():
        world = World(Setting((("wait-minutes", "0"),), config=LISTS_RELEASE), people.play)
        for move in (Move("main_moves"), Move("merge_main")):
            world.happen(move)
        world.scheduler.play([world.begin(RUN)])
        world.happen(Move("finish"))
        edited = ReviewEvent("pull_request", 1, "edited", world.pull.head_sha, "mona", sender_is_bot=False, label=None)
        meanwhile = (At(call, Meanwhile(TO_RELEASE)), At(call, Begin(Start("again", edited))))
        world.scheduler.play([world.begin(Start("collect"))], meanwhile)
        check = newest_check(world, world.pull)
    assert world.codevf.open_tasks()
    assert check is not None
    return check.conclusion


@pytest.mark.parametrize("call", range(1, LAST_READ + 1))
def test_a_review_against_a_former_base_turns_no_check_green(call: int) -> None:
    assert after_a_change_of_base(call) is None


def test_the_check_would_be_green_without_comparing_the_bases() -> None:
    with replaced("reviewbot.domain.machine.known:Known.has_other_base", lambda _right: property(lambda _self: False)):
        assert after_a_change_of_base(LAST_READ) == "success"
