"""Short renderings of the pull request for the terminal. All texts are untrusted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import assert_never

from rich.console import Console
from rich.text import Text

from reviewbot.domain.text.escaping import visible
from reviewbot_sandbox.demo.readback import CodeLine, Comment

TEXT_LINES = 2
"""Lines of each explanation that are shown."""

_MARK = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[a-z]+[^>]*>")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\([^)\s]*\)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_REPEATED = re.compile(r"/reviewbot|^Resolve this conversation")
"""Parts of a note that are the same below each comment."""
_LEAST = re.compile(r"Found by [\w-]+ \(.*\)\.")


class Kind(Enum):
    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    SUGGESTION = "suggestion"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str


def pieces(markdown: str) -> Iterator[Piece]:
    """Yield the lines of a comment, without markers, references and empty lines."""
    fence: Kind | None = None
    for line in visible(_MARK.sub("", markdown)).splitlines():
        if line.startswith("```"):
            opened = Kind.SUGGESTION if line.startswith("```suggestion") else Kind.CODE
            fence = opened if fence is None else None
        elif fence is not None:
            yield Piece(fence, line)
        elif line.strip() and not line.startswith("References:"):
            yield Piece(_kind(line), read_words(line))


def _kind(line: str) -> Kind:
    if line.startswith("<sub>"):
        return Kind.NOTE
    heading = line.startswith("#") or (line.startswith("**") and line.endswith("**"))
    return Kind.HEADING if heading else Kind.TEXT


def read_words(line: str) -> str:
    """Return a line of Markdown as the words that a reader sees."""
    words = _TAG.sub("", _LINK.sub(r"\1", line)).lstrip("# ").replace("**", "")
    return html.unescape(_ESCAPED.sub(r"\1", words))


def say(console: Console, text: str, style: str = "", *, indent: int = 2, hang: int = 0) -> None:
    """Print a wrapped paragraph with invisible characters escaped; `hang` indents all lines but the first."""
    limit = max(20, console.width - indent)
    whole = Text(visible(text), style=style)
    first = whole.wrap(console, limit)[:1]
    rest = whole[len(first[0].plain) :] if first else whole
    rest.plain = rest.plain.lstrip(" ")
    for number, line in enumerate([*first, *(rest.wrap(console, limit - hang) if rest.plain else [])]):
        line.rstrip()
        console.print(Text(" " * (indent + hang * bool(number))) + line)


def title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold cyan"))


def show_comments(console: Console, comments: Iterable[Comment]) -> None:
    """Print each file's commented code with the comments below it."""
    for path, group in groupby(comments, key=lambda one: one.path):
        console.print()
        console.print(Text.assemble("  ", (visible(path), "bold underline")))
        for comment in group:
            show_comment(console, comment)


def show_comment(console: Console, comment: Comment) -> None:
    if comment.on_file:
        console.print(Text("       on the whole file", style="dim"))
    for line in comment.code:
        _show_code(console, line)
    limit = TEXT_LINES + comment.on_file  # its first line is only the location
    for piece in pieces(comment.body):
        if piece.kind is Kind.TEXT and not _LEAST.fullmatch(piece.text):
            limit -= _beside(console, Text(piece.text), limit)
        elif piece.kind is not Kind.TEXT and (said := _said(piece)) is not None:
            _beside(console, said)


def _show_code(console: Console, line: CodeLine) -> None:
    style = {"+": "green", "-": "red"}.get(line.sign, "")
    code = Text(f"  {line.number:>4} {line.sign} {visible(line.text)}", style=style)
    code.truncate(console.width, overflow="ellipsis")
    console.print(code)


def _said(piece: Piece) -> Text | None:
    """Return a piece as it is shown; None to omit it."""
    match piece.kind:
        case Kind.HEADING:
            return Text(piece.text, style="bold")
        case Kind.SUGGESTION:
            return Text.assemble(("suggests: ", "dim"), (piece.text.strip(), "green"))
        case Kind.NOTE:
            shown = " · ".join(part for part in piece.text.split(" · ")[1:] if not _REPEATED.search(part))
            return Text(shown, style="italic") if shown else None
        case Kind.CODE | Kind.TEXT:
            return Text(piece.text)
        case _:
            assert_never(piece.kind)


def _beside(console: Console, said: Text, limit: int = 8) -> int:
    """Print a text next to a vertical line, on at most `limit` lines; return their number."""
    lines = said.wrap(console, max(20, console.width - 11))
    for number, line in enumerate(lines[: max(0, limit)], start=1):
        line.rstrip()
        if number == limit < len(lines):
            line.append(" …")
        console.print(Text.assemble(("       │ ", "dim"), line))
    return min(limit, len(lines))
