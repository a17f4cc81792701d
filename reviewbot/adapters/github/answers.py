"""GitHub's JSON, read strictly: every reader names the field that is not what GitHub documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reviewbot.errors import ForgeUnreachable

LONGEST_NAME = 4096
"""Characters of the longest path that git checks out; whatever else has a name has a shorter one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One JSON object of GitHub's.

    Attributes:
        fields: the object itself.
        where: what it is, for the message when a field is not as documented.

    Raises:
        ForgeUnreachable: from every reader, when the field is missing or of another type.
    """

    fields: Mapping[str, object]
    where: str

    @classmethod
    def of(cls, value: object, where: str) -> Answer:
        """The object in `value`, whatever came instead."""
        if not isinstance(value, dict):
            raise _unusable(where)
        return cls(value, where)

    def text(self, name: str) -> str:
        """A string that names something: a login, a branch, a path, a title, an id, an address."""
        value = self.prose(name)
        if len(value) > LONGEST_NAME:
            raise _unusable(f"{self.where}.{name}")
        return value

    def prose(self, name: str) -> str:
        """A string of any length: what a person wrote, or a file's text."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise _unusable(f"{self.where}.{name}")
        return value

    def maybe_text(self, name: str) -> str | None:
        """A string that names something, or nothing."""
        return None if self.fields.get(name) is None else self.text(name)

    def maybe_prose(self, name: str) -> str | None:
        """A string of any length, or nothing."""
        return None if self.fields.get(name) is None else self.prose(name)

    def number(self, name: str) -> int:
        """A whole number; GraphQL writes the 64-bit ones as strings."""
        value = self.fields.get(name)
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _unusable(f"{self.where}.{name}")
        return value

    def maybe_number(self, name: str) -> int | None:
        """A whole number or nothing."""
        return None if self.fields.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """A truth value."""
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise _unusable(f"{self.where}.{name}")
        return value

    def moment(self, name: str) -> datetime:
        """A point in time, as ISO 8601 with its zone."""
        text = self.text(name)
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise _unusable(f"{self.where}.{name}") from error

    def node(self, name: str) -> Answer:
        """An object."""
        return Answer.of(self.fields.get(name), f"{self.where}.{name}")

    def maybe_node(self, name: str) -> Answer | None:
        """An object or nothing."""
        return None if self.fields.get(name) is None else self.node(name)

    def items(self, name: str) -> Iterator[Answer]:
        """The objects of a list; nulls in it, which GraphQL allows, are passed over."""
        value = self.fields.get(name)
        if not isinstance(value, list):
            raise _unusable(f"{self.where}.{name}")
        for index, item in enumerate(value):
            if item is not None:
                yield Answer.of(item, f"{self.where}.{name}[{index}]")

    def nodes(self, name: str) -> Iterator[Answer]:
        """The nodes of a GraphQL connection; nothing when the connection itself is null."""
        connection = self.maybe_node(name)
        return connection.items("nodes") if connection else iter(())

    def next_page(self) -> str | None:
        """Where a GraphQL connection goes on, None at its end."""
        page = self.node("pageInfo")
        return page.text("endCursor") if page.flag("hasNextPage") else None


def _unusable(where: str) -> ForgeUnreachable:
    return ForgeUnreachable(
        f"GitHub's answer cannot be used: {where} is not as GitHub documents it.",
        hint="If this stays, the API's address points to something that is not GitHub, or to a version too old.",
    )
