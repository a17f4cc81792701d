"""The nouns of a review: severities, findings, the report, the task and the submission."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum


class Severity(StrEnum):
    """How bad a finding is; `UNRATED` is what the service left out or made up."""

    UNRATED = "unrated"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is shown first. Unrated comes before critical, since nobody knows."""
        return _RANKS[self]

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as `other` or worse."""
        return self.rank <= other.rank

    @property
    def takes_another(self) -> bool:
        """Whether somebody other than the author has to take the responsibility for it."""
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
    """GitHub's names for the two sides of a diff: RIGHT is the head, LEFT is the merge base."""

    RIGHT = "RIGHT"
    LEFT = "LEFT"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.LEFT if self is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding as the service gave it, read but not yet placed.

    Attributes:
        path: the file, as the reviewer wrote it; empty when the finding names none.
        severity: mapped to ours.
        category: None when the service gave none that we know.
        title: one line.
        explanation: free text, may be empty.
        side: the side that the reviewer named.
        line: first cited line, from 1; None when none was cited.
        end_line: last cited line, at least `line`; None when `line` is.
        code: the quoted lines, our gutter possibly still in front; empty when nothing was quoted.
        suggestion: the replacement, None when there is none; empty means "delete the lines".
        existing_code: what the suggestion replaces; None when the service did not say.
        references: addresses or names, as given.
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
    """A part of the answer that broke the schema, kept as text.

    Attributes:
        where: a path into the answer, such as `files[2].findings[0]`.
        why: what is wrong with it.
        text: the part itself, as JSON or as it came.
    """

    where: str
    why: str
    text: str


class PreviousState(StrEnum):
    """The reviewer's word on an earlier finding."""

    FIXED = "fixed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Previous:
    """What an incremental answer says of one earlier finding."""

    id: str
    state: PreviousState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What the reviewer said, whole.

    Attributes:
        summary: the reviewer's own summary, may be empty.
        findings: in the order of the answer.
        leftovers: what could not be read as a finding; never empty when something was lost on the way.
        readable: whether the answer fitted the schema. Only a readable report without findings is a clean one.
        previous: the reviewer's word on earlier findings.
    """

    summary: str
    findings: tuple[Finding, ...]
    leftovers: tuple[Leftover, ...] = ()
    readable: bool = True
    previous: tuple[Previous, ...] = ()


class TaskStatus(Enum):
    """The life of a task; the service may use words that its documentation does not have."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_over(self) -> bool:
        """Whether polling on is useless. An unknown status is still running."""
        return self in {TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.EXPIRED}


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that the reviewer did not read to its end, and why, in a few words that may be empty."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the service tells it.

    Attributes:
        id: the service's id.
        status: mapped.
        status_text: the service's own word.
        result: the decoded JSON of `result`, or None; `response.read_result` makes a report of it.
        credits_used: None when the service has not said.
        retry_after: seconds that the service asks to wait before the next poll, or None.
        unseen: files that the reviewer says it could not read to their end; they make the review partial.
        parts: the tasks that were bought together and are one here, empty for one that is alone.
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
    """An expertise level and what it multiplies the price by."""

    id: int
    name: str
    multiplier: Decimal

    def is_called(self, expertise: str) -> bool:
        """Whether `expertise` names it: by its name in any case, or by its number."""
        return expertise.casefold() in {self.name.casefold(), str(self.id)}


class Mode(StrEnum):
    """CodeVF's service levels."""

    REALTIME_ANSWER = "realtime_answer"
    FAST = "fast"
    STANDARD = "standard"

    @property
    def multiplier(self) -> Decimal:
        """What the level multiplies the price by."""
        return {"realtime_answer": Decimal(2), "fast": Decimal("1.5"), "standard": Decimal(1)}[self.value]

    @property
    def credits(self) -> range:
        """The values of `max-credits` that the service takes at this level."""
        return range(60, 601) if self is Mode.REALTIME_ANSWER else range(240, 115_201)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes along with a task.

    Attributes:
        path: of the one changed file that it holds, empty when it holds anything else.
    """

    file_name: str
    content: str
    mime_type: str = "text/plain"
    path: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything that one `tasks/create` sends.

    Attributes:
        prompt: 10 to 10,000 characters.
        project_id: the service's number of the project.
        max_credits: sent as is.
        mode: the service level.
        tag_id: the expertise, or None for the service's default.
        metadata: flat, for the customer's own reference.
        idempotency_key: a version-4-shaped UUID.
        attachments: at most five.
        response_schema: JSON Schema of the answer.
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
