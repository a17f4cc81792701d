"""From the service's JSON to the domain's values: tolerant of more, strict about what we rely on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from reviewbot.adapters.codevf.errors import number
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import ServiceError

_LONGEST_WORD = 200
"""Characters of an id, a status, a mode or a tag's name."""

_STATUSES = {
    "pending": TaskStatus.PENDING,
    "processing": TaskStatus.PROCESSING,
    "completed": TaskStatus.COMPLETED,
    "cancelled": TaskStatus.CANCELLED,
    "canceled": TaskStatus.CANCELLED,
    "failed": TaskStatus.FAILED,
    "expired": TaskStatus.EXPIRED,
}


def submission_body(submission: Submission) -> dict[str, object]:
    """The body of `tasks/create`; what is not set is left out, since the service tells missing from null."""
    body: dict[str, object] = {
        "prompt": submission.prompt,
        "projectId": submission.project_id,
        "maxCredits": submission.max_credits,
        "mode": submission.mode.value,
        "tagId": submission.tag_id,
        "metadata": dict(submission.metadata) or None,
        "idempotencyKey": submission.idempotency_key,
        "attachments": [
            {"fileName": each.file_name, "mimeType": each.mime_type, "content": each.content}
            for each in submission.attachments
        ]
        or None,
        "responseSchema": submission.response_schema,
    }
    return {name: value for name, value in body.items() if value is not None}


def read_task(body: object, retry_after: float | None) -> Task:
    """A task, from the answer to creating or retrieving it.

    Raises:
        ServiceError: it has no id or no status.
    """
    task = _object(body, "a task")
    status = task.get("status")
    if not isinstance(status, str) or not status:
        raise _shape("a task", "status")
    return Task(
        id=_task_id(task.get("id")),
        status=_STATUSES.get(status.strip().casefold(), TaskStatus.UNKNOWN),
        status_text=shorten_line(status, _LONGEST_WORD),
        result=task.get("result"),
        credits_used=number(task.get("creditsUsed")),
        retry_after=retry_after,
    )


def read_balance(body: object) -> Balance:
    """The account's credits.

    Raises:
        ServiceError: a figure is missing.
    """
    balance = _object(body, "the balance")
    return Balance(*(_figure(balance, name, "the balance") for name in ("available", "onHold", "total")))


def read_project_id(body: object) -> int:
    """The number of a project.

    Raises:
        ServiceError: there is none.
    """
    value = _object(body, "a project").get("id")
    if isinstance(value, bool) or not isinstance(value, int):
        raise _shape("a project", "id")
    return value


def read_tags(body: object) -> tuple[Tag, ...]:
    """The active tags; one that does not say is active.

    Raises:
        ServiceError: an active tag cannot be read, so its price is unknown.
    """
    tags = _object(body, "the tags").get("tags")
    if not isinstance(tags, list):
        raise _shape("the tags", "tags")
    read = (_object(tag, "a tag") for tag in tags)
    return tuple(_tag(tag) for tag in read if tag.get("isActive") is not False)


def _tag(tag: Mapping[str, object]) -> Tag:
    tag_id, name = tag.get("id"), tag.get("name") or tag.get("displayName")
    if isinstance(tag_id, bool) or not isinstance(tag_id, int):
        raise _shape("a tag", "id")
    if not isinstance(name, str):
        raise _shape("a tag", "name")
    multiplier = _figure(tag, "costMultiplier", "a tag")
    if multiplier <= 0:
        raise _shape("a tag", "costMultiplier")
    return Tag(tag_id, shorten_line(name, _LONGEST_WORD), multiplier)


def _task_id(value: object) -> str:
    known = not isinstance(value, bool) and isinstance(value, int | str)
    if not known or not str(value).strip() or len(str(value)) > _LONGEST_WORD:  # a part of an id names no task
        raise _shape("a task", "id")
    return str(value)


def _figure(body: Mapping[str, object], name: str, what: str) -> Decimal:
    value = number(body.get(name))
    if value is None:
        raise _shape(what, name)
    return value


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ServiceError(f"CodeVF's answer should be {what} and is not an object.", hint=_HINT)
    return value


def _shape(what: str, field: str) -> ServiceError:
    return ServiceError(f"CodeVF's answer should be {what}, and its `{field}` is missing or wrong.", hint=_HINT)


_HINT = "Check `codevf-url`. If it is right, the service may have changed: please report this as a bug."
