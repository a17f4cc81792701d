"""Copy values with changes. Values are `msgspec.Struct`s, because defining a dataclass takes ten times as long."""

from __future__ import annotations

from typing import TYPE_CHECKING

# mypy checks the names and types of the changes only for dataclasses.replace.
if TYPE_CHECKING:
    from dataclasses import replace
else:
    from msgspec.structs import replace

__all__ = ["replace"]
