"""The JSON Schema of the config file, made from the settings' table: what editors complete and underline by."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.settings import INPUTS, Input

_UNSET: Mapping[str, object] = {"enum": [None, ""], "description": "Not set: the default holds."}


def config_schema() -> dict[str, object]:
    """The schema. It refuses nothing that the program takes.

    What it cannot say: bounds of numbers that are written as text, and what is wrong only together with another key,
    which an input of the workflow may still put right.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The config file of reviewbot",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {row.name: _property(row) for row in INPUTS if row.config},
    }


def _property(row: Input) -> dict[str, object]:
    default = {"default": _default(row)} if row.default else {}
    return {"description": f"{row.meaning} Allowed: {row.allowed}.", **default, "anyOf": [row.schema, _UNSET]}


def _default(row: Input) -> object:
    """The default as the value that a file would have."""
    forms = row.schema.get("anyOf")
    kinds = [form.get("type") for form in forms] if isinstance(forms, list) else []
    if "boolean" in kinds:
        return row.default == "true"
    return int(row.default) if "integer" in kinds else row.default
