"""Create a temporary folder, and raise one error if the runner has none or its disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EIO, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewbot.errors import ScratchUnusable

FULL = frozenset({ENOSPC, EDQUOT, EIO})
"""Disk errors that the program does not cause."""


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Create a temporary folder and delete it at the end.

    Raises:
        ScratchUnusable: the folder cannot be created.
    """
    try:
        folder = TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    except OSError as error:
        raise unusable(error.strerror or type(error).__name__) from None
    with folder as name:
        yield Path(name)


@contextmanager
def writing_scratch() -> Iterator[None]:
    """Convert the errors of a full disk to one error.

    Raises:
        ScratchUnusable: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise unusable(error.strerror or type(error).__name__) from None


def unusable(reason: str) -> ScratchUnusable:
    """Return the error for a reason, which is the operating system's message."""
    return ScratchUnusable(
        f"reviewbot cannot use the temporary folder: {reason}.",
        hint="Free up disk space, or set `TMPDIR` to a writable folder.",
    )
