"""Build the archive of the Docker-free action: the action with its libraries for one platform, compiled.

Usage: python shipping/archive.py FOLDER [MACHINE...], in an environment with reviewbot, pip and hatchling. It needs
Python 3.13 on `PATH`, which `no-docker/action.yml` runs the archive with. Equal sources give equal bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.13"
PLATFORMS = {
    machine: [f"{name}_{machine}" for name in ("manylinux_2_28", "manylinux_2_17", "manylinux2014")]
    for machine in ("x86_64", "aarch64")
}
"""The platform tags of each machine's wheels; all GitHub-hosted runners have a newer glibc."""

UNUSED = ("rich", "markdown_it", "markdown_it_py", "mdurl")
"""Libraries of the terminal, by package and by distribution."""

OF_THE_INSTALLATION = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""Metadata on how and where pip installed a package."""


def archive_name(machine: str) -> str:
    """Return the file name of a machine's archive."""
    return f"reviewbot-linux-{machine}.tar.gz"


def build(folder: Path, machine: str) -> Path:
    """Write the archive of a machine, and return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        content = Path(scratch, "content")
        _install(content, Path(scratch, "wheel"), machine)
        _compile(content)
        (content / "SOURCES.txt").write_text(sources(content), encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        return _pack(content, folder / archive_name(machine))


def _install(content: Path, wheel: Path, machine: str) -> None:
    """Install the libraries, and the action from its wheel, without running any of their code."""
    pip = (
        sys.executable,
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--no-deps",
        "--target",
        str(content),
    )
    platforms = [word for tag in PLATFORMS[machine] for word in ("--platform", tag)]
    pinned = ("--only-binary", ":all:", "--require-hashes", "--python-version", PYTHON, "--implementation", "cp")
    _run(*pip, *pinned, *platforms, "--requirement", str(ROOT / "requirements" / "runtime.txt"))
    shutil.rmtree(content / "bin")
    _run(sys.executable, "-I", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheel))
    _run(*pip, "--no-index", *map(str, wheel.glob("*.whl")))
    # By this environment, since the libraries may be of another platform.
    _run(sys.executable, "-I", "shipping/templates.py", str(content / "reviewbot/templates/compiled"))


def _compile(content: Path) -> None:
    """Compile everything, and delete the sources of the libraries: unpacking them takes a third of the time."""
    compiling = (f"python{PYTHON}", "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    own = content / "reviewbot"
    _run(*compiling, "-s", str(content), str(own))
    _run(*compiling, "-s", str(content), "-b", "-x", f"^{re.escape(str(own))}/", str(content))
    for source in content.rglob("*.py"):
        if not source.is_relative_to(own):
            source.unlink()


def sources(content: Path) -> str:
    """Return where the sources of the compiled libraries are, as the licenses of PyGithub and certifi require."""
    found = sorted(f"{one.name} {one.version}" for one in distributions(path=[str(content)]) if _is_used(one.name))
    return "\n".join(["The Python Package Index has the sources of these compiled releases:", *found, ""])


def _is_used(name: str) -> bool:
    """Return whether the archive has this package, distribution or folder of metadata."""
    return re.split(r"-\d", name)[0].replace("-", "_") not in UNUSED


def _run(*command: str) -> None:
    """Run a command, whose errors are shown."""
    try:
        status = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode
    except OSError as error:
        sys.exit(f"archive: `{command[0]}` cannot be run: {error.strerror}.")
    if status:
        sys.exit(f"archive: `{' '.join(command[:5])}` failed with exit status {status}; no archive was written.")


def _pack(content: Path, target: Path) -> Path:
    with (
        target.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(content.rglob("*")):
            inside = path.relative_to(content)
            if path.is_file() and _is_used(inside.parts[0]) and path.name not in OF_THE_INSTALLATION:
                archive.add(path, inside.as_posix(), recursive=False, filter=_anonymous)
    return target


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


if __name__ == "__main__":
    if shutil.which(f"python{PYTHON}") is None:
        sys.exit(f"archive: python{PYTHON} is not on PATH; install Python {PYTHON}.")
    for chosen in sys.argv[2:] or PLATFORMS:
        made = build(Path(sys.argv[1]), chosen)
        sys.stdout.write(f"{hashlib.sha256(made.read_bytes()).hexdigest()}  {made.name}\n")
