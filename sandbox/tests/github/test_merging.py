"""Merge commits and the merge queue."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator
from reviewbot_sandbox.github import GitHubState, merge_group_event
from reviewbot_sandbox.github.model.refusal import Refusal

from reviewbot.domain.model.events import MergeGroupEvent, QueueEntry, read_event
from tests.contract.published import SCHEMAS

REPO = "acme/widget"
Graph = Callable[..., dict[str, Any]]


def fetched(url: str, ref: str, folder: Path) -> str:
    """Return a reference's hash as seen by a git client; empty if it does not exist."""
    command = ("git", "ls-remote", f"{url}/{REPO}.git", ref)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.partition("\t")[0]


def test_the_merge_of_a_pull_request_is_a_real_commit(
    github_http: httpx.Client, github_state: GitHubState, github_url: str, tmp_path: Path
) -> None:
    pull = github_http.get("/pulls/1").json()
    assert (pull["mergeable"], pull["mergeable_state"]) == (True, "clean")
    assert pull["merge_commit_sha"] == fetched(github_url, "refs/pull/1/merge", tmp_path)
    commit = github_http.get(f"/commits/{pull['merge_commit_sha']}").json()
    assert [parent["sha"] for parent in commit["parents"]] == [pull["base"]["sha"], pull["head"]["sha"]]
    assert github_state.store.git(REPO).read(f"{commit['sha']}:moved.txt")


def test_the_merge_commit_follows_both_branches(github_http: httpx.Client, github_state: GitHubState) -> None:
    seen = {github_http.get("/pulls/1").json()["merge_commit_sha"]}
    for branch in ("main", "topic"):
        sha = github_state.push(REPO, branch, {f"{branch}.txt": "more\n"})
        merged = github_http.get("/pulls/1").json()["merge_commit_sha"]
        assert sha in github_state.store.git(REPO).commit(merged).parents
        seen.add(merged)
    assert len(seen) == 3


def test_a_conflict_has_no_merge_commit_until_it_is_fixed(
    github_http: httpx.Client, github_state: GitHubState, github_url: str, tmp_path: Path
) -> None:
    github_state.push(REPO, "main", {"app.py": "all new\n"})
    pull = github_http.get("/pulls/1").json()
    assert (pull["mergeable"], pull["mergeable_state"], pull["merge_commit_sha"]) == (False, "dirty", None)
    assert fetched(github_url, "refs/pull/1/merge", tmp_path) == ""
    tips = github_state.store.git(REPO).branches()
    github_state.push(REPO, "topic", {"app.py": "all new\n"}, parents=(tips["topic"], tips["main"]))
    assert github_http.get("/pulls/1").json()["mergeable"] is True
    assert fetched(github_url, "refs/pull/1/merge", tmp_path)


def test_a_merge_group_contains_both_changes(github_state: GitHubState) -> None:
    github_state.push(REPO, "more", {"more.txt": "more\n"}, author="mona")
    github_state.open_pull_request(REPO, "more", author="mona")
    main = github_state.store.git(REPO).branches()["main"]
    group = github_state.queue(REPO, [1, 2])
    git = github_state.store.git(REPO)
    first, second = git.commit(group.head_sha).parents
    assert second == github_state.pull(REPO, 2).head_sha
    assert group.head_ref == f"gh-readonly-queue/main/pr-2-{first}"
    assert (group.base_sha, git.branches()[group.head_ref], git.branches()["main"]) == (main, group.head_sha, main)
    assert all(git.read(f"{group.head_sha}:{path}") for path in ("moved.txt", "more.txt"))


def test_a_conflicting_pull_request_and_its_group_cannot_be_queued(github_state: GitHubState) -> None:
    github_state.push(REPO, "more", {"more.txt": "more\n"}, author="mona")
    github_state.open_pull_request(REPO, "more", author="mona")
    github_state.push(REPO, "main", {"app.py": "all new\n"})
    with pytest.raises(Refusal):
        github_state.queue(REPO, [2, 1])
    assert not github_state.store.queues


def test_a_pull_request_cannot_be_queued_twice(github_state: GitHubState) -> None:
    with pytest.raises(Refusal):
        github_state.queue(REPO, [1, 1])
    github_state.queue(REPO, [1])
    with pytest.raises(Refusal):
        github_state.queue(REPO, [1])


QUEUE = """query($o: String!, $n: String!) {repository(owner: $o, name: $n) {mergeQueue {entries(first: 9) {
  totalCount nodes {position headCommit {oid} pullRequest {number}}
}}}}"""


def test_a_second_merge_group_builds_on_the_first(github_state: GitHubState, github_graphql: Graph) -> None:
    for name in ("two", "three"):
        github_state.push(REPO, name, {f"{name}.txt": "more\n"}, author="mona")
        github_state.open_pull_request(REPO, name, author="mona")
    first, second = github_state.queue(REPO, [2]), github_state.queue(REPO, [3, 1])
    assert second.base_sha == first.head_sha
    entries = github_graphql(QUEUE, o="acme", n="widget")["data"]["repository"]["mergeQueue"]["entries"]
    rows = [(each["position"], each["pullRequest"]["number"], each["headCommit"]["oid"]) for each in entries["nodes"]]
    assert [row[:2] for row in rows] == [(1, 2), (2, 3), (3, 1)]
    assert (rows[0][2], rows[2][2], entries["totalCount"]) == (first.head_sha, second.head_sha, 3)


def test_a_workflow_reads_the_queue_of_a_public_repository_only(
    github_state: GitHubState, github_graphql: Graph
) -> None:
    assert github_graphql(QUEUE, o="acme", n="widget")["data"]["repository"]["mergeQueue"] is None
    github_state.repository("acme/secret", private=True)
    refused = github_graphql(QUEUE, o="acme", n="secret")
    assert refused["data"]["repository"] == {"mergeQueue": None}
    assert (refused["errors"][0]["type"], refused["errors"][0]["path"]) == ("FORBIDDEN", ["repository", "mergeQueue"])


def test_the_action_reads_the_event_of_a_merge_group(github_state: GitHubState, github_url: str) -> None:
    group = github_state.queue(REPO, [1])
    event = read_event("merge_group", merge_group_event(github_state.store, group, github_url))
    assert event == MergeGroupEvent(group.head_sha, (QueueEntry(1, group.base_sha),), "main")


@pytest.mark.npm
def test_the_event_of_a_merge_group_matches_the_published_schema(github_state: GitHubState, github_url: str) -> None:
    whole = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    schema = {"$ref": "#/definitions/merge_group$checks_requested", "definitions": whole["definitions"]}
    payload: Any = merge_group_event(github_state.store, github_state.queue(REPO, [1]), github_url)
    for user in (payload["repository"]["owner"], payload["sender"]):
        del user["user_view_type"]  # GitHub sends it; these schemas are older than it
    Draft7Validator(schema).validate(payload)
