"""Says where redactions may hide code, by file and line, and which of them matter to the review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot.domain.diff.parse import SYMLINK_MODE, ChangedFile, DiffLine
from reviewbot.domain.redaction.private_keys import REDACTED
from reviewbot.domain.redaction.redactor import Redacted
from reviewbot.domain.selection.file_kinds import is_comment, named_as_prose
from reviewbot.domain.selection.selection import EXECUTABLE_MODE, Held, HeldBecause

_MARKS = ("+", "-", " ")


@dataclass(frozen=True, slots=True)
class RedactionPlace:
    """A place where a redaction may hide code.

    Attributes:
        where: the line, or the file's name, in words.
        why: what was redacted, in words.
        in_code: False in prose: in a document or in a sentence of a comment.
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
    found = [*_in_text(file, text), *_in_diff(file, diff)]
    return tuple({place.where: place for place in reversed(found)}.values())[::-1]


def _in_text(file: ChangedFile, text: Redacted | None) -> Iterator[RedactionPlace]:
    lines = text.text.split("\n") if text else []
    for one in text.hidden if text else ():
        yield RedactionPlace(f"line {one.line}", one.detector.value, _is_code(file, lines[one.line - 1]))


def _in_diff(file: ChangedFile, diff: Redacted) -> Iterator[RedactionPlace]:
    lines, rows = diff.text.split("\n"), _rows(file)
    for one in diff.hidden:
        row = rows.get(one.line)
        where = (
            "its name" if row is None else f"line {row.old} before the change" if row.new is None else f"line {row.new}"
        )
        yield RedactionPlace(where, one.detector.value, _is_code(file, lines[one.line - 1][1:]))


def _rows(file: ChangedFile) -> Mapping[int, DiffLine]:
    """The lines of the hunks by their number in the section, from 1; the headers in front are not among them."""
    lines = file.diff.text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    numbers = (at for at, line in enumerate(lines[first:], start=first + 1) if line.startswith(_MARKS))
    return dict(zip(numbers, file.diff.lines(), strict=False))


def _is_code(file: ChangedFile, redacted: str) -> bool:
    return not (_is_prose(file) or is_comment(file.path, redacted.partition(REDACTED)[0]))


def _is_prose(file: ChangedFile) -> bool:
    mode = file.new.mode if file.new else ""
    run = mode in {EXECUTABLE_MODE, SYMLINK_MODE} or (file.text or "").startswith("#!")
    return not run and all(named_as_prose(path) for path in (file.path, file.diff.old_path))


def held_for(path: str, places: tuple[RedactionPlace, ...]) -> Held | None:
    """What makes the review partial: the first redaction that may hide code; None when there is none in code."""
    code = [place for place in places if place.in_code]
    if not code:
        return None
    more = f", and in {len(code) - 1:,} more" if len(code) > 1 else ""
    return Held(path, HeldBecause.REDACTED, f"{code[0].where}: {code[0].why}{more}; change that value", missed=True)


def prose_notice(path: str, places: tuple[RedactionPlace, ...]) -> str:
    """One sentence on redactions in prose that nothing in the line itself explains."""
    more = f", and in {len(places) - 1:,} more places" if len(places) > 1 else ""
    first = f"`{path}`, {places[0].where}{more}: reviewbot redacted {places[0].why}."
    return f"{first} If it is real, revoke it; an example needs no action."
