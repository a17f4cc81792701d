"""Work on several pull requests or repositories, of which one that fails never stops the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def take_turns(items: Iterable[T], work: Callable[[T], None]) -> None:
    """Do the work on each item; the first error is raised after all of them. An interrupt stops at once."""
    errors: list[Exception] = []
    for item in items:
        try:
            work(item)
        except Exception as error:  # noqa: BLE001 — also a bug of one must not stop the next; it is raised below
            errors.append(error)
    if errors:
        raise errors[0]
