"""Define the values of settings as users write them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.model.review import Severity, TaskStatus


class ActionCommand(StrEnum):
    REVIEW = "review"
    COLLECT = "collect"


class ReviewerKind(StrEnum):
    CODEVF = "codevf"
    LOCAL = "local"


class RoutedReviewer(StrEnum):
    """The reviewers that a rule of `routes` can select, weakest first."""

    NONE = "none"
    LOCAL = "local"
    CODEVF = "codevf"


class Auto(StrEnum):
    """The value `auto`, for which reviewbot computes a number from the change."""

    AUTO = "auto"


class ReviewOn(StrEnum):
    PUSH = "push"
    READY = "ready"
    REQUEST = "request"


class Allow(StrEnum):
    """The pull requests from forks that may spend credits: those approved by a user with write access, or all."""

    WRITE = "write"
    ANYONE = "anyone"


class Tolerance(StrEnum):
    PASS = "pass"  # noqa: S105 — not a password
    FAIL = "fail"


class FailOn(StrEnum):
    """The lowest severity that fails the check."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"

    @property
    def severity(self) -> Severity | None:
        return None if self is FailOn.NEVER else Severity(self.value)


class ReviewKind(StrEnum):
    """The event of a GitHub review. reviewbot never approves."""

    COMMENT = "comment"
    REQUEST_CHANGES = "request-changes"


class AnswerForm(StrEnum):
    """The form of the requested answer: JSON that fits the response schema, or prose that lists findings."""

    SCHEMA = "schema"
    WORDS = "words"


class Redact(StrEnum):
    ON = "on"
    BLOCK = "block"


class Supersede(StrEnum):
    REPLACE_PENDING = "replace-pending"
    ALWAYS_REPLACE = "always-replace"
    KEEP = "keep"

    def replaces(self, status: TaskStatus) -> bool:
        """Return whether a newer head cancels an older head's task with this status."""
        if status.is_over or self is Supersede.KEEP:
            return False
        return self is Supersede.ALWAYS_REPLACE or status is TaskStatus.PENDING


class PathInstruction(Struct, frozen=True):
    path: str
    instructions: str
