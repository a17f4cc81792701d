"""The entry point: run the command line and convert exceptions to exit statuses."""

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
"""Copied from `verdict` and `invocation`, because `main` handles interrupts before it imports these modules."""

PIPE_CLOSED = 141
"""The exit status that shells report for a program that wrote to a closed pipe."""

NO_ROOM = {ENOSPC, EDQUOT, EIO}
KEPT = "Free up disk space and run the command again. You are not charged twice unless you pass `--again`."


def main() -> int:
    """Run the command line and return its exit status, which is 70 for a bug in reviewbot."""
    # Python sets a stream to None if the caller has closed it.
    sys.stdout, sys.stderr = sys.stdout or _null_device(), sys.stderr or _null_device()
    arguments = sys.argv[1:]
    # A runner shows a single log. Elsewhere, the output may be piped.
    log = sys.stdout if arguments[:1] in (["action"], ["collect"]) else sys.stderr
    try:
        from reviewbot import cli  # noqa: PLC0415 — see above

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
        stopped = _picked_up(arguments) if log is sys.stdout else f" {KEPT}"
        sys.stderr.write(f"reviewbot could not write its output: {os.strerror(error.errno)}.{stopped}\n")
        return EXIT_NOT_PUBLISHED
    except Exception as error:  # noqa: BLE001 — exit status 1 must only mean that findings block
        return _bug(arguments, log, error)
    return status


def _null_device() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def _picked_up(arguments: Sequence[str]) -> str:
    """Return a sentence on how to continue the stopped command, or an empty string."""
    match arguments:
        case ["action" | "collect", *_]:
            return " reviewbot recorded the submitted tasks. Run this job again to continue. You are not charged twice."
        case ["review", *said] if ("--reviewer", "local") not in pairwise(said) and "--reviewer=local" not in said:
            same = shlex.join(["reviewbot", *(one for one in arguments if one != "--again")])
            return f" To continue a review that reviewbot bought, run:\n  {same}"
        case _:
            return ""


def _bug(arguments: Sequence[str], log: TextIO, error: Exception) -> int:
    with suppress(Exception):  # reporting may fail with the same bug, but it writes the log first
        from reviewbot import cli  # noqa: PLC0415 — as above

        cli.report_bug(arguments, os.environ, log, error)
    return EXIT_BUG


def _write_nowhere() -> None:
    """Redirect stdout to the null device, so that Python does not flush the buffer again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
