"""CodeVF twice: in memory, and the adapter over HTTP to the sandbox. Tests use only `CodeVFHarness`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Protocol, cast

from reviewbot_sandbox.codevf import (
    BASE_PATH,
    Account,
    Answer,
    CodeVFService,
    Deliverables,
    Delivered,
    End,
    HandClock,
    JsonValue,
    Limits,
    ServiceConfig,
    Setup,
    Structured,
    TaskLife,
    TaskRequest,
)

from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.domain.model.review import TaskStatus
from reviewbot.ports import ReviewService
from reviewbot.settings.readers import Secret
from tests.contract.ports.states import submission
from tests.simulation.codevf import Life, SimulatedCodeVF
from tests.simulation.github import Time

DEPOSIT = Decimal("2000.5")
LARGEST = 20_000
"""Maximum bytes of a request; the tests stay far below or far above it."""

PENDING, PROCESSING = 10.0, 60.0
"""Seconds that a task stays in each state."""

KEY = "cvf_test_contract"


class CodeVFHarness(Protocol):
    """One account, whose tasks are pending for ten seconds, processed for sixty, and then over."""

    @property
    def service(self) -> ReviewService:
        """The port."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def next_end(self, end: TaskStatus) -> None:
        """Choose how the tasks created from now on end; until then they are completed."""

    def tasks(self) -> int:
        """Return the number of tasks."""

    def deliver(self, text: str) -> str:
        """Return the address of a file that the service has delivered."""


def answer_to(prompt: str) -> dict[str, object]:
    """Return the result of a task; it depends on what was submitted."""
    return {"summary": prompt, "files": []}


class MemoryCodeVF:
    """The model of the simulator."""

    def __init__(self) -> None:
        self._time = Time()
        self._end = TaskStatus.COMPLETED
        self.service = SimulatedCodeVF(
            self._time,
            lambda submission: answer_to(submission.prompt),
            life_of=lambda _count: Life(PENDING, PROCESSING, self._end),
            deposit=DEPOSIT,
            largest=LARGEST,
        )

    def advance(self, seconds: float) -> None:
        self._time.seconds += seconds

    def next_end(self, end: TaskStatus) -> None:
        self._end = end

    def tasks(self) -> int:
        return len(self.service.tasks)

    def deliver(self, text: str) -> str:
        self.service.files["/files/1"] = text
        return "/files/1"


@dataclass
class StandingClock:
    """The adapter's own clock: waits return immediately and do not advance the service's clock."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class SandboxCodeVF:
    """The adapter, over HTTP. `serve` makes a service the one at the address."""

    url: str
    serve: Callable[[CodeVFService], None]
    hands: HandClock = field(default_factory=HandClock)
    end: TaskStatus = TaskStatus.COMPLETED

    def __post_init__(self) -> None:
        self._sandbox = self._start(self._answer)
        self.adapter = CodeVF(
            Access(self.url + BASE_PATH, Secret(KEY)),
            StandingClock(),
            1_000_000.0,
            Random(1),  # noqa: S311 — jitter
        )

    def _start(self, engineer: Callable[[TaskRequest], Answer]) -> CodeVFService:
        config = ServiceConfig(
            (Account(KEY, DEPOSIT),),
            limits=Limits(body_bytes=LARGEST, rate=None, strict_fields=True),
            life_of=lambda _request: TaskLife(PENDING, PROCESSING, End(self.end.value)),
        )
        started = CodeVFService(Setup(config, engineer, self.hands))
        self.serve(started)
        return started

    def _answer(self, request: TaskRequest) -> Answer:
        return Structured(answer_to(request.prompt))

    @property
    def service(self) -> ReviewService:
        return self.adapter

    def stop(self) -> None:
        """Close the connections."""
        self.adapter.__exit__(None, None, None)

    def advance(self, seconds: float) -> None:
        self.hands.advance(seconds)

    def next_end(self, end: TaskStatus) -> None:
        self.end = end

    def tasks(self) -> int:
        return len(self._sandbox.tasks())

    def deliver(self, text: str) -> str:
        """Let another service complete a task with a file, at the same address."""
        self._sandbox = self._start(
            lambda _request: Deliverables((Delivered("notes.txt", text.encode(), "text/plain"),))
        )
        made = self.adapter.create(submission(self.adapter, key=999))
        self.advance(PENDING + PROCESSING)
        result = cast("dict[str, list[dict[str, JsonValue]]]", self.adapter.retrieve(made.id).result)
        return str(result["deliverables"][0]["url"])
