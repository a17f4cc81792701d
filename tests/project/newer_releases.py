"""Builds a folder of newer releases: one empty wheel, version 9999.0, for every package that a list pins.

As a script it needs only Python: `python3 tests/project/newer_releases.py FOLDER`. With `PIP_FIND_LINKS=FOLDER`
pip sees the registry as it may be in a few years.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

NEWER = "9999.0"
ROOT = Path(__file__).resolve().parents[2]


def pinned_names(requirements: Path) -> set[str]:
    """Return the normalized name of every package in the lists `requirements/*.txt`."""
    lists = (path.read_text(encoding="utf-8") for path in requirements.glob("*.txt"))
    names = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", line) for text in lists for line in text.splitlines())
    return {re.sub(r"[-_.]+", "-", name[1]).lower() for name in names if name}


def build_wheel(folder: Path, name: str, version: str, fields: Iterable[str] = ()) -> Path:
    """Write an empty wheel into the folder and return its path.

    Args:
        folder: An existing folder.
        name: The package's name.
        version: Its version.
        fields: More lines of METADATA, such as `Requires-Dist: six`.
    """
    stem = f"{re.sub(r'[-_.]+', '_', name).lower()}-{version}"
    info = f"{stem}.dist-info"
    files = {
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *fields, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: empty\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(text)},{len(text.encode())}" for path, text in files.items()]
    record = f"{info}/RECORD"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in {**files, record: "\n".join([*rows, f"{record},,", ""])}.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return path


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def main(folder: Path) -> None:
    """Fill the folder with a newer release of each pinned package."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(pinned_names(ROOT / "requirements")):
        build_wheel(folder, name, NEWER)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
