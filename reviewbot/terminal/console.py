"""A console that takes hostile text: nothing in it is markup, and what cannot be seen is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import TextIOBase, TextIOWrapper
from typing import TextIO, cast

from rich.console import Console
from rich.text import Text

from reviewbot.domain.text.escaping import log_text
from reviewbot.domain.text.escaping import terminal as harmless

WIDTH = 100
"""Columns that are used at most: longer lines are hard to read."""

_NARROWEST = 20
_TAB = 4


class _Console(Console):
    """A console that leaves it to the program what a closed pipe comes to: Rich ends with 1, which means the gate."""

    def on_broken_pipe(self) -> None:
        """Nobody reads on."""
        raise BrokenPipeError


class _Log(TextIOBase):
    """What is no terminal may be a runner's log: no line that comes there, wrapped as it is, is a command to it."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out

    def write(self, text: str) -> int:
        """As whole lines; the console writes no others."""
        return self._out.write(log_text(text))

    def flush(self) -> None:
        """What is below."""
        self._out.flush()


def open_console(out: TextIO, env: Mapping[str, str], *, plain: bool, widest: int = WIDTH) -> Console:
    """A console that hears `NO_COLOR`, `TERM` and `COLUMNS` from this environment, and is plain where nobody looks.

    Args:
        out: a terminal, a pipe or a file.
        env: the environment.
        plain: no colour, nothing that moves.
        widest: columns that are used at most, unless `COLUMNS` says how many.
    """
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # a terminal without Unicode shows question marks and goes on
    width = int(env["COLUMNS"]) if env.get("COLUMNS", "").isdecimal() else None
    console = _Console(
        file=out if out.isatty() else cast("TextIO", _Log(out)),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        width=width,
        no_color=plain or bool(env.get("NO_COLOR")),
        force_terminal=False if plain else None,
        _environ=env,
    )
    console.width = max(_NARROWEST, min(console.width, widest) if width is None else width)
    return console


def shown(text: str, style: str = "") -> Text:
    """A text from outside on one line."""
    return Text(" ".join(harmless(text).split()), style=style)


def code(text: str) -> str:
    """A line of code as it can be shown: blanks for tabs, no control characters."""
    return harmless(text).expandtabs(_TAB)


def paragraph(console: Console, text: Text, *, indent: int, hang: int) -> Iterator[Text]:
    """The lines of a paragraph, wrapped at blanks.

    Args:
        console: tells the width.
        text: without line ends.
        indent: blanks in front of each line.
        hang: more blanks in front of each but the first.
    """
    room = max(_NARROWEST, console.width - indent - hang)
    for number, line in enumerate(text.wrap(console, room)):
        line.rstrip()
        yield Text(" " * (indent + hang * bool(number))) + line


def say(console: Console, text: str | Text, style: str = "", *, indent: int = 0, hang: int = 0) -> None:
    """Print a text from outside, paragraph by paragraph; a line of blanks separates two."""
    if isinstance(text, Text):
        _print(console, paragraph(console, text, indent=indent, hang=hang))
        return
    for line in harmless(text).split("\n"):
        if not line.strip():
            console.print()
            continue
        margin = len(line) - len(line.lstrip(" "))
        deeper = min(margin, console.width // 3)
        _print(console, paragraph(console, Text(line.strip(), style=style), indent=indent + deeper, hang=hang))


def say_command(console: Console, command: str) -> None:
    """A command on a line of its own, however long: it is to be copied."""
    console.print(Text(f"  {harmless(command)}"), soft_wrap=True)


def _print(console: Console, lines: Iterator[Text]) -> None:
    for line in lines:
        console.print(line)
