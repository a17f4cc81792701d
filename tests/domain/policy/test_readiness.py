"""When a purchase waits for other checks of the head, or for a pause in the pushes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reviewbot.domain.github.head_checks import HeadCheck, HeadState
from reviewbot.domain.policy.readiness import MOST_NAMED, WaitRules, waits_for
from tests.domain.builders import NOON

GREEN, RUNNING, RED = HeadState.GREEN, HeadState.RUNNING, HeadState.RED


def check(name: str, state: HeadState, number: int = 1, app: str = "actions", **more: object) -> HeadCheck:
    return HeadCheck(name, state, number, app, **more)  # type: ignore[arg-type]


OWN_JOB = check("review", RUNNING, workflow="ci.yml", run_id=42)
OUR_WORKFLOW = check("Collect", RED, workflow="reviewbot-collect.yml", run_id=7)


@pytest.mark.parametrize(
    ("names", "there", "waits"),
    [
        ([], [check("CI", RED)], []),
        (["CI"], [], ["`CI` is missing"]),
        (["CI"], [check("CI", RUNNING)], ["`CI` is running"]),
        (["CI"], [check("CI", RED)], ["`CI` is not successful"]),
        (["CI"], [check("CI", GREEN)], []),
        (["CI"], [check("CI", GREEN), check("lint", RED)], []),
        (["CI", "lint"], [check("CI", GREEN), check("lint", RED)], ["`lint` is not successful"]),
        # Of one App the latest counts, of several Apps all.
        (["CI"], [check("CI", RED, 1), check("CI", GREEN, 2)], []),
        (["CI"], [check("CI", GREEN, 1), check("CI", RUNNING, 2)], ["`CI` is running"]),
        (["CI"], [check("CI", RED, 1, "a"), check("CI", GREEN, 2, "b")], ["`CI` is not successful"]),
        (["CI"], [check("CI", GREEN), HeadCheck("CI", RUNNING)], ["`CI` is running"]),
        # Names of check runs have cases, those of statuses have not.
        (["ci"], [check("CI", GREEN)], ["`ci` is missing"]),
        (["ci"], [HeadCheck("CI", RED)], ["`CI` is not successful"]),
        # A pattern means every check that fits, and at least one.
        (["build *"], [check("build (3.11)", GREEN), check("build / [x]", RUNNING)], ["`build / [x]` is running"]),
        (["build *"], [check("rebuild (3.11)", GREEN)], ["`build *` is missing"]),
        (["*", "CI"], [check("CI", RED)], ["`CI` is not successful"]),
        (["a.c"], [check("abc", GREEN)], ["`a.c` is missing"]),
        # reviewbot does not wait for itself.
        (["*"], [check("CI", GREEN), check("CodeVF review", RUNNING), OWN_JOB, OUR_WORKFLOW], []),
        (["CodeVF review"], [check("CodeVF review", GREEN)], ["`CodeVF review` is missing"]),
        (["review"], [OWN_JOB], ["`review` is running"]),
    ],
)
def test_a_purchase_waits_while_a_named_check_is_not_green(
    names: list[str], there: list[HeadCheck], waits: list[str]
) -> None:
    assert list(WaitRules(tuple(names)).open_checks(there, run_id=42)) == waits


def test_a_job_of_another_workflow_run_is_not_this_job() -> None:
    assert WaitRules(("*",)).open_checks([check("CI", RED)], run_id=0) == ("`CI` is not successful",)


@pytest.mark.parametrize(("minutes", "age", "quiet"), [(0, 0, True), (10, 599, False), (10, 600, True)])
def test_a_head_is_bought_once_it_is_old_enough(minutes: int, age: int, quiet: bool) -> None:  # noqa: FBT001 — a row
    rules = WaitRules(quiet_minutes=minutes)
    assert rules.is_quiet(NOON, NOON + timedelta(seconds=age)) is quiet
    assert WaitRules().is_quiet(NOON, NOON - timedelta(seconds=1)), "the clocks of GitHub and the runner differ"
    assert rules.too_young == f"reviewbot first saw this commit less than {minutes} minutes ago (`quiet-minutes`)."


@pytest.mark.parametrize(("age", "over"), [(0, False), (7199, False), (7200, True)])
def test_the_wait_for_checks_ends(age: int, over: bool) -> None:  # noqa: FBT001 — a row
    assert WaitRules(("CI",), hours=2).is_over(NOON, NOON + timedelta(seconds=age)) is over


def test_a_message_names_a_few_checks() -> None:
    names = tuple(f"`c{number}` is failing" for number in range(MOST_NAMED + 2))
    assert waits_for(names[:2]) == "`c0` is failing, `c1` is failing."
    assert waits_for(names).endswith("`c4` is failing and 2 more.")
