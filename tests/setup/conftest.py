"""A clone for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal.session import Clone


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Create an empty clone and enter it."""
    made = Clone(tmp_path / "shop")
    made.git("init", "--quiet")
    monkeypatch.chdir(made.root)
    return made
