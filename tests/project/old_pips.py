"""The pip versions of the supported Pythons, each in its own folder (`make referees`)."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "pips"
LISTS = ROOT / "tests" / "project" / "pips"

CAME_WITH = {"22.3": (3, 11), "23.0.1": (3, 11), "23.2.1": (3, 12), "24.2": (3, 13)}
"""The Python that a pip came with: 3.11.0, Debian 12's 3.11, 3.12.0 and 3.13.0. It does not run on newer ones."""
RUNNABLE = [version for version, python in CAME_WITH.items() if python >= sys.version_info[:2]]


def missing() -> str:
    """Return which pip versions are not installed; empty if none is missing."""
    lacking = [version for version in RUNNABLE if not (FOLDER / version / "pip").is_dir()]
    return f"pip {', '.join(lacking)} (make referees)" if lacking else ""
