"""Read and write files in an untrusted checkout, opening one folder at a time without following symlinks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from errno import EISDIR
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from uuid import uuid4

from msgspec import Struct

from reviewbot.domain.text import escaping
from reviewbot.domain.text.formatting import invalid_byte
from reviewbot.errors import SettingsError

FORBIDDEN = frozenset({".git", ".github"})
ALLOWED = "a path inside the workspace without symlinks; for reports, outside `.git` and `.github`"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # do not block on a pipe
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC  # O_EXCL does not follow symlinks


def write_inside(
    workspace: str, path: str, content: bytes, mode: int | None = None, forbidden: frozenset[str] = FORBIDDEN
) -> None:
    """Write or replace a file in the workspace atomically, creating missing folders.

    The workspace is trusted and may be a symlink. The path is relative to the workspace, or absolute and inside the
    workspace. No part of the path may be in `forbidden`.

    Raises:
        SettingsError: the path is outside the workspace or cannot be written.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with (
        _translating_errors(path, "written"),
        opened_folder(workspace, folders) as inside,
        replacing(inside, name, 0o644 if mode is None else mode) as stream,
    ):
        stream.write(content)
        if mode is not None:
            os.fchmod(stream.fileno(), mode)


def is_taken(workspace: str, path: str, forbidden: frozenset[str]) -> bool:
    """Return whether `write_inside` would replace an existing file.

    Raises:
        SettingsError: the path is outside the workspace or is a folder.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with _translating_errors(path, "written"):
        try:
            with opened_folder(workspace, folders, make=False) as inside:
                status = os.stat(name, dir_fd=inside, follow_symlinks=False)
        except FileNotFoundError:
            return False
    if stat.S_ISDIR(status.st_mode):
        raise _wrong(path, "the path is a folder")
    return True


class Regular(Struct, frozen=True):
    content: bytes
    mode: int

    def text(self, path: str) -> str:
        """Decode the content as UTF-8, or raise a `SettingsError` that names `path`."""
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"the file is not UTF-8 text ({invalid_byte(error)})"
            raise SettingsError.of(path, what, todo="Save it as UTF-8.") from None


def read_inside(workspace: str, path: str, limit: int, forbidden: frozenset[str] = FORBIDDEN) -> Regular:
    """Read a regular file of at most `limit` bytes in the workspace, without following symlinks.

    Raises:
        SettingsError: the path is outside the workspace, or the file is missing, too large or not a regular file.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with (
        _translating_errors(path, "read"),
        opened_folder(workspace, folders, make=False) as inside,
        os.fdopen(os.open(name, _OLD_FILE, dir_fd=inside), "rb") as stream,
    ):
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _wrong(path, "not a regular file")
        if status.st_size > limit:
            what = f"the file is too large ({status.st_size} bytes)"
            raise SettingsError.of(path, what, f"up to {limit} bytes")
        return Regular(stream.read(limit), stat.S_IMODE(status.st_mode))


def check_inside(workspace: str, path: str) -> str:
    """Return a path relative to the workspace, or raise `SettingsError` if `write_inside` could not write the path.

    The check creates and removes a temporary file in the same folder.
    """
    parts = _parts(workspace, path)
    inner = "/".join(parts)
    with _translating_errors(path, "written"), opened_folder(workspace, parts[:-1], keep=False) as inside:
        temporary, stream = _create_temporary(inside, 0o644)
        stream.close()
        os.unlink(temporary, dir_fd=inside)
        with suppress(FileNotFoundError):  # another error means that the whole path is too long
            if stat.S_ISDIR(Path(workspace, inner).lstat().st_mode):
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    return inner


def _parts(workspace: str, path: str, forbidden: frozenset[str] = FORBIDDEN) -> list[str]:
    given = PurePosixPath(path)
    if given.is_absolute():
        if not given.is_relative_to(workspace):
            raise _wrong(path, "the path is outside the workspace")
        given = given.relative_to(workspace)
    parts = list(given.parts)
    if not parts or path.endswith("/") or escaping.visible(path) != path:
        raise _wrong(path, "the path is not a file name, or contains invisible characters")
    if ".." in parts:
        raise _wrong(path, "the path contains `..`")
    # Some file systems ignore case, as well as spaces and dots at the end of a name.
    if any(part.rstrip(". ").casefold() in forbidden for part in parts):
        raise _wrong(path, "the path is in `.git` or `.github`")
    return parts


@contextmanager
def opened_folder(workspace: str, folders: list[str], *, make: bool = True, keep: bool = True) -> Iterator[int]:
    """Yield the file descriptor of the innermost folder. Unless `keep` is set, remove created folders afterward."""
    with ExitStack() as undo:
        inside = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        undo.callback(os.close, inside)
        for name in folders:
            if make and _make(inside, name) and not keep:
                undo.callback(_remove, inside, name)
            inside = os.open(name, _FOLDER, dir_fd=inside)
            undo.callback(os.close, inside)
        yield inside


@contextmanager
def _translating_errors(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError.of(path, f"the file cannot be {what} ({reason})") from None


def _remove(inside: int, name: str) -> None:
    with suppress(OSError):  # another process filled or removed the folder
        os.rmdir(name, dir_fd=inside)


def _make(inside: int, name: str) -> bool:
    """Create a folder, and return whether it was missing."""
    try:
        os.mkdir(name, dir_fd=inside)
    except FileExistsError:
        return False
    return True


def _create_temporary(inside: int, mode: int) -> tuple[str, BinaryIO]:
    name = f".{uuid4()}.tmp"
    return name, os.fdopen(os.open(name, _NEW_FILE, mode, dir_fd=inside), "wb")


@contextmanager
def replacing(inside: int, name: str, mode: int) -> Iterator[BinaryIO]:
    """Yield a temporary file, and rename it afterward, so that a symlink with this name is replaced, not followed."""
    temporary, stream = _create_temporary(inside, mode)
    try:
        with stream:
            yield stream
        os.replace(temporary, name, src_dir_fd=inside, dst_dir_fd=inside)
    finally:
        with suppress(FileNotFoundError):  # it was renamed
            os.unlink(temporary, dir_fd=inside)


def _wrong(path: str, what: str) -> SettingsError:
    return SettingsError.of(path, what, ALLOWED)
