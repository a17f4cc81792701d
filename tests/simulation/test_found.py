"""The laws hold in the histories of all found bugs, and docs/reliability.md lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulation.found import FOUND, Bug
from tests.simulation.histories import judge
from tests.simulation.laws import LAWS
from tests.simulation.mutations import MUTATIONS
from tests.simulation.proofs import PROOFS
from tests.simulation.quick import quick

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs/reliability.md"


@pytest.mark.parametrize("bug", FOUND.values(), ids=FOUND)
def test_the_laws_hold_in_the_history_of_a_bug(bug: Bug) -> None:
    with quick():
        assert not judge(bug.history)


def row(law: str) -> str:
    return f"| {law} | {', '.join(f'`{name}`' for name, bug in FOUND.items() if bug.law == law)} |"


def test_the_document_lists_the_laws_and_the_bugs(request: pytest.FixtureRequest) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    top = "| broken promise | bugs |\n|---|---|\n"
    head, _, _ = text.partition(top)
    broken = dict.fromkeys(bug.law for bug in FOUND.values())
    whole = f"{head}{top}" + "".join(f"{row(law)}\n" for law in broken)
    if request.config.getoption("golden_update"):
        DOCUMENT.write_text(whole, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == whole, "run pytest tests/simulation/test_found.py --golden-update"
    assert set(PROOFS) == set(LAWS)
    assert len(MUTATIONS) >= 15


def test_the_document_names_a_test_of_each_law() -> None:
    assert list(PROOFS) == re.findall(r"^\| ([a-z ]+) \|", _promises(), re.MULTILINE)[1:]
    named = [one for tests in PROOFS.values() for one in tests]
    assert not [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")]


def _promises() -> str:
    return DOCUMENT.read_text(encoding="utf-8").partition("## How they are tested")[0]
