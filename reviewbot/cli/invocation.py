"""What every command gets, and what several need."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

from reviewbot.errors import Problem, SettingsError

INTERRUPTED = 130
"""The exit status of a command that Ctrl-C ended, as shells define it."""

LONGEST_WAIT = 350
"""Minutes that a terminal waits by default: the most that the setting allows, since Ctrl-C ends the wait."""

REPEATED = ("reviewer", "mode", "expertise", "codevf_project", "codevf_url", "max_credits", "fail_on")
"""The options that are inputs of the action and that a resumed review needs, too."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command as it was called; nothing else reads the environment, and `typed` is None if nobody can be asked."""

    chosen: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    typed: TextIO | None = None


def wrong(where: str, what: str, todo: str) -> SettingsError:
    """Return the error for one problem of the command line; `todo` says what to do, in sentences."""
    return SettingsError((Problem(where, what, todo=todo),))


def inputs_of(chosen: argparse.Namespace, env: Mapping[str, str]) -> dict[str, str]:
    """Return a command line as inputs of the action, so that the same table reads and checks them."""
    said = {name.replace("_", "-"): getattr(chosen, name, None) for name in (*REPEATED, "wait_minutes")}
    return {
        "wait-minutes": str(LONGEST_WAIT),
        **{name: value for name, value in said.items() if value is not None},
        "paths": "\n".join(chosen.paths or ()),
        "dry-run": "true" if getattr(chosen, "dry_run", False) else "",
        "codevf-api-key": env.get("CODEVF_API_KEY", ""),
        "github-token": env.get("GITHUB_TOKEN") or env.get("GH_TOKEN", ""),
        "review-on": "push",
        # There is no check at a terminal; the summary holds the memory.
        "check-run": "false",
        "summary-comment": "true",
    }


HELD_BACK_SECONDS = 5
"""How long a signal waits for what must not be cut in two: a runner ends a job 7.5 seconds after it."""


@dataclass(slots=True)
class Interrupts:
    """Turns signals into interrupts, but none between buying and recording what was bought."""

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
