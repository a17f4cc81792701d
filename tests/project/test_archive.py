"""The archive of the Docker-free action says where its sources are; what is missing to build it is one line."""

from __future__ import annotations

import runpy
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Return the installed libraries, one of which only the terminal uses."""
    content = tmp_path / "content"
    for name, version in (("PyGithub", "2.10.0"), ("markdown-it-py", "4.3.0")):
        folder = content / f"{name.lower().replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (content / "markdown_it").mkdir()
    (content / "markdown_it" / "__init__.pyc").touch()
    return content


def test_the_archive_says_where_the_sources_of_its_libraries_are(root: Path, content: Path) -> None:
    sources = runpy.run_path(str(root / "shipping" / "archive.py"))["sources"]
    assert sources(content).splitlines()[1:] == ["PyGithub 2.10.0"]


def test_the_archive_names_no_library_that_it_lacks(root: Path, content: Path, tmp_path: Path) -> None:
    packed = runpy.run_path(str(root / "shipping" / "archive.py"))["_pack"](content, tmp_path / "packed.tar.gz")
    with tarfile.open(packed) as archive:
        assert archive.getnames() == ["pygithub-2.10.0.dist-info/METADATA"]


def build(root: Path, folder: Path, **environment: str) -> list[str]:
    """Fail to build an archive, and return the lines of its errors."""
    command = [sys.executable, str(root / "shipping" / "archive.py"), str(folder / "dist"), "x86_64"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, (folder / "dist").exists()) == (1, "", False)
    return done.stderr.splitlines()


def test_without_its_python_no_archive_is_built(root: Path, tmp_path: Path) -> None:
    assert build(root, tmp_path, PATH=str(tmp_path)) == ["archive: python3.13 is not on PATH; install Python 3.13."]


def test_without_an_index_no_archive_is_built(root: Path, tmp_path: Path) -> None:
    (tmp_path / "python3.13").symlink_to(sys.executable)
    *of_pip, line = build(root, tmp_path, PATH=str(tmp_path), PIP_NO_INDEX="1")
    assert all(one.startswith("ERROR: ") for one in of_pip)
    assert line.startswith("archive: `")
    assert line.endswith(" -I -m pip install` failed with exit status 1; no archive was written.")
