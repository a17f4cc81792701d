"""The values of a review: severities, findings, the report, the task and the submission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How bad a finding is; `UNRATED` if CodeVF gave no severity that we know."""

    UNRATED = "unrated"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is shown first. Unrated comes before critical, because nobody knows."""
        return _RANKS[self]

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as `other` or worse."""
        return self.rank <= other.rank

    @property
    def takes_another(self) -> bool:
        """Whether someone other than the author has to accept it."""
        return self.at_least(Severity.HIGH)


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Category(StrEnum):
    """What a finding is about."""

    SECURITY = "security"
    CORRECTNESS = "correctness"
    PERFORMANCE = "performance"
    MAINTAINABILITY = "maintainability"
    TESTS = "tests"
    DOCUMENTATION = "documentation"
    STYLE = "style"


class Side(StrEnum):
    """GitHub's names: RIGHT is the head, LEFT the merge base."""

    RIGHT = "RIGHT"
    LEFT = "LEFT"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as parsed, not yet placed.

    Attributes:
        path: as the reviewer wrote it; may be empty.
        category: None if CodeVF gave none that we know.
        line: first cited line, from 1; `end_line` is None if it is, otherwise at least `line`.
        code: the quoted lines, perhaps with our line numbers.
        suggestion: the replacement; empty means "delete the lines".
    """

    path: str
    severity: Severity
    category: Category | None
    title: str
    explanation: str = ""
    side: Side = Side.RIGHT
    line: int | None = None
    end_line: int | None = None
    code: str = ""
    suggestion: str | None = None
    existing_code: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leftover:
    """A part of the answer that violates the schema, kept as text; `where` is a path such as `files[2].findings[0]`."""

    where: str
    why: str
    text: str


class PreviousState(StrEnum):
    """The reviewer's word on an earlier finding."""

    FIXED = "fixed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Previous:
    """An incremental answer's word on one earlier finding."""

    id: str
    state: PreviousState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The reviewer's answer, in its order.

    Attributes:
        leftovers: what is not a valid finding; nothing is lost.
        readable: whether the answer matched the schema. Only a readable report without findings is a clean one.
    """

    summary: str
    findings: tuple[Finding, ...]
    leftovers: tuple[Leftover, ...] = ()
    readable: bool = True
    previous: tuple[Previous, ...] = ()

    @classmethod
    def of(cls, reports: Sequence[Report]) -> Report:
        """Several reports as one."""
        return cls(
            summary="\n\n".join(one.summary for one in reports if one.summary),
            findings=tuple(finding for one in reports for finding in one.findings),
            leftovers=tuple(leftover for one in reports for leftover in one.leftovers),
            readable=all(one.readable for one in reports),
            previous=tuple(word for one in reports for word in one.previous),
        )


class TaskStatus(Enum):
    """The status of a task; CodeVF may use undocumented words."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether polling can stop. An unknown status is still running."""
        return self in {TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.EXPIRED}


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that the reviewer did not read completely, and why, in a few words or none."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task as CodeVF describes it; `status_text` is CodeVF's own word.

    Attributes:
        result: the decoded JSON of `result`, if any.
        retry_after: seconds until the next poll that CodeVF asks for, if it does.
        unseen: files that the reviewer could not read completely; they make the review partial.
        parts: the tasks of one purchase that are joined here; empty for a single task.
    """

    id: str
    status: TaskStatus
    status_text: str
    result: object = None
    credits_used: Decimal | None = None
    retry_after: float | None = None
    unseen: tuple[Unread, ...] = ()
    parts: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of the account; fractions occur."""

    available: Decimal
    on_hold: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Tag:
    """An expertise tag and its price multiplier."""

    id: int
    name: str
    multiplier: Decimal

    def is_called(self, expertise: str) -> bool:
        """Whether `expertise` is its name, in any case, or its number."""
        return expertise.casefold() in {self.name.casefold(), str(self.id)}


class Mode(StrEnum):
    """CodeVF's modes."""

    REALTIME_ANSWER = "realtime_answer"
    FAST = "fast"
    STANDARD = "standard"

    @property
    def multiplier(self) -> Decimal:
        """The price multiplier."""
        return {"realtime_answer": Decimal(2), "fast": Decimal("1.5"), "standard": Decimal(1)}[self.value]

    @property
    def credits(self) -> range:
        """The values of `max-credits` that CodeVF accepts."""
        return range(60, 601) if self is Mode.REALTIME_ANSWER else range(240, 115_201)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file of a task; `path` is that of the one changed file in it, if it contains nothing else."""

    file_name: str
    content: str
    mime_type: str = "text/plain"
    path: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything that one `tasks/create` sends.

    Attributes:
        prompt: 10 to 10,000 characters.
        tag_id: the expertise, or None for CodeVF's default.
        idempotency_key: a version 4 UUID.
        attachments: at most five.
    """

    prompt: str
    project_id: int
    max_credits: int
    mode: Mode
    tag_id: int | None
    metadata: dict[str, str | int | float | bool]
    idempotency_key: str
    attachments: tuple[Attachment, ...]
    response_schema: dict[str, object]
