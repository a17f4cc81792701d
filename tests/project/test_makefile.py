"""`make` writes only inside the checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (".venv", ".venv/bin/python"),
        (".venv-bench", ".venv-bench/.stamp"),
        (".venv-pr-agent", ".venv-pr-agent/.stamp"),
    ],
    ids=lambda one: one,
)
def test_an_environment_that_is_a_link_is_not_emptied(root: Path, tmp_path: Path, link: str, target: str) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    (here / "requirements").mkdir(parents=True)
    for name in ("bench", "pr-agent"):
        (here / f"requirements/{name}.txt").touch()
    shutil.copy(root / "Makefile", here)
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (here / link).symlink_to(elsewhere)
    old = []
    if link != ".venv":
        (here / ".venv/bin").mkdir(parents=True)
        (here / ".venv/bin/python").symlink_to(sys.executable)
        (here / ".venv/.stamp").touch()
        old = ["--assume-old=.venv/.stamp"]
    command = ["make", "--no-print-directory", *old, target]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False, timeout=60)
    assert (elsewhere / "kept").exists()
    assert done.returncode != 0
    assert f"{link} is a symbolic link" in done.stderr
