"""The laws hold in random histories; seeds are reproducible; failures can be shortened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewbot.app.context import RunContext
from reviewbot.domain.findings.markers import read_answer_mark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.machine.steps import CreateTask, PostReview, RecordInCheckRun, RecordInSummary, Refresh
from tests.simulation import __main__ as program
from tests.simulation import people
from tests.simulation.announced import key_of
from tests.simulation.codevf import Life
from tests.simulation.found import FOUND
from tests.simulation.github import BOT
from tests.simulation.histories import Episode, History, Step, judge, make, play, shrink
from tests.simulation.laws import CONVERGES, LAWS, NEVER_GREEN
from tests.simulation.mutations import MUTATIONS, histories
from tests.simulation.quick import PLAIN_WORDS, REMEMBERED, UNREAD, found, quick, replaced
from tests.simulation.schedule import At, Kill, Meanwhile
from tests.simulation.world import IS_QUIET, WAITS_FOR_CHECKS, Setting, Start, World

CHUNKS = [range(start, start + 25) for start in range(0, 300, 25)]
OVERTAKEN = 455
"""In this history, a run continues with the purchase of another run, and posts the answer."""

NO_FINDING_BLOCKS = next(one for one in MUTATIONS if one.name == "no finding blocks")


@pytest.mark.parametrize("seeds", CHUNKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_the_laws_hold_in_random_histories(seeds: range) -> None:
    broken = [(seed, one) for seed, violations in program.judged(seeds) for one in violations]
    lines = [f"{one}\n  replay: python -m tests.simulation --seed {seed}" for seed, one in broken]
    assert not lines, "\n".join(lines)


def test_the_laws_hold_with_the_real_templates() -> None:
    """Play a few histories with the real templates."""
    with quick(exact=True):
        for seed in range(9):
            assert not judge(make(seed))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_seed_always_gives_the_same_history(seed: int) -> None:
    traces: list[list[tuple[object, ...]]] = [[], []]
    with quick():
        for lines in traces:
            play(make(seed), lambda *line, to=lines: to.append(line))
    assert traces[0] == traces[1]
    assert make(seed) == make(seed)
    assert make(seed) != make(seed + 3)


def test_a_killed_and_restarted_run_ends_like_an_undisturbed_one() -> None:
    for call in range(12):
        history = History(
            0, Setting(), (Episode((Start(),), (At(call, Kill(after=call % 2 == 0)),)),), starts_again=True
        )
        with quick():
            assert not judge(history)


@pytest.mark.timeout(300)
def test_a_history_that_breaks_a_law_is_shortened() -> None:
    with quick(), replaced(NO_FINDING_BLOCKS.place, NO_FINDING_BLOCKS.make):
        long = next(one for one in histories(NO_FINDING_BLOCKS) if _breaks(one) and len(one.steps) > 3)
        short = shrink(long, _breaks)
    assert len(short.steps) == 1
    assert "evil" in repr(short.steps)
    assert not short.setting.inputs


def _breaks(history: History) -> bool:
    return any(one.law == NEVER_GREEN for one in judge(history))


@pytest.mark.timeout(300)
def test_a_violation_is_printed_with_its_law_replay_command_and_shortest_history(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with replaced(NO_FINDING_BLOCKS.place, NO_FINDING_BLOCKS.make):
        found = (one for seed in range(200) for one in program.judged(range(seed, seed + 1)))
        seed, violations = next(found)
        program.report(seed, violations[0])
        printed = capsys.readouterr().out
        assert program.main(["--seed", str(seed)]) == 1
    assert violations[0].law in LAWS
    assert violations[0].law in printed
    assert f"python -m tests.simulation --seed {seed}\n" in printed
    assert printed.count("\n  ") < 12
    replayed = capsys.readouterr().out
    assert "forge.snapshot" in replayed
    assert violations[0].law in replayed


def test_the_program_plays_new_histories_and_prints_the_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--from", "0", "--histories", "4", "--workers", "1"]) == 0
    assert "4 histories from seed 0 in " in capsys.readouterr().out


@pytest.mark.parametrize(
    "place", [*REMEMBERED, *UNREAD, *(f"reviewbot.render.renderer:Renderer.{name}" for name in PLAIN_WORDS)]
)
def test_every_cached_function_exists(place: str) -> None:
    assert found(place)


@pytest.mark.parametrize("summary", ["true", "false"])
@pytest.mark.parametrize("config", [IS_QUIET, WAITS_FOR_CHECKS], ids=["young head", "checks"])
def test_a_collection_buys_what_a_run_deferred(summary: str, config: str) -> None:
    world = World(Setting((("summary-comment", summary), ("wait-minutes", "0")), config), people.play)
    with quick():
        world.scheduler.play([world.begin(Start())])
        assert not world.tasks_of(1)
        world.github.other_check(world.pull.head_sha, "CI", "success")
        world.github.set_status(world.pull.head_sha, "lint", "success")
        world.time.seconds += 3600
        world.scheduler.play([world.begin(Start("collect"))])
    assert len(world.tasks_of(1)) == 1


@pytest.mark.parametrize("is_outlasted", [True, False])
def test_the_intent_of_a_killed_run_for_another_base_ends_before_the_laws_are_checked(
    is_outlasted: bool,  # noqa: FBT001 — a column of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The check says that a review is pending for `KEY_MEMORY`, as long as CodeVF may still have a task."""
    killed = Episode((Start("push"),), (At(7, Kill(after=True)),))
    before = (people.Move("main_turns"), people.Move("merge_main"), people.Move("own_base", 4))
    pushes = map(people.Move, ("revert", "go_back", "squash", "evil"))
    later = (people.Move("squash"), people.Move("squash"), people.Move("go_back", 5))
    steps: tuple[Step, ...] = (*before, killed, *pushes, Episode((Start("next"),)), *later)
    if not is_outlasted:
        monkeypatch.setattr("tests.simulation.histories._outlast", lambda _world: None)
    with quick():
        violations = judge(History(0, Setting((("review-on", "ready"),)), steps))
    assert [one.law for one in violations] == ([] if is_outlasted else [CONVERGES])


def test_a_deferred_review_of_a_command_is_announced_once() -> None:
    """The answer to the command says that the review waits, so its reader must hear that it does not any more."""
    world = World(Setting(life=Life(2, 7200)), people.play)
    with quick():
        world.scheduler.play([world.begin(Start("next"))])
        for kind in ("note", "author_reviews", "out_of_credits"):
            world.happen(people.Move(kind))
        world.scheduler.play([world.begin(Start("next"))], [At(16, Meanwhile(people.Move("finish")))])
        world.scheduler.play([world.begin(Start("push"))])
    comments = [one.body for one in world.github.comments_of(1) if one.author == BOT]
    assert [mark.reaction for body in comments if (mark := read_answer_mark(body))] == [Reaction.YES]
    [body] = [body for body in comments if key_of(body).endswith("-unbought")]
    assert "@mona" in body


def test_a_run_reads_a_summary_of_the_second_in_which_it_begins() -> None:
    """Without check runs, a person deletes the summary while a run waits, which then writes its record again."""
    deleted = (At(4, Meanwhile(people.Move("evil", 3, 2))), At(8, Meanwhile(people.Move("delete_summary", 4, 5))))
    setting = Setting((("check-run", "false"),))
    with quick():
        played = play(History(0, setting, (people.Move("lock", 5), Episode((Start(),), deleted))))
    first, second, *_ = played.world.runs
    assert first.ended == second.began
    assert len(played.world.tasks_of(1)) == 2
    assert not played.violations


def test_a_bots_head_may_continue_the_purchase_of_a_user_who_pushed_the_same_change() -> None:
    """CodeVF may have the task of the killed run, and returns it only for the same key."""
    killed = Episode((Start("collect"), Start()), (At(11, Kill(after=False)),))
    with quick():
        assert not judge(History(0, Setting(is_bots=True), (people.Move("squash"), killed, people.Move("go_back"))))


def test_a_deferral_that_the_check_run_does_not_have_is_noticed() -> None:
    def forgetting(right: Callable[..., str]) -> Callable[..., str]:
        return lambda run, known: "" if known.ledger.deferred() else right(run, known)

    with replaced("reviewbot.app.github.check_run:_external_id", forgetting), pytest.raises(AssertionError):
        test_a_collection_buys_what_a_run_deferred("false", IS_QUIET)


def test_the_performers_keep_the_order_of_the_steps() -> None:
    """`tests/domain/machine/test_laws.py` has these laws for random results, which performers may not return."""
    runs: list[tuple[RunContext, list[type]]] = []

    def recording(right: Callable[..., object]) -> Callable[..., object]:
        def perform(run: RunContext, step: object, known: object) -> object:
            if not runs or runs[-1][0] is not run:
                runs.append((run, next((steps for one, steps in runs if one is run), [])))
            runs[-1][1].append(type(step))
            return right(run, step, known)

        return perform

    with quick(), replaced("reviewbot.app.perform:perform", recording):
        for history in (make(OVERTAKEN), *(one.history for one in FOUND.values())):
            play(history)
    posting = [steps for _, steps in runs if PostReview in steps]
    records = {RecordInCheckRun, RecordInSummary}
    buying = [steps for _, steps in runs if CreateTask in steps and records & set(steps)]
    assert all(Refresh in steps[: steps.index(PostReview)] for steps in posting)
    assert all(records & set(steps[: steps.index(CreateTask)]) for steps in buying)
    assert len(posting) > 100
    assert len(buying) > 100
