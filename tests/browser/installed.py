"""Whether the browser and its judge are here; `make referees` brings the judge, which is axe-core."""

from __future__ import annotations

import shutil

from tests.contract.published import HOW, ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
"""Deque's judge of accessibility."""


def program() -> str | None:
    """Return where Chromium is, None when there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def missing() -> str:
    """Return what is not installed, in one line; empty when everything is."""
    if program() is None:
        return "there is no Chromium (Debian: apt install chromium)"
    return "" if AXE.exists() else f"the judge of accessibility is not here (axe-core): {HOW}"
