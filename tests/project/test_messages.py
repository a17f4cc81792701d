"""Every error that ends a run has a hint."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewbot import errors

RAISED = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.ReviewbotError) and value is not errors.SettingsError
}  # SettingsError makes its hint from the problems
HINTLESS = {
    "reviewbot/adapters/codevf/client.py": "a part of the answer; the review says that it could not be read",
    "reviewbot/adapters/codevf/urls.py": "likewise",
    "reviewbot/adapters/github/client.py": "git fetches the change instead",
    "reviewbot/adapters/local.py": "likewise",
    "reviewbot/app/github/read_change.py": "likewise",
    "reviewbot/analyzers/reviewer.py": "only a bug asks the local reviewer for a deliverable",
    "reviewbot/cli/bootstrap.py": "without analyzers, one line says it all: the message names the action to use",
    "reviewbot/cli/commands/plan.py": "only a bug makes a plan buy",
}


def made(root: Path) -> Iterator[tuple[str, int, set[str | None]]]:
    """Yield each error that the sources create: file, line, and the names of its keyword arguments."""
    for path in sorted((root / "reviewbot").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match call:
                case ast.Call(func=ast.Name(id=name), args=[_, *_], keywords=keywords) if name in RAISED:
                    yield path.relative_to(root).as_posix(), call.lineno, {keyword.arg for keyword in keywords}


@pytest.fixture(scope="module")
def without_hint(root: Path) -> list[tuple[str, int]]:
    errors_made = list(made(root))
    assert len(errors_made) > 50
    return [(path, line) for path, line, keywords in errors_made if "hint" not in keywords]


def test_every_error_says_what_to_do_next(without_hint: list[tuple[str, int]]) -> None:
    assert not [f"{path}:{line}" for path, line in without_hint if path not in HINTLESS]


def test_every_listed_exception_has_no_hint(without_hint: list[tuple[str, int]]) -> None:
    assert {path for path, _ in without_hint} == HINTLESS.keys()
