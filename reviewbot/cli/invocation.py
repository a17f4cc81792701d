"""What commands share: the call, the inputs of options, interrupts."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from msgspec import Struct

from reviewbot.errors import Problem, SettingsError
from reviewbot.values import replace

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells define it."""

LONGEST_WAIT = 350
"""Minutes that a terminal waits by default: the maximum of the setting, since Ctrl-C ends the wait."""

REPEATED = ("reviewer", "mode", "expertise", "codevf_project", "codevf_url", "max_credits", "fail_on")
"""Options that are also inputs of the action, and that the command that resumes a review repeats."""


class Call(Struct, frozen=True):
    """A command with its environment and streams; `typed` is the standard input, which need not be a terminal."""

    chosen: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    typed: TextIO | None = None


def wrong(where: str, what: str, todo: str) -> SettingsError:
    """Return the error for one problem of the command line; `todo` says what to do, in sentences."""
    return SettingsError((Problem(where, what, todo=todo),))


def inputs_of(chosen: argparse.Namespace, env: Mapping[str, str]) -> dict[str, str]:
    """Return the options as inputs of the action.

    Raises:
        SettingsError: a value is invalid.
    """
    named = {name.replace("_", "-"): getattr(chosen, name, None) for name in (*REPEATED, "wait_minutes")}
    given = {name: value for name, value in named.items() if value is not None}
    _check(given)
    return {
        "wait-minutes": str(LONGEST_WAIT),
        **given,
        "paths": "\n".join(chosen.paths or ()),
        "dry-run": "true" if getattr(chosen, "dry_run", False) else "",
        "codevf-api-key": env.get("CODEVF_API_KEY", ""),
        "github-token": env.get("GITHUB_TOKEN") or env.get("GH_TOKEN", ""),
        "review-on": "push",
        # A terminal has no check; the ledger is in the summary.
        "check-run": "false",
        "summary-comment": "true",
    }


def _check(given: Mapping[str, str]) -> None:
    """Raise `SettingsError` if an option's value is invalid; the problems name options."""
    # Imported here: the action needs no options.
    from reviewbot.settings.table import input_place, read_settings  # noqa: PLC0415

    options = {input_place(name): f"--{name}" for name in given}
    try:
        read_settings(given, None)
    except SettingsError as error:
        problems = [replace(one, where=options[one.where]) for one in error.problems if one.where in options]
        if problems:
            raise SettingsError(tuple(problems)) from None


HELD_BACK_SECONDS = 5
"""How long a signal waits for a section that must not be interrupted.

A runner sends SIGTERM after 7.5 seconds and kills 2.5 seconds later
(https://docs.github.com/en/actions/reference/workflow-cancellation-reference).
"""


class Interrupts(Struct):
    """Turns signals into `KeyboardInterrupt`, but not between a purchase and its record."""

    happened: bool = False
    _held_back: bool = False
    _waiting: bool = False

    def arrive(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal; the timer's signal ends the delay of an earlier one."""
        self.happened = True
        if self._held_back and number != signal.SIGALRM:
            self._waiting = True
            signal.setitimer(signal.ITIMER_REAL, HELD_BACK_SECONDS)
            return
        raise KeyboardInterrupt

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Delay signals during a `with` block, for `HELD_BACK_SECONDS` at most."""
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
    """Handle SIGTERM like SIGINT. Process 1 of a container ignores it without a handler."""
    interrupts = Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.signal(number, interrupts.arrive) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
