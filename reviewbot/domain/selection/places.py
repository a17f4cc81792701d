"""Determine the `Place` of a file: whether redaction treats the file as data, as source code or as commands."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile
from reviewbot.domain.redaction.places import COMMAND_KEY, Place
from reviewbot.domain.selection.file_kinds import (
    decides_what_runs,
    is_lock_file,
    named_as_code,
    named_as_data,
    named_as_document,
)

_SHEBANG = re.compile(r"(?:\A|^[+\- ])#!", re.MULTILINE)
# In these files, most keys do not specify a program or a package to run.
_CONFIGURATION = re.compile(r"\.(?:ya?ml|xml|json[5c]?)\Z", re.IGNORECASE)


def place_of(file: ChangedFile) -> Place:
    """Return the strictest `Place` for the file's names, modes and texts at the merge base and at the head."""
    paths = (file.path, file.diff.old_path)
    sides = [side for side in (file.old, file.new) if side]
    return _strictest(paths, [file.diff.text, *(side.text or "" for side in sides)], {side.mode for side in sides})


def place_before(old_path: str, text: str, mode: str) -> Place:
    """Return the `Place` for the file's name, text and mode at the merge base."""
    return _strictest((old_path,), [text], {mode})


def _strictest(paths: Sequence[str], texts: Sequence[str], modes: Container[str]) -> Place:
    if SYMLINK_MODE in modes or (EXECUTABLE_MODE in modes and not all(map(_is_program, paths))):
        return Place.EXECUTED
    places = {place_of_text(path, texts) for path in paths}
    return next(one for one in (Place.EXECUTED, Place.MIXED, Place.CODE, Place.DATA) if one in places)


def _is_program(path: str) -> bool:
    """Return whether the name suggests source code, in which redaction recognizes commands line by line."""
    return named_as_code(path) and not decides_what_runs(path)


def place_of_text(path: str, texts: Sequence[str]) -> Place:
    if any(map(_SHEBANG.search, texts)) and not _is_program(path):
        return Place.EXECUTED
    if decides_what_runs(path):
        return Place.MIXED if _CONFIGURATION.search(path) and not is_lock_file(path) else Place.EXECUTED
    if named_as_code(path):
        return Place.CODE
    if named_as_document(path) or not path:
        return Place.DATA
    if not named_as_data(path):  # a `Dangerfile`, or a script without an extension
        return Place.EXECUTED
    return Place.MIXED if any(map(COMMAND_KEY.search, texts)) else Place.DATA
