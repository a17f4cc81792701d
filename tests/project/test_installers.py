"""Every list installs exactly what it pins, with old and new versions of pip, whatever else the registry offers.

The registry is a folder of empty wheels with the metadata of the real ones, and a newer release of each. The lists are
the project's, with the hashes of the empty wheels.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.newer_releases import NEWER, build_wheel
from tests.project.old_pips import FOLDER, RUNNABLE
from tests.project.test_pins import Pin, read_pins

ENVIRONMENTS = {"bench": ".venv-bench", "pr-agent": ".venv-pr-agent"}
"""The environments of lists that are not installed into `.venv`."""
RECORDED = Path(__file__).parent / "pr-agent.json"
"""What the packages of `requirements/pr-agent.txt` require: CI does not install them. `--golden-update` writes it."""
WITHOUT_DEPENDENCIES = {"referees"}
"""Lists that are installed with `--no-deps`."""
MADE_BY = {
    "action": "setup",
    "bench": "peers",
    "build": "setup",
    "dev": "setup",
    "docs": "site",
    "installer": "setup",
    "pr-agent": "bench",
    "referees": "referees",
    "runtime": "setup",
}
"""The lists, each with the `make` target that installs it."""
FIELDS = ("Requires-Dist", "Provides-Extra", "Requires-Python")


class Recorded(Distribution):
    """A distribution with only some lines of METADATA."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def read_text(self, filename: str) -> str | None:
        return "\n".join(self._lines) if filename == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> Any:  # noqa: ANN401 — a type that Python does not export
        raise NotImplementedError(path)


def known_of(root: Path, name: str) -> dict[str, Distribution]:
    """Return the distributions of this list, installed or recorded, by canonical name."""
    if name != RECORDED.stem:
        return installed(root, name)
    return {one: Recorded(lines) for one, lines in json.loads(RECORDED.read_text(encoding="utf-8")).items()}


def installed(root: Path, name: str) -> dict[str, Distribution]:
    """Return the distributions in the environment of this list, by canonical name."""
    packages = [str(path) for path in (root / ENVIRONMENTS.get(name, ".venv")).glob("lib/python*/site-packages")]
    return {canonicalize_name(found.metadata["Name"]): found for found in distributions(path=packages)}


def applicable(pins: dict[str, Pin]) -> dict[str, Pin]:
    """Return the pins that this machine and Python install."""
    markers = ((name, pin, pin.requirement.marker) for name, pin in pins.items())
    return {name: pin for name, pin, marker in markers if marker is None or marker.evaluate()}


def metadata(found: Distribution) -> list[str]:
    """Return the `Requires-Dist` and `Provides-Extra` lines of a distribution."""
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


def install(
    pip: Path | None, requirements: Path, registry: Path, target: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """Install the list into the folder with another pip (or with the environment's)."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment |= {"PYTHONPATH": str(pip)} if pip else {}
    options: tuple[str | Path, ...] = (
        "--quiet",
        "--no-compile",
        "--no-index",
        "--find-links",
        registry,
        "--require-hashes",
        "--target",
        target,
        *more,
    )
    command = (sys.executable, "-m", "pip", "install", *options, "--requirement", requirements)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)


@pytest.mark.proof
@pytest.mark.pips
@pytest.mark.parametrize(
    ("name", "pip"),
    # The longest list with every pip; the others with the oldest one, which resolves extras worst, and the pinned one.
    [
        (name, pip)
        for name in MADE_BY
        for pip in ([*RUNNABLE, "pinned"] if name == "dev" else [*RUNNABLE[:1], "pinned"])
    ],
)
def test_a_list_installs_what_it_pins_beside_newer_releases(
    root: Path, tmp_path: Path, pytestconfig: pytest.Config, name: str, pip: str
) -> None:
    pins, known = read_pins(root / f"requirements/{name}.txt"), known_of(root, name)
    if lacking := applicable(pins).keys() - known.keys():
        message = f"needs the metadata of {', '.join(sorted(lacking))} (make {MADE_BY[name]})"
        if "pips" in pytestconfig.getoption("--require-referees").split(","):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    wheels, target, requirements = tmp_path / "wheels", tmp_path / "target", tmp_path / "requirements.txt"
    wheels.mkdir()
    lines = registry(wheels, pins, known)
    requirements.write_text("\n".join(lines), encoding="utf-8")
    more = ["--no-deps"] if name in WITHOUT_DEPENDENCIES else []
    done = install(None if pip == "pinned" else FOLDER / pip, requirements, wheels, target, *more)
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
    pins, known = applicable(read_pins(root / f"requirements/{name}.txt")), known_of(root, name)
    required = required_extras({name: known[name] for name in pins if name in known})
    assert {name: extras for name, extras in required.items() if not extras <= pins[name].requirement.extras} == {}


@pytest.mark.proof
@pytest.mark.pips
@pytest.mark.parametrize("pip", [pip for pip in RUNNABLE if Version(pip) < Version("24")])
def test_a_pin_without_its_extra_does_not_install(root: Path, tmp_path: Path, pip: str) -> None:
    """`pytest-cov` requires `coverage[toml]`, for which pip before 24 selects the newest release."""
    lines = registry(tmp_path, read_pins(root / "requirements/dev.txt"), installed(root, "dev"))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        "\n".join(re.sub(r"^(coverage|pyjwt)\[\w+\]", r"\1", line) for line in lines), encoding="utf-8"
    )
    done = install(FOLDER / pip, requirements, tmp_path, tmp_path / "target")
    assert "must have their versions pinned" in done.stderr


def test_every_requirements_file_is_known(root: Path) -> None:
    assert {path.stem for path in (root / "requirements").glob("*.txt")} == MADE_BY.keys()


def test_the_recorded_packages_are_the_pinned_ones(root: Path) -> None:
    """`make bench`, then `pytest tests/project/test_installers.py --golden-update`."""
    recorded = {name: found.version for name, found in known_of(root, "pr-agent").items()}
    pins = applicable(read_pins(root / "requirements/pr-agent.txt"))
    assert recorded == {name: pin.version for name, pin in pins.items()}


def test_the_recorded_requirements_are_those_of_what_is_installed(root: Path, pytestconfig: pytest.Config) -> None:
    pins, here = applicable(read_pins(root / "requirements/pr-agent.txt")), installed(root, "pr-agent")
    if not pins.keys() <= here.keys():
        pytest.skip("needs what requirements/pr-agent.txt pins (make bench)")
    lines = {name: record(pin, here[name]) for name, pin in sorted(pins.items())}
    if pytestconfig.getoption("--golden-update"):
        RECORDED.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    assert json.loads(RECORDED.read_text(encoding="utf-8")) == lines


def record(pin: Pin, found: Distribution) -> list[str]:
    """Return the lines of METADATA that apply to the pin's extras and the supported machines."""
    texts = [text for text in found.requires or () if applies(Requirement(text), pin.requirement.extras)]
    extras = [f"Provides-Extra: {extra}" for extra in sorted(pin.requirement.extras)]
    return [f"Name: {found.name}", f"Version: {found.version}", *extras, *(f"Requires-Dist: {text}" for text in texts)]


def applies(requirement: Requirement, extras: set[str]) -> bool:
    """Return whether one of the supported Pythons installs the requirement with these extras."""
    pythons = [{"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"} for minor in (12, 13)]
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**python, "extra": extra}) for python in pythons for extra in ("", *extras)
    )


def test_the_installed_packages_are_the_pinned_ones(root: Path) -> None:
    """`.ci/run` sets up this environment while newer releases are visible."""
    here = installed(root, "dev")
    for path in (root / "requirements").glob("*.txt"):
        if path.stem in ENVIRONMENTS:
            continue
        pins = {name: pin for name, pin in read_pins(path).items() if name in here}
        assert {name: here[name].version for name in pins} == {name: pin.version for name, pin in pins.items()}
