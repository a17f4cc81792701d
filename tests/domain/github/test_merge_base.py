"""The merge base that the commits of a pull request imply."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.github.pull_request import Commit
from reviewbot.values import replace
from tests.domain.builders import pull


def commit(sha: str, *parents: str) -> Commit:
    return Commit(sha=sha, parents=parents, authors=())


def merge_base_of(commits: Sequence[Commit], count: int) -> str | None:
    return pull(commits=tuple(commits), commit_count=count).merge_base


def test_the_merge_base_of_a_linear_branch_is_its_first_commits_parent() -> None:
    assert merge_base_of([commit("b", "a"), commit("c", "b")], 2) == "a"


def test_the_order_of_the_list_does_not_matter() -> None:
    assert merge_base_of([commit("c", "b"), commit("b", "a")], 2) == "a"


def test_a_merge_inside_the_branch_changes_nothing() -> None:
    assert merge_base_of([commit("b", "a"), commit("c", "a"), commit("d", "b", "c")], 3) == "a"


def test_a_merged_base_needs_a_request_to_github() -> None:
    assert merge_base_of([commit("b", "a"), commit("d", "b", "newer-base")], 2) is None


def test_a_truncated_list_is_not_used() -> None:
    assert merge_base_of([commit("b", "a")], 2) is None


def test_a_list_with_a_repeated_commit_is_incomplete() -> None:
    assert merge_base_of([commit("b", "a"), commit("b", "a")], 2) is None


def test_a_commit_with_more_parents_than_are_read_has_no_known_merge_base() -> None:
    assert merge_base_of([commit("b", "a"), replace(commit("c", "b"), parents=None)], 2) is None


def test_without_commits_the_merge_base_is_unknown() -> None:
    assert merge_base_of([], 0) is None


def test_a_branch_with_its_own_root_has_no_known_merge_base() -> None:
    assert merge_base_of([commit("root")], 1) is None


@given(st.integers(min_value=1, max_value=30), st.randoms(use_true_random=False))
def test_the_merge_base_of_any_history_from_one_commit_is_that_commit(size: int, random: object) -> None:
    draw = random.randrange  # type: ignore[attr-defined]
    names = ["base"]
    commits = []
    for number in range(size):
        parents = {names[draw(len(names))] for _ in range(1 + draw(2))}
        commits.append(commit(f"c{number}", *sorted(parents)))
        names.append(f"c{number}")
    assert merge_base_of(commits, size) == "base"
