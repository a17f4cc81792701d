"""Screenshots of pages with headless Chromium."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from tests.browser.installed import program

SECONDS = 60
SCALE = 1.5
"""Device pixel ratio: sharp on good screens at a moderate file size."""

_MEASURE = "<script>document.title = Math.ceil(document.documentElement.getBoundingClientRect().height)</script>"
_HEIGHT = re.compile(r"<title>(\d+)</title>")


def shoot(page: str, width: int, picture: Path) -> None:
    """Write a picture of the whole page at this width.

    Raises:
        subprocess.SubprocessError: Chromium failed.
    """
    with tempfile.TemporaryDirectory(prefix="reviewbot-pictures-") as folder:
        file = Path(folder, "page.html")
        # Chromium's windows have a minimum width larger than a phone, so the page itself is narrowed.
        file.write_text(f"{page}<style>html {{ width: {width}px }}</style>{_MEASURE}", encoding="utf-8")
        found = _HEIGHT.search(_run(folder, f"--window-size={width},400", "--dump-dom", file.as_uri()))
        size = f"--window-size={width},{found[1] if found else 400}"
        _run(folder, size, f"--force-device-scale-factor={SCALE}", f"--screenshot={picture}", file.as_uri())


def _run(folder: str, *words: str) -> str:
    # Chromium's sandbox does not work for root. The page is generated here and loads nothing.
    common = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile")
    command = (program() or "chromium", *common, *words)
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
