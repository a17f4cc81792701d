"""The examples of the templates guide work unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from reviewbot.render.renderer import Renderer
from tests.render.view_builders import CLOSED_GATE, COMMENT

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "templates.md"
EXAMPLE = re.compile(r"^`([\w.-]+\.j2)`(?:(?!^```).)*?^```jinja\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN: dict[str, Callable[[Renderer], str]] = {
    "Questions: #reviews": lambda renderer: renderer.comment(COMMENT),
    "Please fix 2 findings first": lambda renderer: renderer.check(CLOSED_GATE)[0],
}
"""The texts that the examples change."""


def examples() -> dict[str, str]:
    """Return the text of each template by name; a second example for a file is appended to the first."""
    sources: dict[str, str] = {}
    for name, source in EXAMPLE.findall(GUIDE.read_text(encoding="utf-8")):
        below = source.partition("\n")[2]
        sources[name] = sources[name] + below if name in sources else source
    return sources


def test_the_examples_cover_every_outcome() -> None:
    shipped, changed = Renderer(), Renderer(examples())  # creating a renderer with custom templates renders every view
    assert {words: words in is_shown(changed) for words, is_shown in SHOWN.items()} == dict.fromkeys(SHOWN, True)
    assert {words: words in is_shown(shipped) for words, is_shown in SHOWN.items()} == dict.fromkeys(SHOWN, False)
