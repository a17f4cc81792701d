"""Every list installs exactly what it pins, with old pips and with the newest, whatever a registry offers by then.

The registry is a folder of empty wheels with the metadata of the real ones, and a newer release of each. The lists are
the project's own, with the hashes of the empty wheels.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.newer_releases import NEWER, build_wheel
from tests.project.old_pips import FOLDER, RUNNABLE
from tests.project.test_pins import Pin, read_pins

ENVIRONMENTS = {"bench": ".venv-bench", "pr-agent": ".venv-pr-agent"}
"""Where a list is installed, other than into `.venv`."""
MADE_BY = {
    "action": "setup",
    "bench": "peers",
    "build": "setup",
    "dev": "setup",
    "docs": "site",
    "pr-agent": "bench",
    "installer": "setup",
    "runtime": "setup",
}
"""The lists, each with the `make` target that installs it."""
FIELDS = ("Requires-Dist", "Provides-Extra", "Requires-Python")


def installed(root: Path, name: str) -> dict[str, Distribution]:
    """Return what the environment of this list has, by canonical name."""
    packages = [str(path) for path in (root / ENVIRONMENTS.get(name, ".venv")).glob("lib/python*/site-packages")]
    return {canonicalize_name(found.metadata["Name"]): found for found in distributions(path=packages)}


def applicable(pins: dict[str, Pin]) -> dict[str, Pin]:
    """Return the pins that this machine and Python install."""
    markers = ((name, pin, pin.requirement.marker) for name, pin in pins.items())
    return {name: pin for name, pin, marker in markers if marker is None or marker.evaluate()}


def metadata(found: Distribution) -> list[str]:
    """Return the lines that say what a distribution requires."""
    return [f"{field}: {value}" for field in FIELDS for value in found.metadata.get_all(field, [])]


def registry(folder: Path, pins: dict[str, Pin], known: dict[str, Distribution]) -> list[str]:
    """Fill the folder with both releases of each pinned package, and return the list with the wheels' hashes."""
    lines = []
    for name, pin in applicable(pins).items():
        fields = metadata(known[name])
        wheel = build_wheel(folder, name, pin.version, fields)
        build_wheel(folder, name, NEWER, fields)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{unmarked(pin.requirement)} --hash=sha256:{digest}")
    return lines


def unmarked(requirement: Requirement) -> str:
    """Return the requirement without its marker."""
    return re.split(r"\s*;", str(requirement))[0]


def versions(folder: Path) -> dict[str, str]:
    """Return what is installed in the folder: versions by canonical name."""
    return {canonicalize_name(found.metadata["Name"]): found.version for found in distributions(path=[str(folder)])}


def install(pip: Path | None, requirements: Path, registry: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Install the list into the folder with a pip of another place (or with the environment's own)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment |= {"PYTHONPATH": str(pip)} if pip else {}
    options = (
        "--quiet",
        "--no-compile",
        "--no-index",
        "--find-links",
        registry,
        "--require-hashes",
        "--target",
        target,
    )
    command = (sys.executable, "-m", "pip", "install", *options, "--requirement", requirements)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.pips
@pytest.mark.parametrize("pip", [*RUNNABLE, "pinned"])
@pytest.mark.parametrize("name", MADE_BY)
def test_a_list_installs_what_it_pins_beside_newer_releases(root: Path, tmp_path: Path, name: str, pip: str) -> None:
    pins, known = read_pins(root / f"requirements/{name}.txt"), installed(root, name)
    if not applicable(pins).keys() <= known.keys():
        pytest.skip(f"needs the metadata of what requirements/{name}.txt pins (make {MADE_BY[name]})")
    wheels, target, requirements = tmp_path / "wheels", tmp_path / "target", tmp_path / "requirements.txt"
    wheels.mkdir()
    lines = registry(wheels, pins, known)
    requirements.write_text("\n".join(lines), encoding="utf-8")
    done = install(None if pip == "pinned" else FOLDER / pip, requirements, wheels, target)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in map(pin_of, lines)}
    assert versions(target) == expected


def pin_of(line: str) -> Requirement:
    """Return the requirement of a line."""
    return Requirement(line.split(" --hash=", maxsplit=1)[0])


def required_extras(known: dict[str, Distribution]) -> dict[str, set[str]]:
    """Return the extras that installed distributions require of each other, by canonical name."""
    extras: dict[str, set[str]] = {}
    for found in known.values():
        for text in found.requires or ():
            requirement = Requirement(text)
            if requirement.extras and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                extras.setdefault(canonicalize_name(requirement.name), set()).update(requirement.extras)
    return extras


@pytest.mark.parametrize("name", MADE_BY)
def test_a_pin_has_the_extras_that_others_require(root: Path, name: str) -> None:
    pins, known = applicable(read_pins(root / f"requirements/{name}.txt")), installed(root, name)
    required = required_extras({name: known[name] for name in pins if name in known})
    assert {name: extras for name, extras in required.items() if not extras <= pins[name].requirement.extras} == {}


@pytest.mark.pips
def test_a_pin_without_its_extra_does_not_install(root: Path, tmp_path: Path) -> None:
    """The trap: `pytest-cov` requires `coverage[toml]`, and an old pip takes its newest release."""
    oldest = RUNNABLE[0]
    lines = registry(tmp_path, read_pins(root / "requirements/dev.txt"), installed(root, "dev"))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "\n".join(re.sub(r"^(coverage|pyjwt)\[\w+\]", r"\1", line) for line in lines), encoding="utf-8"
    )
    done = install(FOLDER / oldest, requirements, tmp_path, tmp_path / "target")
    assert "must have their versions pinned" in done.stderr


def test_what_is_installed_here_is_what_is_pinned(root: Path) -> None:
    """`.ci/run` sets this environment up beside newer releases."""
    here = installed(root, "dev")
    for path in (root / "requirements").glob("*.txt"):
        if path.stem in ENVIRONMENTS:
            continue
        pins = {name: pin for name, pin in read_pins(path).items() if name in here}
        assert {name: here[name].version for name in pins} == {name: pin.version for name, pin in pins.items()}
