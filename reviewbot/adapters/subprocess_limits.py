"""Run a child process with resource limits."""

from __future__ import annotations

import math
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

CANNOT_START = frozenset({126, 127})
"""The shell's exit statuses for a program that cannot be executed or does not exist."""

MEMORY_LIMIT = 4 * 1024**3
"""The maximum address space in bytes of a process and of each of its children."""

_BLOCK = 512  # bytes; the unit of `ulimit -f`


class Limits(Struct, frozen=True):
    """The limits of a process and of each of its children.

    Attributes:
        seconds: the maximum time, and on each processor the maximum CPU time.
        file: the maximum size in bytes of each file that a process writes, including redirected output.
    """

    seconds: float
    file: int


def confined(command: Sequence[str], limits: Limits) -> list[str]:
    """Return a shell command that sets the limits and then executes the given command.

    Limits that the parent sets come too late for programs that reserve memory when they start. A hook between fork and
    exec is unsafe with threads.
    """
    processor = max(1, math.ceil(limits.seconds * (os.cpu_count() or 1)))
    values = {"v": MEMORY_LIMIT // 1024, "t": processor, "f": limits.file // _BLOCK, "c": 0}
    script = "".join(f"ulimit -{name} {value} && " for name, value in values.items())
    return ["/bin/sh", "-c", f'{script}unset PWD OLDPWD && exec "$@"', "sh", *command]


def run_confined(
    command: Sequence[str],
    limits: Limits,
    folder: Path,
    environment: Mapping[str, str],
    streams: tuple[int, int],
    stdin: bytes = b"",
) -> int:
    """Run a command in a folder with exactly `environment`, and return its exit status.

    `streams` are file descriptors for standard output and standard error. They should be files, because a file's size
    can be limited. The process group is killed even if the runner cancels the job, so that no grandchild survives.

    Raises:
        OSError: the shell cannot be started.
        subprocess.TimeoutExpired: the command did not end in time.
    """
    stdout, stderr = streams
    with subprocess.Popen(  # noqa: S603 — the shell script is constant
        confined(command, limits),
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(stdin, timeout=limits.seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode
