"""The CodeVF adapter against the sandbox: the port's promises, over real HTTP."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest
from reviewbot_sandbox.codevf import (
    BASE_PATH,
    Account,
    CodeVFService,
    Deliverables,
    Delivered,
    End,
    ErrorStyle,
    HandClock,
    Limits,
    Rate,
    Refusal,
    ServiceConfig,
    Setup,
    Structured,
    TaskLife,
    build_codevf,
    canned,
    error_reply,
)
from reviewbot_sandbox.faults import Faults, RecordedThen, with_faults
from reviewbot_sandbox.serve import Bounds, Served, serving

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF, wire
from reviewbot.adapters.codevf.errors import number, seconds
from reviewbot.domain.model.review import Attachment, Balance, Mode, Submission, TaskStatus
from reviewbot.errors import OverBudget, PayloadTooLarge, ServiceError, ServiceRefused, ServiceUnreachable
from reviewbot.ports import ReviewService
from reviewbot.settings.readers import Secret
from reviewbot.values import replace
from tests.contract.referee import refereed

KEY, OTHER = "cvf_test_one", "cvf_test_two"
UUID = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"
ANSWER = {"summary": "Fine.", "files": []}


class SandboxClock:
    """The sandbox's manual clock as reviewbot's clock."""

    def __init__(self, hand_clock: HandClock) -> None:
        self._hands = hand_clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._hands(), UTC)

    def monotonic(self) -> float:
        return self._hands()

    def sleep(self, seconds: float) -> None:
        self._hands.advance(seconds)


@dataclass(frozen=True)
class World:
    """A service and what a client needs to reach it."""

    service: CodeVFService
    hand_clock: HandClock
    url: str
    faults: Faults

    def connect(self, key: str = KEY) -> CodeVF:
        access = Access(self.url, Secret(key))
        return CodeVF(access, SandboxClock(self.hand_clock), self.hand_clock() + 3600, Random(1))  # noqa: S311 — jitter

    def submission(self, port: ReviewService, **changes: object) -> Submission:
        made = Submission(
            prompt="Review this change, please.",
            project_id=port.project("octo/app"),
            max_credits=240,
            mode=Mode.FAST,
            tag_id=None,
            metadata={"pr": 7, "repository": "octo/app"},
            idempotency_key=UUID,
            attachments=(Attachment("change.diff", "+ ünïcode\n"),),
            response_schema={"type": "object"},
        )
        return replace(made, **changes)  # type: ignore[arg-type]  # a builder


@contextmanager
def serve(service: CodeVFService, faults: Faults) -> Iterator[Served]:
    """Serve the service on loopback. The vendor's client validates the requests."""
    with refereed() as referee:
        app = with_faults(referee.bought(build_codevf(service)), faults)
        with serving(app, bounds=Bounds(60, 500)) as served:
            yield served


@pytest.fixture(name="life")
def life_fixture() -> TaskLife:
    return TaskLife(3, 12, used=Decimal("0.5"))


@pytest.fixture(name="world")
def world_fixture(life: TaskLife) -> Iterator[World]:
    hand_clock = HandClock()
    config = ServiceConfig(
        (Account(KEY, Decimal("999.5"), "one"), Account(OTHER, Decimal(10), "two")),
        limits=Limits(body_bytes=150_000, rate=Rate(), strict_fields=True),
        life_of=lambda _request: life,
    )
    service = CodeVFService(Setup(config, canned(Structured(ANSWER)), hand_clock))
    faults = Faults()
    with serve(service, faults) as served:
        yield World(service, hand_clock, served.url + BASE_PATH, faults)


def test_a_review_from_the_balance_to_the_result(world: World) -> None:
    with world.connect() as codevf:
        port: ReviewService = codevf
        assert port.balance() == Balance(Decimal("999.5"), Decimal(0))
        task = port.create(world.submission(port))
        assert task.status is TaskStatus.PENDING
        assert port.balance() == Balance(Decimal("639.5"), Decimal(360))
        statuses: list[TaskStatus] = [task.status]
        while not task.status.is_over:
            world.hand_clock.advance(task.retry_after or 2)
            task = port.retrieve(task.id)
            statuses.append(task.status)
        assert list(dict.fromkeys(statuses)) == [TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.COMPLETED]
        assert task.result == ANSWER
        assert task.credits_used == 180
    assert {one.status for one in world.faults.requests()} <= {200, 201}


def test_the_same_key_finds_the_same_task_even_after_a_lost_response(world: World) -> None:
    world.faults.add("tasks/create", RecordedThen(502))
    with world.connect() as codevf:
        submission = world.submission(codevf)
        first = codevf.create(submission)
        again = codevf.create(replace(submission, attachments=()))
    assert first.id == again.id
    assert len(world.service.tasks()) == 1


def test_projects_are_found_again_and_tags_are_listed(world: World) -> None:
    with world.connect() as codevf:
        assert codevf.project("octo/app") == codevf.project("octo/app")
        tags = {tag.name: tag.multiplier for tag in codevf.tags()}
    assert {Decimal("1.7"), Decimal("1.5"), Decimal(1)} == set(tags.values())


def test_missing_credits_a_large_payload_and_another_accounts_key_are_refused(world: World) -> None:
    with world.connect(OTHER) as poor, pytest.raises(OverBudget, match="360 are required, but only 10 are available"):
        poor.create(world.submission(poor))
    with world.connect() as codevf:
        large = (Attachment("a.txt", "x" * 200_000),)
        with pytest.raises(PayloadTooLarge):
            codevf.create(world.submission(codevf, attachments=large))
        task = codevf.create(world.submission(codevf))
    with world.connect(OTHER) as other:
        with pytest.raises(ServiceRefused, match="409"):
            other.create(world.submission(other))
        with pytest.raises(ServiceRefused, match="404"):
            other.retrieve(task.id)
    with world.connect("cvf_test_unknown") as unknown, pytest.raises(ServiceRefused, match="401"):
        unknown.balance()


def test_a_task_is_cancelled(world: World) -> None:
    with world.connect() as codevf:
        task = codevf.create(world.submission(codevf))
        codevf.cancel(task.id)
        assert codevf.retrieve(task.id).status is TaskStatus.CANCELLED
        assert codevf.retrieve(task.id).credits_used is None


@pytest.mark.parametrize("end", [End.CANCELED, End.CANCELLED, End.FAILED, End.EXPIRED, End.COMPLETED])
def test_every_final_status_is_over(end: End) -> None:
    task = wire.read_task({"id": 7, "status": end.value.upper()}, None)
    assert task.id == "7"
    assert task.status.is_over


@pytest.mark.parametrize("style", list(ErrorStyle))
def test_every_form_of_an_error_is_read(world: World, style: ErrorStyle) -> None:
    slow = Refusal(503, "unavailable", "Back soon", retry_after=2)
    world.faults.add("", error_reply(slow, style), times=3)
    with world.connect() as codevf:
        assert codevf.balance().on_hold == 0
    world.faults.add("", error_reply(Refusal(400, "invalid_mode", "No such mode"), style))
    with world.connect() as codevf, pytest.raises(ServiceRefused) as caught:
        codevf.balance()
    assert caught.value.status == 400


def test_a_service_that_stays_down_is_unreachable(world: World) -> None:
    world.faults.add("", error_reply(Refusal(500, "internal", "Oops")), times=None)
    with world.connect() as codevf, pytest.raises(ServiceUnreachable, match="Oops"):
        codevf.balance()


def test_a_delivered_file_is_read_from_its_signed_address(world: World) -> None:
    hand_clock = HandClock()
    config = ServiceConfig((Account(KEY),), limits=Limits(rate=None), life_of=lambda _request: TaskLife(0, 0))
    answer = Deliverables((Delivered("report é.json", '{"ok": "é"}'.encode()),))
    service = CodeVFService(Setup(config, canned(answer), hand_clock))
    with serve(service, world.faults) as served:
        there = dataclasses.replace(world, service=service, hand_clock=hand_clock, url=served.url + BASE_PATH)
        with there.connect() as codevf:
            result = codevf.create(there.submission(codevf)).result
            assert isinstance(result, dict)
            assert codevf.deliverable(result["deliverables"][0]["url"]) == '{"ok": "é"}'


def test_the_real_limit_of_one_request_a_second_is_never_hit() -> None:
    config = ServiceConfig((Account(KEY),), limits=Limits(rate=Rate(spacing=0.05)))
    service = CodeVFService(Setup(config, clock=time.time))
    faults = Faults()
    with serve(service, faults) as served:
        clock = SystemClock(0.05)
        access = Access(served.url + BASE_PATH, Secret(KEY))
        with CodeVF(access, clock, clock.monotonic() + 600, Random(1)) as codevf:  # noqa: S311 — jitter
            for _ in range(10):
                codevf.balance()
    assert [one.status for one in faults.requests()] == [200] * 10


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"id": "x"},
        {"status": "pending"},
        {"id": "", "status": "pending"},
        {"id": True, "status": "pending"},
        {"id": "x", "status": 3},
        {"id": "x", "status": ""},
    ],
)
def test_a_task_without_id_or_status_is_an_error(body: object) -> None:
    with pytest.raises(ServiceError, match="is not a task"):
        wire.read_task(body, None)


@pytest.mark.parametrize("text", ["queued", "in_review", "PENDING!"])
def test_an_unknown_status_is_still_running(text: str) -> None:
    task = wire.read_task({"id": "x", "status": text, "creditsUsed": "1.5"}, 3.0)
    assert (task.status, task.status_text, task.credits_used, task.retry_after) == (
        TaskStatus.UNKNOWN,
        text,
        Decimal("1.5"),
        3.0,
    )


@pytest.mark.parametrize("body", [None, {"available": 1}, {"available": 1, "onHold": "x"}])
def test_a_balance_without_a_figure_is_reported(body: object) -> None:
    with pytest.raises(ServiceError, match="the balance"):
        wire.read_balance(body)


@pytest.mark.parametrize("body", [None, {}, {"id": "7"}, {"id": True}])
def test_a_project_without_a_number_is_an_error(body: object) -> None:
    with pytest.raises(ServiceError, match="a project"):
        wire.read_project_id(body)


def tag(**changes: object) -> dict[str, object]:
    return {"id": 1, "name": "Engineer", "costMultiplier": "1.7", "isActive": True, **changes}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (None, None, None),
        ("2026-11-28T10:00:00Z", "2026-11-28T10:00:00+00:00", "2026-11-28T10:00:00+00:00"),
        ("2026-11-28T10:00:00", "2026-11-28T10:00:00+00:00", "2026-11-28T10:00:00+00:00"),
        ("2026-11-28", "2026-11-28T00:00:00+00:00", "2026-11-28T23:59:59.999999+00:00"),
        ("soon", None, None),
        (7, None, None),
    ],
)
def test_the_dates_of_a_tag_are_read_or_left_out(text: object, start: str | None, end: str | None) -> None:
    (read,) = wire.read_tags({"tags": [tag(validFrom=text, validTo=text, isDeprecated=True)]})
    dates = (one.isoformat() if one else None for one in (read.valid_from, read.valid_to))
    assert (*dates, read.is_deprecated) == (start, end, True)
    assert not wire.read_tags({"tags": [tag(isDeprecated="yes")]})[0].is_deprecated


def test_inactive_tags_are_left_out() -> None:
    body = {"tags": [tag(), tag(id=2, isActive=False, costMultiplier=None), tag(id=3, name=None, displayName="B")]}
    assert [(each.id, each.name) for each in wire.read_tags(body)] == [(1, "Engineer"), (3, "B")]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"tags": {}},
        {"tags": [1]},
        {"tags": [tag(id="1")]},
        {"tags": [tag(id=True)]},
        {"tags": [tag(name=3)]},
        {"tags": [tag(costMultiplier="a lot")]},
        {"tags": [tag(costMultiplier="NaN")]},
        {"tags": [tag(costMultiplier=0)]},
    ],
)
def test_an_expertise_with_an_unknown_price_is_reported(body: object) -> None:
    with pytest.raises(ServiceError):
        wire.read_tags(body)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        *((1.7, "1.7"), ("1.70", "1.70"), (3, "3"), (" 2 ", "2"), (0.1 + 0.2, "0.30000000000000004"), ("0.00", "0.00")),
        *((True, None), ("inf", None), ("", None), (None, None)),
        # Written as digits, these would exceed any memory.
        *(("1e99999999999", None), ("-1e99999999999", None), ("1e-99999999999", None), ("0e99999999999", None)),
    ],
)
def test_numbers_are_decimals(given: object, read: str | None) -> None:
    assert number(given) == (None if read is None else Decimal(read))


def test_a_wait_is_a_plausible_number_of_seconds_or_ignored() -> None:
    assert [seconds(value) for value in (5, "5", -1, "x", 1e300, "1e999999")] == [5, 5, None, None, 86_400, 86_400]
