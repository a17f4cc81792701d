"""The model without disturbances."""

from __future__ import annotations

import pytest

from tests.simulation.codevf import Life
from tests.simulation.found import PUSH, RUN, RUN_PUSH, history
from tests.simulation.github import GitHub
from tests.simulation.histories import Episode, play
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.quick import quick
from tests.simulation.schedule import At, Meanwhile
from tests.simulation.world import Setting, Start, World


def test_an_undisturbed_review_and_a_second_run() -> None:
    lines: list[str] = []
    world = World(Setting(), lambda _world, _move: None, lambda *one: lines.append(str(one)))
    for kind in ("next", "push"):
        [run] = world.scheduler.play([world.begin(Start(kind))])
        assert run.error is None, lines
        assert run.outcome is not None
        assert run.outcome.exit_status == 0
    assert [check.conclusion for check in world.github.checks.values()] == ["success"]
    assert len(world.codevf.tasks) == 1
    assert len(world.github.comments) == 1


def test_only_a_new_comment_notifies_the_mentioned_users() -> None:
    github = GitHub()
    github.push("topic", {"app.py": "x = 1\n"})
    pull = github.open_pull_request("topic")
    made = github.comment(pull.number, "kim", "@mona and `@boss`, not a@eve.test")
    github.edit_comment(made.id, "kim", "@boss")
    assert [(one.by, one.mentioned) for one in github.notifications] == [("kim", {"mona"})]


def test_a_run_ends_while_the_author_keeps_pushing() -> None:
    pushes = tuple(At(call, Meanwhile(Move("harmless", call % 6, 1))) for call in range(9, 100))
    with quick():
        world = play(history(Episode((PUSH,), pushes), setting=Setting(life=Life(2, 4)))).world
    assert [world.runs[0].outcome is not None, world.runs[0].calls < 40] == [True, True], world.runs[0].calls


@pytest.mark.parametrize("summary", ["true", "false"])
def test_a_clean_second_review_turns_the_check_green_at_once(summary: str) -> None:
    setting = Setting((("summary-comment", summary),), life=Life(10, 60))
    with quick():
        world = play(history(RUN_PUSH, Move("finish"), RUN, Move("review"), RUN, setting=setting)).world
    assert [run.outcome and run.outcome.conclusion for run in world.runs][:3] == ["success"] * 3
    assert len(world.tasks_of(1)) == 2


@pytest.mark.parametrize("move", ["cut_guard", "delete"])
def test_a_deleted_guard_blocks_until_it_is_back(move: str) -> None:
    steps = (RUN, Move(move), RUN, Move("harmless", 0, 1), Move("restore_file"), RUN_PUSH)
    with quick():
        world = play(history(*steps, setting=Setting(mind=Mind(guards=True)))).world
    assert [run.outcome and run.outcome.conclusion for run in world.runs][:3] == ["success", "failure", "success"]
