"""Put a text into every field of a view that contains external text."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from msgspec import Struct

from reviewbot.values import replace

ADDRESSES = frozenset({"comment_url", "blob_url", "run_url", "docs_url", "summary_url"})
"""Created by reviewbot or GitHub, so comments may link to them. The report files do not trust them."""

OURS = frozenset({"mark", "ledger", "boundary", "id", "original", "head_sha", "merge_base", "reviewer", "check_name"})
"""Created by reviewbot."""


def poisoned(
    value: Any,  # noqa: ANN401 — a view of any depth
    poison: Callable[[str], str],
    kept: frozenset[str] = OURS | ADDRESSES,
    name: str = "",
) -> Any:  # noqa: ANN401 — likewise
    """Return the view with each text replaced.

    Args:
        value: a view or a part of one.
        poison: returns the new text for an old one.
        kept: fields that stay unchanged.
        name: the name of the value's field.
    """
    if name in kept or isinstance(value, Enum):
        return value
    match value:
        case str():
            return poison(value)
        case tuple():
            return tuple(poisoned(item, poison, kept, name) for item in value)
        case Struct():
            new = {item: poisoned(getattr(value, item), poison, kept, item) for item in value.__struct_fields__}
            return replace(value, **new)  # type: ignore[type-var]  # any struct
        case _:
            return value


def filled(value: Any, text: str, kept: frozenset[str] = OURS | ADDRESSES) -> Any:  # noqa: ANN401 — as above
    """Return the view with one text in all these fields."""
    return poisoned(value, lambda _: text, kept)
