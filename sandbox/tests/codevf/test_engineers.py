"""Engineers run once per task, also with concurrent requests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from threading import Event

import httpx
from reviewbot_sandbox.codevf import (
    AT_ONCE,
    Account,
    Answer,
    CodeVFService,
    Engineer,
    FreeText,
    HandClock,
    JsonValue,
    Limits,
    Mode,
    ServiceConfig,
    Setup,
    TaskLife,
    TaskRequest,
    build_codevf,
    echo,
    scaled_clock,
)
from reviewbot_sandbox.serve import Bounds, serving

KEY = "cvf_test_one"
UUID4 = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"
BODY: dict[str, JsonValue] = {"prompt": "Review this change.", "projectId": 101, "maxCredits": 240, "mode": "fast"}


def setup(engineer: Engineer, life: TaskLife = AT_ONCE) -> Setup:
    config = ServiceConfig((Account(KEY, Decimal(10_000)),), limits=Limits(rate=None), life_of=lambda _request: life)
    return Setup(config, engineer, HandClock())


@contextmanager
def open_service(setup: Setup) -> Iterator[tuple[CodeVFService, httpx.Client]]:
    service = CodeVFService(setup)
    with (
        serving(build_codevf(service), bounds=Bounds(60, 500)) as served,
        httpx.Client(base_url=served.url + "/api/v1/", headers={"Authorization": f"Bearer {KEY}"}) as http,
    ):
        http.post("projects/create", json={"name": "octo/app"}).raise_for_status()
        yield service, http


def test_the_engineer_is_called_once_per_task_with_the_request() -> None:
    seen: list[TaskRequest] = []

    def engineer(request: TaskRequest) -> Answer:
        seen.append(request)
        return echo(request)

    attachments: JsonValue = [{"fileName": "change.diff", "mimeType": "text/plain", "content": "diff --git"}]
    with open_service(setup(engineer)) as (_, http):
        task = http.post("tasks/create", json={**BODY, "attachments": attachments, "responseSchema": {}}).json()
        assert http.get(f"tasks/{task['id']}").json() == task
    (request,) = seen
    assert (request.mode, request.attachments[0].content) == (Mode.FAST, "diff --git")


def test_a_failing_engineer_is_a_500_and_is_retried() -> None:
    asked: list[int] = []

    def engineer(_request: TaskRequest) -> Answer:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError("coffee ran out")
        return FreeText("Better now.")

    with open_service(setup(engineer)) as (service, http):
        # The server closes the connection after an error, so a client that reuses it may fail.
        alone = {"Connection": "close"}
        first = http.post("tasks/create", json={**BODY, "idempotencyKey": UUID4}, headers=alone)
        again = http.post("tasks/create", json={**BODY, "idempotencyKey": UUID4})
    assert (first.status_code, first.json()["error"]["code"]) == (500, "INTERNAL_ERROR")
    assert (again.status_code, again.json()["result"]["message"]) == (200, "Better now.")
    assert len(service.tasks()) == 1


def test_the_engineer_is_not_called_for_a_cancelled_task() -> None:
    seen: list[TaskRequest] = []

    def engineer(request: TaskRequest) -> Answer:
        seen.append(request)
        return echo(request)

    with open_service(setup(engineer, TaskLife())) as (_, http):
        url = f"tasks/{http.post('tasks/create', json=BODY).json()['id']}"
        assert http.post(f"{url}/cancel").json()["status"] == "cancelled"
        assert "result" not in http.get(url).json()
    assert seen == []


def test_a_slow_engineer_delays_only_its_own_task() -> None:
    release = Event()

    def engineer(request: TaskRequest) -> Answer:
        if "slowly" in request.prompt:
            release.wait(20)
        return FreeText("Done.")

    with open_service(setup(engineer)) as (_, http), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(http.post, "tasks/create", json={**BODY, "prompt": "Think slowly about it."})
        assert http.post("tasks/create", json=BODY).json()["status"] == "completed"
        assert http.get("credits/balance").status_code == 200
        assert not slow.done()
        release.set()
        assert slow.result(20).json()["status"] == "completed"


def test_concurrent_requests_with_one_key_create_one_task() -> None:
    with open_service(setup(echo)) as (service, http), ThreadPoolExecutor(8) as pool:

        def create(number: int) -> tuple[int, str]:
            prompt = f"Review this change, for the {number}th time."
            response = http.post("tasks/create", json={**BODY, "prompt": prompt, "idempotencyKey": UUID4})
            return response.status_code, response.json()["id"]

        answers = list(pool.map(create, range(24)))
    assert sorted(status for status, _ in answers) == [200] * 23 + [201]
    assert len({task_id for _, task_id in answers}) == len(service.tasks()) == 1


def test_a_scaled_clock_advances_by_hours_while_a_client_polls() -> None:
    config = ServiceConfig((Account(KEY),), limits=Limits(rate=None), life_of=lambda _request: TaskLife(7200, 7200))
    with open_service(Setup(config, clock=scaled_clock(1e-5))) as (_, http):
        url = f"tasks/{http.post('tasks/create', json=BODY).json()['id']}"
        polls = [http.get(url).json()["status"] for _ in range(300)]
    assert polls[-1] == "completed"
    assert polls == sorted(polls, key=["pending", "processing", "completed"].index)
