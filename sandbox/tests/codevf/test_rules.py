"""Validation of submissions, which reports every invalid field at once."""

from __future__ import annotations

import base64
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewbot_sandbox.codevf import KNOWN_TAGS, JsonValue, Limits, Mode, Refusal, Tag
from reviewbot_sandbox.codevf.rules import read_idempotency_key, read_project, read_task

TAGS = (*KNOWN_TAGS, Tag(9, "retired", "Retired", KNOWN_TAGS[0].multiplier, active=False))
VALID: dict[str, JsonValue] = {"prompt": "Review this.", "projectId": 1, "maxCredits": 240}
LIMITS = Limits(text_bytes=100, binary_bytes=50)


def problems(fields: dict[str, JsonValue], limits: Limits = LIMITS) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        read_task({**VALID, **fields}, TAGS, limits)
    assert (caught.value.status, caught.value.code) == (400, "invalid_request")
    return [(each.field, each.code) for each in caught.value.problems]


def attachment(**fields: JsonValue) -> JsonValue:
    return {"fileName": "a.txt", "mimeType": "text/plain", "content": "text", **fields}


def test_a_minimal_submission_is_a_standard_task() -> None:
    request = read_task(VALID, TAGS, LIMITS)
    assert (request.mode, request.tag, request.attachments) == (Mode.STANDARD, None, ())


def test_all_wrong_fields_are_named_at_once() -> None:
    wrong: dict[str, JsonValue] = {"prompt": 7, "projectId": True, "maxCredits": 1.5, "mode": None, "tagId": "1"}
    found = problems(wrong | {"metadata": [], "responseSchema": "{}"})
    names = {"prompt", "projectId", "maxCredits", "mode", "tagId", "metadata", "responseSchema"}
    assert {name for name, _ in found} == names


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("prompt", "too short", "invalid_request"),
        ("prompt", "x" * 10_001, "invalid_request"),
        ("projectId", 0, "invalid_request"),
        ("projectId", "1", "invalid_request"),
        ("maxCredits", 59, "invalid_request"),
        ("maxCredits", 115_201, "invalid_request"),
        ("maxCredits", 239, "max_credits_exceeded"),
        ("mode", "FAST", "invalid_mode"),
        ("tagId", 9, "invalid_tag"),
        ("tagId", 4, "invalid_tag"),
        ("tagId", True, "invalid_tag"),
        ("metadata", {"a": [1]}, "invalid_metadata"),
        ("metadata", {"a": {"b": 1}}, "invalid_metadata"),
        ("attachments", {}, "invalid_request"),
        ("attachments", [attachment()] * 6, "attachment_limit_exceeded"),
        ("responseSchema", [], "invalid_request"),
    ],
)
def test_each_rule_names_its_field_and_code(name: str, value: JsonValue, code: str) -> None:
    assert problems({name: value}) == [(name, code)]


@pytest.mark.parametrize(
    ("mode", "least", "most"),
    [("realtime_answer", 60, 600), ("fast", 240, 115_200), ("standard", 240, 115_200)],
)
def test_credits_have_a_range_for_each_mode(mode: str, least: int, most: int) -> None:
    for good in (least, most):
        assert read_task({**VALID, "mode": mode, "maxCredits": good}, TAGS, LIMITS).max_credits == good
    for bad in (least - 1, most + 1):
        assert [name for name, _ in problems({"mode": mode, "maxCredits": bad})] == ["maxCredits"]


@pytest.mark.parametrize("length", [10, 10_000])
def test_a_prompt_is_counted_in_characters_not_bytes(length: int) -> None:
    assert len(read_task({**VALID, "prompt": "é" * length}, TAGS, LIMITS).prompt) == length


@given(st.uuids(version=4))
def test_every_uuid_of_version_4_is_a_valid_key(key: uuid.UUID) -> None:
    assert read_idempotency_key({"idempotencyKey": str(key).upper()}) == str(key)


@given(st.one_of(st.text(max_size=40), st.integers(), st.uuids(version=5).map(str), st.uuids(version=1).map(str)))
def test_other_values_are_not_valid_keys(key: str | int) -> None:
    with pytest.raises(Refusal) as caught:
        read_idempotency_key({"idempotencyKey": key})
    assert [each.field for each in caught.value.problems] == ["idempotencyKey"]


def test_a_uuid_of_version_4_needs_the_variant_bits_too() -> None:
    with pytest.raises(Refusal):
        read_idempotency_key({"idempotencyKey": "7f8d2c3a-5b1e-4d6f-1a0b-1c2d3e4f5a6b"})


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"fileName": ""}, "attachments[0].fileName"),
        ({"mimeType": None}, "attachments[0].mimeType"),
        ({"content": None}, "attachments[0].content"),
        ({"content": "x" * 101}, "attachments[0]"),
        ({"content": "é" * 51}, "attachments[0]"),
        ({"fileName": "a.png", "content": "not base64!"}, "attachments[0].content"),
        ({"mimeType": "application/pdf", "content": base64.b64encode(bytes(51)).decode()}, "attachments[0]"),
        ({"fileName": "a.exe", "mimeType": "application/octet-stream"}, "attachments[0]"),
    ],
)
def test_attachments_are_checked_one_by_one(fields: dict[str, JsonValue], where: str) -> None:
    assert [name for name, _ in problems({"attachments": [attachment(**fields)]})] == [where]


def test_the_documented_alternative_spelling_of_an_attachment_is_accepted() -> None:
    data = base64.b64encode("grün".encode()).decode()
    sent: JsonValue = [{"fileName": "a.diff", "mimeType": "text/x-diff", "fileSize": 5, "data": data}]
    (read,) = read_task({**VALID, "attachments": sent}, TAGS, LIMITS).attachments
    assert (read.content, read.size) == ("grün", 5)


def test_unknown_fields_are_accepted_unless_the_service_is_strict() -> None:
    assert read_task({**VALID, "colour": "red"}, TAGS, LIMITS) == read_task(VALID, TAGS, LIMITS)
    strict = Limits(strict_fields=True)
    assert problems({"colour": "red"}, strict) == [("colour", "invalid_request")]
    assert problems({"attachments": [attachment(owner="me")]}, strict) == [("attachments[0]", "invalid_request")]


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"name": 5}, {"name": "p", "description": 5}])
def test_a_project_needs_a_name(body: dict[str, JsonValue]) -> None:
    with pytest.raises(Refusal) as caught:
        read_project(body)
    assert caught.value.status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("prompt", "projectId", "maxCredits", "mode", "tagId", "metadata", "idempotencyKey", "attachments")


@given(st.dictionaries(st.sampled_from((*FIELDS, "responseSchema")), json_values))
def test_any_request_is_accepted_or_refused_with_the_fields(changes: dict[str, JsonValue]) -> None:
    named: set[str] = set()
    try:
        read_task({**VALID, **changes}, TAGS, LIMITS)
    except Refusal as refused:
        named = {each.field.partition("[")[0] for each in refused.problems}
    assert named <= changes.keys()
