"""The threat model names existing tests, and threats without a test are listed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PIN = re.compile(r"^([\w.-]+==\S+)", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def model(root: Path) -> str:
    return (root / "docs" / "threat-model.md").read_text(encoding="utf-8")


def functions(path: Path) -> set[str]:
    """Return the names of a module's functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists(model: str, root: Path) -> None:
    named = NAMED.findall(model)
    assert len(named) > 50
    missing = [f"{path}::{name}" for path, name in named if name not in functions(root / path)]
    assert not missing


def test_every_word_that_looks_like_a_test_is_one(model: str) -> None:
    assert len(re.findall(r"\btest_\w+(?!\.py)\b", re.sub(r"tests/[\w/]+\.py", "", model))) == len(NAMED.findall(model))


def test_every_threat_has_a_test(model: str) -> None:
    rows = [line for line in model.splitlines() if line.startswith("| ") and "tests |" not in line]
    threats = rows[rows.index(next(row for row in rows if row.startswith("| mentions"))) :]
    assert len(threats) > 50
    assert not [row for row in threats if not NAMED.search(row)]


def test_threats_without_a_test_are_listed_with_advice(model: str, root: Path) -> None:
    """GitHub enforces a check's source, and known vulnerabilities are only listed online."""
    audit = (root / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Audit\n")[2].partition("\n## ")[0]
    pins = {path.name: set(PIN.findall(path.read_text(encoding="utf-8"))) for path in root.glob("requirements/*.txt")}
    asked = [pins[name] for name in re.findall(r"^pipx run pip-audit .+ requirements/(\S+)$", audit, re.MULTILINE)]
    assert set().union(*pins.values()) == set().union(*asked)
    assert "\nnpm audit\n" in audit
    assert "pin the check's source to GitHub Actions in the ruleset" in model
    assert model.count("forks.md#what-pinning-the-source-does-not-do") == 2


def test_it_is_linked_from_where_people_look(root: Path) -> None:
    for name in ("README.md", "SECURITY.md"):
        text = (root / name).read_text(encoding="utf-8")
        assert "docs/threat-model.md" in text
        assert "docs/data.md" in text
