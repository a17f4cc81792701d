"""How help is laid out, on any terminal; and the lessons of the commands that only look or show."""

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

RENDER = """\
Makes another kind of file of a JSON report and writes it to the output. It asks
nobody and costs nothing; reports of older versions are read, too.
"""

RENDER_EXAMPLES = """\
Examples:
  reviewbot render report.json --to html > report.html     a page for people
  reviewbot render report.json --to sarif > report.sarif   for code scanning
  reviewbot render report.json --to rdjson > report.json   for reviewdog
  reviewbot render report.json --to markdown               to be read right here

Exit status: 0 it is written; 2 the report cannot be read.
"""

DEMO = """\
A whole paid review on this machine, made up: GitHub and CodeVF are served here,
a pull request with planted flaws is opened, the action reviews it as on a
runner, and what landed, what was sent and what it cost is shown. No account, no
internet, no cost; it takes less than a minute.
"""

DEMO_EXAMPLES = """\
Examples:
  reviewbot demo                     the whole story
  reviewbot demo --keep              and both services stay, to be looked at
  reviewbot demo --plain > demo.txt  as a text
"""

SANDBOX = """\
GitHub and CodeVF on this machine, with a pull request to try things at: it
prints their addresses and tokens, and what to do with them. Nothing leaves the
machine, and no credit is a real one. It ends by itself, or with Ctrl-C.
"""

SANDBOX_EXAMPLES = """\
Examples:
  reviewbot sandbox                      for an hour, on free ports
  reviewbot sandbox --lifetime 600       for ten minutes
  reviewbot sandbox --github-port 8080   where another program looks for it
"""

ACTION = """\
Reviews the pull request of the event that GitHub's runner tells of in its
environment. Workflows call it by `uses:`; at a terminal, `reviewbot review` is
what you want.
"""


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
