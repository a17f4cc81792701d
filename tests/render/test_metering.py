"""Templates have limits for steps and characters."""

from __future__ import annotations

import pytest

from reviewbot.render.sandbox import MAX_CHARACTERS, MAX_STEPS, Meter, TooManyCharacters, TooManySteps


def test_the_number_of_loop_iterations_is_limited() -> None:
    meter = Meter()
    for _ in range(MAX_STEPS):
        meter.step()
    with pytest.raises(TooManySteps):
        meter.step()


def test_the_number_of_characters_is_limited() -> None:
    meter = Meter()
    meter.write(MAX_CHARACTERS - 6)
    for _ in "ab":
        meter.step(3)
    with pytest.raises(TooManyCharacters):
        meter.write(1)
