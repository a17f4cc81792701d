"""The wheel with its base dependencies alone, in an empty environment: every command runs or names what to install."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from reviewbot.cli.install import NO_SOURCE
from tests.project.commands import run
from tests.terminal.session import make_clone

COMMIT = "0123456789abcdef0123456789abcdef01234567"

pytestmark = pytest.mark.proof


@dataclass(frozen=True, slots=True)
class Installed:
    """The environment, and a clone in which the commands run."""

    python: Path
    clone: Path
    env: Mapping[str, str]

    def __call__(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command in the clone; it must end with this status."""
        command = (str(self.python.parent / "reviewbot"), *arguments)
        done = subprocess.run(
            command, cwd=self.clone, env=self.env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def report(self) -> str:
        """Return the path of a JSON report of the clone's branch, relative to the clone."""
        path = self.clone / "report.json"
        done = self("review", "--reviewer", "local", "--base", "main", "--format", "json", status=3)
        path.write_text(done.stdout, encoding="utf-8")
        return path.name


def link_distribution(name: str, site: Path) -> None:
    """Link the files of one installed distribution into another environment's site-packages."""
    for file in distribution(name).files or ():
        target = site / file
        if ".." in file.parts or "__pycache__" in file.parts or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(Path(str(file.locate())).resolve())


@pytest.fixture(scope="module")
def reviewbot(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel and exactly the pins of requirements/runtime.txt in an environment without pip."""
    folder = tmp_path_factory.mktemp("empty environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-I", "-m", "pip", "--python", str(python))
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for line in (root / "requirements" / "runtime.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            pin = Requirement(line.rstrip("\\"))
            if pin.marker is None or pin.marker.evaluate():
                link_distribution(pin.name, site)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    clone = make_clone(folder / "shop", {"README.md": "# Shop\n"})
    return Installed(python, clone.root, {"PATH": str(programs), "HOME": str(folder), "LC_ALL": "C.UTF-8"})


def command_of(text: str) -> list[str]:
    """Return the only indented line, split as a shell does."""
    (line,) = [line for line in text.splitlines() if line.startswith("  ")]
    return shlex.split(line)


def extra(root: Path, *names: str) -> set[Requirement]:
    """Return the requirements of extras from pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {Requirement(text) for name in names for text in project["optional-dependencies"][name]}


def asserted_to_install(reviewbot: Installed, text: str, wanted: set[Requirement]) -> None:
    command = command_of(text)
    assert command[:5] == ["uv", "pip", "install", "--python", str(reviewbot.python)]
    assert {Requirement(word) for word in command[5:]} == wanted


def test_only_the_base_is_installed(reviewbot: Installed) -> None:
    code = "from importlib.util import find_spec; print([n for n in {} if find_spec(n)])"
    found = run(
        reviewbot.python,
        "-I",
        "-c",
        code.format(["rich", "httpx", "pip", "starlette", "graphql", "ruff", "pytest"]),
        cwd=reviewbot.clone,
    )
    assert found == "['rich', 'httpx']\n"


def test_plan_runs(reviewbot: Installed) -> None:
    assert "1 review, one per merge, would have reserved 360 credits." in reviewbot("plan", "--branch", "main").stdout


def test_a_paid_review_can_be_run_dry(reviewbot: Installed) -> None:
    assert "360 credits" in reviewbot("review", "--base", "main", "--dry-run").stdout


def test_a_local_review_says_how_to_install_the_analyzers(reviewbot: Installed, root: Path) -> None:
    done = reviewbot("review", "--reviewer", "local", "--base", "main", status=3)
    assert "Not installed: ast-grep, ruff.\n" in done.stderr
    asserted_to_install(reviewbot, done.stderr, extra(root, "local"))


def test_reports_are_rendered_and_applied(reviewbot: Installed) -> None:
    report = reviewbot.report()
    assert json.loads((reviewbot.clone / report).read_text(encoding="utf-8"))["findings"] == []
    for kind in ("sarif", "rdjson", "html", "markdown"):
        assert reviewbot("render", report, "--to", kind).stdout
    reviewbot("apply", report, "--check")


def test_init_and_config_run(reviewbot: Installed) -> None:
    reviewbot("init", "--action", f"acme/reviewbot@{COMMIT}#v1.0.0", "--as", "advisory", "--reviewer", "codevf")
    assert (reviewbot.clone / ".github" / "workflows" / "reviewbot-review.yml").is_file()
    reviewbot("config", "check")
    assert "wait-minutes" in reviewbot("config", "show").stdout


def test_doctor_runs(reviewbot: Installed) -> None:
    done = reviewbot("doctor", "--repo", "acme/shop", status=3)
    assert "problem  token: " in done.stdout


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_the_sandboxs_commands_say_how_to_install_it(reviewbot: Installed, command: str) -> None:
    done = reviewbot(command, "--help", status=2)
    assert f"`reviewbot {command}` is part of `reviewbot-sandbox`, which is not installed." in done.stderr
    assert NO_SOURCE in done.stderr, "the wheel does not record its source"


def test_the_sandbox_adds_its_commands(reviewbot: Installed, root: Path, tmp_path: Path) -> None:
    """Install the sandbox's and reviewbot's wheels and dependencies instead of the checkout's packages."""
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path, cwd=root / "sandbox")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    names = ("starlette", "uvicorn", "graphql-core", "anyio", "click", "h11", "idna", "typing-extensions")
    for name in names:
        link_distribution(name, tmp_path / "site")
    code = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module('reviewbot', run_name='__main__')"
    for command in ("demo", "sandbox"):
        shown = run(reviewbot.python, "-I", "-c", code, tmp_path / "site", command, "--help", cwd=tmp_path)
        assert shown.startswith(f"usage: reviewbot {command} [options]")
