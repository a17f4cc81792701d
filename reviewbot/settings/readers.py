"""Readers: from the text of an input or a value of the config file to a typed value, or a word on what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from reviewbot.domain.model.options import PathInstruction
from reviewbot.domain.model.review import Severity
from reviewbot.domain.model.urls import UnsafeUrl, check_service_url

T = TypeVar("T")


class Secret:
    """A value that never shows itself: not in a repr, a format, a traceback or a comparison's message."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"


class NotAllowed(Exception):
    """A value is not one that its setting allows."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """Reads one value.

    Attributes:
        allowed: what would be right, as a phrase.
        read: from an input's text or a YAML value; raises `NotAllowed` when it is not right.
        schema: a JSON Schema of a value in the config file; what it refuses, `read` refuses too.
    """

    allowed: str
    read: Callable[[object], T]
    schema: Mapping[str, object] = field(default_factory=dict, compare=False)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotAllowed


TEXT = Reader("text", _text, {"type": ["string", "integer"]})

_KNOWN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def _boolean(value: object) -> bool:
    # The toolkit's rule: YAML 1.2's booleans and nothing else.
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _KNOWN:
        return _KNOWN[value]
    raise NotAllowed


BOOLEAN = Reader("true or false", _boolean, {"anyOf": [{"type": "boolean"}, {"enum": list(_KNOWN)}]})


def whole_number(least: int, most: int) -> Reader[int]:
    """A whole number within bounds, both included."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise NotAllowed
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,12}", value):
            raise NotAllowed
        number = int(value)
        if not least <= number <= most:
            raise NotAllowed
        return number

    number = {"type": "integer", "minimum": least, "maximum": most}
    digits = {"type": "string", "pattern": "^[0-9]{1,12}$"}
    return Reader(f"a whole number from {least} to {most}", read, {"anyOf": [number, digits]})


E_co = TypeVar("E_co", bound=StrEnum, covariant=True)


def one_of(choices: type[E_co]) -> Reader[E_co]:
    """One of a few words."""
    return Reader(_named(choices), lambda value: _choice(choices, value), _words(choices))


def _choice(choices: type[E_co], value: object) -> E_co:
    text = _text(value)
    try:
        return choices(text)
    except ValueError:
        raise NotAllowed from None


def _named(choices: Iterable[str]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)


def _words(choices: Iterable[str]) -> Mapping[str, object]:
    """The words themselves first, for editors to offer; `read` takes blanks around them, too."""
    # JSON Schema's patterns are those of JavaScript, which take no backslash before a hyphen.
    escaped = "|".join(re.escape(choice).replace(r"\-", "-") for choice in choices)
    padded = {"type": "string", "pattern": rf"^\s*({escaped})\s*$"}
    return {"anyOf": [{"enum": [str(choice) for choice in choices]}, padded]}


def _threshold(value: object) -> Severity:
    severity = _choice(Severity, value)
    if severity is Severity.UNRATED:
        raise NotAllowed  # unrated findings always get a comment, so it is no threshold
    return severity


_THRESHOLDS = tuple(severity for severity in Severity if severity is not Severity.UNRATED)
THRESHOLD = Reader(_named(_THRESHOLDS), _threshold, _words(_THRESHOLDS))


def _patterns(value: object) -> tuple[str, ...]:
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise NotAllowed
    return tuple(line.strip() for line in lines if line.strip())


_LINES = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
PATTERNS = Reader("a list of patterns, one a line", _patterns, _LINES)


def _path_instructions(value: object) -> tuple[PathInstruction, ...]:
    if not isinstance(value, list):
        raise NotAllowed
    return tuple(_path_instruction(item) for item in value)


def _path_instruction(item: object) -> PathInstruction:
    match item:
        case {"path": str(path), "instructions": str(instructions), **rest} if not rest:
            return PathInstruction(path, instructions)
        case _:
            raise NotAllowed


_PAIR = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "instructions": {"type": "string"}},
    "required": ["path", "instructions"],
    "additionalProperties": False,
}
PATH_INSTRUCTIONS = Reader(
    "a list of items with `path` and `instructions`", _path_instructions, {"type": "array", "items": _PAIR}
)


_NAME = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}"


def _instance(value: object) -> str:
    text = _text(value)
    if not re.fullmatch(f"{_NAME}|", text):
        raise NotAllowed
    return text


INSTANCE = Reader(
    "at most 40 letters, digits, blanks, dots, dashes and underscores",
    _instance,
    {"type": ["string", "integer"], "pattern": rf"^\s*({_NAME})?\s*$", "minimum": 0},
)


def _secret(value: object) -> Secret:
    text = _text(value)
    if not re.fullmatch(r"[!-~]*", text):
        raise NotAllowed
    return Secret(text)


SECRET = Reader("printable characters without blanks", _secret)


def _service_url(value: object) -> str:
    try:
        return check_service_url(_text(value))
    except UnsafeUrl:
        raise NotAllowed from None


SERVICE_URL = Reader("an https address without user, query or fragment (http on loopback only)", _service_url)
