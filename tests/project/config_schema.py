"""The JSON Schema of the config file, made from the table of settings, for completion in editors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from reviewbot.domain.model.options import Auto
from reviewbot.settings import INPUTS, Input
from reviewbot.settings.readers import (
    BOOLEAN,
    BOOLEANS,
    BOT_LOGIN,
    BOTS,
    CONTEXT,
    INSTANCE,
    LINES,
    LOGIN,
    MOST_CONTEXT_PATTERNS,
    NAME,
    PATH_PATTERNS,
    PATTERNS,
    RULE_AUTHOR,
    RULE_NAME,
    TEXT,
    Reader,
)
from reviewbot.settings.routes import CHANGES, MOST_ROUTES, ROUTE_KEYS, ROUTES

_UNSET: Mapping[str, object] = {"enum": [None, ""], "description": "Not set: the default applies."}
_PAIR = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "instructions": {"type": "string"}},
    "required": ["path", "instructions"],
    "additionalProperties": False,
}


def config_schema() -> dict[str, object]:
    """Return the schema. It accepts everything that the program accepts.

    It cannot express bounds of numbers written as text, or conflicts between keys, which a workflow input may resolve.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The config file of reviewbot",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {row.name: _property(row) for row in INPUTS if row.config},
    }


def _property(row: Input) -> dict[str, object]:
    default = {"default": row.value} if row.default else {}
    description = f"{row.meaning} Allowed: {row.reader.allowed}."
    return {"description": description, **default, "anyOf": [_values(row), _UNSET]}


def _values(row: Input) -> Mapping[str, object]:
    reader = row.reader
    if reader is ROUTES:
        return {"type": "array", "items": _route(), "maxItems": MOST_ROUTES}
    match row.value:
        case bool():
            return {"anyOf": [{"type": "boolean"}, {"enum": list(BOOLEANS)}]}
        case int() | Auto():
            return _number(reader)
        case StrEnum():
            return _words(reader)
        case tuple():
            pairs = {"type": "array", "items": _PAIR}
            login = rf"((?!github-actions\[){BOT_LOGIN}\s*)"
            one, more = ({"pattern": rf"^\s*{login}{times}$"} if reader is BOTS else {} for times in "?*")
            if reader is PATH_PATTERNS:
                one, more = _PATH, _PATHS
            lines = {"anyOf": [{"type": "array", "items": {"type": "string", **one}}, {"type": "string", **more}]}
            return _context() if reader is CONTEXT else pairs if row.field == "path_instructions" else lines
        case _:
            instance = {"pattern": rf"^\s*({NAME})?\s*$", "minimum": 0} if reader is INSTANCE else {}
            return {"type": ["string", "integer"], **instance}


_LINE = r"[ \t]*(?:!?(?!\.?/)[^\n]*[^/\s])?[ \t]*"
_PATH, _PATHS = {"pattern": f"^{_LINE}$"}, {"pattern": rf"^({_LINE}(\n|$))*$"}


def _context() -> Mapping[str, object]:
    items = {"type": "string", **_PATH}
    patterns = {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_CONTEXT_PATTERNS}
    return {"anyOf": [_words(CONTEXT), patterns]}


def _route() -> Mapping[str, object]:
    """Return the schema of a rule of `routes`."""
    return {
        "type": "object",
        "properties": {name: _of_reader(reader) for name, reader in ROUTE_KEYS.items()},
        "required": ["name"],
        "anyOf": [{"required": [name]} for name in CHANGES],
        "additionalProperties": False,
    }


def _of_reader(reader: Reader[Any]) -> Mapping[str, object]:
    if reader is TEXT:
        return {"type": ["string", "integer"]}
    if reader is BOOLEAN:
        return {"anyOf": [{"type": "boolean"}, {"enum": list(BOOLEANS)}]}
    if reader in {PATTERNS, PATH_PATTERNS, LINES}:
        one, more = (_PATH, _PATHS) if reader is PATH_PATTERNS else ({}, {})
        return {"anyOf": [{"type": "array", "items": {"type": "string", **one}}, {"type": "string", **more}]}
    if reader in {RULE_NAME, RULE_AUTHOR}:
        pattern = NAME if reader is RULE_NAME else LOGIN
        return {"type": ["string", "integer"], "pattern": rf"^\s*({pattern})\s*$", "minimum": 0}
    return _number(reader) if reader.words in ((), (Auto.AUTO,)) else _words(reader)


def _number(reader: Reader[Any]) -> Mapping[str, object]:
    least, most = map(int, re.findall("[0-9]+", reader.allowed))
    number = {"type": "integer", "minimum": least, "maximum": most}
    words = [_words(reader)] if reader.words else []
    return {"anyOf": [number, *words, {"type": "string", "pattern": "^[0-9]{1,12}$"}]}


def _words(reader: Reader[Any]) -> Mapping[str, object]:
    words = re.findall("`(.*?)`", reader.allowed)
    # The plain words come first, for completion; spaces around them are allowed, too.
    # JSON Schema uses JavaScript patterns, which allow no backslash before a hyphen.
    escaped = "|".join(re.escape(word).replace(r"\-", "-") for word in words)
    return {"anyOf": [{"enum": words}, {"type": "string", "pattern": rf"^\s*({escaped})\s*$"}]}
