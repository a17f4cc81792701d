"""The pictures show the complete text of a comment, as GitHub does."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewbot_sandbox.demo.readback import CodeLine

from tests.pictures.page import diff, document, thread, words
from tests.pictures.terminal import THEMES, screen

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
OLD = (CodeLine(7, "+", "a < b"),)


def test_hidden_markers_are_not_shown() -> None:
    assert (
        words("<!-- reviewbot:summary:v1 -->\n## No findings") == '<div class="markdown"><h2>No findings</h2>\n</div>'
    )


def test_a_suggestion_is_shown_as_the_change_that_it_makes() -> None:
    page = words("```suggestion\na > b\nc\n```", OLD)
    removed, *added = (CodeLine(7, "-", "a < b"), CodeLine(7, "+", "a > b"), CodeLine(8, "+", "c"))
    assert diff((removed, *added)) in page
    assert "a &lt; b" in page


def test_an_empty_suggestion_is_a_deletion() -> None:
    assert diff([CodeLine(7, "-", "a < b")]) in words("```suggestion\n```", OLD)


def test_a_warning_is_shown_as_a_box() -> None:
    page = words("> [!WARNING]\n> **Let through** by `max`")
    assert (
        '<div class="alert"><b class="kind">Warning</b><p><strong>Let through</strong> by <code>max</code></p>' in page
    )


@pytest.mark.parametrize("theme", THEMES)
def test_a_terminal_shows_colours_without_control_sequences(theme: str) -> None:
    page = screen("\x1b[1;31m<closed>\x1b[0m", theme)
    assert "&lt;closed&gt;" in page
    assert "font-weight: bold" in page
    assert "\x1b" not in page


def test_a_comment_is_below_its_lines() -> None:
    page = document([thread("src/<a>.py", OLD, "Words.")], "dark")
    assert page.index("src/&lt;a&gt;.py") < page.index("a &lt; b") < page.index("Words.")
    assert 'data-theme="dark"' in page


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("name", "page"), [("report", "files.md"), ("statistics", "stats.md")])
def test_the_documentation_shows_the_pages(name: str, page: str, theme: str) -> None:
    name = f"{name}-{theme}"
    assert f"pictures/{name}.png" in (PICTURES.parent / page).read_text(encoding="utf-8")
    assert 10_000 < (PICTURES / f"{name}.png").stat().st_size < 500_000


NAMES = ("check", "comments", "narrow", "summary", "terminal")


def test_every_picture_is_shown() -> None:
    shown = {f"{name}-{theme}" for name in (*NAMES, "report", "statistics") for theme in THEMES}
    assert {file.stem for file in PICTURES.iterdir()} == shown


@pytest.mark.parametrize("name", [f"{name}-{theme}" for name in NAMES for theme in THEMES])
def test_the_readme_shows_the_pictures_and_they_are_small(name: str) -> None:
    assert f"docs/pictures/{name}.png" in (PICTURES.parents[1] / "README.md").read_text(encoding="utf-8")
    assert 10_000 < (PICTURES / f"{name}.png").stat().st_size < 500_000
