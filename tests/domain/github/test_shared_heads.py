"""Several pull requests with one head: which check run belongs to which, and which prevent success."""

from __future__ import annotations

import pytest

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckRun, is_covered, newest, not_green
from reviewbot.values import replace

HEAD, OTHER = "a" * 40, "b" * 40


def check(key: int, tag: CheckTag | None, shown: str | None = "success", head: str = HEAD) -> CheckRun:
    status = "in_progress" if shown is None else "completed"
    return CheckRun(key, "CodeVF review", head, status, shown, "", "", tag=tag)


def test_a_check_belongs_to_the_pull_request_in_its_tag_and_without_a_tag_to_none() -> None:
    tagged, bare = check(1, CheckTag(7)), check(2, None)
    assert [tagged.is_of(7), tagged.is_of(8), bare.is_of(7), bare.is_of(8)] == [True, False, False, False]


def test_the_newest_check_has_the_highest_id() -> None:
    assert newest([check(3, None), check(9, None), check(5, None)]) == check(9, None)
    assert newest([]) is None


@pytest.mark.parametrize(
    ("tag", "shown", "verdict"),
    [
        (None, "failure", None),
        (None, "success", None),
        (None, None, None),
        (CheckTag(7, "success"), "action_required", "success"),
        (CheckTag(7, "failure"), "failure", "failure"),
        (CheckTag(7), None, None),
        (CheckTag(7), "stale", None),
    ],
)
def test_a_verdict_is_the_pull_requests_own(tag: CheckTag | None, shown: str | None, verdict: str | None) -> None:
    assert check(1, tag, shown).verdict == verdict


def test_another_apps_check_has_no_verdict_and_blocks() -> None:
    forged = replace(check(1, CheckTag(7, "success")), foreign=True)
    assert (forged.verdict, not_green([forged], HEAD)) == (None, (7,))


@pytest.mark.parametrize("verdict", ["", "failure", "action_required", "cancelled", "neutral"])
def test_any_verdict_that_is_not_green_blocks(verdict: str) -> None:
    assert not_green([check(1, CheckTag(7, verdict))], HEAD) == (7,)


@pytest.mark.parametrize("verdict", ["success", "skipped"])
def test_a_green_verdict_blocks_no_other_pull_request(verdict: str) -> None:
    assert not_green([check(1, CheckTag(7, verdict), "action_required")], HEAD) == ()


def test_the_last_verdict_of_each_pull_request_on_this_commit_counts() -> None:
    fixed = [check(1, CheckTag(7, "failure")), check(4, CheckTag(7, "success"))]
    broken = [check(2, CheckTag(9, "success")), check(3, CheckTag(9, "failure"))]
    elsewhere = check(5, CheckTag(8, "failure"), head=OTHER)
    assert not_green([*fixed, *broken, elsewhere, check(6, None, "failure")], HEAD) == (9,)


@pytest.mark.parametrize(
    ("ours", "later", "covered"),
    [
        ("success", "failure", True),
        ("success", "action_required", True),
        ("success", None, True),
        ("failure", "success", True),
        ("action_required", "skipped", True),
        ("failure", "action_required", False),
        ("skipped", "success", False),
        (None, "success", True),
        (None, "action_required", False),
    ],
)
def test_a_check_is_hidden_by_a_later_one_with_another_meaning(
    ours: str | None,
    later: str | None,
    covered: bool,  # noqa: FBT001 — a column
) -> None:
    mine, top = check(2, CheckTag(7), ours), check(3, CheckTag(8), later)
    assert is_covered(mine, [check(1, CheckTag(9), later), top]) is covered


def test_neither_an_earlier_check_nor_one_of_another_commit_covers() -> None:
    mine = check(2, CheckTag(7), "success")
    assert not is_covered(mine, [check(1, CheckTag(8), "failure"), check(3, CheckTag(8), "failure", OTHER)])
    assert not is_covered(mine, [])
