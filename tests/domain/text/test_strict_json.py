"""JSON is read strictly, and an error names the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from msgspec import Struct

from reviewbot.domain.model.review import Severity
from reviewbot.domain.text.strict_json import (
    DecimalText,
    JsonMismatch,
    Moment,
    Whole,
    convert,
    parse,
    read,
    salvage,
)
from tests.domain.any_json import json_values


class Inner(Struct, frozen=True):
    number: Whole | None = None
    decimal: DecimalText | None = None
    moment: Moment | None = None
    word: Severity | None = None


class Outer(Struct, frozen=True):
    text: str
    items: tuple[Inner, ...] = ()


class Items(Struct, frozen=True):
    items: tuple[Inner, ...] | None = None


@dataclass(frozen=True)
class Other:
    text: str
    items: tuple[Inner, ...]


@given(json_values)
def test_any_value_is_read_or_refused(value: object) -> None:
    for kind in (Inner, Outer):
        try:
            convert(value, kind)
        except JsonMismatch as error:
            assert str(error).startswith("`")  # noqa: PT017 — most values are refused by most types


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe", "[" * 100_000, "9" * 5_000, "NaN", "[-Infinity]"])
def test_text_that_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(JsonMismatch, match="`document` is not valid JSON"):
        parse(text)


def test_a_value_that_fits_is_read() -> None:
    text = '{"text": "\\ud800", "more": [{}], "items": [{"number": 7, "decimal": "12.5", "word": "high"}]}'
    assert read(text, Outer) == Outer("\ud800", (Inner(7, "12.5", None, Severity.HIGH),))
    moment = convert({"moment": "2026-11-24T12:00:00+00:00"}, Inner).moment
    assert moment == datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_last_of_two_values_of_a_key_counts() -> None:
    assert read('{"text": "a", "text": "b"}', Outer) == Outer("b")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "`document` is invalid: expected `object`, got `array`"),
        ({}, "`text` is missing"),
        ({"text": 5}, "`text` is invalid: expected `str`, got `int`"),
        ({"text": "x", "items": [{}, 5]}, "`items[1]` is invalid"),
        ({"text": "x", "items": [{"number": True}]}, "`items[0].number` is invalid"),
        ({"text": "x", "items": [{"number": 1e9}]}, "`items[0].number` is invalid"),
        ({"text": "x", "items": [{"number": 10**16}]}, "`items[0].number` is invalid"),
        ({"text": "x", "items": [{"decimal": "1e9"}]}, "`items[0].decimal` is invalid"),
        ({"text": "x", "items": [{"decimal": "1\n"}]}, "`items[0].decimal` is invalid"),
        ({"text": "x", "items": [{"moment": "today"}]}, "`items[0].moment` is invalid"),
        ({"text": "x", "items": [{"moment": "2026-11-24T12:00:00"}]}, "`items[0].moment` is invalid"),
        ({"text": "x", "items": [{"word": "urgent"}]}, "`items[0].word` is not an allowed value"),
        ({"text": "x", "items": [{"word": "\ud800"}]}, "contains a lone surrogate"),
        ({"text": "x", "\ud800": 1}, "contains a lone surrogate"),
        ({"text": "x", 5: 1}, "`document` is invalid"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_place(value: object, message: str) -> None:
    with pytest.raises(JsonMismatch) as caught:
        convert(value, Outer)
    assert message in str(caught.value)


@pytest.mark.parametrize("word", ["\x1b[31m", "` - at `$.elsewhere", "x' - at `$.elsewhere`\n"])
def test_an_error_does_not_repeat_the_invalid_value(word: str) -> None:
    with pytest.raises(JsonMismatch) as caught:
        convert({"word": word}, Inner)
    assert str(caught.value) == "`word` is not an allowed value"


def test_invalid_fields_are_skipped_and_the_rest_is_read() -> None:
    given = {"number": "7", "decimal": 5, "word": ["high"], "moment": None, "more": {"a": 1}, "\ud800": 1}
    inner, rest = salvage(given, Inner)
    assert inner == Inner(7)
    assert rest == {"decimal": 5, "word": ["high"], "more": {"a": 1}, "\ud800": 1}
    assert given["decimal"] == 5


@given(json_values)
def test_parsing_a_broken_answer_loses_nothing(value: object) -> None:
    for kind in (Inner, Items):
        given = {"number": value, "items": value, "other": value}
        read, rest = salvage(given, kind)
        assert rest.keys() <= given.keys()
        assert all(
            key in rest or getattr(read, key) is not None
            for key in given
            if value is not None and key in kind.__struct_fields__
        )
