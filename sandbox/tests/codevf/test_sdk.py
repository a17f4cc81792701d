"""The official SDK works with the sandbox."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import codevf
import httpx
import pytest
from reviewbot_sandbox.codevf import (
    Account,
    CodeVFService,
    Deliverables,
    Delivered,
    End,
    ErrorStyle,
    FreeText,
    HandClock,
    Limits,
    Rate,
    Refusal,
    ServiceConfig,
    Setup,
    TaskLife,
    build_codevf,
    canned,
    error_reply,
)
from reviewbot_sandbox.faults import Faults, RecordedThen, with_faults
from reviewbot_sandbox.serve import Bounds, serving

KEY, OTHER = "cvf_test_one", "cvf_test_two"
UUID4 = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"
PROMPT = "Review this change, please."
LIMITS = Limits(body_bytes=150_000, rate=None)


@dataclass(frozen=True)
class World:
    """A service, its clock and where it listens."""

    service: CodeVFService
    faults: Faults
    clock: HandClock
    url: str

    def client(self, key: str = KEY) -> codevf.CodeVFClient:
        return codevf.CodeVFClient(key, self.url, timeout=10, max_retries=0)


def service_config(limits: Limits = LIMITS, life: TaskLife | None = None) -> ServiceConfig:
    accounts = (Account(KEY, Decimal(3000), "one"), Account(OTHER, Decimal("99.5"), "two"))
    if life is None:
        return ServiceConfig(accounts, limits=limits)
    return ServiceConfig(accounts, limits=limits, life_of=lambda _request: life)


@pytest.fixture(name="style", params=[ErrorStyle.DOCUMENTED])
def style_fixture(request: pytest.FixtureRequest) -> ErrorStyle:
    style: ErrorStyle = request.param
    return style


@pytest.fixture(name="world")
def world_fixture(style: ErrorStyle) -> Iterator[World]:
    clock = HandClock()
    answer = Deliverables((Delivered("report é.json", b'{"ok": true}'),))
    service = CodeVFService(Setup(service_config(), canned(answer), clock, style))
    faults = Faults()
    with serving(with_faults(build_codevf(service), faults), bounds=Bounds(60, 500)) as served:
        yield World(service, faults, clock, served.url + "/api/v1/")


def test_the_sdk_sends_every_request_and_fetches_a_file(world: World) -> None:
    with world.client() as client:
        assert [tag.sort_order for tag in client.tags.list()] == [1, 2, 3]
        project = client.projects.create("octo/app", "An application")
        assert (project.name, project.description) == ("octo/app", "An application")
        assert isinstance(client.tasks.cancel(client.tasks.create(PROMPT, 240, project.id).id), dict)
        task = client.tasks.create(
            PROMPT,
            240,
            project.id,
            mode="fast",
            metadata={"pull": 7, "draft": False, "note": None},
            attachments=[
                {"fileName": "change.diff", "mimeType": "text/plain", "content": "diff --git a/ü b/ü\n"},
                {"fileName": "shot.png", "mimeType": "image/png", "base64": base64.b64encode(b"png").decode()},
            ],
            idempotency_key=UUID4,
            tag_id=1,
        )
        assert (task.status, task.result, task.credits_used) == ("pending", None, None)
        balance = client.credits.get_balance()
        assert (balance.available, balance.on_hold, balance.total) == (Decimal(2388), Decimal(612), Decimal(3000))
        world.clock.advance(3)
        assert client.tasks.retrieve(task.id).status == "processing"
        world.clock.advance(12)
        done = client.tasks.retrieve(task.id)
    assert (done.status, done.credits_used) == ("completed", 612)
    assert done.result is not None
    (deliverable,) = done.result.deliverables
    assert httpx.get(deliverable.url).json() == {"ok": True}
    assert deliverable.uploaded_at == "2025-12-18T10:00:15Z"
    _, recorded = world.service.tasks()
    assert [each.size for each in recorded.request.attachments] == [21, 3]
    assert recorded.request.metadata == {"pull": 7, "draft": False, "note": None}


@pytest.mark.parametrize("style", list(ErrorStyle), indirect=True)
def test_every_error_form_becomes_the_clients_typed_exception(world: World, style: ErrorStyle) -> None:
    with world.client() as client, world.client("cvf_test_nobody") as stranger, world.client(OTHER) as poor:
        project = client.projects.create("octo/app").id
        with pytest.raises(codevf.AuthenticationError):
            stranger.tags.list()
        with pytest.raises(codevf.NotFoundError):
            client.tasks.retrieve("task_nowhere")
        with pytest.raises(codevf.NotFoundError):
            client.tasks.create(PROMPT, 240, 999)
        with pytest.raises(codevf.NotFoundError):
            client.get("no/such/path")
        with pytest.raises(codevf.APIError, match=r"\S") as caught:
            client.post("tasks/create", {"prompt": "short", "projectId": project, "maxCredits": 240})
        assert caught.value.status_code == 400
        with pytest.raises(codevf.APIError) as caught:
            poor.tasks.create(PROMPT, 240, poor.projects.create("octo/app").id)
        assert caught.value.status_code == 402
        big = {"fileName": "a.txt", "mimeType": "text/plain", "content": "x" * 200_000}
        with pytest.raises(codevf.PayloadTooLargeError):
            client.tasks.create(PROMPT, 240, project, attachments=[big])
        world.faults.add("/tags", error_reply(Refusal(500, "internal_error", "Something broke"), style))
        with pytest.raises(codevf.ServerError):
            client.tags.list()
        assert client.tags.list()
    assert world.service.tasks() == ()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_persistent_gateway_error_is_a_connection_error(world: World, status: int) -> None:
    # Its transport retries these statuses itself, and gives up with an exception instead of the response.
    world.faults.add("/tags", error_reply(Refusal(status, "unavailable", "Try again"), ErrorStyle.HTML), times=None)
    with world.client() as client, pytest.raises(codevf.APIConnectionError):
        client.tags.list()


def test_a_lost_response_and_the_clients_own_retry_create_one_task(world: World) -> None:
    world.faults.add("tasks/create", RecordedThen(503))
    with codevf.CodeVFClient(KEY, world.url, max_retries=1) as client:
        task = client.tasks.create(PROMPT, 240, client.projects.create("p").id, idempotency_key=UUID4)
    assert [each.id for each in world.service.tasks()] == [task.id]
    assert [each.status for each in world.faults.requests()] == [201, 503, 200]


@pytest.mark.parametrize("style", [ErrorStyle.DOCUMENTED, ErrorStyle.SDK], indirect=True)
def test_insufficient_credits_have_their_own_error(world: World) -> None:
    with world.client(OTHER) as client, pytest.raises(codevf.InsufficientCreditsError):
        client.tasks.create(PROMPT, 240, client.projects.create("octo/app").id)


@pytest.mark.parametrize("style", [ErrorStyle.SDK], indirect=True)
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"mode": "slow"}, codevf.InvalidModeError),
        ({"tagId": 77}, codevf.InvalidTagError),
        ({"metadata": {"deep": {}}}, codevf.InvalidMetadataError),
        ({"mode": "realtime_answer", "maxCredits": 601}, codevf.MaxCreditsExceededError),
        ({"attachments": [{}] * 6}, codevf.AttachmentLimitExceededError),
        (
            {"attachments": [{"fileName": "a.exe", "mimeType": "application/x-dosexec", "content": ""}]},
            codevf.AttachmentTooLargeError,
        ),
        ({"prompt": None}, codevf.BadRequestError),
    ],
)
def test_each_specific_code_raises_its_own_exception(
    world: World, wrong: dict[str, object], expected: type[Exception]
) -> None:
    with world.client() as client:
        body = {"prompt": PROMPT, "projectId": client.projects.create("p").id, "maxCredits": 240, **wrong}
        with pytest.raises(expected):
            client.post("tasks/create", body)


@pytest.mark.parametrize("style", list(ErrorStyle))
def test_requests_that_come_too_fast_are_rate_limit_errors(style: ErrorStyle) -> None:
    service = CodeVFService(Setup(service_config(Limits(rate=Rate())), clock=HandClock(), error_style=style))
    with (
        serving(build_codevf(service)) as served,
        codevf.CodeVFClient(KEY, served.url + "/api/v1", max_retries=0) as client,
    ):
        client.tags.list()
        with pytest.raises(codevf.RateLimitError):
            client.tags.list()


@pytest.mark.parametrize("end", list(End))
def test_the_client_sees_every_final_status_of_a_task(end: End) -> None:
    clock = HandClock()
    life = TaskLife(1, 1, end)
    service = CodeVFService(Setup(service_config(life=life), canned(FreeText("Fine.")), clock))
    with serving(build_codevf(service)) as served, codevf.CodeVFClient(KEY, served.url + "/api/v1") as client:
        task = client.tasks.create(PROMPT, 240, client.projects.create("p").id)
        clock.advance(2)
        done = client.tasks.retrieve(task.id)
    assert done.status == end.value
    assert (done.result is not None) == (end is End.COMPLETED)
