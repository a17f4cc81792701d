"""Collect the files of the slim image: Python, the action, and the parts of git that a bare fetch needs.

Runs in the builder stage of the Dockerfile, with Python's standard library alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

ENVIRONMENT = Path("/opt/reviewbot")
PROGRAMS = (
    ENVIRONMENT / "bin/python",
    Path("/bin/sh"),
    Path("/usr/bin/git"),
    Path("/usr/lib/git-core/git-remote-https"),
)
"""The shell sets the limits of child processes; git uses its helper to fetch over HTTP."""

DATA = ("/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
        "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/os-release", "/etc/debian_version")  # fmt: skip
UNUSED = {"test", "idlelib", "tkinter", "turtledemo", "turtle.py", "ensurepip", "lib2to3", "pydoc_data", "sqlite3",
          "curses", "dbm", "site-packages", "dist-packages", "sitecustomize.py", "EXTERNALLY-MANAGED"}  # fmt: skip
"""Modules of the standard library that the action never imports; `ensurepip` contains a pip."""

UNUSED_EXTENSIONS = re.compile(
    r"(_sqlite3|readline|_curses|_curses_panel|_dbm|_gdbm|_tkinter|_?xx.*|_test.*|_ctypes_test)\."
)
"""Extension modules that the action never imports, each with its own libraries."""

LINKS = ("bin", "lib", "lib64", "sbin")
PACKAGES = Path("/var/lib/dpkg")
OWN_LIBRARIES = re.compile(r"(/\S+) \(0x")


def collect(root: Path) -> None:
    """Fill `root` with everything that the image consists of."""
    for name in LINKS:
        if (link := Path("/", name)).is_symlink():
            _copy(link, root)
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp", "root"):
        (root / name).mkdir(parents=True)
        (root / name).chmod(0o700 if name == "root" else 0o1777)
    library = Path(sysconfig.get_path("stdlib"))
    copied = [*_files(library, UNUSED | _unused_files(library)), *_files(ENVIRONMENT, set())]
    copied += [link for program in PROGRAMS for link in _links(program)]
    copied += [library for file in [*copied] for library in _libraries(file)]
    copied += [file for name in DATA for file in _files(Path(name), {"private"})]
    for file in dict.fromkeys(copied):
        _copy(file, root)
    _keep_packages(copied, root)
    _compile((library, ENVIRONMENT / "lib"), root)
    subprocess.run(["/sbin/ldconfig", "-r", str(root)], check=True)


def _unused_files(library: Path) -> set[str]:
    """Return names in the standard library that depend on the platform: build settings and extension modules."""
    extensions = (path.name for path in (library / "lib-dynload").iterdir())
    return {path.name for path in library.glob("config-*")} | {
        name for name in extensions if UNUSED_EXTENSIONS.match(name)
    }


def _files(top: Path, without: set[str]) -> Iterator[Path]:
    """Return the files and links in a folder, or the file itself; compiled files are left out."""
    if top.is_symlink() or top.is_file():
        yield top
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(set(folders) - without - {"__pycache__"})
        entries = [*files, *(name for name in folders if Path(folder, name).is_symlink())]
        yield from (Path(folder, name) for name in sorted(entries) if name not in without)


def _links(path: Path) -> Iterator[Path]:
    """Return a file and every link on the way to it."""
    while True:
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def _libraries(file: Path) -> Iterator[Path]:
    """Return the shared libraries that a program or a library loads at its start, and the links that lead to them."""
    if file.is_symlink() or not file.is_file():
        return
    with file.open("rb") as opened:
        if opened.read(4) != b"\x7fELF":
            return
    listed = subprocess.run(["/usr/bin/ldd", str(file)], capture_output=True, text=True, check=False).stdout
    for found in OWN_LIBRARIES.findall(listed):
        yield from _links(Path(found))


def _copy(path: Path, root: Path) -> None:
    """Copy a file or a link; folders that are links in the image stay links."""
    target = root / (path.parent.resolve() / path.name).relative_to("/")
    if target.exists() or target.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target, follow_symlinks=False)


def _keep_packages(copied: Iterable[Path], root: Path) -> None:
    """Keep Debian's records and the licenses of the packages that a copied file belongs to, for scanners of images."""
    present = {str(path.parent.resolve() / path.name) for path in copied}
    owners: set[str] = set()
    for listing in (PACKAGES / "info").glob("*.list"):
        owned = (Path(line) for line in listing.read_text(encoding="utf-8").splitlines())
        if any(str(path.parent.resolve() / path.name) in present for path in owned if path.name):
            owners.add(listing.stem.partition(":")[0])
    stanzas = (PACKAGES / "status").read_text(encoding="utf-8").split("\n\n")
    kept = [stanza for stanza in stanzas if stanza.partition("\n")[0].removeprefix("Package: ") in owners]
    target = root / PACKAGES.relative_to("/") / "status"
    target.parent.mkdir(parents=True)
    target.write_text("\n\n".join([*kept, ""]), encoding="utf-8")
    for name in sorted(owners):
        for file in _links(Path("/usr/share/doc", name, "copyright")):
            if file.exists():
                _copy(file, root)


def _compile(folders: Iterable[Path], root: Path) -> None:
    """Compile every module, since a container runs once. The hash makes the files the same in every build."""
    for folder in folders:
        where = root / folder.relative_to("/")
        options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/")
        subprocess.run([sys.executable, "-I", "-m", "compileall", *options, str(where)], check=True)


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
