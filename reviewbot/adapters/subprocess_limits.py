"""What a child process may use, as a command that sets its own limits before it becomes the program."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

CANNOT_START = frozenset({126, 127})
"""What a confined command exits with when there is no such program, or one that cannot be started."""

_BLOCK = 512  # bytes; what POSIX counts the size of a file in


class Limits(Struct, frozen=True):
    """The most that a process may use; its children get as much each.

    Attributes:
        memory: bytes of address space.
        processor: seconds on a processor, of all its threads together.
        file: bytes of one file that it writes, its output included when that is a file.
    """

    memory: int
    processor: int
    file: int


def confined(command: Sequence[str], limits: Limits) -> list[str]:
    """Put the limits in front of a command.

    A shell sets them and then becomes the program. Set from outside after the start they would come too late for
    programs that reserve their memory first, and a hook between fork and exec is unsafe as soon as any thread runs.
    """
    values = {"v": limits.memory // 1024, "t": limits.processor, "f": limits.file // _BLOCK, "c": 0}
    script = "".join(f"ulimit -{name} {value} && " for name, value in values.items())
    return ["/bin/sh", "-c", f'{script}unset PWD OLDPWD && exec "$@"', "sh", *command]
