"""The event reader accepts every example payload that GitHub publishes, and every null that its schemas allow."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from reviewbot.domain.model.events import (
    ChecksEvent,
    ClosedEvent,
    CommentEvent,
    DispatchEvent,
    Event,
    MergeGroupEvent,
    OtherEvent,
    ReviewEvent,
    read_event,
)
from tests.contract.published import EXAMPLES, SCHEMAS, Json, missing

pytestmark = pytest.mark.npm

TABLE: dict[str, dict[str, type[Event]]] = {
    "pull_request": {"closed": ClosedEvent, "*": ReviewEvent},
    "pull_request_review": {"*": ReviewEvent},
    "issue_comment": {"*": CommentEvent},
    "pull_request_review_comment": {"*": CommentEvent},
    "workflow_dispatch": {"*": DispatchEvent},
    "merge_group": {"checks_requested": MergeGroupEvent, "*": OtherEvent},
    "workflow_run": {"completed": ChecksEvent, "*": OtherEvent},
    "check_suite": {"completed": ChecksEvent, "*": OtherEvent},
    "status": {"*": ChecksEvent},
}
"""The type of an event by name and action. Every other event of GitHub is an `OtherEvent`."""

Path = tuple[str | int, ...]


@cache
def examples() -> tuple[tuple[str, Json], ...]:
    """Return every published example with its event's name."""
    if missing():
        return ()
    index = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return tuple((event["name"], payload) for event in index for payload in event["examples"])


def fields_of_event(name: str, payload: Json) -> str:
    return f"{name}.{payload.get('action')}"


def expected(name: str, payload: Json) -> type[Event]:
    if name == "issue_comment" and "pull_request" not in payload["issue"]:
        return OtherEvent
    row = TABLE.get(name, {"*": OtherEvent})
    return row.get(payload.get("action", "*"), row["*"])


def test_the_examples_cover_the_table() -> None:
    found = Counter(name for name, _ in examples())
    assert all(found[name] for name in TABLE)
    assert found["pull_request"] >= 25


@pytest.mark.parametrize("name", [*TABLE, "every other"])
def test_every_example_is_read_as_the_table_says(name: str) -> None:
    chosen = [(each, payload) for each, payload in examples() if (each if each in TABLE else "every other") == name]
    wrong = [fields_of_event(*one) for one in chosen if type(read_event(*one)) is not expected(*one)]
    assert chosen
    assert not wrong


def test_the_fields_are_those_of_the_payload() -> None:
    for name, payload in examples():
        event = read_event(name, payload)
        match event:
            case ReviewEvent():
                pull = payload["pull_request"]
                assert (event.number, event.head_sha) == (pull["number"], pull["head"]["sha"]), fields_of_event(
                    name, payload
                )
                assert (event.action, event.sender) == (payload["action"], payload["sender"]["login"])
                assert event.label == payload.get("label", {}).get("name")
            case CommentEvent():
                subject, written = payload["pull_request" if event.in_thread else "issue"], payload["comment"]
                assert (event.number, event.body) == (subject["number"], written["body"])
                assert (event.author, event.comment_id) == (written["user"]["login"], written["id"])
            case MergeGroupEvent():
                group = payload["merge_group"]
                assert (event.head_sha, f"refs/heads/{event.base_ref}") == (group["head_sha"], group["base_ref"])
            case _:
                pass


def test_pull_request_target_has_the_same_payload() -> None:
    for name, payload in examples():
        if name == "pull_request":
            assert type(read_event("pull_request_target", payload)) is expected(name, payload)


def test_a_schedule_names_no_pull_request() -> None:
    """GitHub publishes no payload of a schedule: it is a dispatch's with the schedule instead of inputs and sender."""
    for payload in (payload for name, payload in examples() if name == "workflow_dispatch"):
        kept = {key: value for key, value in payload.items() if key not in {"inputs", "ref", "sender"}}
        for times in ("0 5 * * *", None):
            assert type(read_event("schedule", kept | {"schedule": times})) is OtherEvent


@cache
def definitions() -> Json:
    found: Json = json.loads(SCHEMAS.read_text(encoding="utf-8"))["definitions"]
    return found


def schema_of(name: str, payload: Json) -> Json:
    named: Json = definitions()[f"{name}${payload.get('action', 'event')}"]
    return named


def nulls(schema: Json, value: object, at: Path = ()) -> Iterator[Path]:
    """Yield the places in a payload where the schema allows null."""
    if "$ref" in schema:
        schema = definitions()[schema["$ref"].removeprefix("#/definitions/")]
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(kind, []):
            yield from nulls(part, value, at)
    kinds = schema.get("type")
    if at and value is not None and (kinds == "null" or (isinstance(kinds, list) and "null" in kinds)):
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(schema.get("properties", {}).get(key, {}), inner, (*at, key))
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            yield from nulls(schema["items"], inner, (*at, index))


def with_null(payload: Json, at: Path) -> Json:
    changed: Any = copy.deepcopy(payload)
    inner = changed
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = None
    return changed if isinstance(changed, dict) else {}


MATTERS = {("check_suite", "head_branch")}
"""Null means that the head is on a fork, so the pull request cannot be found."""


@pytest.mark.parametrize("name", TABLE)
def test_a_null_that_the_schema_allows_changes_nothing(name: str) -> None:
    tried = 0
    for payload in (payload for each, payload in examples() if each == name):
        read = read_event(name, payload)
        for at in set(nulls(schema_of(name, payload), payload)) - MATTERS:
            tried += 1
            changed = read_event(name, with_null(payload, at))
            where = f"{fields_of_event(name, payload)} with null at {'.'.join(map(str, at))}"
            assert changed == read, where
    assert tried
