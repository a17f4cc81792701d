"""Pictures for the documentation: `python -m tests.pictures` creates them from the demo.

`python -m tests.pictures golden FILE.png THEME WIDTH [WORD…]` renders the golden files whose names contain the words.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reviewbot_sandbox.demo.readback import Check, CodeLine, Landed

from reviewbot.render.renderer import Renderer
from tests.browser.installed import program
from tests.pictures.demo import landed
from tests.pictures.page import check, comment, document, thread, thread_of
from tests.pictures.report import shoot_report, shoot_statistics
from tests.pictures.shoot import shoot
from tests.pictures.terminal import printed, screen
from tests.render.conftest import GOLDEN
from tests.render.statistics_builders import usual
from tests.render.view_builders import INJECTION

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
THEMES = ("light", "dark")
WIDTH = 830
"""Width of a README on GitHub in pixels."""

NARROW = 390
"""Width of a phone in pixels."""

COMMENTS = ("Any customer can read", "The badge is always in English")
"""Titles of the findings whose comments the documentation shows."""


def pages(there: Landed, output: str, theme: str) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the pages by name, and how wide each is.

    Args:
        there: the state of the pull request.
        output: the output of the command.
        theme: `light` or `dark`.
    """
    chosen = [thread_of(one) for title in COMMENTS for one in there.comments if title in one.body]
    yield "comments", WIDTH, chosen
    yield "narrow", NARROW, chosen[-1:]
    yield "summary", WIDTH, [comment(body) for body in there.summaries]
    yield "check", WIDTH, [check(there.check)] if there.check else []
    yield "terminal", WIDTH, [screen(output, theme)]


def of_golden_files(words: list[str]) -> Iterator[str]:
    """Yield each golden file of Markdown as GitHub would show it, below its name."""
    code = [CodeLine(41 + at, "+", text) for at, text in enumerate(INJECTION.code.splitlines())]
    for file in sorted(GOLDEN.glob("*.md")):
        if not all(word in file.name for word in words):
            continue
        text = file.read_text(encoding="utf-8")
        yield f'<h3 class="name">{file.name}</h3>'
        if file.name.startswith(("check-", "error-", "reason-")):
            title, _, page = text.partition("\n\n")
            yield check(Check("CodeVF review", "completed", "", title, page))
        elif file.name.startswith("comment"):
            yield thread(INJECTION.path, code, text)
        else:
            yield comment(text)


def main(arguments: list[str]) -> int:
    """Create the pictures; return 2 if Chromium is missing."""
    if program() is None:
        sys.stderr.write("Pictures need Chromium, and a font with emoji (Debian: chromium fonts-noto-color-emoji).\n")
        return 2
    if arguments[:1] == ["golden"]:
        picture, theme, wide, *words = arguments[1:]
        shoot(document(of_golden_files(words), theme), int(wide), Path(picture).resolve())
        return 0
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reviewbot-pictures-") as folder:
        (there, report), output = landed(Path(folder, "action")), printed(Path(folder))
        shoot_report(report, {theme: PICTURES / f"report-{theme}.png" for theme in THEMES})
        statistics = Path(folder, "statistics.html")
        statistics.write_text(Renderer().statistics(usual()), encoding="utf-8")
        shoot_statistics(statistics, {theme: PICTURES / f"statistics-{theme}.png" for theme in THEMES})
    for theme in THEMES:
        for name, width, parts in pages(there, output, theme):
            shoot(document(parts, theme), width, PICTURES / f"{name}-{theme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
