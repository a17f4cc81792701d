"""Says where redactions may hide code, by file and line, and which of them matter to the review."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    """A place where a redaction may hide code.

    Attributes:
        where: the line, or the file's name, in words.
        why: what was redacted, in words.
        in_code: False in a document.
    """

    where: str
    why: str
    in_code: bool


def redaction_places(file: ChangedFile, diff: Redacted, text: Redacted | None) -> tuple[RedactionPlace, ...]:
    """The places in a file where a redaction may hide code, those of the whole text first, each line once.

    Args:
        file: as it was before the redaction.
        diff: its section of the diff, redacted.
        text: its whole text at the head, redacted; None when there is none.
    """
    code = not is_document(file)
    found = [RedactionPlace(where, why, code) for where, why in (*_in_text(text), *_in_diff(file, diff))]
    return tuple({place.where: place for place in reversed(found)}.values())[::-1]


def _in_text(text: Redacted | None) -> Iterator[tuple[str, str]]:
    for one in text.hidden if text else ():
        yield f"line {one.line}", one.detector.value


def _in_diff(file: ChangedFile, diff: Redacted) -> Iterator[tuple[str, str]]:
    rows = _rows(file)
    for one in diff.hidden:
        row = rows.get(one.line)
        where = (
            "its name" if row is None else f"line {row.old} before the change" if row.new is None else f"line {row.new}"
        )
        yield where, one.detector.value


def _rows(file: ChangedFile) -> Mapping[int, DiffLine]:
    """The lines of the hunks by their number in the section, from 1; the headers in front are not among them."""
    lines = file.diff.text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    numbers = (at for at, line in enumerate(lines[first:], start=first + 1) if line.startswith(_MARKS))
    return dict(zip(numbers, file.diff.lines(), strict=False))


def is_document(file: ChangedFile) -> bool:
    """Whether only people read the file, on both sides of the change, so that no code can hide in it.

    Comments in code are no documents: without a parser, a line that looks like one may be part of a string.
    """
    first = [line.text for line in file.diff.lines() if 1 in {line.old, line.new}]
    texts = [file.diff.text, *first, *(side.text or "" for side in (file.old, file.new) if side)]
    modes = {side.mode for side in (file.old, file.new) if side}
    return not (
        modes & {EXECUTABLE_MODE, SYMLINK_MODE}
        or any(_RUNS.search(text) for text in texts)
        or not all(named_as_document(path) for path in (file.path, file.diff.old_path))
    )


def held_for(path: str, places: tuple[RedactionPlace, ...]) -> Held | None:
    """What makes the review partial: the first redaction that may hide code; None when there is none in code."""
    code = [place for place in places if place.in_code]
    if not code:
        return None
    more = f", and in {len(code) - 1:,} more" if len(code) > 1 else ""
    return Held(path, HeldBecause.REDACTED, f"{code[0].where}: {code[0].why}{more}; change that value", missed=True)


def document_notice(path: str, places: tuple[RedactionPlace, ...]) -> str:
    """One sentence on redactions in a document that nothing in the line itself explains."""
    more = f", and in {len(places) - 1:,} more places" if len(places) > 1 else ""
    first = f"`{path}`, {places[0].where}{more}: reviewbot redacted {places[0].why}."
    return f"{first} If it is real, revoke it; an example needs no action."


def secrets_notice(path: str) -> str:
    """Two sentences on a document that would be held back as a file of secrets if it were another file."""
    first = f"Most of `{path}` is secrets. It is a document, so reviewbot redacted them and did not hold it back."
    return f"{first} If one is real, revoke it; examples need no action."
