"""Compare reviewbot's requests with those of CodeVF's own client, byte by byte.

The vendor's SDK builds each request again, over a transport that only records it. The SDK validates its arguments like
the service (attachments, metadata, modes, credit ranges, the idempotency key's version). It does not support
`responseSchema`, which is checked as a JSON Schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from codevf.exceptions import CodeVFError
from codevf.resources.projects import Projects
from codevf.resources.tasks import Tasks
from jsonschema import Draft202012Validator, SchemaError

Json = dict[str, Any]

_BASE = "/api/v1/"
_TASK: Json = {"id": "t", "status": "pending", "maxCredits": 0, "createdAt": ""}
_PROJECT: Json = {"id": 1, "name": "n", "createdAt": ""}
_ADDRESSES = re.compile(
    r"GET (credits/balance|tags|tasks/[^/?]+)|POST (projects/create|tasks/create|tasks/[^/?]+/cancel)"
)


@dataclass
class _Noting:
    """The part of a client that the SDK's resources use; it records their payload."""

    answer: Json
    sent: list[tuple[str, Json]] = field(default_factory=list)

    def post(self, path: str, data: Json | None = None) -> Json:
        """Record a request."""
        self.sent.append((path, data or {}))
        return self.answer


def complaints(method: str, path: str, body: bytes) -> Iterator[str]:
    """Yield the vendor's client's objections to a request."""
    name = path.removeprefix(_BASE)
    if not path.startswith(_BASE) or not _ADDRESSES.fullmatch(f"{method.upper()} {name}"):
        yield "the vendor's client knows no such address"
        return
    match name:
        case "tasks/create":
            yield from _task(json.loads(body))
        case "projects/create":
            yield from _project(json.loads(body))
        case _ if body not in {b"", b"{}"}:
            yield "a body where none is read"
        case _:
            pass


def _task(body: Json) -> Iterator[str]:
    schema = body.pop("responseSchema", None)
    yield from _schema(schema)
    noting = _Noting(_TASK | {"mode": body.get("mode")})
    try:
        Tasks(noting).create(
            body["prompt"],
            body["maxCredits"],
            body["projectId"],
            mode=body["mode"],
            metadata=body.get("metadata"),
            idempotency_key=body.get("idempotencyKey"),
            attachments=body.get("attachments"),
            tag_id=body.get("tagId"),
        )
    except (CodeVFError, ValueError, KeyError) as error:
        yield f"the vendor's client refuses it: {type(error).__name__}: {error}"
        return
    yield from _differences(body, noting.sent[0][1])
    if "idempotencyKey" not in body:
        yield "without an idempotency key a repeat would be paid for twice"


def _schema(schema: object) -> Iterator[str]:
    if schema is not None:
        yield from _schema_complaints(json.dumps(schema))


@cache
def _schema_complaints(text: str) -> tuple[str, ...]:
    """Return what is wrong with a schema. Cached, because this takes longer than the other checks."""
    try:
        Draft202012Validator.check_schema(json.loads(text))
    except SchemaError as error:
        return (f"responseSchema is no JSON Schema: {error.message[:200]}",)
    return ()


def _project(body: Json) -> Iterator[str]:
    noting = _Noting(_PROJECT)
    Projects(noting).create(body.get("name", ""), body.get("description"))
    yield from _differences(body, noting.sent[0][1])


def _differences(ours: Json, theirs: Json) -> Iterator[str]:
    for key in sorted(ours.keys() | theirs.keys()):
        mine, its = json.dumps(ours.get(key)), json.dumps(theirs.get(key))
        if mine != its:
            yield f"{key} is {mine[:100]}; the vendor's client would send {its[:100]}"
