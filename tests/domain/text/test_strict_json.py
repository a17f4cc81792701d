"""Our own JSON is read strictly, and an error names the place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from reviewbot.domain.model.review import Severity
from reviewbot.domain.text.strict_json import JsonMismatch, JsonNode
from tests.domain.any_json import json_values

READERS: list[Callable[[JsonNode], object]] = [
    lambda node: node["key"],
    lambda node: node.get("key"),
    lambda node: list(node.items()),
    lambda node: node.row(2),
    lambda node: node.all(JsonNode.text),
    lambda node: node.maybe(JsonNode.whole),
    JsonNode.text,
    JsonNode.flag,
    JsonNode.whole,
    JsonNode.decimal,
    JsonNode.moment,
    lambda node: node.word(Severity),
]


@given(json_values)
def test_any_value_is_read_or_refused(value: object) -> None:
    for read in READERS:
        try:
            read(JsonNode(value, "there"))
        except JsonMismatch as error:
            assert str(error).startswith("`there")  # noqa: PT017 — most values are refused by most readers


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe", "[" * 100_000, "9" * 5_000])
def test_text_that_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(JsonMismatch, match="`the whole` is not JSON"):
        JsonNode.parse(text)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda node: node["key"].text(), {"key": "words"}, "words"),
        (lambda node: node.get("key").text(), {"key": "words"}, "words"),
        (lambda node: node.get("key").value, {}, None),
        (lambda node: [one.value for one in node.row(2)], [1, 2], [1, 2]),
        (lambda node: node.all(JsonNode.flag), [True, False], (True, False)),
        (lambda node: node.maybe(JsonNode.text), None, None),
        (lambda node: node.maybe(JsonNode.text), "x", "x"),
        (lambda node: node.whole(0, 7), 7, 7),
        (JsonNode.decimal, "12.5", Decimal("12.5")),
        (JsonNode.moment, "2026-11-24T12:00:00+00:00", datetime(2026, 11, 24, 12, tzinfo=UTC)),
        (lambda node: node.word(Severity), "high", Severity.HIGH),
    ],
)
def test_a_value_that_fits_is_read(read: Callable[[JsonNode], object], value: object, expected: object) -> None:
    assert read(JsonNode(value)) == expected


@pytest.mark.parametrize(
    ("read", "value", "told"),
    [
        (lambda node: node["a"]["b"], {"a": {}}, "`a.b` is missing"),
        (lambda node: node["a"].all(JsonNode.text), {"a": ["x", 5]}, "`a[1]` is no text"),
        (lambda node: node.row(2), [1], "`the whole` does not have 2 items"),
        (lambda node: node.whole(0, 7), 8, "is no whole number"),
        (lambda node: node.whole(0, 7), -1, "is no whole number"),
        (JsonNode.whole, True, "is no whole number"),
        (JsonNode.whole, 1e9, "is no whole number"),
        (JsonNode.decimal, "1e9", "is no decimal number"),
        (JsonNode.moment, "today", "is no moment"),
        (JsonNode.moment, "2026-11-24T12:00:00", "names no time zone"),
        (lambda node: node.word(Severity), [], "is none of unrated, critical"),
        (lambda node: node.word(Severity), "urgent", "is none of unrated, critical"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_place(
    read: Callable[[JsonNode], object], value: object, told: str
) -> None:
    with pytest.raises(JsonMismatch) as caught:
        read(JsonNode(value))
    assert told in str(caught.value)


def test_a_bug_is_not_a_mismatch() -> None:
    def buggy(node: JsonNode) -> str:
        raise KeyError(node.text())

    with pytest.raises(KeyError):
        JsonNode(["x"]).all(buggy)
