"""Validates JSON bodies and refuses them with every invalid field."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar

from reviewbot_sandbox.codevf.model import Attachment, JsonValue, Limits, Mode, Tag, TaskRequest
from reviewbot_sandbox.codevf.refusal import FieldProblem, invalid, no_schema

T = TypeVar("T")
Body: TypeAlias = Mapping[str, JsonValue]

PROMPT_LENGTH = range(10, 10_001)
MAX_CREDITS = range(60, 115_201)
UUID_VERSION = 4
TASK_FIELDS = frozenset(
    {"prompt", "projectId", "maxCredits", "mode", "tagId", "metadata"}
    | {"idempotencyKey", "attachments", "responseSchema"}
)
ATTACHMENT_FIELDS = frozenset({"fileName", "mimeType", "content", "data", "fileSize"})

IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
BINARY_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
TEXT_TYPES = frozenset(
    "application/" + name for name in ("json", "xml", "yaml", "x-yaml", "javascript", "x-c++src", "x-javascript")
)
TEXT_ENDINGS = (
    *(".txt", ".json", ".xml", ".csv", ".log", ".md", ".yaml", ".yml", ".html", ".css", ".scss", ".sql"),
    *(".py", ".js", ".ts", ".jsx", ".tsx", ".java", ".cpp", ".c", ".cs", ".go", ".rs", ".kt", ".swift"),
    *(".php", ".rb", ".sh", ".bat", ".ps1"),
)


class FieldRefused(Exception):
    """A problem found by one rule."""

    def __init__(self, name: str, message: str, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.problem = FieldProblem(name, message, code)


@dataclass(slots=True)
class Reading:
    """Reads a body with every rule and collects the problems."""

    body: Body
    problems: list[FieldProblem] = field(default_factory=list)

    def take(self, rule: Callable[[Body], T], otherwise: T) -> T:
        """Return the rule's value, or `otherwise` with the problem noted."""
        try:
            return rule(self.body)
        except FieldRefused as refused:
            self.problems.append(refused.problem)
            return otherwise


def read_project(body: Body) -> tuple[str, str | None]:
    """Return name and description.

    Raises:
        Refusal: 400 if either is not a string or the name is empty.
    """
    name, description = body.get("name"), body.get("description")
    problems = []
    if not isinstance(name, str) or not name.strip():
        problems.append(FieldProblem("name", "Project name is required"))
    if description is not None and not isinstance(description, str):
        problems.append(FieldProblem("description", "Must be a string"))
    if problems or not isinstance(name, str) or not isinstance(description, str | None):
        raise invalid(problems)
    return name.strip(), description


def read_idempotency_key(body: Body) -> str | None:
    """Return the key in canonical lower-case form.

    Raises:
        Refusal: 400 if it is not a UUID of version 4.
    """
    reading = Reading(body)
    key = reading.take(_idempotency_key, None)
    if reading.problems:
        raise invalid(reading.problems)
    return key


def read_task(body: Body, tags: Sequence[Tag], limits: Limits) -> TaskRequest:
    """Return a whole submission.

    Raises:
        Refusal: 400 with every problem at once.
    """
    reading = Reading(body)
    mode = reading.take(_mode, Mode.STANDARD)
    request = TaskRequest(
        prompt=reading.take(_prompt, ""),
        project_id=reading.take(_project_id, 0),
        max_credits=reading.take(partial(_max_credits, mode=mode), 0),
        mode=mode,
        tag=reading.take(partial(_tag, tags=tags), None),
        metadata=reading.take(_metadata, None),
        idempotency_key=reading.take(_idempotency_key, None),
        attachments=reading.take(partial(_attachments, limits=limits), ()),
        response_schema=reading.take(_response_schema, None),
    )
    if limits.strict_fields:
        reading.problems += [FieldProblem(name, "Unknown field") for name in sorted(body.keys() - TASK_FIELDS)]
    if reading.problems:
        raise invalid(reading.problems)
    if request.response_schema is not None and not limits.schemas:
        raise no_schema()
    return request


def _whole(value: JsonValue) -> int | None:
    """Return the value if it is an integer; JSON's booleans are not."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _prompt(body: Body) -> str:
    prompt = body.get("prompt")
    if not isinstance(prompt, str):
        raise FieldRefused("prompt", "Prompt is required and must be a string")
    if len(prompt) < PROMPT_LENGTH.start:
        raise FieldRefused("prompt", f"Prompt must be at least {PROMPT_LENGTH.start} characters")
    if len(prompt) not in PROMPT_LENGTH:
        raise FieldRefused("prompt", f"Prompt must be at most {PROMPT_LENGTH[-1]} characters")
    return prompt


def _project_id(body: Body) -> int:
    number = _whole(body.get("projectId"))
    if number is None or number <= 0:
        raise FieldRefused("projectId", "Project id is required and must be a positive integer")
    return number


def _mode(body: Body) -> Mode:
    value = body.get("mode", Mode.STANDARD.value)
    if value not in [mode.value for mode in Mode]:
        raise FieldRefused("mode", "Must be one of realtime_answer, fast, standard", "invalid_mode")
    return Mode(value)


def _max_credits(body: Body, mode: Mode) -> int:
    number = _whole(body.get("maxCredits"))
    if number is None or number not in MAX_CREDITS:
        raise FieldRefused("maxCredits", f"Must be between {MAX_CREDITS.start} and {MAX_CREDITS[-1]}")
    allowed = mode.credit_range
    if number not in allowed:
        sentence = f"Must be between {allowed.start} and {allowed[-1]} for {mode.value}"
        raise FieldRefused("maxCredits", sentence, "max_credits_exceeded")
    return number


def _tag(body: Body, tags: Sequence[Tag]) -> Tag | None:
    if body.get("tagId") is None:
        return None
    wanted = _whole(body["tagId"])
    found = next((tag for tag in tags if tag.id == wanted and tag.active), None)
    if found is None:
        raise FieldRefused("tagId", "Unknown or inactive tag", "invalid_tag")
    return found


def _metadata(body: Body) -> Mapping[str, JsonValue] | None:
    metadata = body.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or any(isinstance(value, dict | list) for value in metadata.values()):
        raise FieldRefused("metadata", "Must be a flat object of primitive values", "invalid_metadata")
    return metadata


def _idempotency_key(body: Body) -> str | None:
    key = body.get("idempotencyKey")
    if key is None:
        return None
    try:
        parsed = uuid.UUID(key) if isinstance(key, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != UUID_VERSION:
        raise FieldRefused("idempotencyKey", "Must be a UUID of version 4")
    return str(parsed)


def _response_schema(body: Body) -> Mapping[str, JsonValue] | None:
    schema = body.get("responseSchema")
    if schema is not None and not isinstance(schema, dict):
        raise FieldRefused("responseSchema", "Must be a JSON Schema object")
    return schema


def _attachments(body: Body, limits: Limits) -> tuple[Attachment, ...]:
    items = body.get("attachments")
    if items is None:
        return ()
    if not isinstance(items, list):
        raise FieldRefused("attachments", "Must be a list")
    if len(items) > limits.attachments:
        raise FieldRefused("attachments", f"At most {limits.attachments} files", "attachment_limit_exceeded")
    return tuple(_attachment(item, f"attachments[{position}]", limits) for position, item in enumerate(items))


def _attachment(item: JsonValue, where: str, limits: Limits) -> Attachment:
    if not isinstance(item, dict):
        raise FieldRefused(where, "Must be an object")
    if limits.strict_fields and (unknown := item.keys() - ATTACHMENT_FIELDS):
        raise FieldRefused(where, f"Unknown field {min(unknown)}")
    name, mime_type = _text(item, "fileName", where), _text(item, "mimeType", where)
    if _is_binary(name, mime_type):
        return _binary(item, where, limits)
    if not _is_text(name, mime_type):
        raise FieldRefused(where, f"Unsupported attachment type {mime_type}", "attachment_too_large")
    return _plain(item, where, limits)


def _plain(item: Body, where: str, limits: Limits) -> Attachment:
    """Read text from `content`, or base64 from `data` (the documentation's field list)."""
    content = item.get("content")
    if content is None and "data" in item:
        content = _decoded(item["data"], f"{where}.data").decode("utf-8", "replace")
    if not isinstance(content, str):
        raise FieldRefused(f"{where}.content", "Content is required and must be a string")
    size = len(content.encode("utf-8", "surrogatepass"))
    _check_size(size, limits.text_bytes, where)
    return Attachment(_text(item, "fileName", where), _text(item, "mimeType", where), content, size)


def _binary(item: Body, where: str, limits: Limits) -> Attachment:
    content = item.get("content", item.get("data"))
    size = len(_decoded(content, f"{where}.content"))
    _check_size(size, limits.binary_bytes, where)
    return Attachment(_text(item, "fileName", where), _text(item, "mimeType", where), str(content), size, binary=True)


def _decoded(content: JsonValue, where: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()) if isinstance(content, str) else "!", validate=True)
    except (binascii.Error, ValueError):
        raise FieldRefused(where, "Must be base64") from None


def _check_size(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise FieldRefused(where, f"Attachment exceeds the limit of {limit} bytes", "attachment_too_large")


def _text(item: Body, name: str, where: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise FieldRefused(f"{where}.{name}", "Is required and must be a string")
    return value


def _is_binary(name: str, mime_type: str) -> bool:
    return mime_type in IMAGE_TYPES or mime_type == "application/pdf" or name.lower().endswith(BINARY_ENDINGS)


def _is_text(name: str, mime_type: str) -> bool:
    return mime_type.startswith("text/") or mime_type in TEXT_TYPES or name.lower().endswith(TEXT_ENDINGS)
