"""Files in somebody's checkout: opened one folder at a time, so that no link that a change brought leads out of it."""

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
from reviewbot.errors import Problem, SettingsError

FORBIDDEN = frozenset({".git", ".github"})
ALLOWED = "a path inside the folder, through no link, and not into one that git or GitHub reads"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not keep us waiting
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC  # what is new follows no link


def write_inside(
    workspace: str, path: str, content: bytes, mode: int | None = None, forbidden: frozenset[str] = FORBIDDEN
) -> None:
    """Write a file below a folder; missing folders are made, and the file is replaced as a whole.

    Args:
        workspace: the folder; itself trusted, so it may be a link.
        path: relative to it, or absolute and below it.
        content: the bytes.
        mode: None for what a new file gets here.
        forbidden: folders that may not be on the way.

    Raises:
        SettingsError: the path leads elsewhere, or cannot be written.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with _refusing(path, "written"), _folder(workspace, folders) as inside:
        _replace(inside, name, content, mode)


def is_taken(workspace: str, path: str, forbidden: frozenset[str]) -> bool:
    """Whether something is there already that `write_inside` would replace.

    Raises:
        SettingsError: the path leads elsewhere, or is a folder, which it would not replace.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with _refusing(path, "written"):
        try:
            with _folder(workspace, folders, make=False) as inside:
                told = os.stat(name, dir_fd=inside, follow_symlinks=False)
        except FileNotFoundError:
            return False
    if stat.S_ISDIR(told.st_mode):
        raise _wrong(path, "it is a folder")
    return True


class Regular(Struct, frozen=True):
    """A regular file, with who may do what with it."""

    content: bytes
    mode: int


def read_inside(workspace: str, path: str, limit: int, forbidden: frozenset[str] = FORBIDDEN) -> Regular:
    """Read a regular file of at most `limit` bytes below a folder, through no link.

    Raises:
        SettingsError: the path leads elsewhere, or there is no such file.
    """
    *folders, name = _parts(workspace, path, forbidden)
    with (
        _refusing(path, "read"),
        _folder(workspace, folders, make=False) as inside,
        os.fdopen(os.open(name, _OLD_FILE, dir_fd=inside), "rb") as stream,
    ):
        told = os.fstat(stream.fileno())
        if not stat.S_ISREG(told.st_mode):
            raise _wrong(path, "it is not a regular file")
        if told.st_size > limit:
            raise SettingsError((Problem(path, "it is too large", f"at most {limit} bytes"),))
        return Regular(stream.read(limit), stat.S_IMODE(told.st_mode))


def check_inside(workspace: str, path: str) -> str:
    """Try what `write_inside` does, up to the content, and remove what that made.

    Returns:
        The path relative to the folder, in its shortest form.

    Raises:
        SettingsError: the path leads elsewhere, or the file system does not take such a file there.
    """
    parts = _parts(workspace, path)
    inner = "/".join(parts)
    with _refusing(path, "written"), _folder(workspace, parts[:-1], keep=False) as inside:
        _create(inside, beside := _temporary()).close()
        os.unlink(beside, dir_fd=inside)
        _check_name(Path(workspace, inner))
    return inner


def _check_name(path: Path) -> None:
    """Raise what the file system has against a file of this name: it is too long, or names a folder."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))


def _parts(workspace: str, path: str, forbidden: frozenset[str] = FORBIDDEN) -> list[str]:
    """The names on the way; every one of them is an ordinary one."""
    given = PurePosixPath(path)
    if given.is_absolute():
        if not given.is_relative_to(workspace):
            raise _wrong(path, "it is outside the workspace")
        given = given.relative_to(workspace)
    parts = list(given.parts)
    if not parts or path.endswith("/") or escaping.visible(path) != path:
        raise _wrong(path, "it is empty, ends in a slash or contains invisible characters")
    if ".." in parts:
        raise _wrong(path, "it leads out of its folder")
    # Some file systems fold case, and drop blanks and dots at a name's end.
    if any(part.rstrip(". ").casefold() in forbidden for part in parts):
        raise _wrong(path, "it is in a folder that git or GitHub reads")
    return parts


@contextmanager
def _folder(workspace: str, folders: list[str], *, make: bool = True, keep: bool = True) -> Iterator[int]:
    """The innermost folder, opened name by name from the one before; those that were made are removed unless kept."""
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
def _refusing(path: str, what: str) -> Iterator[None]:
    """Report what the system has against a path."""
    try:
        yield
    except OSError as error:
        problem = Problem(path, f"it cannot be {what} ({error.strerror or type(error).__name__})")
        raise SettingsError((problem,)) from None


def _remove(inside: int, name: str) -> None:
    with suppress(OSError):  # another program has put something into it, or removed it
        os.rmdir(name, dir_fd=inside)


def _make(inside: int, name: str) -> bool:
    """Make a folder unless there is one; whether it was made."""
    try:
        os.mkdir(name, dir_fd=inside)
    except FileExistsError:
        return False
    return True


def _temporary() -> str:
    return f".{uuid4()}.tmp"


def _create(inside: int, name: str) -> BinaryIO:
    return os.fdopen(os.open(name, _NEW_FILE, 0o644, dir_fd=inside), "wb")


def _replace(inside: int, name: str, content: bytes, mode: int | None) -> None:
    """Write beside and rename: a link with the file's name is replaced, never followed."""
    beside = _temporary()
    stream = _create(inside, beside)
    try:
        with stream:
            stream.write(content)
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
        os.replace(beside, name, src_dir_fd=inside, dst_dir_fd=inside)
    finally:
        with suppress(FileNotFoundError):  # renamed is gone, and anything else should not stay
            os.unlink(beside, dir_fd=inside)


def _wrong(path: str, what: str) -> SettingsError:
    return SettingsError((Problem(path, what, ALLOWED),))
