"""The service's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviewbot_sandbox.codevf.model import JsonValue

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """An invalid field; `code` is the specific code in the official SDK."""

    field: str
    message: str
    code: str = "invalid_request"


@dataclass(frozen=True)
class Refusal(Exception):
    """A refused request: HTTP status, code in lower case, a message, and details.

    `retry_after` is in seconds of the service's clock.
    """

    status: int
    code: str
    message: str
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()
    retry_after: int | None = None

    @property
    def retryable(self) -> bool:
        return self.status in RETRYABLE


def invalid(problems: Sequence[FieldProblem]) -> Refusal:
    return Refusal(400, "invalid_request", "Validation failed", problems=tuple(problems))


def unauthorized() -> Refusal:
    return Refusal(401, "unauthorized", "Invalid or missing API key")


def insufficient(available: float, required: int) -> Refusal:
    details: dict[str, JsonValue] = {"available": available, "required": required}
    return Refusal(402, "insufficient_credits", "Not enough credits to complete this operation", details)


def not_found(what: str) -> Refusal:
    """Return 404 for something that does not exist or belongs to another account."""
    return Refusal(404, "not_found", f"{what} not found")


def key_conflict() -> Refusal:
    return Refusal(409, "idempotency_conflict", "This idempotency key was used with another API key")


def not_cancellable(status: str) -> Refusal:
    return Refusal(409, "task_not_cancellable", f"A task that is {status} cannot be cancelled")


def too_large(limit: int) -> Refusal:
    return Refusal(413, "payload_too_large", "Request body is too large", {"maxBytes": limit})


def no_schema() -> Refusal:
    return Refusal(400, "invalid_schema", "This response schema is not supported")


def rate_limited(retry_after: int) -> Refusal:
    return Refusal(429, "rate_limited", "Rate limit exceeded", retry_after=retry_after)
