"""The port's methods for several pull requests: open reviews, summaries, and the merge queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from reviewbot_sandbox.faults import Reply
from reviewbot_sandbox.github import ACTIONS, WORKFLOW, Access, Scope

from reviewbot.domain.model.events import QueueEntry
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.errors import PermissionMissing

if TYPE_CHECKING:
    from tests.adapters.conftest import GitHubOnLoopback

REPO = "acme/widget"
CHECK_NAME = "CodeVF review"
MARK = "<!-- reviewbot"


def opened(github: GitHubOnLoopback, count: int = 1) -> list[int]:
    """Open this many pull requests, each from its own branch."""
    numbers = []
    for index in range(count):
        branch = f"topic-{len(github.world.store.pulls)}"
        github.world.push(REPO, branch, {f"{branch}.txt": f"{index}\n"}, author="mona")
        numbers.append(github.world.open_pull_request(REPO, branch, author="mona").number)
    return numbers


def numbers(queue: Iterable[QueueEntry]) -> tuple[int, ...]:
    return tuple(entry.number for entry in queue)


def checked(github: GitHubOnLoopback, number: int, status: str = "in_progress", name: str = CHECK_NAME) -> int:
    """Create a check run on a pull request's head; return its id."""
    head = github.world.pull(REPO, number).head_sha
    done = {"conclusion": "success"} if status == "completed" else {}
    return github.world.check(
        REPO, ACTIONS, {"name": name, "head_sha": head, "status": status, "external_id": f"pr{number}=", **done}
    ).id


def at(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that does not advance."""
    return lambda: moment


def make_private(github: GitHubOnLoopback) -> None:
    """Make the repository private, so that reading it requires permission."""
    github.world.store.repos[REPO] = replace(github.world.store.repos[REPO], private=True)


def test_pull_requests_with_open_checks_are_listed_oldest_first(github: GitHubOnLoopback) -> None:
    done, other, second = opened(github, 3)
    checked(github, second)
    checked(github, done, "completed")
    checked(github, other, name="tests")
    checked(github, 1)
    github.sent()
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (1, second)
    assert len(github.sent()) == 2


def test_a_pull_request_with_an_open_check_on_an_older_head_is_listed(github: GitHubOnLoopback) -> None:
    checked(github, 1)
    github.world.push(REPO, "topic", {"more.py": "1\n"})
    checked(github, 1, "completed")
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (1,)


def test_only_the_newest_check_of_a_head_counts(github: GitHubOnLoopback) -> None:
    checked(github, 1)
    checked(github, 1, "completed")
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == ()


@pytest.mark.parametrize("merged", [True, False])
def test_closed_pull_requests_are_listed_after_open_ones(github: GitHubOnLoopback, *, merged: bool) -> None:
    (second,) = opened(github)
    checked(github, 1)
    checked(github, second)
    github.world.close(REPO, 1, merged=merged)
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (second, 1)


def test_the_fifty_latest_closed_pull_requests_are_checked(github: GitHubOnLoopback) -> None:
    moment = datetime.now(UTC)
    numbers = [1, *opened(github, 51)]
    for number in numbers:
        checked(github, number)
        github.world.store.clock = at(moment + timedelta(minutes=number))
        github.world.close(REPO, number)
    github.sent()
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == tuple(reversed(numbers[2:]))
    assert len(github.sent()) == 2


def test_all_open_pull_requests_are_checked(github: GitHubOnLoopback) -> None:
    numbers = [1, *opened(github, 50)]
    checked(github, numbers[-1])
    github.sent()
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (numbers[-1],)
    assert len(github.sent()) == 3


def test_a_stale_check_is_still_waiting(github: GitHubOnLoopback) -> None:
    check = checked(github, 1)
    github.world.mark_stale(check)
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (1,)
    assert [(run.status, run.conclusion) for run in github.snapshot().checks] == [("completed", "stale")]


def test_a_pull_request_closed_between_two_lists_is_listed_once(github: GitHubOnLoopback) -> None:
    checked(github, 1)
    github.world.close(REPO, 1)
    closed = github.forge.waiting(CheckNames(CHECK_NAME)).known
    (entry,) = [each for each in github.sent() if '"CLOSED"' in json.dumps(each.body)]
    github.faults.add("graphql", answered(github, entry.body))
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == closed == (1,)


def answered(github: GitHubOnLoopback, body: object) -> Reply:
    """Return the response to a query, to be replayed for another one."""
    headers = {"Authorization": "Bearer ghs_workflow-token"}
    return Reply(200, body=httpx.post(github.network.graphql_url, json=body, headers=headers).content)


def test_a_token_without_checks_permission_cannot_list_open_reviews(github: GitHubOnLoopback) -> None:
    make_private(github)
    github.world.app_token("ghs_unchecked", permissions={**WORKFLOW, Scope.CHECKS: Access.NONE})
    with github.open("ghs_unchecked") as forge, pytest.raises(PermissionMissing):
        forge.waiting(CheckNames(CHECK_NAME))


def test_summaries_are_found_without_checks(github: GitHubOnLoopback) -> None:
    second, third, fourth, fifth = opened(github, 4)
    mine = github.forge.create_comment(1, f"{MARK} -->\nFirst.")
    github.forge.create_comment(1, f"{MARK} -->\nAnother.")
    github.world.comment(REPO, second, "mallory", f"{MARK} -->\nForged.")
    github.forge.create_comment(third, f"Quoted: {MARK} -->")
    github.world.comment(REPO, fourth, "mona", "Before it.")
    late = github.forge.create_comment(fourth, f"{MARK} -->\nLate.")
    closed = github.forge.create_comment(fifth, f"{MARK} -->\nOf a closed one.")
    github.world.close(REPO, fifth)
    github.sent()
    assert [(number, one.id) for number, one in github.forge.summaries(MARK)] == [
        (1, mine.id),
        (fourth, late.id),
        (fifth, closed.id),
    ]
    assert len(github.sent()) == 2


def test_summaries_are_read_twenty_pull_requests_at_a_time(github: GitHubOnLoopback) -> None:
    last = opened(github, 20)[-1]
    mine = github.forge.create_comment(last, MARK)
    github.sent()
    assert [(number, one.id) for number, one in github.forge.summaries(MARK)] == [(last, mine.id)]
    assert len(github.sent()) == 3


def test_a_merge_group_lists_the_pull_requests_before_it(github: GitHubOnLoopback) -> None:
    second, third, fourth = opened(github, 3)
    pair = github.world.queue(REPO, [third, 1])
    single = github.world.queue(REPO, [second])
    github.world.queue(REPO, [fourth])
    github.sent()
    assert numbers(github.forge.queued("main", pair.head_sha)) == (third, 1)
    assert numbers(github.forge.queued("main", single.head_sha)) == (third, 1, second)
    assert len(github.sent()) == 2


def test_a_merged_pull_request_has_left_the_queue(github: GitHubOnLoopback) -> None:
    (second,) = opened(github)
    first, group = github.world.queue(REPO, [1]), github.world.queue(REPO, [second])
    github.world.close(REPO, 1, merged=True)
    assert numbers(github.forge.queued("main", group.head_sha)) == (second,)
    assert github.forge.queued("main", first.head_sha) == ()


def test_a_commit_or_branch_without_a_queue_has_no_queued_pull_requests(github: GitHubOnLoopback) -> None:
    assert github.forge.queued("main", "0" * 40) == ()
    group = github.world.queue(REPO, [1])
    assert github.forge.queued("main", "0" * 40) == ()
    assert github.forge.queued("topic", group.head_sha) == ()


def test_a_long_queue_is_read_to_its_end(github: GitHubOnLoopback) -> None:
    github.world.queue(REPO, [1])
    (entry,) = github.world.store.queues[REPO, "main"]
    line = tuple(replace(entry, id=entry.id + index, head_sha=f"{index:040}") for index in range(100))
    github.world.store.queues[REPO, "main"] = (*line, entry)
    github.sent()
    assert len(github.forge.queued("main", entry.head_sha)) == 101
    assert len(github.sent()) == 2


def test_a_queue_that_the_token_may_not_read_is_empty(github: GitHubOnLoopback) -> None:
    group = github.world.queue(REPO, [1])
    make_private(github)
    assert github.forge.queued("main", group.head_sha) == ()
    github.world.app_token("ghs_queue", permissions={**WORKFLOW, Scope.MERGE_QUEUES: Access.READ})
    with github.open("ghs_queue") as forge:
        assert numbers(forge.queued("main", group.head_sha)) == (1,)


def entry(position: int, number: int | None) -> dict[str, object]:
    """Return a merge queue entry. Its SHA repeats the position's digit; without a number the pull request is hidden."""
    pull = None if number is None else {"number": number}
    commits = {"baseCommit": None, "headCommit": {"oid": str(position) * 40}}
    return {"position": position, **commits, "pullRequest": pull}


def reply_with_queue(github: GitHubOnLoopback, *nodes: object) -> None:
    """Make GitHub answer with this queue next."""
    page = {"totalCount": len(nodes), "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": nodes}
    body = {"data": {"repository": {"mergeQueue": {"entries": page}}}}
    github.faults.add("graphql", Reply(200, body=json.dumps(body).encode()))


@pytest.mark.parametrize("hidden", [None, entry(1, None)])
def test_a_queue_with_a_hidden_entry_is_incomplete(github: GitHubOnLoopback, hidden: object) -> None:
    reply_with_queue(github, hidden, entry(2, 7))
    assert github.forge.queued("main", "2" * 40) == ()


def test_the_order_of_the_queue_entries_does_not_matter(github: GitHubOnLoopback) -> None:
    reply_with_queue(github, entry(3, 9), entry(2, 7), entry(1, 8))
    assert github.forge.queued("main", "2" * 40) == (QueueEntry(8), QueueEntry(7))
