"""Says where redactions may hide code, by file and line, and which of them matter to the review."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from reviewbot.domain.diff.parse import SYMLINK_MODE, ChangedFile, DiffLine
from reviewbot.domain.redaction.redactor import Redacted
from reviewbot.domain.selection.file_kinds import named_as_document
from reviewbot.domain.selection.selection import EXECUTABLE_MODE, Held, HeldBecause

_MARKS = ("+", "-", " ")
# A script by its first line, or a page that runs in a browser or in a site generator.
_RUNS = re.compile(r"\A#!|<script", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RedactionPlace:
    """A place where a redaction may hide code: the line and what was redacted, in words."""

    where: str
    why: str
    in_code: bool


def redaction_places(file: ChangedFile, diff: Redacted, text: Redacted | None) -> tuple[RedactionPlace, ...]:
    """The lines of a file where a redaction may hide code, each once.

    Args:
        file: as it was before the redaction.
        diff: its section of the diff, redacted.
        text: its whole text at the head, redacted; None when there is none.
    """
    code, rows = not is_document(file), _rows(file)
    found = {f"line {one.line}": one.detector.value for one in (text.hidden if text else ())}
    for one in diff.hidden:
        found.setdefault(_where(rows.get(one.line)), one.detector.value)
    return tuple(RedactionPlace(where, why, code) for where, why in found.items())


def _where(row: DiffLine | None) -> str:
    if row is None:
        return "its name"
    return f"line {row.old} before the change" if row.new is None else f"line {row.new}"


def _rows(file: ChangedFile) -> Mapping[int, DiffLine]:
    # The lines of the hunks by their number in the section, from 1.
    lines = file.diff.text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    numbers = (at for at, line in enumerate(lines[first:], start=first + 1) if line.startswith(_MARKS))
    return dict(zip(numbers, file.diff.lines(), strict=False))


def is_document(file: ChangedFile) -> bool:
    """Whether only people read the file, on both sides of the change, so that no code can hide in it."""
    first = [line.text for line in file.diff.lines() if 1 in {line.old, line.new}]
    texts = [file.diff.text, *first, *(side.text or "" for side in (file.old, file.new) if side)]
    modes = {side.mode for side in (file.old, file.new) if side}
    return not (
        modes & {EXECUTABLE_MODE, SYMLINK_MODE}
        or any(_RUNS.search(text) for text in texts)
        or not all(named_as_document(path) for path in (file.path, file.diff.old_path))
    )


def held_for(path: str, places: tuple[RedactionPlace, ...]) -> Held | None:
    """Hold the file, and make the review partial, for the first redaction that may hide code; None without one."""
    code = [place for place in places if place.in_code]
    if not code:
        return None
    more = f", and in {len(code) - 1:,} more" if len(code) > 1 else ""
    return Held(path, HeldBecause.REDACTED, f"{code[0].where}: {code[0].why}{more}; change that value", missed=True)


def document_notice(path: str, places: tuple[RedactionPlace, ...]) -> str:
    """A notice on unexplained redactions in a document."""
    more = f", and in {len(places) - 1:,} more places" if len(places) > 1 else ""
    first = f"`{path}`, {places[0].where}{more}: reviewbot redacted {places[0].why}."
    return f"{first} If it is real, revoke it; an example needs no action."


def secrets_notice(path: str) -> str:
    """A notice on a document that would be held back as a file of secrets if it were code."""
    first = f"Most of `{path}` is secrets. It is a document, so reviewbot redacted them and did not hold it back."
    return f"{first} If one is real, revoke it; examples need no action."
