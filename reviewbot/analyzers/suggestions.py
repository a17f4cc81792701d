"""Turns an analyzer's fix into whole lines that a developer can commit."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.analyzers.raw import Edit


def replacement(lines: Sequence[str], line: int, end_line: int, edits: Sequence[Edit]) -> str | None:
    """Return what the lines `line`..`end_line` read after the edits, without the last newline.

    Empty means "delete the lines". None when there is no fix, when it reaches outside of the range, or changes nothing.
    """
    old = [f"{text}\n" for text in lines[line - 1 : end_line]]
    ordered = sorted(edits, key=lambda edit: (edit.line, edit.column, edit.end_line, edit.end_column))
    if not ordered:
        return None
    starts = _starts(old)
    spans = [_span(edit, line, starts) for edit in ordered]
    new = _applied("".join(old), [(span, edit.text) for span, edit in zip(spans, ordered, strict=True)])
    if new is None or new == "".join(old) or not (new == "" or new.endswith("\n")):
        return None
    return new.removesuffix("\n")


def _starts(lines: Sequence[str]) -> list[int]:
    starts = [0]
    for text in lines:
        starts.append(starts[-1] + len(text))
    return starts


def _span(edit: Edit, line: int, starts: Sequence[int]) -> tuple[int, int] | None:
    """Return the offsets of an edit inside the range, or None when it reaches outside."""
    places = []
    for number, column in ((edit.line, edit.column), (edit.end_line, edit.end_column)):
        index = number - line
        if not 0 <= index < len(starts) or column < 1:
            return None
        place = starts[index] + column - 1
        limit = starts[index + 1] - 1 if index + 1 < len(starts) else starts[index]
        if place > limit:
            return None
        places.append(place)
    return (places[0], places[1]) if places[0] <= places[1] else None


def _applied(text: str, edits: Sequence[tuple[tuple[int, int] | None, str]]) -> str | None:
    """Return the text with all edits made, or None when one is out of range or two overlap."""
    pieces: list[str] = []
    at = 0
    for span, new in edits:
        if span is None or span[0] < at:
            return None
        pieces += [text[at : span[0]], new]
        at = span[1]
    return "".join([*pieces, text[at:]])
