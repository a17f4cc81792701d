"""Values that are made when they are looked at, and not kept: what there is no room for is never made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

From = TypeVar("From")
To = TypeVar("To")


class Mapped(Sequence[To], Generic[From, To]):
    """What a function makes of each of some values, anew at every look.

    No dataclass, since a template may read the fields of one.
    """

    __slots__ = ("_make", "_source")

    def __init__(self, make: Callable[[From], To], source: Sequence[From]) -> None:
        self._make = make
        self._source = source

    def __len__(self) -> int:
        """As many as there are sources."""
        return len(self._source)

    def __iter__(self) -> Iterator[To]:
        """Each in its turn."""
        return map(self._make, self._source)

    @overload
    def __getitem__(self, at: int) -> To: ...
    @overload
    def __getitem__(self, at: slice) -> Mapped[From, To]: ...
    def __getitem__(self, at: int | slice) -> To | Mapped[From, To]:
        """One of them, or a stretch that is as lazy."""
        if isinstance(at, slice):
            return Mapped(self._make, self._source[at])
        return self._make(self._source[at])
