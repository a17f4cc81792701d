"""The service's nouns: what is asked, what is answered, and how a task lives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class Mode(Enum):
    """Service level: who waits how long, and what that costs."""

    REALTIME = "realtime_answer"
    FAST = "fast"
    STANDARD = "standard"

    @property
    def multiplier(self) -> Decimal:
        """Factor on the credits."""
        return {Mode.REALTIME: Decimal(2), Mode.FAST: Decimal("1.5"), Mode.STANDARD: Decimal(1)}[self]

    @property
    def credit_range(self) -> range:
        """What `maxCredits` may be in this mode."""
        return range(60, 601) if self is Mode.REALTIME else range(240, 115_201)


@dataclass(frozen=True, slots=True)
class Tag:
    """A level of expertise; `multiplier` is a factor on the credits."""

    id: int
    name: str
    display_name: str
    multiplier: Decimal
    description: str = ""
    active: bool = True


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
    """A valid submission: what an engineer gets to see."""

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
        """Credits set aside at creation: rounded up after both multipliers."""
        tag = self.tag.multiplier if self.tag else Decimal(1)
        return math.ceil(self.max_credits * self.mode.multiplier * tag)


@dataclass(frozen=True, slots=True)
class Structured:
    """The object that the response schema asked for (JSON in `message` when none was sent).

    Typed loosely, so that a reviewer's answer object goes in as it is; it must hold JSON values only.
    """

    value: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class JsonMessage:
    """JSON as text in `message`, in a Markdown fence or bare, with words around it or none."""

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


class Emptiness(Enum):
    """How a result can be nothing."""

    ABSENT = "absent"
    NULL = "null"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Nothing:
    """A completed task without a result."""

    emptiness: Emptiness = Emptiness.ABSENT


@dataclass(frozen=True, slots=True)
class Garbage:
    """Any JSON at all as the `result`, passed on untouched."""

    value: JsonValue


Answer: TypeAlias = Structured | JsonMessage | FreeText | Deliverables | Nothing | Garbage
Engineer: TypeAlias = Callable[[TaskRequest], Answer]


class End(Enum):
    """How a task's life ends: the two documented ends, then those seen in the wild."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Stage:
    """A status that lasts some seconds of the service's clock; it may be an undocumented one."""

    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskLife:
    """A task's script: seconds pending, seconds processing, then the end.

    `between` are undocumented stages from pending to processing. `used` is the part of the hold that is spent at
    the end (0 to 1); unset, a completed task spends all of it and every other end nothing.
    `math.inf` seconds make a task that never moves on.
    """

    pending: float = 3.0
    processing: float = 12.0
    end: End = End.COMPLETED
    between: tuple[Stage, ...] = ()
    used: Decimal | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Everything before the end, in order."""
        return (Stage("pending", self.pending), *self.between, Stage("processing", self.processing))

    @property
    def seconds(self) -> float:
        """From creation to the end."""
        return sum(stage.seconds for stage in self.stages)


AT_ONCE = TaskLife(0, 0)
LifeOf: TypeAlias = Callable[[TaskRequest], TaskLife]


def usual_life(request: TaskRequest) -> TaskLife:
    """Realtime completes at once; the others take a little while."""
    return AT_ONCE if request.mode is Mode.REALTIME else TaskLife()


@dataclass(frozen=True, slots=True)
class Task:
    """A recorded task. Its status is never stored: it follows from the script and the time (see `state`)."""

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
    """What the service takes; lower these to provoke a refusal.

    Sizes are bytes. `rate` unset means no limit. `strict_fields` refuses fields that the documentation does not name,
    which the real service is not known to do: it catches a client that sends too much.
    """

    body_bytes: int = 52_428_800
    text_bytes: int = 1_048_576
    binary_bytes: int = 10_485_760
    attachments: int = 5
    rate: Rate | None = Rate()
    key_memory: float = 24 * 3600.0
    strict_fields: bool = False
