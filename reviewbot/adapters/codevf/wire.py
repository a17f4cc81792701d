"""Convert between CodeVF's JSON and domain values, ignoring unknown fields."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from reviewbot.adapters.codevf.errors import number
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import JsonMismatch, convert
from reviewbot.errors import ServiceError

_LONGEST_WORD = 200
"""The maximum number of characters of an id, a status or a tag's name."""

_Figure = int | float | str
"""A number, or a string that contains a number."""

_STATUSES = {"canceled": TaskStatus.CANCELLED} | {one.value: one for one in TaskStatus}


def submission_body(submission: Submission) -> dict[str, object]:
    """Return the body of `tasks/create`. Unset fields are omitted, because CodeVF distinguishes them from null."""
    body: dict[str, object] = {
        "prompt": submission.prompt,
        "projectId": submission.project_id,
        "maxCredits": submission.max_credits,
        "mode": submission.mode.value,
        "tagId": submission.tag_id,
        "metadata": dict(submission.metadata) or None,
        "idempotencyKey": submission.idempotency_key,
        "attachments": [
            {"fileName": each.file_name, "mimeType": "text/plain", "content": each.content}
            for each in submission.attachments
        ]
        or None,
        "responseSchema": submission.response_schema,
    }
    return {name: value for name, value in body.items() if value is not None}


class _Object(Struct, frozen=True, rename="camel"):
    """The base class of CodeVF's objects, with only the fields that reviewbot uses."""


class _Task(_Object, frozen=True):
    id: Annotated[str, Meta(pattern=r"\S", max_length=_LONGEST_WORD)] | int  # a truncated id would identify no task
    status: Annotated[str, Meta(min_length=1)]
    result: object = None
    credits_used: object = None


class _Balance(_Object, frozen=True):
    available: _Figure
    on_hold: _Figure


class _Project(_Object, frozen=True):
    id: int


class _Tag(_Object, frozen=True):
    id: int
    name: str | None = None
    display_name: str | None = None
    cost_multiplier: _Figure | None = None
    is_active: bool | None = None
    valid_from: object = None
    valid_to: object = None
    is_deprecated: object = None


class _Tags(_Object, frozen=True):
    tags: tuple[_Tag, ...]


T = TypeVar("T")


def _read(body: object, kind: type[T], what: str) -> T:
    try:
        return convert(body, kind)
    except JsonMismatch as error:
        raise ServiceError(f"CodeVF's response is not {what}: {error}.", hint=_HINT) from None


def read_task(body: object, retry_after: float | None) -> Task:
    task = _read(body, _Task, "a task")
    return Task(
        id=str(task.id),
        status=_STATUSES.get(task.status.strip().casefold(), TaskStatus.UNKNOWN),
        status_text=shorten_line(task.status, _LONGEST_WORD),
        result=task.result,
        credits_used=number(task.credits_used),
        retry_after=retry_after,
    )


def read_balance(body: object) -> Balance:
    found = _read(body, _Balance, "the balance")
    return Balance(*(_figure(one, "the balance") for one in (found.available, found.on_hold)))


def read_project_id(body: object) -> int:
    return _read(body, _Project, "a project").id


def read_tags(body: object) -> tuple[Tag, ...]:
    """Return the active tags. `is_active` defaults to true."""
    return tuple(_tag(tag) for tag in _read(body, _Tags, "the tags").tags if tag.is_active is not False)


def _tag(tag: _Tag) -> Tag:
    name, multiplier = tag.name or tag.display_name, _figure(tag.cost_multiplier, f"the price of tag {tag.id}")
    if name is None or multiplier <= 0:
        raise ServiceError(f"CodeVF's response has no name or price for tag {tag.id}.", hint=_HINT)
    return Tag(
        tag.id,
        shorten_line(name, _LONGEST_WORD),
        multiplier,
        valid_from=_moment(tag.valid_from, time.min),
        valid_to=_moment(tag.valid_to, time.max),
        is_deprecated=tag.is_deprecated is True,
    )


def _moment(value: object, of_day: time) -> datetime | None:
    """Parse an ISO 8601 time, by default in UTC. A date gets the time `of_day`. Return None for an invalid value."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if len(value.strip()) == len("2026-11-28"):
        read = datetime.combine(read, of_day)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _figure(value: object, what: str) -> Decimal:
    figure = number(value)
    if figure is None:
        raise ServiceError(f"CodeVF's response has an invalid number in {what}.", hint=_HINT)
    return figure


_HINT = "Check `codevf-url`. If it is correct, CodeVF's API may have changed. Report this as a bug."
