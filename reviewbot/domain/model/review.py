"""Data types for a review: severities, findings, reports, tasks and submissions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MAX_CREDITS = 10**12
"""The maximum number of credits in a ledger. A ledger with a larger number is invalid."""

Credits = Annotated[int, Meta(ge=0, le=MAX_CREDITS)]


class Severity(StrEnum):
    """The severity of a finding, or `UNRATED` for a missing or unknown severity."""

    UNRATED = "unrated"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """The position of the severity in lists, from 0. Unrated comes first, because it may be critical."""
        return _RANKS[self]

    @property
    def icon(self) -> str:
        return _ICONS[self]

    def at_least(self, other: Severity) -> bool:
        return self.rank <= other.rank


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_ICONS = dict(zip(Severity, "❓🔴🟠🟡🔵⚪", strict=True))


class Category(StrEnum):
    SECURITY = "security"
    CORRECTNESS = "correctness"
    PERFORMANCE = "performance"
    MAINTAINABILITY = "maintainability"
    TESTS = "tests"
    DOCUMENTATION = "documentation"
    STYLE = "style"


class Side(StrEnum):
    """A side of a diff. `RIGHT` is the head, and `LEFT` is the merge base."""

    RIGHT = "RIGHT"
    LEFT = "LEFT"

    @property
    def other(self) -> Side:
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


class Finding(Struct, frozen=True):
    """A finding as parsed from the reviewer's answer.

    Attributes:
        path: the path that the reviewer wrote, possibly empty.
        line: the first cited line, from 1, or None.
        end_line: the last cited line, or None if `line` is None.
        code: the quoted lines, which may contain the line numbers of the attachment.
        suggestion: the replacement of the lines. An empty string deletes the lines.
        existing_code: the code that the suggestion replaces, as quoted by the reviewer.
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
    """A part of an answer that violates the schema. `where` is a path such as `files[2].findings[0]`."""

    where: str
    why: str
    text: str


class PreviousState(StrEnum):
    FIXED = "fixed"
    OPEN = "open"


class Previous(Struct, frozen=True):
    """The reviewer's statement about an earlier finding. reviewbot posts the `reply` in the finding's thread."""

    id: str
    state: PreviousState
    note: str = ""
    reply: str = ""


class Report(Struct, frozen=True):
    """The reviewer's parsed answer, in the original order.

    `readable` states whether the whole answer could be parsed, by the schema or as prose. Only a readable report
    without findings is clean.
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
    """The status of a task. Undocumented values of CodeVF become `UNKNOWN`."""

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
NOT_BEGUN = frozenset({TaskStatus.PENDING})
UNFINISHED = frozenset(TaskStatus) - _OVER


class Unread(Struct, frozen=True):
    """A file that the reviewer did not read completely, with the reason, if known."""

    path: str
    why: str


class Task(Struct, frozen=True):
    """A task, or several tasks of one purchase (`parts`) combined into one.

    Attributes:
        status_text: the status as CodeVF sent it.
        retry_after: the number of seconds until the next poll, if CodeVF requests a pause.
        unseen: the files that the reviewer could not read completely. They make the review partial.
    """

    id: str
    status: TaskStatus
    status_text: str
    result: object = None
    credits_used: Decimal | None = None
    retry_after: float | None = None
    unseen: tuple[Unread, ...] = ()
    parts: tuple[Task, ...] = ()

    @property
    def is_completed(self) -> bool:
        """Whether the task, or each of several tasks, has a result."""
        return all(one.status is TaskStatus.COMPLETED for one in self.parts or (self,))


class Balance(Struct, frozen=True):
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


def tag_called(tags: Iterable[Tag], expertise: str, now: datetime) -> Tag | None:
    """Return the tag with a name (ignoring case) or id, or None.

    Prefer an unexpired tag, because a renewed tag keeps its name.
    """
    called = (one for one in tags if expertise.casefold() in {one.name.casefold(), str(one.id)})
    return min(called, key=lambda one: one.is_expired(now), default=None)


def other_tags(tags: Iterable[Tag], tag: Tag | None, now: datetime) -> str:
    """Return a hint that lists the tags that can replace `tag`."""
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
    """A text file of a task. `path` is the changed file's path if the attachment contains only one, or empty."""

    file_name: str
    content: str
    path: str = ""


class Submission(Struct, frozen=True):
    """The content of one `tasks/create` request.

    Attributes:
        prompt: 10 to 10,000 characters.
        tag_id: the id of the expertise, or None for CodeVF's default.
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
