"""The bodies of requests: a wrong type, an unknown value or a missing key is a 422, as on GitHub."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, TypeAlias, TypeVar, get_args

from msgspec import Struct, ValidationError, convert

from reviewbot_sandbox.github.model.records import CheckOutput, Side
from reviewbot_sandbox.github.model.refusal import Refusal, malformed, missing

T = TypeVar("T")
Event: TypeAlias = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
Emoji: TypeAlias = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
REACTIONS = get_args(Emoji)

_UNKNOWN = re.compile("Object contains unknown field `(.*)` - at `.*`")


class TextForm(Struct, frozen=True):
    body: str


class DismissalForm(Struct, frozen=True):
    message: str


class ReactionForm(Struct, frozen=True):
    content: Emoji


class CommentForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A comment on a line, a range or a whole file, as requested. `line` and `position` are both None for a file."""

    body: str
    path: str
    line: int | None = None
    position: int | None = None
    side: Side = Side.RIGHT
    start_line: int | None = None
    start_side: Side | None = None


class SingleCommentForm(CommentForm, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A comment without a review."""

    commit_id: str
    subject_type: Literal["line", "file"] = "line"


class ReviewForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A review as requested; without an event it is pending."""

    event: Event | None = None
    body: str = ""
    commit_id: str | None = None
    comments: tuple[CommentForm, ...] = ()


class CheckForm(Struct, frozen=True):
    """A check run as requested; None for a field that was not sent."""

    name: str | None = None
    head_sha: str | None = None
    status: Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"] | None = None
    conclusion: (
        Literal["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"] | None
    ) = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    external_id: str | None = None
    details_url: str | None = None
    output: CheckOutput | None = None


class StatusForm(Struct, frozen=True):
    state: Literal["error", "failure", "pending", "success"]
    context: str = "default"
    description: str | None = None
    target_url: str | None = None


def read(body: object, kind: type[T]) -> T:
    """Return a request's body, in which null counts as not sent; an empty one is an empty object."""
    if not isinstance(body, dict | None):
        raise Refusal(400, "Body should be a JSON object")
    try:
        return convert(_sent(body or {}), kind)
    except ValidationError as error:
        raise malformed(_UNKNOWN.sub("For 'items', \"\\1\" is not a permitted key", f"{error}.")) from None


def _sent(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sent(item) for key, item in value.items() if item is not None}
    return [_sent(item) for item in value] if isinstance(value, list) else value


def single_comment(body: object) -> SingleCommentForm:
    """Return a single comment; one on a whole file may not name lines."""
    form = read(body, SingleCommentForm)
    named = ("line", "side", "start_line", "start_side", "position")
    sent = [key for key in named if isinstance(body, dict) and key in body]
    if form.subject_type == "file" and sent:
        keys = ", ".join(f'"{key}"' for key in sent)
        raise malformed(f'No subschema in "oneOf" matched.\n{keys} is not a permitted key.')
    if form.subject_type == "line" and not {"line", "position"} & set(sent):
        raise malformed('No subschema in "oneOf" matched.\n"position" wasn\'t supplied.\n"line" wasn\'t supplied.')
    return form


def check_run(body: object) -> CheckForm:
    form = read(body, CheckForm)
    if form.output and form.output.summary is None:
        raise missing("summary")
    if form.output and any(one.start_line != one.end_line and one.has_columns for one in form.output.annotations):
        raise malformed("Annotations with start_column or end_column must have start_line equal to end_line.")
    return form
