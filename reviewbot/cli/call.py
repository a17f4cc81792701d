"""What every command gets, and what several need."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from types import FrameType
from typing import TextIO

from reviewbot.errors import Problem, SettingsError

INTERRUPTED = 130
"""The exit status of what Ctrl-C has ended, as shells have it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was called.

    Attributes:
        chosen: what was said at the command line.
        env: the environment; nothing else reads it.
        out: where results go.
        err: where progress and errors go.
    """

    chosen: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO


def check_installed(extra: str, modules: Sequence[str]) -> None:
    """Refuse a command whose optional dependencies are missing.

    Raises:
        SettingsError: with the line that installs them.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        named = ", ".join(f"`{name}`" for name in missing)
        allowed = f"`pip install 'reviewbot[{extra},local]'` brings what the command needs"
        raise SettingsError((Problem("installation", f"{named} cannot be imported", allowed),))


@contextmanager
def signals() -> Iterator[None]:
    """Let SIGTERM end a wait as SIGINT does: as process 1 of a container it would be ignored without a handler."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
