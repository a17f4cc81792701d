"""What every command gets, and what several need."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

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
        typed: what somebody types, None where nobody can be asked.
    """

    chosen: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    typed: TextIO | None = None


HELD_BACK_SECONDS = 5
"""How long a signal waits for what must not be cut in two: a runner ends a job 7.5 seconds after it."""


@dataclass(slots=True)
class Interrupts:
    """Signals, as interrupts of what is going on; none comes between buying and writing down what was bought.

    Attributes:
        happened: whether there was one.
    """

    happened: bool = False
    _held_back: bool = False
    _waiting: bool = False

    def arrive(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal; that of the timer says that it was held back long enough."""
        self.happened = True
        if self._held_back and number != signal.SIGALRM:
            self._waiting = True
            signal.setitimer(signal.ITIMER_REAL, HELD_BACK_SECONDS)
            return
        raise KeyboardInterrupt

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let signals wait until this is done, for some seconds."""
        self._held_back = True
        try:
            yield
        finally:
            self._held_back = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt


@contextmanager
def signals() -> Iterator[Interrupts]:
    """Let SIGTERM end a wait as SIGINT does: as process 1 of a container it would be ignored without a handler."""
    interrupts = Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.signal(number, interrupts.arrive) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
