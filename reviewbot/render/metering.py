"""A limit on what a template may do, whatever it says: steps and characters, counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_STEPS = 500_000
"""Turns of loops and calls in one rendering."""

MAX_CHARACTERS = 16_000_000
"""Characters written in one rendering, those that are thrown away included."""


class TooManySteps(RuntimeError):
    """A template that would go on and on."""


class TooManyCharacters(RuntimeError):
    """A template that writes more than any place takes."""


@dataclass(slots=True)
class Meter:
    """What one rendering has used."""

    steps: int = 0
    characters: int = 0

    def reset(self) -> None:
        """Begin a rendering."""
        self.steps = self.characters = 0

    def step(self, characters: int = 0) -> None:
        """One turn of a loop or one call, with the characters of template text that it may write."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooManySteps(f"it takes more than {MAX_STEPS:,} steps")
        self.write(characters)

    def write(self, characters: int) -> None:
        """Characters that are written."""
        self.characters += characters
        if self.characters > MAX_CHARACTERS:
            raise TooManyCharacters(f"it writes more than {MAX_CHARACTERS:,} characters")

    def ticked(self, items: Iterable[object], characters: int) -> Iterator[object]:
        """The items, each of them counted as a turn."""
        for item in items:
            self.step(characters)
            yield item
