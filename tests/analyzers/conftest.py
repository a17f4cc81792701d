"""Builds submissions from texts."""

from __future__ import annotations

import difflib
import json
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewbot.domain.codevf.attachments import file_section

Attachments = list[tuple[str, str]]


def attachments(files: Mapping[str, str | tuple[str, str]]) -> Attachments:
    """Return the attachments of a change. A file is its new text, or its old and its new text."""
    pairs = {path: ("", text) if isinstance(text, str) else text for path, text in files.items()}
    diff = "".join(_diff(path, *texts) for path, texts in pairs.items())
    return [("change.diff", diff), ("files.txt", "".join(file_section(path, new) for path, (_, new) in pairs.items()))]


def _diff(path: str, old: str, new: str) -> str:
    # Of the characters that git quotes, the ones used here are written alike in JSON.
    before, after = (json.dumps(f"{side}/{path}") for side in ("a", "b"))
    head = f"diff --git {before} {after}\n" + ("" if old else "new file mode 100644\n")
    old_lines, new_lines = (
        [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else [] for text in (old, new)
    )
    hunks = difflib.unified_diff(old_lines, new_lines, before if old else "/dev/null", after, n=0)
    return head + "".join(line.replace("\n\n", "\n") for line in hunks)


@pytest.fixture
def attach() -> Callable[[Mapping[str, str | tuple[str, str]]], Attachments]:
    """Build the attachments of a change."""
    return attachments


@pytest.fixture
def path_env() -> dict[str, str]:
    """Return the environment in which the installed analyzers are found."""
    return {"PATH": str(Path(sys.executable).parent)}


@pytest.fixture
def fake_tool(tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """Install a shell script under an analyzer's name; returns the environment in which only it is found."""

    def install(name: str, script: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return {"PATH": str(folder)}

    return install
