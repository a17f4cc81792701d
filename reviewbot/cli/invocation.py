"""Code that commands share: the call, the inputs from options, and interrupts."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from msgspec import Struct

from reviewbot.errors import SettingsError
from reviewbot.values import replace

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells define it."""

LONGEST_WAIT = 350
"""The default and maximum wait at a terminal, in minutes."""

REPEATED = ("reviewer", "mode", "expertise", "codevf_project", "codevf_url", "max_credits", "fail_on")
"""Options that are also inputs of the action. The command that resumes a review repeats them."""


class Call(Struct, frozen=True):
    """A command with its environment and streams. `typed` is the standard input, which may not be a terminal."""

    chosen: argparse.Namespace
    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    typed: TextIO | None = None


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
        # There is no check run at a terminal, so the ledger is stored in the summary.
        "check-run": "false",
        "summary-comment": "true",
    }


def _check(given: Mapping[str, str]) -> None:
    """Raise `SettingsError` if an option's value is invalid. The problems name options instead of inputs."""
    # Imported here because the action has no options.
    from reviewbot.settings.table import input_place, read_settings  # noqa: PLC0415

    options = {input_place(name): f"--{name}" for name in given}
    try:
        read_settings(given, None)
    except SettingsError as error:
        problems = [replace(one, where=options[one.where]) for one in error.problems if one.where in options]
        if problems:
            raise SettingsError(tuple(problems)) from None


HELD_BACK_SECONDS = 5
"""The maximum delay of a signal during a `held_back` block.

After a cancellation, a runner sends SIGTERM after 7.5 seconds and kills the process 2.5 seconds later
(https://docs.github.com/en/actions/reference/workflow-cancellation-reference).
"""


class Interrupts(Struct):
    """Converts signals to `KeyboardInterrupt`, but not between a purchase and its record."""

    happened: bool = False
    _held_back: bool = False
    _waiting: bool = False

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal. The timer's signal ends the delay of an earlier signal."""
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
    """Handle SIGTERM like SIGINT, because process 1 of a container ignores SIGTERM without a handler."""
    interrupts = Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = {number: signal.signal(number, interrupts.handle) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
