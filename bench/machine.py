"""Describe the machine and the measured commit."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from reviewbot import __version__

_MEGABYTE = 1024**2


class AnotherTree(RuntimeError):
    """Another reviewbot would be measured than the one that the figures name."""


def describe(root: Path) -> dict[str, str]:
    """Describe the machine and the measured commit.

    Raises:
        AnotherTree: the measured processes would import reviewbot from outside this folder.
    """
    measured = _output(root, sys.executable, "-I", "-c", "import reviewbot; print(reviewbot.__file__)")
    if not Path(measured).resolve().is_relative_to(root):
        raise AnotherTree(measured)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "reviewbot": f"{__version__}, commit {commit_of(root)}",
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "memory": f"{memory:,} MB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load when it began": f"{os.getloadavg()[0]:.2f}",
    }


def commit_of(root: Path) -> str:
    """Return the checked-out commit, and whether there are uncommitted changes."""
    output = _output(root, "git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty= with changes")
    return output or "unknown"


def _output(folder: Path, program: str, *arguments: str) -> str:
    command = [shutil.which(program) or program, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    return done.stdout.strip()


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
