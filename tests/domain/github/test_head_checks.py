"""The checks of a head in GitHub's words."""

from __future__ import annotations

import pytest

from reviewbot.domain.github.head_checks import HeadCheck, HeadState, latest, state_of_check, state_of_status
from reviewbot.domain.policy.readiness import WaitRules

GREEN, RUNNING, RED = HeadState.GREEN, HeadState.RUNNING, HeadState.RED


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("QUEUED", None, RUNNING),
        ("IN_PROGRESS", None, RUNNING),
        ("WAITING", None, RUNNING),
        ("COMPLETED", "SUCCESS", GREEN),
        ("COMPLETED", "SKIPPED", GREEN),
        ("COMPLETED", "NEUTRAL", GREEN),
        ("COMPLETED", "FAILURE", RED),
        ("COMPLETED", "CANCELLED", RED),
        ("COMPLETED", "TIMED_OUT", RED),
        ("COMPLETED", "ACTION_REQUIRED", RED),
        ("COMPLETED", "STALE", RED),
        ("COMPLETED", "STARTUP_FAILURE", RED),
        ("COMPLETED", None, RED),
        ("COMPLETED", "A_NEW_WORD", RED),
        ("A_NEW_WORD", "SUCCESS", RUNNING),
    ],
)
def test_a_check_run_is_green_only_if_it_ended_well(status: str, conclusion: str | None, state: HeadState) -> None:
    assert state_of_check(status, conclusion) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [("SUCCESS", GREEN), ("PENDING", RUNNING), ("EXPECTED", RUNNING), ("FAILURE", RED), ("ERROR", RED), ("NEW", RED)],
)
def test_a_status_is_green_only_if_it_is_a_success(word: str, state: HeadState) -> None:
    assert state_of_status(word) is state


def test_the_latest_check_of_each_app_and_name_counts() -> None:
    old, new = HeadCheck("CI", RED, 1, "actions"), HeadCheck("CI", GREEN, 5, "actions")
    other, status = HeadCheck("CI", RUNNING, 3, "other-ci"), HeadCheck("CI", GREEN)
    assert set(latest([new, old, other, status])) == {new, other, status}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("CodeVF review", True),
        ("CodeVF review: docs (base: next)", True),
        ("reviewbot (local)", True),
        ("CI", False),
        ("reviewbot tests", False),
    ],
)
def test_reviewbots_own_check_runs_are_known_by_name(name: str, own: bool) -> None:  # noqa: FBT001 — a row
    missing = () if not own else (f"`{name}` is missing",)
    assert WaitRules((name,)).open_checks([HeadCheck(name, GREEN)]) == missing
