"""On what it was measured."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from reviewbot import __version__

_MEGABYTE = 1024**2


def describe(root: Path) -> dict[str, str]:
    """The machine and what was measured, in words."""
    asked = [shutil.which("git") or "git", "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(asked, cwd=root, capture_output=True, text=True, timeout=10, check=False)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "reviewbot": f"{__version__}, commit {commit.stdout.strip() or 'unknown'}",
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "memory": f"{memory:,} MB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load when it began": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
