"""The values of a review: severities, findings, the report, the task and the submission."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MAX_CREDITS = 10**12
"""A ledger with a larger number is invalid."""

Credits = Annotated[int, Meta(ge=0, le=MAX_CREDITS)]


class Severity(StrEnum):
    """The severity of a finding, or `UNRATED` if CodeVF gave none or an unknown one."""

    UNRATED = "unrated"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """The order in which findings are shown, from 0. Unrated is first because it may be critical."""
        return _RANKS[self]

    def at_least(self, other: Severity) -> bool:
        return self.rank <= other.rank


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Category(StrEnum):
    SECURITY = "security"
    CORRECTNESS = "correctness"
    PERFORMANCE = "performance"
    MAINTAINABILITY = "maintainability"
    TESTS = "tests"
    DOCUMENTATION = "documentation"
    STYLE = "style"


class Side(StrEnum):
    """The side of a diff, in GitHub's terms. RIGHT is the head, LEFT the merge base."""

    RIGHT = "RIGHT"
    LEFT = "LEFT"

    @property
    def other(self) -> Side:
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


class Finding(Struct, frozen=True):
    """A finding that is parsed but not yet placed.

    Attributes:
        path: the path as the reviewer wrote it. It may be empty.
        category: the category, or None if CodeVF gave none or an unknown one.
        line: the first cited line, from 1. `end_line` is None if `line` is, else at least `line`.
        code: the quoted lines, which may contain the line numbers of the attachment.
        suggestion: the replacement. An empty text means "delete the lines".
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


class Leftover(Struct, frozen=True):
    """A part of the answer that violates the schema, as text. `where` is a path such as `files[2].findings[0]`."""

    where: str
    why: str
    text: str


class PreviousState(StrEnum):
    FIXED = "fixed"
    OPEN = "open"


class Previous(Struct, frozen=True):
    """The statement of an answer about an earlier finding. reviewbot posts the `reply` in the finding's thread."""

    id: str
    state: PreviousState
    note: str = ""
    reply: str = ""


class Report(Struct, frozen=True):
    """The reviewer's answer, in the original order.

    Attributes:
        leftovers: the parts that are not valid findings.
        readable: whether the whole answer could be parsed, by the schema or as prose. A report is clean only if it is
            readable and has no findings.
    """

    summary: str
    findings: tuple[Finding, ...]
    leftovers: tuple[Leftover, ...] = ()
    readable: bool = True
    previous: tuple[Previous, ...] = ()

    @classmethod
    def of(cls, reports: Sequence[Report]) -> Report:
        return cls(
            summary="\n\n".join(one.summary for one in reports if one.summary),
            findings=tuple(finding for one in reports for finding in one.findings),
            leftovers=tuple(leftover for one in reports for leftover in one.leftovers),
            readable=all(one.readable for one in reports),
            previous=tuple(word for one in reports for word in one.previous),
        )


class TaskStatus(Enum):
    """The status of a task. CodeVF may send undocumented values."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether polling can stop. An unknown status counts as running."""
        return self in _OVER


_OVER = frozenset({TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.EXPIRED})


class Unread(Struct, frozen=True):
    """A file that the reviewer did not read completely, with the reason if it is known."""

    path: str
    why: str


class Task(Struct, frozen=True):
    """A task. `status_text` is the status as CodeVF sent it.

    Attributes:
        result: the decoded JSON of `result`, if any.
        retry_after: the seconds until the next poll, if CodeVF sets them.
        unseen: the files that the reviewer could not read completely. They make the review partial.
        parts: the tasks of one purchase, if this task joins several.
    """

    id: str
    status: TaskStatus
    status_text: str
    result: object = None
    credits_used: Decimal | None = None
    retry_after: float | None = None
    unseen: tuple[Unread, ...] = ()
    parts: tuple[Task, ...] = ()


class Balance(Struct, frozen=True):
    """The credits of the account, which may be fractions."""

    available: Decimal
    on_hold: Decimal


class Tag(Struct, frozen=True):
    """An expertise. `valid_from` and `valid_to` are None if CodeVF sets no limit."""

    id: int
    name: str
    multiplier: Decimal
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    is_deprecated: bool = False

    def is_expired(self, now: datetime) -> bool:
        return self.valid_to is not None and self.valid_to < now

    def is_called(self, expertise: str) -> bool:
        """Return whether `expertise` is the tag's number, or its name in any case."""
        return expertise.casefold() in {self.name.casefold(), str(self.id)}


def tag_called(tags: Iterable[Tag], expertise: str, now: datetime) -> Tag | None:
    """Return the tag with a name or number, or None.

    Prefer a tag that has not expired, because a renewed tag keeps its name.
    """
    called = (one for one in tags if one.is_called(expertise))
    return min(called, key=lambda one: one.is_expired(now), default=None)


def other_tags(tags: Iterable[Tag], tag: Tag | None, now: datetime) -> str:
    """Return a hint on how to replace a tag that is unknown, expired or about to expire."""
    usable = (one for one in tags if one != tag and not one.is_expired(now) and not one.is_deprecated)
    names = [f"`{one.name}`" for one in usable if one.valid_from is None or one.valid_from <= now]
    return f"Set `expertise` to one of: {', '.join(names)}." if names else "Remove `expertise`."


class Mode(StrEnum):
    REALTIME_ANSWER = "realtime_answer"
    FAST = "fast"
    STANDARD = "standard"

    @property
    def multiplier(self) -> Decimal:
        return {"realtime_answer": Decimal(2), "fast": Decimal("1.5"), "standard": Decimal(1)}[self.value]

    @property
    def credits(self) -> range:
        return range(60, 601) if self is Mode.REALTIME_ANSWER else range(240, 115_201)


class Attachment(Struct, frozen=True):
    """A text file of a task. If it contains only one changed file, `path` is that file's."""

    file_name: str
    content: str
    path: str = ""


class Submission(Struct, frozen=True):
    """The content of one `tasks/create` request.

    Attributes:
        prompt: 10 to 10,000 characters.
        tag_id: the expertise, or None for CodeVF's default.
        idempotency_key: a version 4 UUID.
        attachments: at most five.
        response_schema: the schema of the answer, or None if the answer may be prose.
    """

    prompt: str
    project_id: int
    max_credits: int
    mode: Mode
    tag_id: int | None
    metadata: dict[str, str | int | float | bool]
    idempotency_key: str
    attachments: tuple[Attachment, ...]
    response_schema: dict[str, object] | None
