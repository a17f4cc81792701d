"""Build a view from the types of its fields, so that a new field is covered without a change here."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from tests.render.view_builders import LEDGER, MARK

TRUSTED = {"mark": MARK, "ledger": LEDGER.ljust(34_200, "x"), "boundary": "boundary-0123456789"}
"""Texts that reviewbot writes itself; the ledger has its maximum length."""

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Building:
    """How to fill the fields.

    Attributes:
        text: returns the text for a field of this name.
        rows: length of every list.
        choice: selects the member of an enumeration.
    """

    text: Callable[[str], str]
    rows: int
    choice: int = 0

    def of(self, kind: Any, name: str = "") -> Any:  # noqa: ANN401 — any type of a field
        """Return a value of this type, with every optional value present.

        Raises:
            TypeError: the type is not one of those that views have.
        """
        arguments = get_args(kind)
        match get_origin(kind):
            case origin if origin in {types.UnionType, Union}:
                return self.of(next(one for one in arguments if one is not types.NoneType), name)
            case origin if origin is tuple and arguments[-1] is not ...:
                return tuple(self.of(one, name) for one in arguments)
            case origin if origin in {tuple, Sequence}:
                return tuple(self.of(arguments[0], name) for _ in range(self.rows))
            case origin if origin is Mapping:
                return dict.fromkeys(arguments[0], 10**6)
            case _:
                return self._plain(kind, name)

    def _plain(self, kind: Any, name: str) -> Any:  # noqa: ANN401 — as above
        if issubclass(kind, Struct):
            hints = get_type_hints(kind)
            return kind(**{one: self.of(hints[one], one) for one in kind.__struct_fields__})
        if issubclass(kind, Enum):
            return list(kind)[self.choice % len(kind)]
        if kind is str:
            return TRUSTED.get(name) or self.text(name)
        return {bool: True, int: 10**12, Decimal: Decimal(10**12), datetime: MOMENT}[kind]


def texts_of(kind: Any, at: str = "") -> Iterator[str]:  # noqa: ANN401 — any type of a field
    """Yield the place of every text in a view, such as `files.findings.title`."""
    for one in get_args(kind):
        yield from texts_of(one, at)
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = get_type_hints(kind)
        for one in kind.__struct_fields__:
            yield from texts_of(hints[one], f"{at}.{one}".strip("."))
    elif kind is str:
        yield at
