"""A picture of a page, by Chromium without a window."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from tests.browser.installed import program

SECONDS = 60
SCALE = 1.5
"""Pixels of the picture for one of the page: sharp on a good screen, and not twice as large a file."""

_MEASURE = "<script>document.title = Math.ceil(document.documentElement.getBoundingClientRect().height)</script>"
_HEIGHT = re.compile(r"<title>(\d+)</title>")


def shoot(page: str, width: int, picture: Path) -> None:
    """Write a picture of the whole page, as wide as asked and as high as it is.

    Raises:
        subprocess.SubprocessError: Chromium would not.
    """
    with tempfile.TemporaryDirectory(prefix="reviewbot-pictures-") as folder:
        file = Path(folder, "page.html")
        # A window is never as narrow as a telephone, so the page itself has to be.
        file.write_text(f"{page}<style>html {{ width: {width}px }}</style>{_MEASURE}", encoding="utf-8")
        found = _HEIGHT.search(_run(folder, f"--window-size={width},400", "--dump-dom", file.as_uri()))
        size = f"--window-size={width},{found[1] if found else 400}"
        _run(folder, size, f"--force-device-scale-factor={SCALE}", f"--screenshot={picture}", file.as_uri())


def _run(folder: str, *words: str) -> str:
    # Without the sandbox, which root cannot have: the page is our own and loads nothing.
    common = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile")
    command = (program() or "chromium", *common, *words)
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
