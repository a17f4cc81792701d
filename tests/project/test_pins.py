"""Every requirement of pyproject.toml is pinned to one version with hashes."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LISTS = ["action", "bench", "build", "dev", "docs", "installer", "pr-agent", "referees", "runtime"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of a requirements file: the requirement, and what follows it."""

    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def version(self) -> str:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "=="
        return specifier.version


def read_pins(path: Path) -> dict[str, Pin]:
    """Return the pins of a file by canonical name; any other line is an error."""
    pins: dict[str, Pin] = {}
    for entry in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+(?=--hash=)", entry.strip())
        pin = Pin(Requirement(requirement), tuple(hashes))
        pins[canonicalize_name(pin.requirement.name)] = pin
    return pins


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, dict[str, Pin]]:
    return {path.stem: read_pins(path) for path in sorted((root / "requirements").glob("*.txt"))}


def sandbox_dependencies() -> list[str]:
    """Return what the sandbox's distribution requires."""
    text = (Path(__file__).resolve().parents[2] / "sandbox/pyproject.toml").read_text(encoding="utf-8")
    return [*tomllib.loads(text)["project"]["dependencies"]]


def wanted(project: Mapping[str, Any], name: str) -> list[str]:
    """Return the requirements that the file of this name must cover."""
    runtime = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    groups = dict(project["dependency-groups"])
    apart = {group: groups.pop(group) for group in ("installer", "referees", "bench", "pr-agent", "docs")}
    if name in apart:
        return [*apart[name]]
    build = [*project["build-system"]["requires"], *groups["build"]]
    match name:
        case "runtime":
            return [*runtime]
        case "action":
            return [*runtime, *extras["local"]]
        case "build":
            return build
        case _:
            return [*runtime, *sandbox_dependencies(), *chain(*extras.values(), *groups.values()), *build]


@pytest.mark.parametrize(
    "name", ["runtime", "action", "build", "dev", "docs", "referees", "bench", "pr-agent", "installer"]
)
def test_the_pins_cover_what_the_project_asks_for(
    project: dict[str, Any], pins: dict[str, dict[str, Pin]], name: str
) -> None:
    for text in wanted(project, name):
        requirement = Requirement(text)
        pin = pins[name][canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.version), f"{text} is pinned at {pin.version}"


def test_no_installation_takes_a_later_major_version(project: dict[str, Any]) -> None:
    """`pip install` of the project reads no list, so upper bounds protect it from new major versions."""
    extras = project["project"]["optional-dependencies"].values()
    requirements = map(Requirement, chain(project["project"]["dependencies"], *extras, sandbox_dependencies()))
    unbounded = [one.name for one in requirements if "<" not in {limit.operator for limit in one.specifier}]
    assert not unbounded


def test_the_requirements_files_are_the_known_ones(pins: dict[str, dict[str, Pin]]) -> None:
    assert sorted(pins) == LISTS


def test_every_pin_has_hashes_and_nothing_else(pins: dict[str, dict[str, Pin]]) -> None:
    for name, entries in pins.items():
        for pin in entries.values():
            assert pin.hashes, f"{pin.requirement} in {name} has no hash"
            assert all(HASH.fullmatch(text) for text in pin.hashes), f"{pin.requirement} in {name}"
            assert pin.requirement.url is None


@pytest.mark.parametrize("name", ["runtime", "action", "build", "docs"])
def test_every_list_has_the_versions_of_the_developers_list(pins: dict[str, dict[str, Pin]], name: str) -> None:
    assert not {key for key, pin in pins[name].items() if pins["dev"].get(key, pin).version != pin.version}


@pytest.mark.parametrize("name", ["runtime", "action", "build"])
def test_every_list_is_a_part_of_the_developers(pins: dict[str, dict[str, Pin]], name: str) -> None:
    assert pins[name].keys() <= pins["dev"].keys()


def recipes(root: Path) -> str:
    """Return the commands of every target that installs something, with make's variables filled in."""
    targets = ("setup", "site", "referees", ".venv-bench/.stamp", ".venv-pr-agent/.stamp")
    command = ("make", "--no-print-directory", "--dry-run", "--always-make", *targets)
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize("place", ["Dockerfile", "local.Dockerfile", "Makefile"])
def test_every_installation_asks_for_hashes_and_wheels(root: Path, place: str) -> None:
    text = recipes(root) if place == "Makefile" else (root / place).read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", " ").splitlines() if " install " in line and ".txt" in line]
    assert lines
    assert not [line for line in lines if "--require-hashes" not in line or "--only-binary :all:" not in line]


def test_the_archives_contain_only_pinned_wheels(root: Path) -> None:
    text = (root / "shipping/archive.py").read_text(encoding="utf-8")
    assert '"--only-binary", ":all:", "--require-hashes"' in text
    assert "runtime.txt" in text


def test_the_pinned_pip_is_installed_first(root: Path) -> None:
    text = recipes(root)
    lists = re.findall(r"/(\w+)\.txt", text[text.index(" install ") :])
    assert lists[0] == "installer"
