"""A real terminal: a process on a pseudo-terminal of a size, what it prints, and keys for it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

PROGRAM = (sys.executable, "-I", "-m", "reviewbot")
CTRL_C = b"\x03"
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Seen:
    """What came to the terminal.

    Attributes:
        raw: with every escape sequence.
    """

    status: int
    raw: str

    @property
    def text(self) -> str:
        """The words, without colour; a line that was written over stands there each time."""
        return _SEQUENCE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def widest(self) -> int:
        """Columns of the longest line; an address is in one piece on any terminal."""
        lines = (line for piece in self.text.split("\n") for line in piece.split("\r"))
        return max(cell_len(line) for line in lines if not line.strip().startswith("https://"))


def watch(
    *arguments: str,
    at: Path,
    env: Mapping[str, str],
    columns: int = 80,
    press: tuple[str, bytes] | None = None,
    after: float = 0,
    seconds: float = 60,
) -> Seen:
    """Run the program on a terminal until it ends.

    Args:
        arguments: of the program.
        at: the working directory.
        env: the whole environment.
        columns: of the terminal.
        press: what to press as soon as some text has come.
        after: seconds between the two.
        seconds: after which it is killed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    # `setsid --ctty` makes the terminal the program's own, so that Ctrl-C is a signal to it.
    command = ["setsid", "--ctty", "--wait", *PROGRAM, *arguments]
    with subprocess.Popen(command, cwd=at, env=dict(env), stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            raw = _heard(ours, press, after, time.monotonic() + seconds)
            status = process.wait(10)
        finally:
            process.kill()
            os.close(ours)
    return Seen(status, raw)


def _heard(terminal: int, press: tuple[str, bytes] | None, after: float, until: float) -> str:
    """Return everything up to the end of the program."""
    heard = b""
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # on Linux a terminal that nobody writes to any more is an error
            break
        if not piece:
            break
        heard += piece
        if press and press[0].encode() in heard:
            time.sleep(after)
            os.write(terminal, press[1])
            press = None
    return heard.decode("utf-8", "replace")
