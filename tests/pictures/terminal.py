"""What the command prints on a real terminal, as a part of a page: the demo's change, reviewed by the analyzers."""

from __future__ import annotations

import html
import io
import os
import re
import shlex
from pathlib import Path

from reviewbot_sandbox.demo.seed import files_of
from reviewbot_sandbox.github.git.formats import FileVersion
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.terminal.screen import watch
from tests.terminal.session import Clone

COLUMNS = 88
COMMAND = ("review", "--reviewer", "local", "--paths", "api/labels.py", "--paths", "scripts/**")
"""Files of the demo's change for the picture: one blocking finding and two fixes."""

THEMES = {
    "light": TerminalTheme(
        (255, 255, 255),
        (31, 35, 40),
        [(36, 41, 46), (207, 34, 46), (26, 127, 55), (154, 103, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131),
         (255, 255, 255)],
    ),
    "dark": TerminalTheme(
        (13, 17, 23),
        (230, 237, 243),
        [(72, 79, 88), (218, 54, 51), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207),
         (255, 255, 255)],
    ),
}  # fmt: skip
"""Background, words, and the eight colours of terminals as GitHub's pages have them."""

_SHOWN_AGAIN = "\x1b[?25h"
"""The end of the live display; earlier output is erased."""

_MOVING = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]|\r")


def printed(folder: Path) -> str:
    """Return the final output on the terminal, with its colours.

    Args:
        folder: an empty folder.
    """
    clone = Clone(folder / "parcel-tracker")
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit(_texts("base"), "Parcels, tracked")
    clone.git("checkout", "--quiet", "-b", "express")
    clone.commit(_texts("change"), "Express parcels")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    seen = watch(*COMMAND, at=clone.root, env=env, columns=COLUMNS)
    return _MOVING.sub("", seen.raw.rpartition(_SHOWN_AGAIN)[2]).strip("\n")


def _texts(archive: str) -> dict[str, bytes]:
    return {path: _content(change) for path, change in files_of(archive).items() if change is not None}


def _content(change: str | bytes | FileVersion) -> bytes:
    match change:
        case str():
            return change.encode()
        case bytes():
            return change
        case FileVersion():
            return change.content


def screen(text: str, theme: str) -> str:
    """Return a terminal in which the command was typed and has printed this."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(text), soft_wrap=True)
    lines = console.export_html(theme=THEMES[theme], inline_styles=True, code_format="{code}")
    prompt = f'<b class="prompt">$</b> {html.escape(shlex.join(("reviewbot", *COMMAND)))}'
    return f'<div class="box terminal"><pre>{prompt}\n\n{lines}</pre></div>'
