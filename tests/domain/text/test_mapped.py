"""A lazy sequence computes its items on access and stores none."""

from __future__ import annotations

from reviewbot.domain.text.mapped import Mapped


def test_it_is_a_sequence_of_the_mapped_items() -> None:
    doubled = Mapped(lambda one: 2 * one, (1, 2, 3))
    assert (len(doubled), list(doubled), doubled[0], doubled[-1]) == (3, [2, 4, 6], 2, 6)
    assert list(doubled[1:]) == [4, 6]
    assert list(reversed(doubled)) == [6, 4, 2]
    assert not Mapped(str, ())


def test_nothing_is_created_before_it_is_looked_up() -> None:
    made: list[int] = []
    later = Mapped(made.append, range(10))[2:]
    assert (len(later), bool(later), made) == (8, True, [])
    next(iter(later))
    assert made == [2]
