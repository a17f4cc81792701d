"""Process several pull requests or repositories. An error in one item does not stop the next item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")


def take_turns(items: Sequence[T], work: Callable[[T], None]) -> None:
    """Process each item in order, and raise errors at the end. `KeyboardInterrupt` stops the loop immediately."""
    with ExitStack() as turns:  # continues after any error in a callback, so that no broad `except` is needed

        def turn(item: T) -> None:
            try:
                work(item)
            except KeyboardInterrupt:
                turns.pop_all()
                raise

        for item in reversed(items):
            turns.callback(turn, item)
