"""Runs a process on a pseudo-terminal, records its output and sends keys."""

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

PROGRAM = (sys.executable, "-I", "-m", "reviewbot")
CTRL_C = b"\x03"
_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Seen:
    """The output on the terminal.

    Attributes:
        raw: with escape sequences.
    """

    status: int
    raw: str

    @property
    def text(self) -> str:
        """The text without colours; overwritten lines appear every time."""
        return _SEQUENCE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def widest(self) -> int:
        """Columns of the longest line; addresses are not wrapped."""
        lines = (line for piece in self.text.split("\n") for line in piece.split("\r"))
        return max(cell_len(line) for line in lines if not line.strip().startswith("https://"))


def watch(
    *arguments: str,
    at: Path,
    env: Mapping[str, str],
    columns: int = 80,
    press: tuple[str, bytes] | None = None,
    once: Callable[[], bool] = lambda: True,
    seconds: float = 60,
) -> Seen:
    """Run the program on a terminal until it ends.

    Args:
        arguments: arguments of the program.
        at: the working directory.
        env: the whole environment.
        columns: width of the terminal.
        press: keys to send after a text appears.
        once: what else must be true before the keys are sent.
        seconds: timeout, after which it is killed.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    # `setsid --ctty` makes it the controlling terminal, so that Ctrl-C sends a signal.
    command = ["setsid", "--ctty", "--wait", *PROGRAM, *arguments]
    with subprocess.Popen(command, cwd=at, env=dict(env), stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            raw = _heard(ours, press, once, time.monotonic() + seconds)
            status = process.wait(10)
        finally:
            process.kill()
            os.close(ours)
    return Seen(status, raw)


def _heard(terminal: int, press: tuple[str, bytes] | None, once: Callable[[], bool], until: float) -> str:
    """Return all output until the program ends."""
    heard = b""
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux reports an error when the other end of a terminal is closed
            break
        if not piece:
            break
        heard += piece
        if press and press[0].encode() in heard and once():
            os.write(terminal, press[1])
            press = None
    return heard.decode("utf-8", "replace")
