"""Reviews and their comments: what GitHub accepts and refuses, and its messages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from reviewbot_sandbox.github import CommentForm, GitHubState, Side

REPO = "acme/widget"
NOT_IN_DIFF = "Pull request review thread line must be part of the diff"
NOT_IN_HUNK = "Pull request review thread start line must be part of the same hunk as the line."
NO_HUNK = "Pull request review thread diff hunk can't be blank"


def _post_review(http: httpx.Client, *comments: dict[str, object], **more: object) -> httpx.Response:
    return http.post("/pulls/1/reviews", json={"event": "COMMENT", "body": "Seen.", "comments": list(comments), **more})


def _comments(http: httpx.Client) -> list[Any]:
    found: list[Any] = http.get("/pulls/1/comments").json()
    return found


def _on(line: int, **more: object) -> dict[str, object]:
    return {"path": "app.py", "line": line, "body": "Hm.", **more}


def test_creating_a_review_returns_200_and_its_comments_are_listed_separately(github_http: httpx.Client) -> None:
    made = _post_review(github_http, _on(10), _on(40, side="LEFT"), _on(12, start_line=8))
    assert made.status_code == 200
    assert made.json()["state"] == "COMMENTED"
    found = _comments(github_http)
    assert [(each["line"], each["side"], each["start_line"]) for each in found] == [
        (10, "RIGHT", None),
        (40, "LEFT", None),
        (12, "RIGHT", 8),
    ]
    assert found[0]["diff_hunk"].splitlines()[-1] == "+line ten"
    assert found[0]["html_url"].startswith(str(github_http.base_url).partition("/repos")[0])


@pytest.mark.parametrize(
    ("comment", "error"),
    [
        (
            _on(25),
            f"{NOT_IN_DIFF} and {NO_HUNK}",
        ),
        (
            _on(25, start_line=24),
            f"{NOT_IN_DIFF}, {NOT_IN_HUNK}, and {NO_HUNK}",
        ),
        (
            _on(38, start_line=8),
            NOT_IN_HUNK,
        ),
        (_on(10, start_line=10), "Pull request review thread start line must precede the end line."),
        ({"path": "README.md", "line": 1, "body": "Hm."}, "Path could not be resolved"),
    ],
)
def test_one_bad_line_refuses_the_whole_review(
    github_http: httpx.Client, github_state: GitHubState, comment: dict[str, object], error: str
) -> None:
    answer = _post_review(github_http, _on(10), comment)
    assert answer.status_code == 422
    assert answer.json()["message"] == "Unprocessable Entity"
    assert answer.json()["errors"] == [error]
    assert not github_state.store.reviews
    assert not github_state.store.replies


@pytest.mark.parametrize(
    ("side", "line", "status"),
    [("RIGHT", 7, 200), ("RIGHT", 6, 422), ("LEFT", 10, 200), ("LEFT", 6, 422), ("RIGHT", 13, 200), ("RIGHT", 14, 422)],
)
def test_the_context_around_a_change_belongs_to_the_diff_on_both_sides(
    github_http: httpx.Client, side: str, line: int, status: int
) -> None:
    assert _post_review(github_http, _on(line, side=side)).status_code == status


@pytest.mark.parametrize("line", [1, 2])
def test_a_deleted_file_takes_comments_on_its_old_lines_only(github_http: httpx.Client, line: int) -> None:
    comment = {"path": "gone.txt", "line": line, "body": "Hm."}
    assert _post_review(github_http, {**comment, "side": "LEFT"}).status_code == (200 if line == 1 else 422)
    assert _post_review(github_http, {**comment, "side": "RIGHT"}).status_code == 422


def test_a_review_needs_no_text_of_its_own_when_its_comments_say_something(github_http: httpx.Client) -> None:
    assert _post_review(github_http, _on(10), body="").status_code == 200
    assert _post_review(github_http, body="").status_code == 422


def test_subject_type_is_not_a_key_of_a_comment_inside_a_review(github_http: httpx.Client) -> None:
    answer = _post_review(github_http, {"path": "app.py", "body": "Hm.", "subject_type": "file"})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Invalid request.\n\nFor 'items', \"subject_type\" is not a permitted key."


@pytest.mark.parametrize(
    "body",
    [
        {"event": "NOPE", "body": "x"},
        {"event": "COMMENT", "body": "x", "comments": [{"path": "app.py", "line": "10", "body": "x"}]},
        {"event": "COMMENT", "body": "x", "comments": [{"path": "app.py", "line": 10}]},
        {"event": "COMMENT"},
        {"event": "REQUEST_CHANGES", "body": " "},
        {"event": "COMMENT", "body": "x" * 65_537},
        {"event": "COMMENT", "body": "x", "comments": "all"},
        {"event": "COMMENT", "body": "x", "commit_id": "0" * 40},
    ],
)
def test_an_invalid_review_is_a_422(github_http: httpx.Client, body: dict[str, object]) -> None:
    assert github_http.post("/pulls/1/reviews", json=body).status_code == 422


def test_a_pending_review_is_visible_to_its_author_only_and_a_second_is_refused(github_http: httpx.Client) -> None:
    pending = github_http.post("/pulls/1/reviews", json={"comments": [_on(10)]}).json()
    assert pending["state"] == "PENDING"
    assert "submitted_at" not in pending
    again = github_http.post("/pulls/1/reviews", json={})
    assert again.json()["errors"] == ["User can only have one pending review per pull request"]
    mona = {"Authorization": "token ghp_mona"}
    assert github_http.get("/pulls/1/reviews", headers=mona).json() == []
    assert _comments(github_http) == []
    assert github_http.delete(f"/pulls/1/reviews/{pending['id']}").status_code == 200
    assert github_http.get("/pulls/1/reviews").json() == []


@pytest.mark.parametrize(
    ("token", "event", "error"),
    [
        ("ghp_mona", "APPROVE", "Can not approve your own pull request"),
        ("ghp_mona", "REQUEST_CHANGES", "Can not request changes on your own pull request"),
        ("ghs_workflow", "APPROVE", "GitHub Actions is not permitted to approve pull requests."),
    ],
)
def test_authors_and_workflows_cannot_approve(github_http: httpx.Client, token: str, event: str, error: str) -> None:
    headers = {"Authorization": f"token {token}"}
    answer = github_http.post("/pulls/1/reviews", json={"event": event, "body": "x"}, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [error]


def test_a_request_for_changes_is_dismissed_with_a_message(github_http: httpx.Client) -> None:
    review = _post_review(github_http, event="REQUEST_CHANGES").json()
    address = f"/pulls/1/reviews/{review['id']}/dismissals"
    assert github_http.put(address, json={}).status_code == 422
    mona = {"Authorization": "token ghp_mona"}
    assert github_http.put(address, json={"message": "No."}, headers=mona).status_code == 403
    assert github_http.put(address, json={"message": "Fixed."}).json()["state"] == "DISMISSED"
    assert github_http.put(address, json={"message": "Fixed."}).status_code == 422


def test_a_comment_on_a_whole_file_is_created(github_http: httpx.Client, github_state: GitHubState) -> None:
    head = github_state.pull(REPO, 1).head_sha
    body = {"path": "logo.png", "body": "Hm.", "commit_id": head, "subject_type": "file"}
    made = github_http.post("/pulls/1/comments", json=body)
    assert made.status_code == 201
    assert (made.json()["subject_type"], made.json()["line"]) == ("file", None)
    assert github_http.post("/pulls/1/comments", json={**body, "line": 1}).status_code == 422


def test_a_single_comment_outside_the_diff_is_refused_with_an_object(
    github_http: httpx.Client, github_state: GitHubState
) -> None:
    body = {**_on(25), "commit_id": github_state.pull(REPO, 1).head_sha, "side": "RIGHT"}
    answer = github_http.post("/pulls/1/comments", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "resource": "PullRequestReviewComment",
            "code": "custom",
            "field": "pull_request_review_thread.line",
            "message": "pull_request_review_thread.line must be part of the diff",
        }
    ]
    assert github_http.post("/pulls/1/comments", json={**body, "line": 10, "commit_id": "0" * 40}).status_code == 422


def test_replies_go_to_the_first_comment_only(github_http: httpx.Client) -> None:
    _post_review(github_http, _on(10))
    first = _comments(github_http)[0]["id"]
    reply = github_http.post(f"/pulls/1/comments/{first}/replies", json={"body": "No."})
    assert reply.status_code == 201
    assert reply.json()["in_reply_to_id"] == first
    assert github_http.post(f"/pulls/1/comments/{reply.json()['id']}/replies", json={"body": "Yes."}).status_code == 422


def test_users_comment_reply_edit_and_delete(github_http: httpx.Client, github_state: GitHubState) -> None:
    form = CommentForm("Why?", "app.py", line=40, side=Side.LEFT)
    comment = github_state.review_comment(REPO, 1, "hubot", form)
    github_state.reply(comment.id, "mona", "Because.")
    github_state.edit_comment(comment.id, "mona", "Why not?")
    assert [each["body"] for each in _comments(github_http)] == ["Why not?", "Because."]
    assert github_http.patch(f"/pulls/comments/{comment.id}", json={"body": "!"}).json()["body"] == "!"
    github_state.delete_comment(comment.id)
    assert [each["body"] for each in _comments(github_http)] == ["Because."]
    assert github_http.patch(f"/pulls/comments/{comment.id}", json={"body": "!"}).status_code == 404


def test_the_deprecated_position_counts_lines_below_the_first_hunk_header(github_http: httpx.Client) -> None:
    assert _post_review(github_http, {"path": "app.py", "position": 4, "body": "Old."}).status_code == 200
    assert _post_review(github_http, {"path": "app.py", "position": 99, "body": "Old."}).status_code == 422
    found = _comments(github_http)[0]
    assert (found["line"], found["side"], found["position"]) == (10, "LEFT", 4)
