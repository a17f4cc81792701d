"""Strict validation of requests: a wrong type, an unknown value or a missing key is a 422, as on GitHub."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard

from reviewbot_sandbox.github.records import Annotation, CheckOutput, Side
from reviewbot_sandbox.github.refusal import Refusal, malformed, missing

EVENTS = ("APPROVE", "REQUEST_CHANGES", "COMMENT")
STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out")
LEVELS = ("notice", "warning", "failure")
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object, read one key at a time; null counts as not sent."""

    values: dict[str, object]
    where: str = "properties"

    def text(self, name: str, choices: Collection[str] = ()) -> str | None:
        """Return a string, one of the choices if there are any."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise malformed(f"For '{self.where}/{name}', {json.dumps(value)[:100]} is not a string.")
        if choices and value not in choices:
            raise malformed(f"For '{self.where}/{name}', \"{value[:100]}\" is not a member of {list(choices)}.")
        return value

    def needed(self, name: str, choices: Collection[str] = ()) -> str:
        value = self.text(name, choices)
        if value is None:
            raise missing(name)
        return value

    def number(self, name: str) -> int | None:
        """Return an integer; refuse booleans."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise malformed(f"For '{self.where}/{name}', {json.dumps(value)[:100]} is not an integer.")
        return value

    def moment(self, name: str) -> datetime | None:
        """Return an ISO 8601 moment."""
        value = self.text(name)
        try:
            return None if value is None else datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            raise malformed(f"For '{self.where}/{name}', \"{value}\" is not a valid date.") from None

    def part(self, name: str) -> Fields | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not _is_object(value):
            raise malformed(f"For '{self.where}/{name}', {json.dumps(value)[:100]} is not an object.")
        return Fields(value)

    def parts(self, name: str) -> Iterator[Fields]:
        value = self.values.get(name)
        if value is None:
            return
        if not _is_list(value):
            raise malformed(f"For '{self.where}/{name}', {json.dumps(value)[:100]} is not an array.")
        for item in value:
            if not _is_object(item):
                raise malformed(f"For 'items', {json.dumps(item)[:100]} is not an object.")
            yield Fields(item, "items")

    def only(self, *names: str) -> None:
        """Refuse a key that is not among the names."""
        for key in self.values:
            if key not in names:
                raise malformed(f"For '{self.where}', \"{key}\" is not a permitted key.")


def fields_of(body: object) -> Fields:
    """Return a request's body, which must be a JSON object; an empty body is an empty object."""
    if body is None:
        return Fields({})
    if not _is_object(body):
        raise Refusal(400, "Body should be a JSON object")
    return Fields(body)


@dataclass(frozen=True, slots=True)
class CommentForm:
    """A comment on a line, a range or a whole file, as requested. `line` and `position` are both None for a file."""

    body: str
    path: str
    line: int | None = None
    position: int | None = None
    side: Side = Side.RIGHT
    start_line: int | None = None
    start_side: Side | None = None


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """A review as requested; without an event it is pending."""

    event: str | None
    body: str
    commit_id: str | None
    comments: tuple[CommentForm, ...]


def _comment(fields: Fields) -> CommentForm:
    start_side = fields.text("start_side", ("LEFT", "RIGHT", "side"))
    return CommentForm(
        body=fields.needed("body"),
        path=fields.needed("path"),
        line=fields.number("line"),
        position=fields.number("position"),
        side=Side(fields.text("side", ("LEFT", "RIGHT")) or "RIGHT"),
        start_line=fields.number("start_line"),
        start_side=None if start_side in (None, "side") else Side(start_side),
    )


_ITEM_KEYS = ("path", "body", "position", "line", "side", "start_line", "start_side")


def review_form(fields: Fields) -> ReviewForm:
    """Read a review; undocumented keys in `comments`, such as `subject_type`, are refused."""
    fields.only("commit_id", "body", "event", "comments")
    comments: list[CommentForm] = []
    for item in fields.parts("comments"):
        item.only(*_ITEM_KEYS)
        comments.append(_comment(item))
    event = fields.text("event", EVENTS)
    return ReviewForm(event, fields.text("body") or "", fields.text("commit_id"), tuple(comments))


def comment_form(fields: Fields) -> tuple[CommentForm, str]:
    """Return a single comment and its commit; a comment on a whole file may not name lines."""
    on_file = fields.text("subject_type", ("line", "file")) == "file"
    sent = [key for key in ("line", "side", "start_line", "start_side", "position") if key in fields.values]
    if on_file and sent:
        keys = ", ".join(f'"{key}"' for key in sent)
        raise malformed(f'No subschema in "oneOf" matched.\n{keys} is not a permitted key.')
    if not on_file and not {"line", "position"} & set(sent):
        raise malformed('No subschema in "oneOf" matched.\n"position" wasn\'t supplied.\n"line" wasn\'t supplied.')
    return _comment(fields), fields.needed("commit_id")


@dataclass(frozen=True, slots=True)
class CheckForm:
    """A check run as requested; None for a field that was not sent."""

    name: str | None
    head_sha: str | None
    status: str | None
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None
    external_id: str | None
    details_url: str | None
    output: CheckOutput | None


def check_form(fields: Fields) -> CheckForm:
    output = fields.part("output")
    return CheckForm(
        name=fields.text("name"),
        head_sha=fields.text("head_sha"),
        status=fields.text("status", STATUSES),
        conclusion=fields.text("conclusion", CONCLUSIONS),
        started_at=fields.moment("started_at"),
        completed_at=fields.moment("completed_at"),
        external_id=fields.text("external_id"),
        details_url=fields.text("details_url"),
        output=None if output is None else _output(output),
    )


def _output(fields: Fields) -> CheckOutput:
    annotations = tuple(_annotation(item) for item in fields.parts("annotations"))
    return CheckOutput(fields.text("title"), fields.needed("summary"), fields.text("text"), annotations)


def _annotation(fields: Fields) -> Annotation:
    start, end = fields.number("start_line"), fields.number("end_line")
    if start is None or end is None:
        raise missing("start_line", "end_line")
    columns = fields.number("start_column"), fields.number("end_column")
    if start != end and columns != (None, None):
        raise malformed("Annotations with start_column or end_column must have start_line equal to end_line.")
    return Annotation(
        path=fields.needed("path"),
        start_line=start,
        end_line=end,
        level=fields.needed("annotation_level", LEVELS),
        message=fields.needed("message"),
        title=fields.text("title"),
    )
