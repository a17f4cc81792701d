"""Puts a text into every field of a view that comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

ADDRESSES = frozenset({"comment_url", "blob_url", "run_url", "summary_url"})
"""Made by us or by GitHub, so that a link may lead there; the report files believe not even these."""

OURS = frozenset({"mark", "ledger", "boundary", "id", "original", "head_sha", "merge_base", "reviewer", "check_name"})
"""Made by us."""


def poisoned(
    value: Any,  # noqa: ANN401 — a view of any depth
    poison: Callable[[str], str],
    kept: frozenset[str] = OURS | ADDRESSES,
    name: str = "",
) -> Any:  # noqa: ANN401 — likewise
    """The same view with the poison for each text in place of it.

    Args:
        value: a view, or what is in one.
        poison: makes the new text of the old one.
        kept: fields that stay what they are.
        name: of the field that the value is from.
    """
    if name in kept or isinstance(value, Enum):
        return value
    match value:
        case str():
            return poison(value)
        case tuple():
            return tuple(poisoned(item, poison, kept, name) for item in value)
        case _ if is_dataclass(value):
            new = {item.name: poisoned(getattr(value, item.name), poison, kept, item.name) for item in fields(value)}
            return replace(value, **new)  # type: ignore[type-var]  # is_dataclass says that it is one
        case _:
            return value


def filled(value: Any, text: str, kept: frozenset[str] = OURS | ADDRESSES) -> Any:  # noqa: ANN401 — as above
    """The same view with one text in all those fields."""
    return poisoned(value, lambda _: text, kept)
