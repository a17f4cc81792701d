"""Finds Chromium and axe-core, which `make referees` installs."""

from __future__ import annotations

import shutil

from tests.contract.published import HOW, ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
"""axe-core, Deque's accessibility checker."""


def program() -> str | None:
    """Return the path of Chromium, None if it is not installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def missing() -> str:
    """Return what is not installed, in one line; empty if nothing is missing."""
    if program() is None:
        return "there is no Chromium (Debian: apt install chromium)"
    return "" if AXE.exists() else f"the judge of accessibility is not here (axe-core): {HOW}"
