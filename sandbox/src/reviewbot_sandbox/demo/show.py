"""The demo's terminal: short renderings of what stands on the pull request. All of it is text from outside."""

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

WIDTH = 88
TEXT_LINES = 2
"""How much of an explanation is shown; GitHub has the whole."""

_MARK = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[a-z]+[^>]*>")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\([^)\s]*\)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LEAST = re.compile(r"Found by [\w-]+ \(.*\)\.")


class Kind(Enum):
    """What a piece of a comment is."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    SUGGESTION = "suggestion"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of a comment."""

    kind: Kind
    text: str


def pieces(markdown: str) -> Iterator[Piece]:
    """The lines of a comment, without marks, references and empty ones."""
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
    """A line of Markdown as the words that a reader sees."""
    words = _TAG.sub("", _LINK.sub(r"\1", line)).lstrip("# ").replace("**", "")
    return html.unescape(_ESCAPED.sub(r"\1", words))


def say(console: Console, text: str, style: str = "", *, indent: int = 2, hang: int = 0) -> None:
    """Say a paragraph: invisible characters shown, wrapped at blanks; `hang` more blanks before all but the first."""
    room = max(20, console.width - indent)
    whole = Text(visible(text), style=style)
    first = whole.wrap(console, room)[:1]
    rest = whole[len(first[0].plain) :] if first else whole
    rest.plain = rest.plain.lstrip(" ")
    for number, line in enumerate([*first, *(rest.wrap(console, room - hang) if rest.plain else [])]):
        line.rstrip()
        console.print(Text(" " * (indent + hang * bool(number))) + line)


def title(console: Console, text: str) -> None:
    """Begin a part."""
    console.print()
    console.print(Text(text, style="bold cyan"))


def show_comments(console: Console, comments: Iterable[Comment]) -> None:
    """File by file, the code with its comments below it."""
    for path, group in groupby(comments, key=lambda one: one.path):
        console.print()
        console.print(Text.assemble("  ", (visible(path), "bold underline")))
        for comment in group:
            show_comment(console, comment)


def show_comment(console: Console, comment: Comment) -> None:
    """The commented lines and, below them, what the comment says in short."""
    if comment.on_file:
        console.print(Text("       on the whole file", style="dim"))
    for line in comment.code:
        _show_code(console, line)
    room = TEXT_LINES + comment.on_file  # whose first line only says which line is meant
    for piece in pieces(comment.body):
        if piece.kind is Kind.TEXT and not _LEAST.fullmatch(piece.text):
            room -= _beside(console, Text(piece.text), room)
        elif piece.kind is not Kind.TEXT and (said := _said(piece)) is not None:
            _beside(console, said)


def _show_code(console: Console, line: CodeLine) -> None:
    style = {"+": "green", "-": "red"}.get(line.sign, "")
    code = Text(f"  {line.number:>4} {line.sign} {visible(line.text)}", style=style)
    code.truncate(console.width, overflow="ellipsis")
    console.print(code)


def _said(piece: Piece) -> Text | None:
    """A piece as it is shown; None for one that says nothing."""
    match piece.kind:
        case Kind.HEADING:
            return Text(piece.text, style="bold")
        case Kind.SUGGESTION:
            return Text.assemble(("suggests: ", "dim"), (piece.text.strip(), "green"))
        case Kind.NOTE:
            # How to waive it is the same under each comment; here one after the other would be noise.
            told = " · ".join(part for part in piece.text.split(" · ")[1:] if "/reviewbot" not in part)
            return Text(told, style="italic") if told else None
        case Kind.CODE | Kind.TEXT:
            return Text(piece.text)
        case _:
            assert_never(piece.kind)


def _beside(console: Console, said: Text, room: int = 8) -> int:
    """Show a text beside a rule, on as many lines as there is room for; returns how many it took."""
    lines = said.wrap(console, max(20, console.width - 11))
    for number, line in enumerate(lines[: max(0, room)], start=1):
        line.rstrip()
        if number == room < len(lines):
            line.append(" …")
        console.print(Text.assemble(("       │ ", "dim"), line))
    return min(room, len(lines))
