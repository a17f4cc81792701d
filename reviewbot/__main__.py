"""Reads the environment, hands it in, and turns what went wrong into an exit status. The only broad except."""

from __future__ import annotations

import os
import sys
import traceback

from reviewbot import __version__, cli
from reviewbot.domain.gate import EXIT_BUG

INTERRUPTED = 130


def main() -> int:
    """Run the command line.

    Returns:
        The exit status; 70 for a bug of ours.
    """
    try:
        return cli.main(sys.argv[1:], os.environ, sys.stdout)
    except KeyboardInterrupt:
        sys.stdout.write("Interrupted. What was submitted is written down, and a later run goes on with it.\n")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 — whatever it is, exit status 1 must keep meaning the gate
        sys.stdout.write(_bug(error))
        return EXIT_BUG


def _bug(error: Exception) -> str:
    """Where it happened, without the values that it happened with: those may hold a secret or a command."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    told = f"reviewbot {__version__} has a bug: {type(error).__name__}. Nothing was posted because of it.\n"
    return told + "\n".join(lines) + "\nPlease report these lines as an issue of the action's repository.\n"


if __name__ == "__main__":
    sys.exit(main())
