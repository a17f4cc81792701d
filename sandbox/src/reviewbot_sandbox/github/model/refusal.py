"""GitHub's errors: one exception for every refusal, and its bodies.

The messages are those of GitHub's responses where they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DOCUMENTATION = "https://docs.github.com/rest"
"""The `documentation_url` of every error body."""


@dataclass(frozen=True)
class Refusal(Exception):
    """GitHub refuses a request.

    Attributes:
        status: the HTTP status of the answer.
        message: GitHub's `message`.
        errors: GitHub's `errors`, strings or objects; left out of the body when empty.
        headers: additional headers.
        kind: the `type` of the same refusal in GraphQL.
    """

    status: int
    message: str
    errors: Sequence[object] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "UNPROCESSABLE"

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {"message": self.message}
        if self.errors:
            body["errors"] = list(self.errors)
        return {**body, "documentation_url": DOCUMENTATION, "status": str(self.status)}


def not_found() -> Refusal:
    """Return 404: it does not exist, or this token may not see it."""
    return Refusal(404, "Not Found", kind="NOT_FOUND")


def unprocessable(*errors: str) -> Refusal:
    """422 of the review endpoints: errors are strings, and do not identify the comment."""
    return Refusal(422, "Unprocessable Entity", errors)


def invalid(resource: str, field_name: str, message: str) -> Refusal:
    """422 of most other endpoints: one object with a message of its own."""
    error = {"resource": resource, "code": "custom", "field": field_name, "message": message}
    return Refusal(422, "Validation Failed", (error,))


def malformed(detail: str) -> Refusal:
    """422 for a body that does not have the documented form."""
    return Refusal(422, f"Invalid request.\n\n{detail}")


def missing(*names: str) -> Refusal:
    """422 for required keys that were not sent."""
    quoted = ", ".join(f'"{name}"' for name in names)
    verb = "wasn't" if len(names) == 1 else "weren't"
    return malformed(f"{quoted} {verb} supplied.")


def bad_credentials() -> Refusal:
    return Refusal(401, "Bad credentials", kind="FORBIDDEN")


def forbidden(message: str, needs: str = "") -> Refusal:
    """403 for a missing permission; `needs` is the value of the header that names it."""
    headers = {"X-Accepted-GitHub-Permissions": needs} if needs else {}
    return Refusal(403, message, headers=headers, kind="FORBIDDEN")
