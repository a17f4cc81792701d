"""Converts values to JSON in CodeVF's documented form."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Literal, TypeAlias, assert_never

from reviewbot_sandbox.codevf.model import (
    Answer,
    Deliverables,
    Delivered,
    FreeText,
    Garbage,
    JsonMessage,
    JsonValue,
    Mode,
    Project,
    Structured,
    Tag,
    TaskRequest,
)
from reviewbot_sandbox.codevf.refusal import Refusal
from reviewbot_sandbox.codevf.state import Balance, TaskView, number
from reviewbot_sandbox.faults import Reply

FileUrl = Callable[[int, Delivered], str]


class ErrorStyle(Enum):
    """The observed forms of error bodies."""

    DOCUMENTED = "documented"
    """`{"error": {"code": "UPPER", "message", "details"?}, "meta"?}`"""
    SDK = "sdk"
    """`{"error": {"code": "lower", "message", "status", "retryable"}, "meta"?}`, with the specific code of a field."""
    TEXT = "text"
    """`{"error": "text", "status": 400}`"""
    MESSAGE = "message"
    """`{"message": "text"}`, which the official SDK also reads."""
    HTML = "html"
    """An HTML page of a proxy."""
    EMPTY = "empty"
    """An empty body."""


JsonStyle: TypeAlias = Literal[ErrorStyle.TEXT, ErrorStyle.MESSAGE, ErrorStyle.DOCUMENTED, ErrorStyle.SDK]


def error_reply(refused: Refusal, style: ErrorStyle = ErrorStyle.DOCUMENTED, now: float = 0) -> Reply:
    """Return a refusal in the chosen form; `Retry-After` goes with every form. Tests use it as a fault."""
    headers = (("Retry-After", str(refused.retry_after)),) if refused.retry_after is not None else ()
    if style is ErrorStyle.HTML:
        kind, body = "text/html", _page(refused)
    elif style is ErrorStyle.EMPTY:
        kind, body = "text/plain", ""
    else:
        kind, body = "application/json", json.dumps(_json_error(refused, style, now))
    return Reply(refused.status, (("Content-Type", kind), *headers), body.encode())


def _json_error(refused: Refusal, style: JsonStyle, now: float) -> dict[str, JsonValue]:
    match style:
        case ErrorStyle.TEXT:
            return {"error": refused.message, "status": refused.status}
        case ErrorStyle.MESSAGE:
            return {"message": refused.message}
        case ErrorStyle.DOCUMENTED:
            return {"error": _documented(refused), **_meta(refused, now)}
        case ErrorStyle.SDK:
            return {"error": _sdk(refused), **_meta(refused, now)}
        case _ as never:
            assert_never(never)


def _documented(refused: Refusal) -> dict[str, JsonValue]:
    error: dict[str, JsonValue] = {"code": refused.code.upper(), "message": refused.message}
    details = dict(refused.details)
    if refused.problems:
        details["errors"] = [{"field": each.field, "message": each.message} for each in refused.problems]
    if details:
        error["details"] = details
    return error


def _sdk(refused: Refusal) -> dict[str, JsonValue]:
    specific = next((each for each in refused.problems if each.code != "invalid_request"), None)
    first = specific or next(iter(refused.problems), None)
    return {
        "code": "rate_limit_exceeded" if refused.code == "rate_limited" else first.code if first else refused.code,
        "message": f"{first.field}: {first.message}" if first else refused.message,
        "status": refused.status,
        "retryable": refused.retryable,
    }


def _meta(refused: Refusal, now: float) -> dict[str, JsonValue]:
    if refused.retry_after is None:
        return {}
    reset = timestamp(now + refused.retry_after)
    return {"meta": {"retry_after": refused.retry_after, "reset_at": reset, "limit": "1 req/sec"}}


def _page(refused: Refusal) -> str:
    title = html.escape(f"{refused.status} {refused.message}")
    return f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 in UTC, to the second."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def project_form(project: Project) -> dict[str, JsonValue]:
    form: dict[str, JsonValue] = {"id": project.id, "name": project.name, "createdAt": timestamp(project.created_at)}
    if project.description is not None:
        form["description"] = project.description
    return form


def balance_form(balance: Balance) -> dict[str, JsonValue]:
    return {
        "available": number(balance.available),
        "onHold": number(balance.on_hold),
        "total": number(balance.total),
    }


def tags_form(tags: Sequence[Tag]) -> dict[str, JsonValue]:
    """Return `{tags: […]}`; the multiplier is a string."""
    return {"tags": [_tag_form(tag, order) for order, tag in enumerate(tags, 1)]}


def _tag_form(tag: Tag, order: int) -> dict[str, JsonValue]:
    return {
        "id": tag.id,
        "name": tag.name,
        "displayName": tag.display_name,
        "description": tag.description,
        "costMultiplier": str(tag.multiplier),
        "isActive": tag.active,
        "sortOrder": order,
        "validFrom": tag.valid_from,
        "validTo": tag.valid_to,
        "isDeprecated": tag.deprecated,
    }


def task_form(view: TaskView, file_url: FileUrl) -> dict[str, JsonValue]:
    """Return a task; absent fields are omitted."""
    request = view.task.request
    form: dict[str, JsonValue] = {
        "id": view.task.id,
        "status": view.standing.status,
        "mode": request.mode.value,
        "maxCredits": request.max_credits,
        "createdAt": timestamp(view.task.created_at),
    }
    if request.tag is not None:
        form |= {"tagIdUsed": request.tag.id, "expertiseMultiplier": float(request.tag.multiplier)}
    if request.response_schema is not None:
        form["responseSchema"] = dict(request.response_schema)
    if view.credits_used is not None:
        form["creditsUsed"] = view.credits_used
    if view.answer is not None:
        form |= _result(view.answer, request, timestamp(view.task.created_at + view.task.life.seconds), file_url)
    return form


def poll_hint(mode: Mode, status: str) -> int:
    """Return the seconds until the next poll, by the documented intervals."""
    if status == "pending":
        return 3
    return 20 if mode is Mode.STANDARD else 7


def _result(answer: Answer, request: TaskRequest, uploaded: str, file_url: FileUrl) -> dict[str, JsonValue]:
    match answer:
        case Structured(value):
            text = json.dumps(dict(value))
            return {"result": _message(text) if request.response_schema is None else json.loads(text)}
        case JsonMessage():
            return {"result": _message(_json_text(answer))}
        case FreeText(text):
            return {"result": _message(text)}
        case Deliverables(files, message):
            items: list[JsonValue] = [
                _deliverable(each, file_url(position, each), uploaded) for position, each in enumerate(files)
            ]
            return {"result": {"message": message, "deliverables": items}}
        case Garbage(value):
            return {"result": value}
        case _ as never:
            assert_never(never)


def _message(text: str) -> dict[str, JsonValue]:
    return {"message": text, "deliverables": []}


def _json_text(answer: JsonMessage) -> str:
    text = json.dumps(answer.value, indent=2)
    return answer.before + (f"```json\n{text}\n```" if answer.fenced else text) + answer.after


def _deliverable(delivered: Delivered, url: str, uploaded: str) -> JsonValue:
    form: dict[str, JsonValue] = {"fileName": delivered.file_name, "url": url, "uploadedAt": uploaded}
    if delivered.mime_type is not None:
        form["mimeType"] = delivered.mime_type
    return form
