"""Runs one analyzer: nothing of ours leaks in, nothing of it runs on, and what it may use is bounded."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reviewbot.adapters.subprocess_limits import CANNOT_START, Limits, confined

MEMORY_BYTES = 4 * 1024**3
OUTPUT_BYTES = 32 * 1024**2
STDERR_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Ran:
    """The program came to its own end.

    Attributes:
        status: its exit status; negative when a signal ended it, such as a limit that it ran into.
        stdout: what it printed, at most `OUTPUT_BYTES`.
        stderr: the beginning of what it complained about.
    """

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The program and its children were ended after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The system did not start the program; `why` is its word for it."""

    why: str


Outcome = Ran | TimedOut | NotStarted


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float) -> Outcome:
    """Run `command` in `folder` until it ends or `seconds` are over.

    The child sees exactly `environment`, no standard input and no file of ours. It leads a process group of its own,
    and the whole group is ended with it, so that a forgotten grandchild neither runs on nor keeps us waiting.
    Its output goes to files, since a file, unlike a pipe, is bounded by the limit on file sizes.
    """
    with tempfile.TemporaryFile(dir=folder) as stdout, tempfile.TemporaryFile(dir=folder) as stderr:
        try:
            process = subprocess.Popen(  # noqa: S603 — the program is from our table, and the arguments are names that we made.
                confined(command, _limits(seconds)),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                process_group=0,
            )
        except OSError as error:
            return NotStarted(error.strerror or type(error).__name__)
        status = _wait(process, seconds)
        if status is None:
            return TimedOut(seconds)
        if status in CANNOT_START:
            return NotStarted(_text(stderr)[:STDERR_CHARACTERS])
        return Ran(status, _text(stdout), _text(stderr)[:STDERR_CHARACTERS])


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the exit status, or None when the time ran out. The group is gone either way."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _limits(seconds: float) -> Limits:
    return Limits(MEMORY_BYTES, max(1, math.ceil(seconds * (os.cpu_count() or 1))), OUTPUT_BYTES)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(OUTPUT_BYTES).decode("utf-8", errors="replace")
