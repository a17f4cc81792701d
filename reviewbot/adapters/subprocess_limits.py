"""Resource limits for a child process, which sets them itself before it executes the program."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

CANNOT_START = frozenset({126, 127})
"""Exit statuses of a confined command whose program is missing or cannot be started."""

_BLOCK = 512  # bytes; the unit of `ulimit -f`


class Limits(Struct, frozen=True):
    """The resource limits of a process. Each of its children gets the same limits.

    Attributes:
        memory: bytes of address space.
        processor: CPU seconds of all its threads together.
        file: bytes of each file that it writes, including its output if that is a file.
    """

    memory: int
    processor: int
    file: int


def confined(command: Sequence[str], limits: Limits) -> list[str]:
    """Return a command that sets the limits and then executes the given command.

    A shell sets the limits and then executes the program. Setting them from outside would be too late for programs that
    reserve memory at their start, and a hook between fork and exec is unsafe with threads.
    """
    values = {"v": limits.memory // 1024, "t": limits.processor, "f": limits.file // _BLOCK, "c": 0}
    script = "".join(f"ulimit -{name} {value} && " for name, value in values.items())
    return ["/bin/sh", "-c", f'{script}unset PWD OLDPWD && exec "$@"', "sh", *command]
