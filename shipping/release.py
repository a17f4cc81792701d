"""Prepare a release: check its version, pin the three actions to what was built, and print its notes.

Usage: release.py check VERSION | release.py notes VERSION
       release.py pin FOLDER --image REFERENCE --local REFERENCE --archives FOLDER --address URL
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MACHINES = ("x86_64", "aarch64")
VERSION = re.compile(r"\d+\.\d+\.\d+")
IMAGE = re.compile(r"[a-z0-9.]+/[a-z0-9._/-]+@sha256:[0-9a-f]{64}")


def check(version: str) -> None:
    """Stop unless the sources have this version and the changelog describes it."""
    if not VERSION.fullmatch(version):
        sys.exit(f"release: `{version}` is not a version such as 1.2.3.")
    if f'__version__ = "{version}"\n' not in (ROOT / "reviewbot" / "__init__.py").read_text(encoding="utf-8"):
        sys.exit(f"release: reviewbot/__init__.py has another version than {version}; set `__version__`.")
    if not notes(version):
        sys.exit(f"release: CHANGELOG.md has no text under `## [{version}]`; move *Unreleased* there.")


def notes(version: str) -> str:
    """Return the changelog's text on a version; empty if there is none."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(version)}\].*\n((?:(?!## ).*\n?)*)", text, re.MULTILINE)
    return found[1].strip() if found else ""


def pin(root: Path, *, image: str, local: str, archives: Path, address: str) -> None:
    """Let the actions in `root` run exactly these images and archives."""
    for reference in (image, local):
        if not IMAGE.fullmatch(reference):
            sys.exit(f"release: `{reference}` does not name an image by digest.")
    _replace(root / "action.yml", {r"  image: Dockerfile": f"  image: docker://{image}"})
    _replace(root / "local" / "action.yml", {r"  image: \.\./local\.Dockerfile .*": f"  image: docker://{local}"})
    lines = {r"        ARCHIVES: file:.*": f"        ARCHIVES: {address}"}
    for machine in MACHINES:
        archive = archives / f"reviewbot-linux-{machine}.tar.gz"
        if not archive.is_file():
            sys.exit(f"release: {archive} is missing; run `make archive` without MACHINE.")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        lines[rf'        SHA256_{machine.upper()}: ""'] = f"        SHA256_{machine.upper()}: {digest}"
    _replace(root / "no-docker" / "action.yml", lines)


def _replace(path: Path, lines: dict[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in lines.items():
        text, count = re.subn(rf"^{old}$", lambda _, new=new: new, text, flags=re.MULTILINE)  # type: ignore[misc]
        if count != 1:
            sys.exit(f"release: {path} has {count} lines `{old}`, not one.")
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Run one of the subcommands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "notes"):
        commands.add_parser(name).add_argument("version")
    pinning = commands.add_parser("pin")
    pinning.add_argument("root", type=Path)
    for name in ("image", "local", "address"):
        pinning.add_argument(f"--{name}", required=True)
    pinning.add_argument("--archives", type=Path, required=True)
    given = parser.parse_args()
    match given.command:
        case "check":
            check(given.version)
        case "notes":
            sys.stdout.write(f"{notes(given.version)}\n")
        case _:
            pin(given.root, image=given.image, local=given.local, archives=given.archives, address=given.address)


if __name__ == "__main__":
    main()
