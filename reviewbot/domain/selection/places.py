"""The place of a changed file, which decides what a redaction may mask in it."""

from __future__ import annotations

import re

from reviewbot.domain.diff.parse import SYMLINK_MODE, ChangedFile
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.selection.file_kinds import decides_what_runs, named_as_code, named_as_document
from reviewbot.domain.selection.selection import EXECUTABLE_MODE

_SHEBANG = re.compile(r"(?:\A|^[+\- ])#!", re.MULTILINE)
# A configuration key whose value is executed.
_COMMAND_KEY = re.compile(
    r"(?:^[+\- ]?[ \t]{0,80}(?:-[ \t]{1,8})?|[{,][ \t]{0,8})[\"']?[\w.-]{0,60}?"
    r"(?:command|cmd|script|exec|hook|run|args|entrypoint|shell|execstart)s?[\"']?[ \t]{0,8}[:=]",
    re.IGNORECASE | re.MULTILINE,
)


def place_of(file: ChangedFile) -> Place:
    """Return the place of a file by its names, its modes, and its known texts on both sides."""
    paths = (file.path, file.diff.old_path)
    sides = [side for side in (file.old, file.new) if side]
    texts = [file.diff.text, *(side.text or "" for side in sides)]
    if any(map(decides_what_runs, paths)) or any(side.mode in {EXECUTABLE_MODE, SYMLINK_MODE} for side in sides):
        return Place.EXECUTED
    return place_of_text(file.path, texts)


def place_of_text(path: str, texts: list[str]) -> Place:
    if decides_what_runs(path) or any(map(_SHEBANG.search, texts)):
        return Place.EXECUTED
    if named_as_code(path):
        return Place.CODE
    runs = not named_as_document(path) and any(map(_COMMAND_KEY.search, texts))
    return Place.EXECUTED if runs else Place.DATA
