"""Comments, labels, checks, statuses, and who may do what."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from reviewbot_sandbox.github import ACTIONS, READ_ONLY, Access, App, GitHubState, Level, Scope

REPO = "acme/widget"
FORK = {"Authorization": "token ghs_fork"}
MONA = {"Authorization": "token ghp_mona"}


def test_a_comment_is_created_edited_and_deleted(github_http: httpx.Client, github_state: GitHubState) -> None:
    made = github_http.post("/issues/1/comments", json={"body": "One"})
    assert made.status_code == 201
    assert made.json()["user"]["login"] == "github-actions[bot]"
    assert made.json()["user"]["type"] == "Bot"
    address = f"/issues/comments/{made.json()['id']}"
    assert github_http.patch(address, json={"body": "Two"}).json()["body"] == "Two"
    assert github_state.store.comments[made.json()["id"]].editor == "github-actions[bot]"
    assert github_http.delete(address).status_code == 204
    assert github_http.delete(address).status_code == 404


def test_a_comment_of_65537_characters_is_too_long(github_http: httpx.Client) -> None:
    assert github_http.post("/issues/1/comments", json={"body": "é" * 65_536}).status_code == 201
    answer = github_http.post("/issues/1/comments", json={"body": "é" * 65_537})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "resource": "IssueComment",
            "code": "custom",
            "field": "body",
            "message": "body is too long (maximum is 65536 characters)",
        }
    ]


def test_editing_another_users_comment_needs_write_access(github_http: httpx.Client, github_state: GitHubState) -> None:
    comment = github_state.comment(REPO, 1, "hubot", "Mine")
    assert github_http.patch(f"/issues/comments/{comment.id}", json={"body": "!"}, headers=MONA).status_code == 403
    github_state.grant(REPO, "mona", Level.WRITE)
    assert github_http.patch(f"/issues/comments/{comment.id}", json={"body": "!"}, headers=MONA).status_code == 200


def test_a_repeated_reaction_is_not_new(github_http: httpx.Client, github_state: GitHubState) -> None:
    comment = github_state.comment(REPO, 1, "mona", "/review")
    address = f"/issues/comments/{comment.id}/reactions"
    answers = [github_http.post(address, json={"content": "eyes"}).status_code for _ in range(2)]
    assert answers == [201, 200]
    assert github_http.get("/issues/1/comments").json()[0]["reactions"]["eyes"] == 1


def test_a_label_is_removed(github_http: httpx.Client, github_state: GitHubState) -> None:
    for name in ("skip review/now", "bug"):
        github_state.label(REPO, 1, name, "mona")
    address = "/issues/1/labels/skip%20review%2Fnow"
    assert github_http.delete(address, headers=MONA).status_code == 403
    assert [label["name"] for label in github_http.delete(address).json()] == ["bug"]
    assert github_http.delete(address).status_code == 404


def _check(http: httpx.Client, state: GitHubState, **more: object) -> httpx.Response:
    body = {"name": "Review", "head_sha": state.pull(REPO, 1).head_sha, **more}
    return http.post("/check-runs", json=body)


def _note(line: int) -> dict[str, object]:
    level = {"annotation_level": "warning", "message": "Hm."}
    return {"path": "app.py", "start_line": line, "end_line": line, **level}


def test_a_check_run_is_created_updated_and_completed(github_http: httpx.Client, github_state: GitHubState) -> None:
    made = _check(github_http, github_state, status="in_progress", external_id="task:1")
    assert made.status_code == 201
    run = made.json()
    assert (run["status"], run["conclusion"], run["external_id"]) == ("in_progress", None, "task:1")
    assert run["html_url"].endswith(f"/{REPO}/runs/{run['id']}")
    output: dict[str, Any] = {"title": "T", "summary": "S", "annotations": [_note(line) for line in range(50)]}
    body = {"conclusion": "success", "output": output}
    done = [github_http.patch(f"/check-runs/{run['id']}", json=body) for _ in range(2)][-1]
    assert (done.json()["status"], done.json()["output"]["annotations_count"]) == ("completed", 100)
    assert done.json()["completed_at"]
    listed = github_http.get(f"/commits/{run['head_sha']}/check-runs", params={"check_name": "Review"}).json()
    assert (listed["total_count"], listed["check_runs"][0]["external_id"]) == (1, "task:1")
    assert github_http.get("/commits/topic/check-runs", params={"check_name": "Other"}).json()["total_count"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"status": "completed"},
        {"conclusion": "great"},
        {"conclusion": "stale"},
        {"output": {"title": "T", "summary": "x" * 65_536}},
        {"output": {"summary": "no title"}},
        {"output": {"title": "T", "summary": "S", "annotations": [_note(1)] * 51}},
        {"output": {"title": "T", "summary": "S", "annotations": [{**_note(1), "end_line": 2, "start_column": 1}]}},
        {"head_sha": "0" * 40},
        {"started_at": "yesterday"},
        {"name": None},
    ],
)
def test_an_invalid_check_run_is_a_422(
    github_http: httpx.Client, github_state: GitHubState, more: dict[str, object]
) -> None:
    assert _check(github_http, github_state, **more).status_code == 422
    assert not github_state.store.checks


def test_a_check_run_belongs_to_the_app_that_created_it(github_http: httpx.Client, github_state: GitHubState) -> None:
    other = App(7, "other-app", "Other")
    run = github_state.check(REPO, other, {"name": "Review", "head_sha": github_state.pull(REPO, 1).head_sha})
    answer = github_http.patch(f"/check-runs/{run.id}", json={"status": "in_progress"})
    assert answer.status_code == 403
    assert answer.json()["message"].startswith(f"Invalid app_id `{ACTIONS.id}`")
    mine = _check(github_http, github_state).json()
    assert mine["check_suite"]["id"] != run.suite_id
    assert github_http.post("/check-runs", json={"name": "x"}, headers=MONA).status_code == 403


def test_setting_a_status_needs_permission(github_http: httpx.Client, github_state: GitHubState) -> None:
    address = f"/statuses/{github_state.pull(REPO, 1).head_sha}"
    assert github_http.post(address, json={"state": "success"}).status_code == 403
    github_state.app_token("ghs_statuses", permissions={Scope.STATUSES: Access.WRITE})
    github_http.headers["Authorization"] = "token ghs_statuses"
    assert github_http.post(address, json={"state": "success", "context": "CI"}).status_code == 201
    assert github_http.post(address, json={"state": "fine"}).status_code == 422


@pytest.mark.parametrize(
    ("address", "needs"),
    [
        ("/pulls/1/reviews", "pull_requests=write"),
        ("/issues/1/comments", "issues=write; pull_requests=write"),
        ("/check-runs", "checks=write"),
        ("/statuses/main", "statuses=write"),
    ],
)
def test_a_forks_token_may_only_read(github_http: httpx.Client, address: str, needs: str) -> None:
    answer = github_http.post(address, json={}, headers=FORK)
    assert answer.status_code == 403
    assert answer.json()["message"] == "Resource not accessible by integration"
    assert answer.headers["x-accepted-github-permissions"] == needs


def test_unknown_tokens_anonymous_writes_and_private_repositories_are_refused(
    github_http: httpx.Client, github_state: GitHubState, github_url: str
) -> None:
    unknown = github_http.get("/pulls/1", headers={"Authorization": "token nope"})
    assert (unknown.status_code, unknown.json()["message"]) == (401, "Bad credentials")
    assert httpx.post(f"{github_url}/repos/{REPO}/issues/1/comments", json={"body": "x"}).status_code == 401
    assert httpx.get(f"{github_url}/repos/{REPO}/pulls/1").status_code == 200
    github_state.repository("acme/secret", private=True)
    secret = f"{github_url}/repos/acme/secret"
    assert httpx.get(secret).status_code == 404
    assert httpx.get(secret, headers=MONA).status_code == 404
    assert github_http.get(secret).status_code == 200
    github_state.app_token("ghs_checks", permissions={Scope.CHECKS: Access.WRITE})
    assert github_http.get(f"{secret}/pulls", headers={"Authorization": "token ghs_checks"}).status_code == 403
    github_state.app_token("ghs_here", permissions=READ_ONLY, repositories=[REPO])
    assert github_http.get(secret, headers={"Authorization": "token ghs_here"}).status_code == 404


@pytest.mark.parametrize(
    ("level", "permission"),
    [
        (Level.READ, "read"),
        (Level.TRIAGE, "read"),
        (Level.WRITE, "write"),
        (Level.MAINTAIN, "write"),
        (Level.ADMIN, "admin"),
    ],
)
def test_a_permission_has_a_legacy_value_and_a_role(
    github_http: httpx.Client, github_state: GitHubState, level: Level, permission: str
) -> None:
    github_state.grant(REPO, "hubot", level)
    found = github_http.get("/collaborators/hubot/permission").json()
    assert (found["permission"], found["role_name"]) == (permission, level.name.lower())
    assert github_http.get("/collaborators/unknown-user/permission").status_code == 404


def test_the_primary_limit_is_reported_and_enforced_if_enabled(
    github_http: httpx.Client, github_state: GitHubState, github_url: str
) -> None:
    headers = github_http.get("/pulls").headers
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-used"]) == ("1000", "1")
    github_state.limits.enforce, github_state.limits.quota_ = True, 2
    assert github_http.get("/pulls").headers["x-ratelimit-remaining"] == "0"
    refused = github_http.get("/pulls")
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("API rate limit exceeded")
    query = {"query": "{viewer{login}}"}
    for _ in range(2):
        assert "errors" not in github_http.post(f"{github_url}/graphql", json=query).json()
    answer = github_http.post(f"{github_url}/graphql", json=query)
    assert (answer.status_code, answer.json()["errors"][0]["type"]) == (200, "RATE_LIMIT")


def test_enabled_limits_have_githubs_numbers(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.limits.switch_on()
    statuses = [github_http.post("/issues/1/comments", json={"body": "x"}).status_code for _ in range(81)]
    assert (statuses[:80], statuses[80]) == ([201] * 80, 403)
    assert github_http.get("/pulls").headers["x-ratelimit-limit"] == "1000"


def test_a_body_that_is_not_json_is_a_400(github_http: httpx.Client) -> None:
    assert github_http.post("/issues/1/comments", content=b"{").json()["message"] == "Problems parsing JSON"
    assert github_http.post("/issues/1/comments", content=b"[]").status_code == 400
