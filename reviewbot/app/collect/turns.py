"""Process several pull requests or repositories; one that fails never stops the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")


def take_turns(items: Sequence[T], work: Callable[[T], None]) -> None:
    """Do the work on each item in order, and raise errors at the end. An interrupt stops at once."""
    with ExitStack() as turns:  # it continues after whatever a callback raises, so that no broad `except` is needed

        def turn(item: T) -> None:
            try:
                work(item)
            except KeyboardInterrupt:
                turns.pop_all()
                raise

        for item in reversed(items):
            turns.callback(turn, item)
