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
    PlannedRefusal,
    Rate,
    Refusal,
    ServiceConfig,
    Setup,
    TaskLife,
    build_codevf,
    canned,
)
from reviewbot_sandbox.serve import Bounds, serving

KEY, OTHER = "cvf_test_one", "cvf_test_two"
UUID4 = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"
PROMPT = "Review this change, please."
LIMITS = Limits(body_bytes=150_000, rate=None)


@dataclass(frozen=True)
class World:
    """A service, its clock and where it listens."""

    service: CodeVFService
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
    with serving(build_codevf(service), bounds=Bounds(60, 500)) as served:
        yield World(service, clock, served.url + "/api/v1/")


def test_a_project_is_created_once_and_then_reused(world: World) -> None:
    with world.client() as client:
        first = client.projects.create("octo/app", "An application")
        again = client.projects.create("octo/app")
    assert first == again
    assert first.description == "An application"
    assert [each.status for each in world.service.exchanges] == [201, 200]


def test_a_task_lives_from_pending_to_completed_and_its_file_can_be_fetched(world: World) -> None:
    with world.client() as client:
        project = client.projects.create("octo/app")
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
        world.clock.advance(3)
        assert client.tasks.retrieve(task.id).status == "processing"
        world.clock.advance(12)
        done = client.tasks.retrieve(task.id)
    assert (done.status, done.credits_used) == ("completed", 612)
    assert done.result is not None
    (deliverable,) = done.result.deliverables
    assert httpx.get(deliverable.url).json() == {"ok": True}
    assert deliverable.uploaded_at == "2025-12-18T10:00:15Z"
    (recorded,) = world.service.tasks()
    assert [each.size for each in recorded.request.attachments] == [21, 3]
    assert recorded.request.metadata == {"pull": 7, "draft": False, "note": None}


def test_the_same_key_returns_the_original_task_whatever_the_payload(world: World) -> None:
    with world.client() as client:
        project = client.projects.create("octo/app")
        first = client.tasks.create(PROMPT, 240, project.id, idempotency_key=UUID4)
        again = client.tasks.create("Something else altogether", 300, 999, mode="fast", idempotency_key=UUID4)
    assert again == first
    assert world.service.exchanges[-1].status == 200
    assert len(world.service.tasks()) == 1


def test_another_accounts_key_is_a_conflict(world: World) -> None:
    with world.client() as one, world.client(OTHER) as two:
        one.tasks.create(PROMPT, 240, one.projects.create("octo/app").id, idempotency_key=UUID4)
        with pytest.raises(codevf.IdempotencyConflictError):
            two.tasks.create(PROMPT, 240, two.projects.create("octo/app").id, idempotency_key=UUID4)


def test_the_balance_moves_from_available_to_hold_to_spent(world: World) -> None:
    with world.client() as client:
        project = client.projects.create("octo/app")
        client.tasks.create(PROMPT, 241, project.id, mode="fast")
        held = client.credits.get_balance()
        world.clock.advance(60)
        spent = client.credits.get_balance()
    assert (held.available, held.on_hold, held.total) == (Decimal(2638), Decimal(362), Decimal(3000))
    assert (spent.available, spent.on_hold, spent.total) == (Decimal(2638), Decimal(0), Decimal(2638))


def test_fractional_credits_stay_fractional(world: World) -> None:
    with world.client(OTHER) as client:
        assert client.credits.get_balance().available == Decimal("99.5")


def test_tags_come_with_their_multipliers(world: World) -> None:
    with world.client() as client:
        tags = client.tags.list()
    assert [(tag.display_name, tag.cost_multiplier) for tag in tags] == [
        ("Engineer", Decimal("1.7")),
        ("Vibe Coder", Decimal("1.5")),
        ("General Purpose", Decimal("1.0")),
    ]
    assert [tag.sort_order for tag in tags] == [1, 2, 3]


def test_cancelling_releases_the_hold(world: World) -> None:
    with world.client() as client:
        task = client.tasks.create(PROMPT, 240, client.projects.create("octo/app").id)
        assert isinstance(client.tasks.cancel(task.id), dict)
        assert client.tasks.retrieve(task.id).status == "cancelled"
        assert client.credits.get_balance().available == Decimal(3000)


def test_a_completed_task_cannot_be_cancelled(world: World) -> None:
    with world.client() as client:
        task = client.tasks.create(PROMPT, 240, client.projects.create("octo/app").id)
        world.clock.advance(60)
        with pytest.raises(codevf.APIError) as caught:
            client.tasks.cancel(task.id)
    assert caught.value.status_code == 409


@pytest.mark.parametrize("style", list(ErrorStyle), indirect=True)
def test_every_error_form_becomes_the_clients_typed_exception(world: World) -> None:
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
        world.service.plan(PlannedRefusal(Refusal(500, "internal_error", "Something broke")))
        with pytest.raises(codevf.ServerError):
            client.tags.list()
        assert client.tags.list()
    assert world.service.tasks() == ()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_persistent_gateway_error_is_a_connection_error(world: World, status: int) -> None:
    # Its transport retries these statuses itself, and gives up with an exception instead of the response.
    world.service.plan(PlannedRefusal(Refusal(status, "unavailable", "Try again"), style=ErrorStyle.HTML))
    with world.client() as client, pytest.raises(codevf.APIConnectionError):
        client.tags.list()


def test_a_lost_response_and_the_clients_own_retry_create_one_task(world: World) -> None:
    lost = PlannedRefusal(Refusal(503, "unavailable", "Try again"), path="tasks/create", recorded=True)
    world.service.plan(lost)
    with codevf.CodeVFClient(KEY, world.url, max_retries=1) as client:
        task = client.tasks.create(PROMPT, 240, client.projects.create("p").id, idempotency_key=UUID4)
    assert [each.id for each in world.service.tasks()] == [task.id]
    assert [each.status for each in world.service.exchanges] == [201, 503, 200]


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
