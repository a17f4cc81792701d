"""The documents name what users can set and read, and the versions agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reviewbot import __version__
from reviewbot.settings import INPUTS


@pytest.fixture(scope="module")
def documents(root: Path) -> str:
    """The README and everything under docs/, as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (root / "README.md", *sorted(root.glob("docs/*.md"))))


@pytest.mark.parametrize("name", [row.name for row in INPUTS])
def test_every_setting_is_documented(documents: str, name: str) -> None:
    assert f"`{name}`" in documents


def test_every_output_is_documented(documents: str, action: dict[str, Any]) -> None:
    assert not [name for name in action["outputs"] if f"`{name}`" not in documents]


def test_every_template_is_documented(root: Path) -> None:
    text = (root / "docs/templates.md").read_text(encoding="utf-8")
    assert not [path.name for path in (root / "templates").glob("*.j2") if f"`{path.name}`" not in text]


def test_every_link_between_the_documents_leads_somewhere(files: list[Path]) -> None:
    broken = [
        f"{path.name}: {target}"
        for path in files
        if path.suffix == ".md" and "tests" not in path.parts and "templates" not in path.parts
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert not broken


def test_the_version_is_a_release_number() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_changelog_has_a_place_for_what_comes_next(root: Path) -> None:
    headings = re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


def test_the_changelogs_newest_release_is_this_version(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert released[:1] in ([], [__version__])
