"""JSON of our own formats, read strictly: an error names the place of the value that does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import NoReturn, TypeVar

_LARGEST = 10**15
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class JsonMismatch(Exception):
    """A document is not JSON, or a value in it is not what the format requires.

    Args:
        where: the path of the value, empty for the whole document.
        what: what is wrong with it.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"`{where or 'the whole'}` {what}")


@dataclass(frozen=True, slots=True)
class JsonNode:
    """A JSON value and its path.

    Raises:
        JsonMismatch: from every reader, when the value has another type or is out of range.
    """

    value: object
    where: str = ""

    @classmethod
    def parse(cls, text: str | bytes) -> JsonNode:
        """Parse a document."""
        try:
            return cls(json.loads(text))
        except (ValueError, RecursionError):
            raise JsonMismatch("", "is not JSON") from None

    def refuse(self, what: str) -> NoReturn:
        """Raise the error for this value."""
        raise JsonMismatch(self.where, what)

    def __getitem__(self, key: str) -> JsonNode:
        """The value of a key."""
        where = f"{self.where}.{key}" if self.where else key
        if not isinstance(self.value, dict):
            self.refuse("is no object")
        if key not in self.value:
            raise JsonMismatch(where, "is missing")
        return JsonNode(self.value[key], where)

    def get(self, key: str) -> JsonNode:
        """The value of a key that may be missing: null then."""
        return self[key] if not isinstance(self.value, dict) or key in self.value else JsonNode(None, key)

    def items(self) -> Iterator[JsonNode]:
        """The items of a list."""
        if not isinstance(self.value, list):
            self.refuse("is no list")
        for index, item in enumerate(self.value):
            yield JsonNode(item, f"{self.where}[{index}]")

    def row(self, length: int) -> tuple[JsonNode, ...]:
        """The items of a list of exactly this length."""
        items = tuple(self.items())
        return items if len(items) == length else self.refuse(f"does not have {length} items")

    def all(self, read: Callable[[JsonNode], T]) -> tuple[T, ...]:
        """The items of a list, each read."""
        return tuple(read(item) for item in self.items())

    def maybe(self, read: Callable[[JsonNode], T]) -> T | None:
        """The value, or None where it is null."""
        return None if self.value is None else read(self)

    def text(self) -> str:
        """A string."""
        return self.value if isinstance(self.value, str) else self.refuse("is no text")

    def flag(self) -> bool:
        """A boolean."""
        return self.value if isinstance(self.value, bool) else self.refuse("is neither true nor false")

    def whole(self, least: int = -_LARGEST, most: int = _LARGEST) -> int:
        """An integer in a range."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value <= most:
            self.refuse("is no whole number of a sane size")
        return self.value

    def decimal(self) -> Decimal:
        """A decimal number, written as text."""
        return Decimal(self.text()) if _DECIMAL.fullmatch(self.text()) else self.refuse("is no decimal number")

    def moment(self) -> datetime:
        """A point in time with its zone, as ISO 8601."""
        try:
            at = datetime.fromisoformat(self.text())
        except ValueError:
            self.refuse("is no moment")
        return at if at.tzinfo else self.refuse("names no time zone")

    def word(self, kind: type[E]) -> E:
        """A member of an enumeration, by its value."""
        known = {one.value: one for one in kind}
        if not isinstance(self.value, str) or self.value not in known:
            self.refuse(f"is none of {', '.join(map(str, known))}")
        return known[self.value]
