"""Run a command and return its exit status."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from reviewbot import __version__
from reviewbot.cli.invocation import Call
from reviewbot.cli.parser import parse
from reviewbot.domain.text.escaping import log_line
from reviewbot.errors import ReviewbotError, SettingsError

__all__ = ["main", "report_bug"]


def main(
    arguments: Sequence[str],
    env: Mapping[str, str],
    out: TextIO,
    err: TextIO | None = None,
    typed: TextIO | None = None,
) -> int:
    """Run a command and return its exit status. `typed` is the standard input, which need not be a terminal."""
    chosen = parse(arguments)
    command: Callable[[Call], int] = chosen.run
    call = Call(chosen, env, out, err or out, typed)
    try:
        return command(call)
    except ReviewbotError as error:
        # Print only the problems, because the message is about a workflow.
        lines = (
            map(str, error.problems) if isinstance(error, SettingsError) else (error.message, *error.hint.splitlines())
        )
        for line in lines:
            # An indented line is a command, which must stay ready to paste.
            call.err.write(f"{'' if line.startswith('  ') else 'reviewbot: '}{log_line(line)}\n")
        return error.exit_status


def report_bug(arguments: Sequence[str], env: Mapping[str, str], log: TextIO, error: Exception) -> None:
    """Report where a bug stopped the run, without values, because they may contain a secret."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in frames]
    what = f"reviewbot {__version__} has a bug: {type(error).__name__}."
    log.write(f"{what}\n{''.join(lines)}Open an issue in the action's repository, and include these lines.\n")
    if list(arguments) in (["action"], ["collect"]):
        # Imported here because a bug report for any other command needs no adapters.
        from reviewbot.app.dispatch import write_bug  # noqa: PLC0415
        from reviewbot.cli.bootstrap import open_ports, read_event  # noqa: PLC0415
        from reviewbot.settings.environment import read_environment  # noqa: PLC0415

        environment = read_environment(env)
        with open_ports(environment, log) as ports:
            write_bug(ports, read_event(environment), what)
