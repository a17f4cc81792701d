"""The service over HTTP: forms, headers and results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import httpx
import pytest
from reviewbot_sandbox.codevf import (
    Account,
    Answer,
    CodeVFService,
    Deliverables,
    Delivered,
    ErrorStyle,
    FreeText,
    Garbage,
    HandClock,
    JsonMessage,
    JsonValue,
    Limits,
    Mode,
    Rate,
    ServiceConfig,
    Setup,
    Structured,
    build_codevf,
    canned,
)
from reviewbot_sandbox.codevf.wire import poll_hint
from reviewbot_sandbox.serve import Bounds, serving

KEY = "cvf_test_one"
UUID4 = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"
SETUP = Setup(ServiceConfig((Account(KEY, Decimal(10_000), "one"),), limits=Limits(rate=None)))
SCHEMA: JsonValue = {"type": "object", "properties": {"summary": {"type": "string"}}}
REVIEW: dict[str, JsonValue] = {"summary": "One <thing> — `x`", "files": []}


@dataclass(frozen=True)
class World:
    """A running service with a client and a project."""

    service: CodeVFService
    clock: HandClock
    http: httpx.Client

    def create(self, **fields: JsonValue) -> httpx.Response:
        body = {"prompt": "Review this change.", "projectId": 101, "maxCredits": 240, "mode": "fast", **fields}
        return self.http.post("tasks/create", json=body)

    def finished(self, **fields: JsonValue) -> dict[str, JsonValue]:
        created = self.create(**fields).json()
        self.clock.advance(60)
        task: dict[str, JsonValue] = self.http.get(f"tasks/{created['id']}").json()
        return task


@contextmanager
def open_world(setup: Setup = SETUP) -> Iterator[World]:
    clock = HandClock()
    service = CodeVFService(replace(setup, clock=clock))
    with (
        serving(build_codevf(service), bounds=Bounds(60, 500)) as served,
        httpx.Client(base_url=served.url + "/api/v1/", headers={"Authorization": f"Bearer {KEY}"}) as http,
    ):
        http.post("projects/create", json={"name": "octo/app"}).raise_for_status()
        yield World(service, clock, http)


@pytest.fixture(name="world")
def world_fixture() -> Iterator[World]:
    with open_world() as world:
        yield world


def with_limits(limits: Limits) -> Setup:
    return replace(SETUP, config=replace(SETUP.config, limits=limits))


def test_a_new_task_has_the_documented_fields_and_no_others(world: World) -> None:
    response = world.create(tagId=1, responseSchema=SCHEMA)
    assert response.status_code == 201
    assert response.json() == {
        "id": world.service.tasks()[0].id,
        "status": "pending",
        "mode": "fast",
        "maxCredits": 240,
        "tagIdUsed": 1,
        "expertiseMultiplier": 1.7,
        "createdAt": "2025-12-18T10:00:00Z",
        "responseSchema": SCHEMA,
    }


def test_a_realtime_task_is_answered_in_the_creating_response(world: World) -> None:
    task = world.create(mode="realtime_answer", maxCredits=60, responseSchema=SCHEMA).json()
    assert (task["status"], task["creditsUsed"]) == ("completed", 120)
    assert task["result"]["summary"].startswith("Asked for realtime_answer")


@pytest.mark.parametrize(
    ("answer", "schema", "result"),
    [
        (Structured(REVIEW), SCHEMA, REVIEW),
        (Structured(REVIEW), None, {"message": json.dumps(REVIEW), "deliverables": []}),
        (JsonMessage([1], fenced=False), SCHEMA, {"message": "[\n  1\n]", "deliverables": []}),
        (JsonMessage(5, before="Here:\n", after="\nBye"), SCHEMA, {"message": "Here:\n```json\n5\n```\nBye"}),
        (FreeText("Looks good."), SCHEMA, {"message": "Looks good.", "deliverables": []}),
        (Garbage([None, 3]), SCHEMA, [None, 3]),
        (Garbage("text"), None, "text"),
    ],
)
def test_every_form_of_result_is_delivered(answer: Answer, schema: JsonValue, result: JsonValue) -> None:
    with open_world(replace(SETUP, engineer=canned(answer))) as world:
        got = world.finished(responseSchema=schema)["result"]
    assert got == ({"deliverables": [], **result} if isinstance(answer, JsonMessage) else result)  # type: ignore[dict-item]


def test_deliverables_are_served_unchanged_and_only_at_their_own_url() -> None:
    files = (Delivered("ré port?.json", b"\x00{}", None), Delivered("../b.txt", b"b", "text/plain"))
    with open_world(replace(SETUP, engineer=canned(Deliverables(files, None)))) as world:
        result = world.finished()["result"]
        assert isinstance(result, dict)
        items = result["deliverables"]
        assert isinstance(items, list)
        urls = [str(each["url"]) for each in items if isinstance(each, dict)]
        assert [httpx.get(url).content for url in urls] == [b"\x00{}", b"b"]
        swapped = urls[0].replace("/0/", "/1/")
        assert httpx.get(swapped).status_code == 404
    assert result["message"] is None


def test_a_deliverable_does_not_exist_before_its_task_is_completed() -> None:
    answer = Deliverables((Delivered("a.json", b"{}"),))
    with open_world(replace(SETUP, engineer=canned(answer))) as world:
        task_id = world.create().json()["id"]
        signature = world.service.signature(task_id, 0)
        assert world.http.get(f"/files/{task_id}/0/{signature}/a.json").status_code == 404


def test_only_open_tasks_have_a_polling_hint(world: World) -> None:
    created = world.create()
    assert created.headers["Retry-After"] == "3"
    world.clock.advance(5)
    url = f"tasks/{created.json()['id']}"
    assert world.http.get(url).headers["Retry-After"] == "7"
    world.clock.advance(60)
    assert "Retry-After" not in world.http.get(url).headers
    assert poll_hint(Mode.STANDARD, "processing") == 20


@pytest.mark.parametrize(
    ("style", "form"),
    [
        (
            ErrorStyle.DOCUMENTED,
            {
                "error": {
                    "code": "INVALID_REQUEST",
                    "message": "Validation failed",
                    "details": {
                        "errors": [
                            {"field": "mode", "message": "Must be one of realtime_answer, fast, standard"},
                            {"field": "prompt", "message": "Prompt must be at least 10 characters"},
                        ]
                    },
                }
            },
        ),
        (
            ErrorStyle.SDK,
            {
                "error": {
                    "code": "invalid_mode",
                    "message": "mode: Must be one of realtime_answer, fast, standard",
                    "status": 400,
                    "retryable": False,
                }
            },
        ),
        (ErrorStyle.TEXT, {"error": "Validation failed", "status": 400}),
        (ErrorStyle.MESSAGE, {"message": "Validation failed"}),
    ],
)
def test_an_invalid_submission_is_reported_in_each_json_form(style: ErrorStyle, form: JsonValue) -> None:
    with open_world(replace(SETUP, error_style=style)) as world:
        response = world.create(prompt="short", mode="slow")
    assert (response.status_code, response.json()) == (400, form)


def test_a_refusal_can_be_html_or_empty() -> None:
    with open_world(replace(SETUP, error_style=ErrorStyle.HTML)) as world:
        page = world.http.get("tasks/none")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h1>404 Task not found</h1>" in page.text
    with open_world(replace(SETUP, error_style=ErrorStyle.EMPTY)) as world:
        assert world.http.get("tasks/none").content == b""


def test_insufficient_credit_states_what_is_available_and_needed(world: World) -> None:
    response = world.create(maxCredits=10_000)
    assert response.status_code == 402
    assert response.json() == {
        "error": {
            "code": "INSUFFICIENT_CREDITS",
            "message": "Not enough credits to complete this operation",
            "details": {"available": 10_000, "required": 15_000},
        }
    }


@pytest.mark.parametrize("style", [ErrorStyle.DOCUMENTED, ErrorStyle.SDK])
def test_a_rate_limit_error_has_the_wait_in_body_and_header(style: ErrorStyle) -> None:
    setup = replace(with_limits(Limits(rate=Rate(spacing=2))), error_style=style)
    with open_world(setup) as world:
        world.clock.advance(0.5)
        refused = world.http.get("tags")
        world.clock.advance(2)
        assert world.http.get("tags").status_code == 200
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    assert refused.json()["meta"] == {"retry_after": 2, "reset_at": "2025-12-18T10:00:02Z", "limit": "1 req/sec"}
    assert refused.json()["error"]["code"].lower() in {"rate_limited", "rate_limit_exceeded"}


def test_a_body_over_the_limit_is_413_and_the_key_can_be_used_for_a_smaller_one() -> None:
    with open_world(with_limits(Limits(body_bytes=2_000, rate=None))) as world:
        big: JsonValue = [{"fileName": "a.txt", "mimeType": "text/plain", "content": "x" * 900_000}]
        assert world.create(attachments=big, idempotencyKey=UUID4).status_code == 413
        assert world.service.tasks() == ()
        assert world.create(idempotencyKey=UUID4).status_code == 201


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer cvf_test_other", f"Basic {KEY}", f"Bearer {KEY}x"])
def test_a_wrong_key_is_401(world: World, authorization: str) -> None:
    response = world.http.get("tags", headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff\xfe{", b'"x"', b"[" * 100_000])
def test_a_body_that_is_not_an_object_is_400(world: World, content: bytes) -> None:
    assert world.http.post("tasks/create", content=content).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "nowhere", 404), ("DELETE", "tags", 405), ("GET", "tasks/create/x", 404), ("POST", "tasks/x/cancel", 404)],
)
def test_a_missing_object_is_refused_in_the_same_form(world: World, method: str, path: str, status: int) -> None:
    response = world.http.request(method, path)
    assert (response.status_code, set(response.json())) == (status, {"error"})


def test_a_service_without_schemas_accepts_the_same_key_without_one() -> None:
    schema: JsonValue = {"type": "object"}
    with open_world(with_limits(Limits(schemas=False, rate=None))) as world:
        refused = world.create(responseSchema=schema, idempotencyKey=UUID4)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_SCHEMA")
        assert world.service.tasks() == ()
        assert world.create(idempotencyKey=UUID4).status_code == 201
        assert world.create(responseSchema=schema, idempotencyKey=UUID4).status_code == 200
