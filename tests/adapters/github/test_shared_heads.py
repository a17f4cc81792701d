"""Several pull requests with one head: which check run a snapshot, a list and a commit return."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reviewbot_sandbox.github import ACTIONS, App, Rules

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.publishing.check_names import CheckNames
from tests.adapters.conftest import GitHubOnLoopback

REPO = "acme/widget"
CHECK_NAME = "CodeVF review"
MARK = "<!-- reviewbot"


def open_second(github: GitHubOnLoopback) -> int:
    """Open a second pull request from the first one's branch."""
    github.world.push(REPO, "release", {"release.txt": "1\n"})
    return github.world.open_pull_request(REPO, "topic", base="release", author="mallory").number


def checked(github: GitHubOnLoopback, external_id: str, conclusion: str | None = "failure") -> int:
    """Create a check run on the shared head; return its id."""
    head = github.world.pull(REPO, 1).head_sha
    done = {"conclusion": conclusion} if conclusion else {"status": "in_progress"}
    form = {"name": CHECK_NAME, "head_sha": head, "external_id": external_id, **done}
    return github.world.check(REPO, ACTIONS, form).id


def ids(checks: Iterable[CheckRun]) -> list[int]:
    return [check.id for check in checks]


def test_a_snapshot_keeps_the_checks_of_other_pull_requests_apart(github: GitHubOnLoopback) -> None:
    other = open_second(github)
    bare, mine, theirs = checked(github, "rb1 x"), checked(github, "pr1= rb1 x", None), checked(github, "pr2=skipped")
    first, second = github.snapshot(), github.snapshot(other)
    assert (ids(first.checks), ids(first.other_checks)) == ([mine], [bare, theirs])
    assert (ids(second.checks), ids(second.other_checks)) == ([theirs], [bare, mine])
    assert [(one.tag, one.external_id) for one in first.checks] == [(CheckTag(1), "rb1 x")]


def test_the_checks_of_other_pull_requests_on_an_older_head_are_kept_apart_too(github: GitHubOnLoopback) -> None:
    open_second(github)
    mine, theirs = checked(github, "pr1="), checked(github, "pr2=skipped")
    github.world.push(REPO, "topic", {"more.py": "1\n"})
    found = github.snapshot()
    assert (ids(found.checks), ids(found.older_checks), ids(found.other_checks)) == ([], [mine], [theirs])
    assert ids(github.forge.older_checks(1, [CHECK_NAME]).runs) == [mine]


def test_the_checks_are_those_of_the_head_even_if_another_commit_is_listed_last(github: GitHubOnLoopback) -> None:
    github.world.store.rules = Rules(commits=2)
    older = checked(github, "pr1=", None)
    for turn in range(3):
        github.world.push(REPO, "topic", {"more.py": f"{turn}\n"})
    mine, theirs = checked(github, "pr1=failure"), checked(github, "pr2=failure")
    found = github.snapshot()
    assert (ids(found.checks), ids(found.older_checks), ids(found.other_checks)) == ([mine], [older], [theirs])


def test_a_check_is_found_among_many_check_runs(github: GitHubOnLoopback) -> None:
    mine = checked(github, "pr1=failure")
    theirs = [checked(github, f"pr2={'skipped' if turn % 2 else ''}") for turn in range(45)]
    found = github.snapshot()
    assert (ids(found.checks), ids(found.other_checks)) == ([mine], theirs)


@pytest.mark.parametrize(("suites", "runs"), [(5, 1), (1, 50), (1, 100), (50, 1)])
def test_a_check_is_found_among_many_suites_and_runs(github: GitHubOnLoopback, suites: int, runs: int) -> None:
    head, others = github.world.push(REPO, "topic", {"first.py": "1\n"}), [ACTIONS]
    if suites > 1:
        github.world.store.suites.clear()  # so that reviewbot's is the last one
        others = [App(900 + number, f"app-{number}", f"App {number}") for number in range(suites)]
    for app in others * runs:
        github.world.check(REPO, app, {"name": CHECK_NAME, "head_sha": head, "external_id": "pr2="})
    mine = checked(github, "pr1= rb1 x", None)
    assert ids(github.snapshot().checks) == [mine]
    github.world.push(REPO, "topic", {"more.py": "1\n"})
    assert ids(github.snapshot().older_checks) == [mine]
    assert ids(github.forge.older_checks(1, [CHECK_NAME]).runs) == [mine]
    waiting = github.forge.waiting(CheckNames(CHECK_NAME))
    assert 1 in {*waiting.known, *waiting.unknown}


@pytest.mark.parametrize("last", ["pr1= rb1 x", "pr2= rb1 x"])
def test_open_reviews_are_found_by_each_pull_requests_own_check(github: GitHubOnLoopback, last: str) -> None:
    open_second(github)
    checked(github, "pr1=success")
    checked(github, "pr2=success")
    checked(github, last, None)
    checked(github, "pr1=failure" if last.startswith("pr2") else "pr2=failure")
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (int(last[2]),)


def test_a_pull_request_with_only_the_others_check_is_unknown(github: GitHubOnLoopback) -> None:
    other = open_second(github)
    checked(github, "pr1=", None)
    waiting = github.forge.waiting(CheckNames(CHECK_NAME))
    assert (waiting.known, waiting.unknown) == ((1,), frozenset({other}))


def test_the_checks_of_a_commit_that_a_later_one_hides_are_listed(github: GitHubOnLoopback) -> None:
    head = github.world.pull(REPO, 1).head_sha
    mine, theirs = checked(github, "pr1=success"), checked(github, "pr2=failure")
    assert ids(github.forge.checks(head, CHECK_NAME, 1)) == [mine]
    assert ids(github.forge.checks(head, CHECK_NAME, 2)) == [theirs]


def test_the_heads_of_open_pull_requests_are_read_in_one_request(github: GitHubOnLoopback) -> None:
    other, head = open_second(github), github.world.pull(REPO, 1).head_sha
    github.sent()
    assert github.forge.heads((1, other, 999)) == {1: head, other: head}
    assert len(github.sent()) == 1
    github.world.close(REPO, 1)
    assert github.forge.heads((1, other)) == {other: head}


@pytest.mark.parametrize(("before", "requests"), [(49, 2), (50, 3), (151, 4)])
def test_a_summary_after_many_comments_is_found(github: GitHubOnLoopback, before: int, requests: int) -> None:
    for turn in range(before):
        github.world.comment(REPO, 1, "mona", f"Word {turn}.")
    mine = github.forge.create_comment(1, MARK)
    github.sent()
    assert [(number, one.id) for number, one in github.forge.summaries(MARK)] == [(1, mine.id)]
    assert len(github.sent()) == requests
