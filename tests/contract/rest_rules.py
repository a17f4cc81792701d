"""Rules that GitHub enforces although its OpenAPI description does not contain them.

Sources: the documentation of each endpoint (https://docs.github.com/rest), and reported errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.published import Json, resolved

BODY_CHARACTERS = 65_536
TITLE_CHARACTERS = 255
MESSAGE_BYTES = 64 * 1024


def unknown_keys(value: object, schema: Json, at: str = "body") -> Iterator[str]:
    """Yield keys that the schema does not name, at any depth; GitHub rejects them inside a review's `comments`."""
    schema = resolved(schema)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_keys(item, schema.get("items", {}), f"{at}[{index}]")
    if not isinstance(value, dict):
        return
    known = _properties(schema)
    if not known:
        return  # an object with the caller's keys
    for key, inner in value.items():
        if key in known:
            yield from unknown_keys(inner, known[key], f"{at}.{key}")
        else:
            yield f"{at} has the unknown key {key!r}"


def _properties(schema: Json) -> dict[str, Json]:
    schema = resolved(schema)
    found = dict(schema.get("properties", {}))
    for kind in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(kind, []):
            for name, inner in _properties(part).items():
                found[name] = {"anyOf": [found[name], inner]} if name in found else inner
    return found


def complaints(template: str, method: str, body: object) -> Iterator[str]:
    """Yield everything in an operation's body that GitHub would reject."""
    fields: Mapping[str, Any] = body if isinstance(body, dict) else {}
    yield from _too_long("body", fields)
    match method, template.rpartition("/")[2]:
        case "POST", "reviews":
            yield from _review(fields)
        case "POST", "comments" if "/pulls/" in template:
            yield from _review_comment(fields)
        case "POST" | "PATCH", "check-runs" | "{check_run_id}":
            yield from _check(fields)
        case _:
            pass


def _too_long(name: str, fields: Mapping[str, Any]) -> Iterator[str]:
    text = fields.get("body")
    if isinstance(text, str) and len(text) > BODY_CHARACTERS:
        yield f"{name} has {len(text)} characters; GitHub takes {BODY_CHARACTERS}"


def _review(fields: Mapping[str, Any]) -> Iterator[str]:
    if "event" not in fields:
        yield "a review without an event stays pending and invisible"
    if fields.get("event") in {"COMMENT", "REQUEST_CHANGES"} and not fields.get("body"):
        yield f"a review that is {fields['event']} needs a body"
    if not fields.get("commit_id"):
        yield "a review without commit_id lands on whatever is the head at that time"
    for index, comment in enumerate(fields.get("comments", [])):
        at = f"comments[{index}]"
        yield from _too_long(f"{at}.body", comment)
        yield from _lines(at, comment)
        if "line" not in comment:
            yield f"{at} has no line"


def _review_comment(fields: Mapping[str, Any]) -> Iterator[str]:
    on_file = fields.get("subject_type") == "file"
    if on_file and {"line", "side", "start_line", "start_side", "position"} & set(fields):
        yield "a comment on a file may not name lines"
    if not on_file and "line" not in fields:
        yield "a comment on a line needs the line"
    yield from _lines("body", fields)


def _lines(at: str, comment: Mapping[str, Any]) -> Iterator[str]:
    line, start = comment.get("line"), comment.get("start_line")
    if "line" in comment and comment.get("side") not in {"LEFT", "RIGHT"}:
        yield f"{at}.side is {comment.get('side')!r}"
    if "position" in comment:
        yield f"{at} counts in positions, which GitHub is closing down"
    if ("start_side" in comment) != ("start_line" in comment):
        yield f"{at} has one of start_line and start_side without the other"
    if isinstance(line, int) and isinstance(start, int) and start >= line:
        yield f"{at}.start_line is {start}, which is not before line {line}"


def _check(fields: Mapping[str, Any]) -> Iterator[str]:
    if fields.get("status") == "completed" and "conclusion" not in fields:
        yield "a completed check run needs a conclusion"
    if fields.get("status") in {"queued", "in_progress"} and "conclusion" in fields:
        yield "a conclusion would complete a check run that is not completed"
    if fields.get("conclusion") == "stale":
        yield "only GitHub may call a check run stale"
    for index, annotation in enumerate(fields.get("output", {}).get("annotations", [])):
        yield from _annotation(f"annotations[{index}]", annotation)


def _annotation(at: str, annotation: Mapping[str, Any]) -> Iterator[str]:
    if annotation["start_line"] > annotation["end_line"]:
        yield f"{at} ends before it starts"
    if len(annotation.get("title", "")) > TITLE_CHARACTERS:
        yield f"{at}.title has more than {TITLE_CHARACTERS} characters"
    if len(annotation["message"].encode()) > MESSAGE_BYTES:
        yield f"{at}.message has more than {MESSAGE_BYTES} bytes"
    if {"start_column", "end_column"} & set(annotation) and annotation["start_line"] != annotation["end_line"]:
        yield f"{at} has columns over several lines"
