"""How the site is built: `make site`. Its nav is what the lists of `index.md` say, so that GitHub shows the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent

project = "reviewbot"
html_title = "reviewbot"
root_doc = "docs/index"
extensions = ["myst_parser"]

# The pages lie where GitHub shows them, so a link is right in both or in neither.
include_patterns = ["docs/**.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"]
exclude_patterns = [path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "docs"]

myst_heading_anchors = 3  # as GitHub makes them
nitpicky = True
html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_use_index = False

_SECTION = re.compile(r"^## (?P<caption>.+)$\n(?P<body>(?:(?!## ).*\n)*)", re.MULTILINE)
_PAGE = re.compile(r"^- \[[^]]+\]\((?P<path>[^)#:]+)\.md\)", re.MULTILINE)


def nav(text: str) -> str:
    """A hidden table of contents for each section of the index that lists pages."""
    for section in _SECTION.finditer(text):
        if pages := _PAGE.findall(section["body"]):
            text += f"\n```{{toctree}}\n:hidden:\n:caption: {section['caption']}\n" + "\n".join(pages) + "\n```\n"
    return text


def add_nav(_app: Sphinx, document: str, source: list[str]) -> None:
    """Sphinx asks for a table of contents that GitHub would show as code: it is put in here."""
    if document == root_doc:
        source[0] = nav(source[0])


def add_front_door(app: Sphinx, problem: Exception | None) -> None:
    """The top folder has no page of its own: it leads to the first one."""
    if problem is None:
        door = f'<!doctype html><title>{project}</title><meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
        (app.outdir / "index.html").write_text(door, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_lexer("mermaid", TextLexer)  # GitHub draws it; here it is shown as it is written
    app.connect("source-read", add_nav)
    app.connect("build-finished", add_front_door)
