"""Create a temporary folder, and raise `ScratchUnusable` if that fails or the disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EIO, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory

from reviewbot.errors import ScratchUnusable

FULL = frozenset({ENOSPC, EDQUOT, EIO})
"""The error numbers of a full or broken disk."""


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """Yield a temporary folder, and delete the folder on exit. Raise `ScratchUnusable` if creating it fails."""
    try:
        folder = TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True)
    except OSError as error:
        raise unusable(error.strerror or type(error).__name__) from None
    with folder as name:
        yield Path(name)


@contextmanager
def writing_scratch() -> Iterator[None]:
    """Convert an `OSError` for a full or broken disk to `ScratchUnusable`."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise unusable(error.strerror or type(error).__name__) from None


def unusable(reason: str) -> ScratchUnusable:
    """Return an error that shows `reason`, the operating system's message."""
    return ScratchUnusable(
        f"reviewbot cannot use the temporary folder: {reason}.",
        hint="Free up disk space, or set `TMPDIR` to a writable folder.",
    )
