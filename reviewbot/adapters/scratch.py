"""A temporary folder, with one error if the runner has none or its disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EIO, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewbot.errors import ScratchUnusable

FULL = frozenset({ENOSPC, EDQUOT, EIO})
"""Errors of a disk, for which the program is not the cause."""


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Create a folder and delete it at the end.

    Raises:
        ScratchUnusable: it cannot be created.
    """
    try:
        folder = TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    except OSError as error:
        raise unusable(error.strerror or type(error).__name__) from None
    with folder as name:
        yield Path(name)


@contextmanager
def writing_scratch() -> Iterator[None]:
    """Convert the errors of a full disk.

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
    """Return the error for a reason in the system's words."""
    return ScratchUnusable(
        f"The temporary folder cannot be used: {reason}.",
        hint="Free disk space, or set `TMPDIR` to a folder that can be written.",
    )
