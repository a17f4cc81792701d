"""Reads the environment, hands it in, and turns what went wrong into an exit status. The only broad except."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from errno import EDQUOT, EIO, ENOSPC
from itertools import pairwise
from typing import TextIO

EXIT_BUG, EXIT_NOT_PUBLISHED, INTERRUPTED = 70, 4, 130
"""As `verdict` and `invocation` have them: nothing of ours is imported before an interrupt can be told in words."""

PIPE_CLOSED = 141
"""The exit status of what a closed pipe has ended, as shells have it: 1 means the gate and nothing else."""

NO_ROOM = {ENOSPC, EDQUOT, EIO}
KEPT = "What was bought is kept: the same command shows it again."


def main() -> int:
    """Run the command line.

    Returns:
        The exit status; 70 for a bug of ours.
    """
    arguments = sys.argv[1:]
    # A runner shows one log; elsewhere the results may be piped on.
    log = sys.stdout if arguments[:1] in (["action"], ["collect"]) else sys.stderr
    try:
        from reviewbot import cli  # noqa: PLC0415 — as above

        status = cli.main(arguments, os.environ, sys.stdout, log, sys.stdin)
        sys.stdout.flush()
    except KeyboardInterrupt:
        log.write(f"Interrupted.{_picked_up(arguments)}\n")
        return INTERRUPTED
    except BrokenPipeError:
        _write_nowhere()
        return PIPE_CLOSED
    except OSError as error:
        if error.errno not in NO_ROOM:
            return _bug(arguments, log, error)
        _write_nowhere()
        log.write(f"The output could not be written: {os.strerror(error.errno)}. {KEPT}\n")
        return EXIT_NOT_PUBLISHED
    except Exception as error:  # noqa: BLE001 — whatever it is, exit status 1 must keep meaning the gate
        return _bug(arguments, log, error)
    return status


def _picked_up(arguments: Sequence[str]) -> str:
    """What comes of an interrupt that nobody was there yet to tell of, or not any more."""
    match arguments:
        case ["action" | "collect", *_]:
            return " What was submitted, if anything, is written down, and a later run goes on with it."
        case ["review", *said] if ("--reviewer", "local") not in pairwise(said) and "--reviewer=local" not in said:
            return f" If a review was bought, this picks it up:\n  {shlex.join(['reviewbot', *arguments])}"
        case _:
            return ""


def _bug(arguments: Sequence[str], log: TextIO, error: Exception) -> int:
    with suppress(Exception):  # the same bug may stop the report of it; the lines in the log come first
        from reviewbot import cli  # noqa: PLC0415 — as above

        cli.report_bug(arguments, os.environ, log, error)
    return EXIT_BUG


def _write_nowhere() -> None:
    """What is left in the output's buffer is not tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
