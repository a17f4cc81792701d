"""The state file of a local review, readable only by the owner."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from reviewbot.errors import PermissionMissing

_LARGEST = 1_000_000


class StateFile:
    """A string in a file or, without a path, in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._text: str | None = None

    def read(self) -> str | None:
        if self._path is None:
            return self._text
        try:
            with self._path.open("rb") as file:
                return file.read(_LARGEST).decode("utf-8", "replace")
        except OSError:
            return None

    def write(self, text: str) -> None:
        """Replace the file atomically and flush it to the disk, or raise `PermissionMissing`."""
        self._text = text
        if self._path is None:
            return
        temporary = self._path.with_name(f".{uuid4()}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            reason = error.strerror or type(error).__name__
            hint = "Make the folder writable. reviewbot does not buy a review that it cannot record."
            what = f"reviewbot cannot store the review in {self._path}: {reason}."
            raise PermissionMissing(what, hint=hint) from None


def page_name(about: str) -> str:
    """Return the file name for the subject of a review, e.g., for a branch."""
    return f"{hashlib.sha256(about.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.md"
