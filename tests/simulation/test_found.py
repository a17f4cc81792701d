"""Bugs that were found: the open ones still show, the others do not come back, and the document lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulation.found import FOUND, Bug
from tests.simulation.histories import judge
from tests.simulation.laws import HOLES, LAWS
from tests.simulation.mutations import MUTATIONS
from tests.simulation.quick import quick

DOCUMENT = Path(__file__).parents[2] / "docs/reliability.md"


@pytest.mark.parametrize("bug", FOUND.values(), ids=FOUND)
def test_an_open_bug_shows_and_a_fixed_one_does_not(bug: Bug) -> None:
    with quick():
        violations = judge(bug.history)
    if bug.is_open:
        assert (bug.law, bug.hole) in {(one.law, one.hole) for one in violations}, "it is fixed: turn `is_open` off"
        assert all(one.hole for one in violations)
    else:
        assert not violations


def test_each_known_hole_has_a_bug_that_is_open() -> None:
    """A class without a bug would hide what nobody has seen."""
    assert {bug.hole for bug in FOUND.values() if bug.is_open} == set(HOLES)


def row(name: str, bug: Bug) -> str:
    replay, state = f"`python -m tests.simulation --found {name}`", "open" if bug.is_open else "holds"
    return f"| {bug.what} | {bug.law} | {replay} | {state} |"


def test_the_document_lists_the_laws_and_the_bugs(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    head, _, _ = text.partition("|---|---|---|---|\n")
    whole = f"{head}|---|---|---|---|\n" + "".join(f"{row(name, bug)}\n" for name, bug in FOUND.items())
    if request.config.getoption("golden_update"):
        DOCUMENT.write_text(whole, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == whole, "run pytest tests/simulation/test_found.py --golden-update"
    laws = re.findall(r"^\| ([a-z ]+) \|", text.partition("## How they are tested")[0], re.MULTILINE)
    assert set(laws) - {"law"} == set(LAWS)
    places = re.findall(r"`(tests/[\w/.]+)`", text)
    assert places
    assert all((DOCUMENT.parents[1] / place).exists() for place in places)
    assert len(MUTATIONS) >= 15
