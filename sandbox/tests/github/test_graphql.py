"""GraphQL: pages, errors and permissions. `tests/contract/ports` sends the documents of the adapters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from reviewbot_sandbox.github import ACTIONS, FULL, App, CommentForm, FileVersion, GitHubState, Rules

REPO = "acme/widget"
Send = Callable[..., dict[str, Any]]

MANY = """
{ repository(owner: "acme", name: "widget") { pullRequests(first: 100) { nodes {
  comments(first: 100) { nodes { url } }
  reviewThreads(first: 100) { nodes { comments(first: 100) { nodes { id } } } }
} } } }
"""


def _pull(send: Send, fields: str) -> Any:  # noqa: ANN401 — a GraphQL answer has the query's shape
    query = f'{{repository(owner:"acme",name:"widget"){{pullRequest(number:1){{{fields}}}}}}}'
    return send(query)["data"]["repository"]["pullRequest"]


def test_a_long_text_is_truncated_and_a_submodule_has_none(github_graphql: Send, github_state: GitHubState) -> None:
    github_state.store.rules = Rules(blob_text=10)
    files: dict[str, str | FileVersion] = {"long.py": "x = 1\n" * 9, "sub": FileVersion(b"a" * 40, "160000")}
    sha = github_state.push(REPO, "main", files)
    query = """query ($oid: GitObjectID!) { repository(owner: "acme", name: "widget") {
      object(oid: $oid) { ... on Commit {
        long: file(path: "long.py") { object { ... on Blob { text isTruncated byteSize } } }
        sub: file(path: "sub") { mode object { oid } }
        none: file(path: "a/b/c") { oid }
      } } } }"""
    found = github_graphql(query, oid=sha)["data"]["repository"]["object"]
    assert found["long"]["object"] == {"text": "x = 1\nx = ", "isTruncated": True, "byteSize": 54}
    assert found["sub"] == {"mode": 0o160000, "object": None}
    assert found["none"] is None


def test_pages_follow_cursors(github_graphql: Send, github_state: GitHubState) -> None:
    for number in range(5):
        github_state.comment(REPO, 1, "mona", str(number))
    page = _pull(github_graphql, "comments(first:2){pageInfo{endCursor hasNextPage} nodes{body}}")["comments"]
    assert page["pageInfo"]["hasNextPage"] is True
    cursor = page["pageInfo"]["endCursor"]
    rest = _pull(github_graphql, f'comments(first:9,after:"{cursor}"){{pageInfo{{hasNextPage}} nodes{{body}}}}')
    assert [each["body"] for each in rest["comments"]["nodes"]] == ["2", "3", "4"]
    last = _pull(github_graphql, "comments(last:2){nodes{body}}")["comments"]
    assert [each["body"] for each in last["nodes"]] == ["3", "4"]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('{repository(owner:"acme",name:"nope"){url}}', "NOT_FOUND"),
        ('{repository(owner:"acme",name:"widget"){pullRequest(number:9){url}}}', "NOT_FOUND"),
        ('{node(id:"PRRT_nope"){id}}', "NOT_FOUND"),
        ('{nodes(ids:["PRRT_nope"]){id}}', "NOT_FOUND"),
        ('{repository(owner:"acme",name:"widget"){pullRequests{nodes{url}}}}', "MISSING_PAGINATION_BOUNDARIES"),
        ('{repository(owner:"acme",name:"widget"){pullRequests(first:101){nodes{url}}}}', "EXCESSIVE_PAGINATION"),
        (MANY, "MAX_NODE_LIMIT_EXCEEDED"),
        ("{nothing}", None),
        ("{", None),
        ('mutation{resolveReviewThread(input:{threadId:"PRRT_kwzz"}){thread{id}}}', "NOT_FOUND"),
        ('mutation{minimizeComment(input:{subjectId:"IC_kw1",classifier:SPAM}){minimizedComment{isMinimized}}}',
         "NOT_FOUND"),
    ],
)  # fmt: skip
def test_errors_have_status_200_and_a_type(github_graphql: Send, query: str, kind: str | None) -> None:
    answer = github_graphql(query)
    assert answer["errors"][0].get("type") == kind
    assert answer["errors"][0]["message"]


def test_an_error_keeps_the_rest_of_the_response(github_graphql: Send) -> None:
    answer = github_graphql('{viewer{login} repository(owner:"acme",name:"nope"){url}}')
    assert answer["data"] == {"viewer": {"login": "github-actions[bot]"}, "repository": None}
    assert answer["errors"][0]["path"] == ["repository"]


def test_a_head_has_a_check_suite_before_it_has_a_check_run(github_graphql: Send, github_state: GitHubState) -> None:
    head = github_state.pull(REPO, 1).head_sha
    suites = "checkSuites(first:9){nodes{app{slug} checkRuns(first:9){totalCount}}}"

    def found() -> list[tuple[str, int]]:
        commits = _pull(github_graphql, f"commits(last:1){{nodes{{commit{{{suites}}}}}}}")["commits"]["nodes"]
        nodes = commits[0]["commit"]["checkSuites"]["nodes"]
        return [(each["app"]["slug"], each["checkRuns"]["totalCount"]) for each in nodes]

    assert found() == [("github-actions", 0)]
    github_state.check(REPO, App(7, "other-app", "Other"), {"name": "tests", "head_sha": head})
    github_state.check(REPO, ACTIONS, {"name": "Review", "head_sha": head})
    assert found() == [("github-actions", 1), ("other-app", 1)]


RESOLVE = "mutation($id:ID!){resolveReviewThread(input:{threadId:$id}){thread{isResolved resolvedBy{login}}}}"


def test_resolving_a_thread_needs_contents_write(github_graphql: Send, github_state: GitHubState) -> None:
    github_state.review_comment(REPO, 1, "hubot", CommentForm("Hm.", "app.py", line=10))
    thread = _pull(github_graphql, "reviewThreads(first:1){nodes{id}}")["reviewThreads"]["nodes"][0]["id"]
    refused = github_graphql(RESOLVE, id=thread)
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    assert refused["errors"][0]["message"] == "Resource not accessible by integration"
    github_state.app_token("ghs_full", permissions=FULL)
    done = github_graphql(RESOLVE, "ghs_full", id=thread)["data"]["resolveReviewThread"]["thread"]
    assert done == {"isResolved": True, "resolvedBy": {"login": "github-actions"}}


def test_a_private_repository_is_not_found_by_strangers(github_graphql: Send, github_state: GitHubState) -> None:
    github_state.repository("acme/secret", private=True)
    query = '{repository(owner:"acme",name:"secret"){url}}'
    assert github_graphql(query, "ghp_mona")["errors"][0]["type"] == "NOT_FOUND"
    assert "errors" not in github_graphql(query)


def test_graphql_needs_authentication(github_url: str) -> None:
    assert httpx.post(f"{github_url}/graphql", json={"query": "{viewer{login}}"}).status_code == 401


def test_a_tree_is_read_with_its_folders(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.push(REPO, "main", {"docs/adr/1.md": "Why.\n"})
    flat = github_http.get("/git/trees/HEAD").json()
    whole = github_http.get("/git/trees/HEAD", params={"recursive": 1}).json()
    assert "docs" in [one["path"] for one in flat["tree"]]
    assert {one["path"]: one["type"] for one in whole["tree"]}["docs/adr/1.md"] == "blob"
    assert not whole["truncated"]
    assert github_http.get("/git/trees/nothing").status_code == 404
