"""Apply suggestions to a file that may have changed since the review. Suggestions for changed lines are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, unified_diff
from itertools import takewhile

from msgspec import Struct

_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"\\\udc80-\udcff]")

NO_NEWLINE = "\\ No newline at end of file\n"


class Edit(Struct, frozen=True):
    """Replaces the lines `first` to `last`, starting at 1, with `text`, which does not end with a line feed.

    An empty `text` deletes the lines.
    """

    id: str
    first: int
    last: int
    text: str


class Patched(Struct, frozen=True):
    """A file with its edits applied.

    Attributes:
        applied: the ids of the applied edits, sorted by line.
        there: the ids of edits that were applied before.
        refused: maps the id of each refused edit to the reason.
        rivals: maps the id of each skipped edit to the id of an overlapping edit.
    """

    text: str
    applied: tuple[str, ...]
    there: tuple[str, ...]
    refused: Mapping[str, str]
    rivals: Mapping[str, str]


def patched(reviewed: str, current: str, edits: Sequence[Edit]) -> Patched:
    """Apply edits of the reviewed text to the current text, in which the lines may have moved.

    If two edits overlap, only the first edit is applied.
    """
    before, now = _lines(reviewed), _lines(current)
    runs = _unchanged(before, now)
    starts = {edit: _start(runs, edit.first - 1, edit.last) for edit in edits}
    there = {edit: edit.id for edit in edits if starts[edit] is None and _is_there(before, now, edit)}
    spots: dict[int, Edit] = {}
    refused: dict[str, str] = {}
    rivals: dict[str, str] = {}
    for edit in (one for one in edits if one not in there):
        start = starts[edit]
        others = [*there] if start is None else [*there, *spots.values()]
        if rival := next((one.id for one in others if one.first <= edit.last and edit.first <= one.last), ""):
            rivals[edit.id] = rival
        elif start is None:
            refused[edit.id] = "its lines have changed since the review"
        else:
            spots[start] = edit
    for start in sorted(spots, reverse=True):
        end = start + spots[start].last - spots[start].first + 1
        now[start:end] = _replacement(spots[start].text, now[start:end], "".join(now[start - 1 : start]))
    applied = tuple(spots[start].id for start in sorted(spots))
    return Patched("".join(now), applied, tuple(there.values()), refused, rivals)


def _is_there(before: Sequence[str], now: Sequence[str], edit: Edit) -> bool:
    """Return whether the edit was applied before.

    A deletion counts as applied if the lines around the deleted lines are now adjacent.
    """
    if edit.last > len(before):
        return False
    start, new = edit.first - 1, _replacement(edit.text, before[edit.first - 1 : edit.last])
    done = [*before[:start], *new, *before[edit.last :]]
    if new:
        return _start(_unchanged(done, now), start, start + len(new)) is not None
    # The empty lines represent the ends of the file, where lines may also be deleted.
    return _start(_unchanged(["", *done, ""], ["", *now, ""]), start, start + 2) is not None


def _replacement(text: str, old: Sequence[str], above: str = "") -> list[str]:
    """Return the new lines. Each unchanged line keeps its line ending, because a file can mix LF and CRLF."""
    if not text:
        return []
    new, before, ends = text.split("\n"), _bare(old), [_end(line) for line in old]
    head = _common(before, new)
    tail = _common(before[head:][::-1], new[head:][::-1])
    last, ends[-1] = ends[-1], ends[-1] or (ends[-2] if len(ends) > 1 else _end(above)) or "\n"
    middle = max(0, len(old) - tail - 1)
    kept = len(new) - tail
    lines = [line + ends[min(at, middle) if at < kept else at - len(new)] for at, line in enumerate(new)]
    lines[-1] = new[-1] + last
    return lines


def _end(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""


def _lines(text: str) -> list[str]:
    """Split a text into lines with their endings. Only a line feed ends a line."""
    return re.findall("[^\n]*\n|[^\n]+", text)


def _bare(lines: Sequence[str]) -> list[str]:
    """Return the lines without their endings, because git may have converted them."""
    return [line.removesuffix(_end(line)) for line in lines]


def _unchanged(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the runs of lines that both texts contain, as (start in `old`, start in `new`, length)."""
    before, after = _bare(old), _bare(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    middle = before[head : len(before) - tail], after[head : len(after) - tail]
    blocks = SequenceMatcher(None, *middle).get_matching_blocks()
    return [
        (0, 0, head),
        *((head + block.a, head + block.b, block.size) for block in blocks),
        (len(before) - tail, len(after) - tail, tail),
    ]


def _start(runs: Sequence[tuple[int, int, int]], start: int, end: int) -> int | None:
    """Return the new index of the lines from `start` to `end`, or None if they changed or a line was inserted."""
    found = (new + start - old for old, new, length in runs if old <= start and end <= old + length)
    return next(found, None)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def patch(path: str, before: str, after: str) -> str:
    """Return the diff in git's format, or an empty string if the texts are equal."""
    old, new = _named(f"a/{path}"), _named(f"b/{path}")
    lines = unified_diff(_lines(before), _lines(after), old, new)
    ended = [line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines]
    return "".join((f"diff --git {old} {new}\n", *ended)) if ended else ""


def _named(name: str) -> str:
    """Quote a name as git does, because a line feed in the name could add lines to the patch.

    In `name`, low surrogates represent bytes that are not UTF-8.
    """
    quoted = _SPECIAL.sub(lambda found: f"\\{ord(found[0]) & 0xFF:03o}", name)
    return f'"{quoted}"' if quoted != name else name
