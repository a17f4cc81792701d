"""The package can be built, and the built package runs outside of the checkout."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_string
from pathlib import Path

import pytest

from reviewbot import __version__
from tests.project.commands import run

pytestmark = pytest.mark.proof

# Runs the module of the installed wheel: -I ignores the working directory, the first argument is the wheel's folder.
RUN = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('reviewbot', run_name='__main__')"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a folder outside of the checkout and return the folder."""
    folder = tmp_path_factory.mktemp("installed here")
    pip = (sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", folder)
    run(*pip, wheel, cwd=folder)
    return folder


def members(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def test_the_wheel_holds_every_module_and_template_once(root: Path, files: list[Path], wheel: Path) -> None:
    expected = [
        relative if relative.startswith("reviewbot/") else f"reviewbot/{relative}"
        for relative in (path.relative_to(root).as_posix() for path in files)
        if relative.startswith(("reviewbot/", "templates/"))
    ]
    assert [name for name in members(wheel) if name.startswith("reviewbot/")] == sorted(expected)
    assert [name for name in expected if name.startswith("reviewbot/templates/")]


def test_the_wheel_built_from_the_source_archive_is_the_same(built: Path, wheel: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        sources.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist", cwd=unpacked)
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheels_metadata_is_this_version_under_its_licence(installed: Path) -> None:
    (folder,) = installed.glob("reviewbot-*.dist-info")
    metadata = message_from_string((folder / "METADATA").read_text(encoding="utf-8"))
    assert (metadata["Version"], metadata["License-Expression"]) == (__version__, "MIT")
    assert (folder / "licenses" / "LICENSE").is_file()


def test_the_console_script_is_the_modules_main(installed: Path) -> None:
    (folder,) = installed.glob("reviewbot-*.dist-info")
    scripts = ConfigParser()
    scripts.read(folder / "entry_points.txt", encoding="utf-8")
    assert dict(scripts["console_scripts"]) == {"reviewbot": "reviewbot.__main__:main"}


def test_the_installed_wheel_runs_from_another_directory(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "reviewbot.py").write_text("raise SystemExit('imported from the working directory')", encoding="utf-8")
    assert f"reviewbot {__version__}" in run(sys.executable, "-I", "-c", RUN, installed, "--version", cwd=tmp_path)
