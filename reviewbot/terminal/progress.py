"""What happens meanwhile: a line that moves on a terminal, plain lines in a pipe, nothing when nobody wants to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from reviewbot.terminal.console import say, shown


class Progress(Protocol):
    """Hears of what happens."""

    def say(self, line: str) -> None:
        """Something worth keeping."""

    def stage(self, what: str) -> None:
        """What is being done from now on."""


class NullProgress:
    """Nobody wants to know."""

    def say(self, line: str) -> None:
        """Nothing."""

    def stage(self, what: str) -> None:
        """Nothing."""


class PlainProgress:
    """One line after another; a stage that is said twice in a row is one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage = ""

    def say(self, line: str) -> None:
        """A line."""
        say(self._console, line)

    def stage(self, what: str) -> None:
        """A line, too."""
        if what != self._stage:
            self._stage = what
            say(self._console, f"{what} …")


class LiveProgress:
    """A line at the bottom that says what is being done and how long it has taken; what is said stands above it."""

    def __init__(self, console: Console, elapsed: Callable[[], float]) -> None:
        self._console = console
        self._elapsed = elapsed
        self._stage = ""
        self._spinner = Spinner("dots", style="cyan")

    def say(self, line: str) -> None:
        """A line above."""
        say(self._console, line, "dim")

    def stage(self, what: str) -> None:
        """The line at the bottom."""
        self._stage = what

    def line(self) -> Spinner:
        """The bottom line as it is now."""
        text = Text.assemble(shown(self._stage), (f"  {stopwatch(self._elapsed())}", "dim"))
        text.truncate(max(10, self._console.width - 4), overflow="ellipsis")
        self._spinner.update(text=text)
        return self._spinner


def stopwatch(seconds: float) -> str:
    """Minutes and seconds, hours when there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def telling(console: Console, elapsed: Callable[[], float], *, quiet: bool) -> Iterator[Progress]:
    """Tell what happens for the length of a `with` block.

    Args:
        console: where; whether it is a terminal decides how.
        elapsed: seconds since the beginning.
        quiet: tell nothing.
    """
    if quiet:
        yield NullProgress()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield PlainProgress(console)
    else:
        moving = LiveProgress(console, elapsed)
        with Live(get_renderable=moving.line, console=console, transient=True, refresh_per_second=8):
            yield moving
