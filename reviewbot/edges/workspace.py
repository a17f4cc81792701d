"""Files in somebody's checkout: opened one folder at a time, so that no link that a change brought leads out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

from reviewbot.domain import escaping
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
        mode: who may do what with the file, None for what a new one gets here.
        forbidden: folders that may not be on the way.

    Raises:
        SettingsError: the path leads elsewhere, or cannot be written.
    """
    *folders, name = _parts(workspace, path, forbidden)
    try:
        with _folder(workspace, folders) as inside:
            _replace(inside, name, content, mode)
    except OSError as error:
        what = f"it cannot be written ({error.strerror or type(error).__name__})"
        raise _wrong(path, what) from None


def is_taken(workspace: str, path: str, forbidden: frozenset[str]) -> bool:
    """Whether something is there already that `write_inside` would replace.

    Raises:
        SettingsError: the path leads elsewhere, or is a folder, which it would not replace.
    """
    *folders, name = _parts(workspace, path, forbidden)
    try:
        with _folder(workspace, folders, make=False) as inside:
            told = os.stat(name, dir_fd=inside, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _wrong(path, f"it cannot be written ({error.strerror or type(error).__name__})") from None
    if stat.S_ISDIR(told.st_mode):
        raise _wrong(path, "it is a folder")
    return True


@dataclass(frozen=True, slots=True)
class Regular:
    """A regular file, with who may do what with it."""

    content: bytes
    mode: int


def read_inside(workspace: str, path: str, limit: int, forbidden: frozenset[str] = FORBIDDEN) -> Regular:
    """Read a regular file below a folder, through no link.

    Args:
        workspace: the folder; itself trusted, so it may be a link.
        path: relative to it.
        limit: bytes of the file at most.
        forbidden: folders that may not be on the way.

    Raises:
        SettingsError: the path leads elsewhere, or there is no such file.
    """
    *folders, name = _parts(workspace, path, forbidden)
    try:
        with _folder(workspace, folders, make=False) as inside:
            return _regular(os.open(name, _OLD_FILE, dir_fd=inside), path, limit)
    except OSError as error:
        raise _wrong(path, f"it cannot be read ({error.strerror or type(error).__name__})") from None


def _regular(descriptor: int, path: str, limit: int) -> Regular:
    with os.fdopen(descriptor, "rb") as stream:
        told = os.fstat(stream.fileno())
        if not stat.S_ISREG(told.st_mode):
            raise _wrong(path, "it is no regular file")
        if told.st_size > limit:
            raise SettingsError((Problem(path, "it is too large", f"at most {limit} bytes"),))
        return Regular(stream.read(limit), stat.S_IMODE(told.st_mode))


def check_inside(workspace: str, path: str) -> None:
    """Ask beforehand what `write_inside` would say of a path, as far as its folders exist; nothing is made.

    Raises:
        SettingsError: the path leads elsewhere.
    """
    *folders, _ = _parts(workspace, path)
    inside = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            deeper = os.open(name, _FOLDER, dir_fd=inside)
            os.close(inside)
            inside = deeper
    except FileNotFoundError:
        return  # it will be made
    except OSError as error:
        raise _wrong(path, f"it cannot be written ({error.strerror or type(error).__name__})") from None
    finally:
        os.close(inside)


def _parts(workspace: str, path: str, forbidden: frozenset[str] = FORBIDDEN) -> list[str]:
    """The names on the way; every one of them is an ordinary one."""
    given = PurePosixPath(path)
    if given.is_absolute():
        if not given.is_relative_to(workspace):
            raise _wrong(path, "it is outside the workspace")
        given = given.relative_to(workspace)
    parts = list(given.parts)
    if not parts or path.endswith("/") or escaping.visible(path) != path:
        raise _wrong(path, "it names no file, or holds signs that cannot be seen")
    if ".." in parts:
        raise _wrong(path, "it leads out of its folder")
    # Some file systems fold case, and drop blanks and dots at a name's end.
    if any(part.rstrip(". ").casefold() in forbidden for part in parts):
        raise _wrong(path, "it is in a folder that git or GitHub reads")
    return parts


@contextmanager
def _folder(workspace: str, folders: list[str], *, make: bool = True) -> Iterator[int]:
    """The innermost folder, opened name by name from the one before."""
    inside = os.open(workspace, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            if make:
                _make(inside, name)
            deeper = os.open(name, _FOLDER, dir_fd=inside)
            os.close(inside)
            inside = deeper
        yield inside
    finally:
        os.close(inside)


def _make(inside: int, name: str) -> None:
    try:
        os.mkdir(name, dir_fd=inside)
    except FileExistsError:
        return


def _replace(inside: int, name: str, content: bytes, mode: int | None) -> None:
    """Write beside and rename: a link with the file's name is replaced, never followed."""
    beside = f".{uuid4()}.tmp"
    file = os.open(beside, _NEW_FILE, 0o644, dir_fd=inside)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
        os.replace(beside, name, src_dir_fd=inside, dst_dir_fd=inside)
    finally:
        with suppress(FileNotFoundError):  # renamed is gone, and anything else should not stay
            os.unlink(beside, dir_fd=inside)


def _wrong(path: str, what: str) -> SettingsError:
    return SettingsError((Problem(path, what, ALLOWED),))
