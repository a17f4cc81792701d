"""The referee names every planted mistake and accepts valid traffic."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from reviewbot_sandbox.faults import Faults, Reply, with_faults
from reviewbot_sandbox.serve import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.datastructures import Headers

from tests.contract import published
from tests.contract.referee import (
    Answered,
    Referee,
    Request,
    answer_complaints,
    document_complaints,
    graphql_complaints,
    refereed,
    rest_complaints,
)

pytestmark = pytest.mark.npm

SHA = "0123456789abcdef0123456789abcdef01234567"
HEADERS = {"user-agent": "reviewbot", "authorization": "token x", "content-type": "application/json"}
COMMENT = {"path": "app.py", "body": "Hm.", "line": 7, "side": "RIGHT"}
REVIEW = {"commit_id": SHA, "event": "COMMENT", "body": "Seen.", "comments": [COMMENT]}
CHECK = {"name": "Review", "head_sha": SHA, "status": "completed", "conclusion": "success"}
UNDECIDED = {"name": "Review", "head_sha": SHA, "status": "completed"}
ANNOTATION = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
OUTPUT = {"title": "T", "summary": "S", "annotations": [ANNOTATION]}


def request(target: str, body: object = None, *, method: str = "post", **headers: str) -> Request:
    path, _, query = target.partition("?")
    sent = None if body is None else json.dumps(body).encode()
    return Request(method, path, query, HEADERS | headers, sent)


def complaints(target: str, body: object = None, **more: Any) -> str:  # noqa: ANN401 — handed on
    return "\n".join(rest_complaints(request(target, body, **more)))


def review(**more: object) -> str:
    return complaints("/repos/o/r/pulls/1/reviews", REVIEW | more)


def comment(**more: object) -> str:
    return review(comments=[COMMENT | more])


def check(**more: object) -> str:
    return complaints("/repos/o/r/check-runs", CHECK | more)


def annotated(**more: object) -> str:
    return check(output={**OUTPUT, "annotations": [ANNOTATION | more]})


def test_valid_input_passes() -> None:
    assert not review()
    assert not comment(start_line=5, start_side="RIGHT")
    assert not check(output=OUTPUT)
    assert not complaints(
        "/repos/o/r/pulls/1/comments", {"body": "b", "commit_id": SHA, "path": "a", "subject_type": "file"}
    )
    assert not complaints("/repos/o/r/pulls/1/comments?per_page=100&page=2", method="get")


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (lambda: review(event="NOPE"), "'NOPE' is not one of"),
        (lambda: review(event=None), "None is not"),
        (lambda: comment(line="3"), "'3' is not of type 'integer'"),
        (lambda: review(comments=[{"path": "a", "line": 1, "side": "LEFT"}]), "'body' is a required property"),
        (lambda: comment(subject_type="line"), "body.comments[0] has the unknown key 'subject_type'"),
        (lambda: comment(start_line=7, start_side="RIGHT"), "start_line is 7, which is not before line 7"),
        (lambda: comment(start_line=5), "one of start_line and start_side without the other"),
        (lambda: comment(side=None), "side is None"),
        (lambda: comment(body="x" * 65_537), "comments[0].body has 65537 characters"),
        (lambda: review(body="x" * 65_537), "body has 65537 characters"),
        (lambda: review(body=""), "needs a body"),
        (lambda: review(head=SHA), "unknown key 'head'"),
        (lambda: complaints("/repos/o/r/pulls/1/reviews", {"body": "b"}), "stays pending"),
        (lambda: complaints("/repos/o/r/issues/1/comments", {"body": "x" * 65_537}), "65537 characters"),
        (lambda: complaints("/repos/o/r/issues/1/comments", {}), "'body' is a required property"),
        (lambda: check(conclusion="great"), "'great' is not one of"),
        (lambda: complaints("/repos/o/r/check-runs", CHECK | {"output": {"title": "T"}}), "'summary' is a required"),
        (lambda: check(output={**OUTPUT, "summary": "x" * 65_536}), "is too long"),
        (lambda: check(output={**OUTPUT, "annotations": [ANNOTATION] * 51}), "is too long"),
        (lambda: annotated(annotation_level="bad"), "'bad' is not one of"),
        (lambda: annotated(start_line=2), "ends before it starts"),
        (lambda: annotated(end_line=2, start_column=1), "columns over several lines"),
        (lambda: annotated(title="x" * 256), "more than 255 characters"),
        (lambda: annotated(side="RIGHT"), "unknown key 'side'"),
        (lambda: check(status="in_progress"), "would complete a check run"),
        (lambda: complaints("/repos/o/r/check-runs", UNDECIDED), "conclusion"),
        (lambda: complaints("/repos/o/r/pulls/1/reviews/", REVIEW), "no such operation"),
        (lambda: complaints("/repos/o/r/pulls/1/merge", {}, method="put"), "no such operation"),
        (lambda: complaints("/repos/o/r/pulls/1/files?per-page=100", method="get"), "'per-page' is not described"),
        (lambda: complaints("/repos/o/r/pulls/1/files?per_page=x", method="get"), "per_page"),
        (lambda: complaints("/repos/o/r/pulls/one", method="get"), "pull_number"),
        (lambda: complaints("/installation/repositories", method="get", authorization=""), "no token"),
        (lambda: complaints("/installation/repositories", method="get", **{"user-agent": ""}), "User-Agent"),
    ],
)  # fmt: skip
def test_a_planted_mistake_is_named(said: Any, part: str) -> None:  # noqa: ANN401 — a thunk of the table
    assert part in said()


def answered(status: int, body: object, kind: str = "application/json; charset=utf-8") -> str:
    data = b"" if body is None else json.dumps(body).encode()
    asked = request("/repos/o/r/pulls/1/reviews/2/dismissals", {"message": "m"}, method="put")
    return "\n".join(answer_complaints(asked, Answered(status, Headers({"content-type": kind}), data)))


def test_a_difference_between_sandbox_and_document_is_reported() -> None:
    assert "'user' is a required property" in answered(200, {"id": 1})
    assert "the status 418 is not described" in answered(418, {"message": "m"})
    assert "a refusal without a message" in answered(403, {"error": "m"})
    assert "was not asked for" in answered(200, "diff", "application/vnd.github.diff")
    assert not answered(403, {"message": "Resource not accessible by integration"})


def graph(query: str, **variables: object) -> str:
    sent = {"query": query, "variables": variables}
    return "\n".join(graphql_complaints(request("/graphql", sent)))


def test_a_planted_mistake_in_graphql_is_named() -> None:
    asked = 'query Q($n: Int!) { repository(owner: "o", name: "r") { pullRequest(number: $n) { %s } } }'
    assert not graph(asked % "title", n=1)
    assert "Cannot query field 'titel'" in graph(asked % "titel", n=1)
    assert "Int cannot represent" in graph(asked % "title", n="one")
    assert "'m' is not declared" in graph(asked % "title", n=1, m=2)
    assert "of non-null type 'Int!'" in graph(asked % "title")
    assert "Syntax Error" in graph("query {")


async def confused(scope: Scope, receive: Receive, send: Send) -> None:
    """A server that answers everything alike, and not as GitHub does."""
    if scope["type"] == "http":
        await JSONResponse([{"id": "one"}])(scope, receive, send)
    else:
        await Starlette()(scope, receive, send)


def ask(app: Callable[[Referee], ASGIApp], target: str, rest: str = "") -> str:
    """Return the error of a block that sends one request, empty if it passes."""
    try:
        with refereed(rest) as referee, serving(app(referee)) as served:
            httpx.get(f"{served.url}{target}", headers={"authorization": "token x"})
    except AssertionError as error:
        return str(error)
    return ""


def broken(app: ASGIApp) -> ASGIApp:
    """A fault layer that passes no request to the application."""
    faults = Faults()
    faults.add(".", Reply(502), times=None)
    return with_faults(app, faults)


@pytest.mark.parametrize(
    ("app", "target", "part"),
    [
        (lambda referee: referee.requests(confused), "/repos/o/r/merges", "no such operation"),
        (lambda referee: referee.requests(broken(confused)), "/repos/o/r/merges", "no such operation"),
        (lambda referee: referee.answers(confused), "/repos/o/r/pulls", "'one' is not of type 'integer'"),
        (lambda referee: referee.bought(confused), "/api/v1/tasks", "no such address"),
        (lambda referee: referee.bought(broken(confused)), "/api/v1/tasks", "no such address"),
    ],
)
def test_one_invalid_message_fails_its_block(app: Callable[[Referee], ASGIApp], target: str, part: str) -> None:
    assert part in ask(app, target)


def test_an_enterprise_servers_paths_are_validated_like_githubs() -> None:
    target = "/api/v3/repos/o/r/pulls/1"
    assert not ask(lambda referee: referee.requests(confused), target, rest="/api/v3")
    assert "no such operation" in ask(lambda referee: referee.requests(confused), target)


def test_every_operation_is_in_githubs_description() -> None:
    for template, item in published.description()["paths"].items():
        assert set(published.OPERATIONS[template].split()) == set(item) - {"parameters"}, template
    assert document_complaints("{ viewer { login } }") == ()
