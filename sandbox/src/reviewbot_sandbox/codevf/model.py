"""The service's values: submissions, results and the life of a task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class Mode(Enum):
    """Service level: waiting time and price."""

    REALTIME = "realtime_answer"
    FAST = "fast"
    STANDARD = "standard"

    @property
    def multiplier(self) -> Decimal:
        return {Mode.REALTIME: Decimal(2), Mode.FAST: Decimal("1.5"), Mode.STANDARD: Decimal(1)}[self]

    @property
    def credit_range(self) -> range:
        """The range of `maxCredits` in this mode."""
        return range(60, 601) if self is Mode.REALTIME else range(240, 115_201)


@dataclass(frozen=True, slots=True)
class Tag:
    """A level of expertise; `multiplier` is a factor on the credits, `valid_from` and `valid_to` are ISO 8601."""

    id: int
    name: str
    display_name: str
    multiplier: Decimal
    description: str = ""
    active: bool = True
    valid_from: str | None = None
    valid_to: str | None = None
    deprecated: bool = False


KNOWN_TAGS = (
    Tag(1, "engineer", "Engineer", Decimal("1.7"), "A professional engineer."),
    Tag(2, "vibe_coder", "Vibe Coder", Decimal("1.5"), "At home with generated code."),
    Tag(3, "general_purpose", "General Purpose", Decimal("1.0"), "Anything; the default."),
)


@dataclass(frozen=True, slots=True)
class Account:
    """An API key and the credits paid in; the key stays out of the repr."""

    key: str = field(repr=False)
    deposit: Decimal = Decimal(10_000)
    name: str = "demo"


@dataclass(frozen=True, slots=True)
class Project:
    """A project of one account (`owner` is the account's name)."""

    id: int
    name: str
    owner: str
    created_at: float
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was sent: text, or base64 when `binary`; `size` counts decoded bytes."""

    file_name: str
    mime_type: str
    content: str
    size: int
    binary: bool = False


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A valid submission, as an engineer receives it."""

    prompt: str
    project_id: int
    max_credits: int
    mode: Mode = Mode.STANDARD
    tag: Tag | None = None
    metadata: Mapping[str, JsonValue] | None = None
    idempotency_key: str | None = None
    attachments: tuple[Attachment, ...] = ()
    response_schema: Mapping[str, JsonValue] | None = None

    @property
    def hold(self) -> int:
        """Credits held at creation, rounded up after both multipliers."""
        tag = self.tag.multiplier if self.tag else Decimal(1)
        return math.ceil(self.max_credits * self.mode.multiplier * tag)


@dataclass(frozen=True, slots=True)
class Structured:
    """The object that the response schema asked for (JSON in `message` when none was sent).

    Must contain JSON values only.
    """

    value: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JsonMessage:
    """JSON as text in `message`, in a Markdown fence or bare, with or without text around it."""

    value: JsonValue
    fenced: bool = True
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Prose in `message`."""

    text: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file that the sandbox serves over HTTP."""

    file_name: str
    content: bytes
    mime_type: str | None = "application/json"


@dataclass(frozen=True, slots=True)
class Deliverables:
    """Files, with a message beside them."""

    files: tuple[Delivered, ...]
    message: str | None = "See the attached file."


@dataclass(frozen=True, slots=True)
class Garbage:
    """Any JSON as the `result`, unchanged."""

    value: JsonValue


Answer: TypeAlias = Structured | JsonMessage | FreeText | Deliverables | Garbage
Engineer: TypeAlias = Callable[[TaskRequest], Answer]


class End(Enum):
    """How a task ends: the two documented ends, then those observed."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class TaskLife:
    """A task's script: seconds pending, seconds processing, then the end.

    `used` is the part of the hold that is spent at the end (0 to 1); by default a completed task spends all of it and
    any other end nothing. With `math.inf` seconds the task stays in this state.
    """

    pending: float = 3.0
    processing: float = 12.0
    end: End = End.COMPLETED
    used: Decimal | None = None

    @property
    def seconds(self) -> float:
        return self.pending + self.processing


AT_ONCE = TaskLife(0, 0)
LifeOf: TypeAlias = Callable[[TaskRequest], TaskLife]


def usual_life(request: TaskRequest) -> TaskLife:
    """Realtime tasks complete at once, others after a short time."""
    return AT_ONCE if request.mode is Mode.REALTIME else TaskLife()


@dataclass(frozen=True, slots=True)
class Task:
    """A recorded task. Its status is computed from the script and the time (see `state`)."""

    id: str
    owner: str
    request: TaskRequest
    created_at: float
    life: TaskLife
    cancelled_at: float | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` requests at once, and one more every `spacing` seconds, per API key."""

    spacing: float = 1.0
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """The service's limits; lower them to provoke refusals.

    Sizes are bytes. `rate` unset means no limit. `strict_fields` refuses undocumented fields, which
    the real service may accept, to find clients that send too much. Without `schemas`, every response schema is
    refused.
    """

    body_bytes: int = 52_428_800
    text_bytes: int = 1_048_576
    binary_bytes: int = 10_485_760
    attachments: int = 5
    rate: Rate | None = Rate()
    key_memory: float = 24 * 3600.0
    strict_fields: bool = False
    schemas: bool = True
