"""How help is laid out, on any terminal."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable
from itertools import groupby

WIDEST = 88
"""Columns that are used at most: longer lines are hard to read."""

_CONTINUED = re.compile(r"\n {5,}")
"""A line of an example that goes on with the one above."""


class Help(argparse.HelpFormatter):
    """Help whose paragraphs fill the lines there are, and whose examples stay examples."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog)
        self._width = min(self._width, WIDEST)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        blocks = groupby(text.strip().splitlines(), key=lambda line: (not line, line.startswith(" ")))
        filled = (_examples(lines, width) if shown else _filled(lines, width) for (_, shown), lines in blocks)
        return textwrap.indent("\n".join(filled), indent)


def _filled(lines: Iterable[str], width: int, margin: int = 0) -> str:
    blanks = " " * margin
    words = " ".join(" ".join(lines).split())
    return textwrap.fill(words, width, initial_indent=blanks, subsequent_indent=blanks, break_on_hyphens=False)


def _examples(lines: Iterable[str], width: int) -> str:
    """As they are where they fit; else each command in one piece, since it is to be copied, and what it does below."""
    block = "\n".join(lines)
    if max(map(len, block.split("\n"))) <= width:
        return block
    rows = (re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in _CONTINUED.sub(" ", block).split("\n"))
    return "\n".join("\n".join([f"  {row[0]}", *(_filled(row[1:], width, 6) for _ in row[1:])]) for row in rows)
