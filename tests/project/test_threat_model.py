"""The threat model names tests that exist, and no threat without one is overlooked."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture(scope="module")
def model(root: Path) -> str:
    return (root / "docs" / "threat-model.md").read_text(encoding="utf-8")


def functions(path: Path) -> set[str]:
    """The names of a module's functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists(model: str, root: Path) -> None:
    named = NAMED.findall(model)
    assert len(named) > 50
    missing = [f"{path}::{name}" for path, name in named if name not in functions(root / path)]
    assert not missing


def test_every_word_that_looks_like_a_test_is_one(model: str) -> None:
    assert len(re.findall(r"\btest_\w+(?!\.py)\b", re.sub(r"tests/[\w/]+\.py", "", model))) == len(NAMED.findall(model))


def test_it_is_linked_from_where_people_look(root: Path) -> None:
    for name in ("README.md", "SECURITY.md"):
        text = (root / name).read_text(encoding="utf-8")
        assert "docs/threat-model.md" in text
        assert "docs/data.md" in text
