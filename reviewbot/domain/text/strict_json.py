"""Convert JSON to typed values. Errors identify the invalid field.

The types are `msgspec.Struct`s, one for each object of a format. The code that uses a type defines it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, NoReturn, TypeVar

import msgspec
from msgspec import Meta

Whole = Annotated[int, Meta(ge=-(10**15), le=10**15)]
"""An integer that every JSON parser represents exactly."""

Count = Annotated[int, Meta(ge=0, le=10**9)]

DecimalText = Annotated[str, Meta(pattern=r"\A-?[0-9]{1,15}(\.[0-9]{1,9})?\Z")]
"""A text with a decimal number."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with a time zone, in ISO 8601 format."""

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`\Z")
_MISSING = re.compile(r"Object missing required field `(.*)`")


class JsonMismatch(Exception):
    """A document that is not JSON, or a value that does not match the format.

    Attributes:
        where: the path of the value, or empty for the whole document.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"`{where or 'document'}` {what}")
        self.where = where
        self.what = what


def parse(text: str | bytes) -> object:
    """Parse a document.

    This uses `json`, because `msgspec.json` rejects documents with a lone surrogate in a string.

    Raises:
        JsonMismatch: the document is not JSON, or contains NaN or Infinity. The message contains the line and column
            but no values.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise JsonMismatch("", f"is not valid JSON{_reason(error)}") from None


def _reason(error: Exception) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return ""
    # The parser quotes at most one character.
    why = re.sub("( starting)? at$", "", error.msg).replace("Expecting", "expected").replace("'", "`")
    return f": line {error.lineno}, column {error.colno}: {why[:1].lower()}{why[1:]}"


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def unique(pairs: Sequence[tuple[str, T]]) -> dict[str, T]:
    """Return the object of these pairs, e.g., as an `object_pairs_hook`.

    Raises:
        ValueError: two keys are equal. JSON parsers disagree about which of the values to use.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def convert(value: object, kind: type[T], *, strict: bool = True) -> T:
    """Convert a parsed value to a type, ignoring unknown keys. Unless `strict`, numbers may be strings.

    Raises:
        JsonMismatch: the value, or a nested value, has another type or is out of range.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _mismatch(str(error)) from None
    except UnicodeEncodeError:
        # msgspec raises this for a lone surrogate in a key, an enum or a timestamp.
        raise JsonMismatch("", "has a lone surrogate") from None


def read(text: str | bytes, kind: type[T]) -> T:
    return convert(parse(text), kind)


def salvage(value: Mapping[str, object], kind: type[S]) -> tuple[S, dict[str, object]]:
    """Convert the valid fields of an object, and return the struct with the remaining items.

    Every field of the struct must have a default. Numbers may be strings. Null fields count as missing.
    """
    rest = {key: item for key, item in value.items() if item is not None}
    fitting = {key: rest.pop(key) for key in kind.__struct_fields__ if key in rest}
    while True:
        try:
            return convert(fitting, kind, strict=False), rest
        except JsonMismatch as error:
            field = re.split(r"[.[]", error.where, maxsplit=1)[0]
            rest[field] = fitting.pop(field)


def _mismatch(message: str) -> JsonMismatch:
    """Convert an error message of msgspec, e.g., ``Expected `int`, got `str` - at `$.a[0]` ``."""
    place = _PLACE.search(message)
    what, where = (message[: place.start()], place[1]) if place else (message, "")
    if missing := _MISSING.fullmatch(what):
        return JsonMismatch(f"{where}.{missing[1]}".lstrip("."), "is missing")
    if what.startswith("Invalid enum value"):
        return JsonMismatch(where, "is not one of the allowed words")  # the value may be untrusted text
    return JsonMismatch(where, f"is invalid: {what[:1].lower()}{what[1:]}")
