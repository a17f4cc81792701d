"""Convert JSON to `msgspec.Struct`s. Errors name the invalid field."""

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
"""A decimal number as a string."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A time in ISO 8601 format with a time zone."""

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_PLACE = re.compile(r" - at (?:`key` in )?`\$\.?([^`]*)`\Z")
_MISSING = re.compile(r"Object missing required field `(.*)`")


class JsonMismatch(Exception):
    """Invalid JSON, or a value of the wrong type. `where` is the value's path, or empty for the whole document."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"`{where or 'document'}` {what}")
        self.where = where
        self.what = what


def parse(text: str | bytes) -> object:
    """Parse JSON, including lone surrogates, which `msgspec.json` rejects.

    Raises:
        JsonMismatch: the document is not JSON, or contains NaN or Infinity. The message quotes at most one character.
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
    """Return a dictionary of these pairs. Use this function as an `object_pairs_hook`.

    Raises:
        ValueError: two keys are equal. JSON parsers disagree about which value to use.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def convert(value: object, kind: type[T], *, strict: bool = True) -> T:
    """Convert a parsed value to a type, ignoring unknown keys. Unless `strict`, numbers may be strings.

    Raises:
        JsonMismatch: the value, or a nested value, has the wrong type or is out of range.
    """
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _mismatch(str(error)) from None
    except UnicodeEncodeError:
        # msgspec raises this for a lone surrogate in a key, an enum or a timestamp.
        raise JsonMismatch("", "contains a lone surrogate") from None


def read(text: str | bytes, kind: type[T]) -> T:
    return convert(parse(text), kind)


def salvage(value: Mapping[str, object], kind: type[S]) -> tuple[S, dict[str, object]]:
    """Convert the valid fields of an object. Return the struct and a dictionary of all other items.

    Each field of the struct needs a default. Numbers may be strings, and null is ignored.
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
        return JsonMismatch(where, "is not an allowed value")  # the value may be untrusted text
    return JsonMismatch(where, f"is invalid: {what[:1].lower()}{what[1:]}")
