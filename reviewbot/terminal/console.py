"""A console for untrusted text. The console interprets no markup and shows invisible characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import TextIOBase, TextIOWrapper
from typing import TextIO, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reviewbot.domain.text.escaping import log_text, visible

_WIDEST = 100
"""The maximum number of columns unless `COLUMNS` is set, because longer lines are hard to read."""

_NARROWEST = 20
_TAB = 4


class _Console(Console):
    """A console that raises an error on a closed pipe. Rich would exit with 1, the status for blocking findings."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Log(TextIOBase):
    """Output that may be a runner's log. Workflow commands are disabled, even after line wrapping."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self._out = out

    def write(self, text: str) -> int:
        """Write whole lines. The console never writes partial lines."""
        return self._out.write(log_text(text))

    def flush(self) -> None:
        self._out.flush()


def open_console(out: TextIO, env: Mapping[str, str], *, plain: bool) -> Console:
    """Return a console that reads `NO_COLOR`, `TERM` and `COLUMNS`. If `plain`, disable color and animation."""
    if isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # a terminal without Unicode shows question marks instead
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
    console.width = max(_NARROWEST, min(console.width, _WIDEST) if width is None else width)
    return console


def shown(text: str, style: str = "") -> Text:
    """Return untrusted text on one line."""
    return Text(" ".join(visible(text).split()), style=style)


def code(text: str) -> str:
    """Return a line of code with spaces for tabs and without control characters."""
    return visible(text).expandtabs(_TAB)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], least: int = 0) -> Table:
    """Return a table of untrusted strings. `least` is the first column's minimum width."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    first, *others = headings
    drawn.add_column(first, overflow="fold", min_width=least or None)
    for name in others:
        drawn.add_column(name, justify="right" if name else "left")
    for row in rows:
        drawn.add_row(*map(shown, row))
    return drawn


def say(console: Console, text: str | Text, style: str = "", *, indent: int = 0, hang: int = 0) -> None:
    """Print untrusted text by paragraphs. `hang` indents all lines of a paragraph except the first."""
    if isinstance(text, Text):
        room = max(_NARROWEST, console.width - indent - hang)
        for number, line in enumerate(text.wrap(console, room)):
            line.rstrip()
            console.print(Text(" " * (indent + hang * bool(number))) + line)
        return
    for part in visible(text).split("\n"):
        margin = min(len(part) - len(part.lstrip(" ")), console.width // 3)
        if part.strip():
            say(console, Text(part.strip(), style=style), indent=indent + margin, hang=hang)
        else:
            console.print()


def say_command(console: Console, command: str) -> None:
    """Print a command on one line of any length, so that it can be copied."""
    console.print(Text(f"  {visible(command)}"), soft_wrap=True)


def say_hint(console: Console, text: str, *, indent: int = 0) -> None:
    """Print a hint. Indented lines are commands, which are not wrapped."""
    for line in text.split("\n"):
        if line.startswith("  "):
            say_command(console, line.strip())
        elif line:
            say(console, line, indent=indent)
