"""What is new since the last review, and which findings are to be confirmed: told beside the whole diff.

The new part is what differs between the last reviewed head and this one, within the change from merge base to head. So
a rebase or a merge of the base brings nothing new by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reviewbot.domain.changes import ChangedFile
from reviewbot.domain.quotes import split_lines
from reviewbot.domain.records import Record, Standing
from reviewbot.domain.snapshot import Entry

MAX_CELLS = 4_000_000
"""Pairs of lines above which two texts are not compared line by line: all between their equal ends counts as new."""


@dataclass(frozen=True, slots=True)
class NewPart:
    """What of a file is new.

    Attributes:
        ranges: first and last line at the head, ascending; empty when only lines were deleted, or nothing can be told.
    """

    path: str
    ranges: tuple[tuple[int, int], ...]


def new_parts(files: Iterable[ChangedFile], before: Mapping[str, Entry]) -> tuple[NewPart, ...]:
    """The files that differ from the last reviewed head, each with its added lines that are new.

    Args:
        files: of the change.
        before: entries at the last reviewed head, by path; what is not there is new as a whole.
    """
    return tuple(
        NewPart(file.path, tuple(_ranges(_new_lines(file, before.get(file.path)))))
        for file in files
        if _oid(file.new) != _oid(before.get(file.path))
    )


def _oid(entry: Entry | None) -> str:
    return entry.oid if entry else ""


def _new_lines(file: ChangedFile, before: Entry | None) -> list[int]:
    added = sorted(file.diff.added)
    if before is None or before.text is None or file.text is None:
        return added
    changed = _changed(split_lines(before.text), split_lines(file.text))
    return [number for number in added if number in changed]


def _changed(old: Sequence[str], new: Sequence[str]) -> set[int]:
    """Numbers of the lines of the new text that the old one does not have there."""
    least = min(len(old), len(new))
    head = next((index for index in range(least) if old[index] != new[index]), least)
    rest = least - head
    tail = next((index for index in range(rest) if old[-1 - index] != new[-1 - index]), rest)
    old, middle = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(old) * len(middle) > MAX_CELLS:
        return set(range(head + 1, head + len(middle) + 1))
    blocks = SequenceMatcher(None, old, middle, autojunk=False).get_matching_blocks()
    same = {block.b + offset for block in blocks for offset in range(block.size)}
    return {head + index + 1 for index in range(len(middle)) if index not in same}


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for number in numbers:
        if number != last + 1 or not last:
            if last:
                yield first, last
            first = number
        last = number
    if last:
        yield first, last


def since_text(head: str, parts: Sequence[NewPart], records: Sequence[Record], limit: int) -> str:
    """The attachment: the findings to be confirmed, one JSON object a line, then the new part by file and lines.

    Args:
        head: the last reviewed one, empty when the whole change is to be reviewed.
        parts: of the files that are new since then.
        records: open ones, worst first.
        limit: bytes; what does not fit is counted in place of its lines.
    """
    asked = [json.dumps(_asked(record), ensure_ascii=False) for record in records]
    new = [f"{json.dumps(part.path, ensure_ascii=False)}: {_told(part)}" for part in parts]
    room = limit - _TITLES
    findings = _fitting(asked, room // 2 if new else room)
    news = _fitting(new, room - sum(map(_size, findings)))
    lines = ["OPEN FINDINGS OF EARLIER REVIEWS", *(findings or ["none"])]
    if head:
        lines += ["", f"NEW SINCE THE LAST REVIEW (of commit {head})", *(news or ["nothing"])]
    return "\n".join(lines) + "\n"


_TITLES = 300
"""Bytes for the titles, and for the words on what is left out."""


def _size(line: str) -> int:
    """Bytes in the JSON of a request, the line's end included."""
    return len(json.dumps(line).encode())


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for index, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            return [*kept, f"and {len(lines) - index} more"]
        kept.append(line)
    return kept


def _told(part: NewPart) -> str:
    if not part.ranges:
        return "changed"
    return ", ".join(f"line {first}" if first == last else f"lines {first} to {last}" for first, last in part.ranges)


def _asked(record: Record) -> dict[str, object]:
    return {
        "id": record.id,
        "path": record.path,
        "line": record.line,
        "side": record.side.value,
        "severity": record.severity.value,
        "title": record.title,
        "code": "changed since" if record.standing is Standing.CHANGED else "unchanged",
    }
