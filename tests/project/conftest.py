"""What the tests of the project itself look at: its files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's top folder."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every file that git keeps or would keep, ignored ones apart."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, timeout=30)
    paths = (root / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


@pytest.fixture(scope="session")
def action(root: Path) -> dict[str, Any]:
    """`action.yml`, read."""
    return read_yaml(root / "action.yml")


@pytest.fixture(scope="session")
def twin(root: Path) -> dict[str, Any]:
    """`no-docker/action.yml`, read."""
    return read_yaml(root / "no-docker" / "action.yml")


def read_yaml(path: Path) -> dict[str, Any]:
    document = YAML(typ="safe").load(path)
    assert isinstance(document, dict), f"{path.name} is not a mapping"
    return document
