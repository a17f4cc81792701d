"""Fixtures for the tests of the project's files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.project.commands import run


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout's top folder."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Return every tracked or untracked file that is not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, timeout=30)
    paths = (root / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


@pytest.fixture(scope="session")
def action(root: Path) -> dict[str, Any]:
    """Return the parsed `action.yml`."""
    return read_yaml(root / "action.yml")


@pytest.fixture(scope="session")
def docker_free(root: Path) -> dict[str, Any]:
    """Return the parsed `no-docker/action.yml`."""
    return read_yaml(root / "no-docker" / "action.yml")


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source archive, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--directory", folder, cwd=root)
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    """Return the wheel in it."""
    (path,) = built.glob("*.whl")
    return path


def read_yaml(path: Path) -> dict[str, Any]:
    document = YAML(typ="safe").load(path)
    assert isinstance(document, dict), f"{path.name} is not a mapping"
    return document
