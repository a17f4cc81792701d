"""The diagram and the table of the phases in docs/design.md match the code."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from reviewbot.domain.machine import phases
from tests.project.machine_diagram import (
    ALL_STEPS,
    OTHER_PHASES,
    PHASES,
    STEPS,
    USUAL,
    diagram,
    meaning,
    next_of,
    reduced,
    steps_of,
    table,
)

PAGE = (Path(__file__).parents[2] / "docs" / "design.md").read_text(encoding="utf-8")


def test_the_page_has_the_diagram_and_the_table_of_the_code() -> None:
    assert diagram() in PAGE, "run `python -m tests.project.machine_diagram`"
    assert table() in PAGE, "run `python -m tests.project.machine_diagram`"


def test_every_phase_has_a_step_and_every_step_is_used() -> None:
    asked = steps_of()
    assert set(asked) == set(PHASES)
    assert set().union(*asked.values()) == STEPS


def test_every_phase_says_what_is_known_and_the_phases_have_one_order() -> None:
    kinds = (*PHASES.values(), *(one for kinds in OTHER_PHASES.values() for one in kinds), *ALL_STEPS)
    assert not [one.__name__ for one in kinds if not meaning(one)]
    classes = [name for name in vars(phases) if name in PHASES]
    assert list(steps_of()) == list(PHASES) == classes


def test_each_phase_of_the_usual_path_can_follow_the_one_before() -> None:
    assert not [(name, one) for name, one in pairwise(USUAL) if one not in next_of()[name]]


def test_every_phase_leads_to_the_end() -> None:
    after = next_of()
    reached, last = {"Ended"}, set[str]()
    while reached != last:
        last, reached = reached, reached | {name for name, ones in after.items() if ones & reached}
    assert reached == set(PHASES)


def test_a_transitive_edge_is_left_out() -> None:
    names = list(PHASES)[:3]
    edges = {name: frozenset() for name in PHASES} | {names[0]: frozenset(names[1:]), names[1]: frozenset(names[2:])}
    assert reduced(edges)[names[0]] == {names[1]}
