"""Reads the environment, hands it in, and turns what went wrong into an exit status. The only broad except."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from reviewbot import cli
from reviewbot.cli.call import INTERRUPTED
from reviewbot.domain.gate import EXIT_BUG


def main() -> int:
    """Run the command line.

    Returns:
        The exit status; 70 for a bug of ours.
    """
    arguments = sys.argv[1:]
    # A runner shows one log; elsewhere the results may be piped on.
    log = sys.stdout if arguments[:1] == ["action"] else sys.stderr
    try:
        return cli.main(arguments, os.environ, sys.stdout, log)
    except KeyboardInterrupt:
        log.write("Interrupted. What was submitted is written down, and a later run goes on with it.\n")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 — whatever it is, exit status 1 must keep meaning the gate
        with suppress(Exception):  # the same bug may stop the report of it; the lines in the log come first
            cli.report_bug(arguments, os.environ, log, error)
        return EXIT_BUG


if __name__ == "__main__":
    sys.exit(main())
