"""Define a lazy sequence. With tuples, the terminal view of the largest review would take 500 MB of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

From = TypeVar("From")
To = TypeVar("To")


class Mapped(Sequence[To], Generic[From, To]):
    """Applies a function to another sequence's items on access. Not a struct, because templates read struct fields."""

    __slots__ = ("_make", "_source")

    def __init__(self, make: Callable[[From], To], source: Sequence[From]) -> None:
        self._make = make
        self._source = source

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[To]:
        return map(self._make, self._source)

    @overload
    def __getitem__(self, at: int) -> To: ...
    @overload
    def __getitem__(self, at: slice) -> Mapped[From, To]: ...
    def __getitem__(self, at: int | slice) -> To | Mapped[From, To]:
        if isinstance(at, slice):
            return Mapped(self._make, self._source[at])
        return self._make(self._source[at])
