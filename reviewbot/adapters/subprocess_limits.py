"""Resource limits for a child process."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

CANNOT_START = frozenset({126, 127})
"""The shell's exit statuses for a program that cannot be executed or does not exist."""

_BLOCK = 512  # bytes; the unit of `ulimit -f`


class Limits(Struct, frozen=True):
    """The resource limits of a process and of each of its children.

    Attributes:
        memory: the maximum address space in bytes.
        processor: the maximum CPU time in seconds, summed over the threads of a process.
        file: the maximum size in bytes of each file that a process writes, including redirected output.
    """

    memory: int
    processor: int
    file: int


def confined(command: Sequence[str], limits: Limits) -> list[str]:
    """Return a shell command that sets the limits and then executes the given command.

    Limits that the parent sets come too late for programs that reserve memory when they start. A hook between fork and
    exec is unsafe with threads.
    """
    values = {"v": limits.memory // 1024, "t": limits.processor, "f": limits.file // _BLOCK, "c": 0}
    script = "".join(f"ulimit -{name} {value} && " for name, value in values.items())
    return ["/bin/sh", "-c", f'{script}unset PWD OLDPWD && exec "$@"', "sh", *command]
