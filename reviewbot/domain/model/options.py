"""The values of settings, in the contract's spelling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewbot.domain.model.review import Severity


class ActionCommand(StrEnum):
    """What a run does."""

    REVIEW = "review"
    COLLECT = "collect"


class ReviewerKind(StrEnum):
    """Who reviews."""

    CODEVF = "codevf"
    LOCAL = "local"


class ReviewOn(StrEnum):
    """What makes a review due."""

    PUSH = "push"
    READY = "ready"
    REQUEST = "request"


class Allow(StrEnum):
    """Who may cause spending on a fork's pull request."""

    WRITE = "write"
    ANYONE = "anyone"


class Tolerance(StrEnum):
    """What a state means for the step."""

    PASS = "pass"  # noqa: S105 — the word of the contract, no password
    FAIL = "fail"


class FailOn(StrEnum):
    """The least severity that closes the gate."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NEVER = "never"

    @property
    def severity(self) -> Severity | None:
        """The severity, None for never."""
        return None if self is FailOn.NEVER else Severity(self.value)


class ReviewKind(StrEnum):
    """The review event."""

    COMMENT = "comment"
    REQUEST_CHANGES = "request-changes"


class Redact(StrEnum):
    """What happens to a secret in what would be sent; there is no off."""

    ON = "on"
    BLOCK = "block"


class Supersede(StrEnum):
    """What happens to an open task when a newer head is pushed."""

    REPLACE_PENDING = "replace-pending"
    ALWAYS_REPLACE = "always-replace"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class PathInstruction:
    """What the reviewer is told about some files."""

    path: str
    instructions: str
