"""What is new since the last review, and which findings are to be confirmed: told beside the whole diff.

The new part is what differs between the last reviewed head and this one, within the change from merge base to head. So
a rebase or a merge of the base brings nothing new by itself.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.diff.text_index import split_lines
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding
from reviewbot.domain.github.pull_request import Entry

MAX_TOLD = 1_000
"""Characters of a part's text that are shown to the reviewer."""


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
        if _content(file.new) != _content(before.get(file.path))
    )


def _content(entry: Entry | None) -> tuple[str, str] | None:
    """What makes two entries the same; a file that may run now is another one."""
    return (entry.mode, entry.oid) if entry else None


def _new_lines(file: ChangedFile, before: Entry | None) -> list[int]:
    added = sorted(file.diff.added)
    if before is None or before.text is None or file.text is None:
        return added
    changed = _changed(split_lines(before.text), split_lines(file.text))
    return [number for number in added if number in changed]


def _changed(old: Sequence[str], new: Sequence[str]) -> set[int]:
    """Numbers of the lines of the new text that the old one does not have there.

    Lines that stand once in both texts are pairs; the lines next to a pair, and at both ends, are the same as long as
    they are equal. What is left counts as new. A comparison that pairs more can take minutes on a text that somebody
    has made for that; this one takes no longer than sorting.
    """
    changed: set[int] = set()
    for before, after in pairwise([(-1, -1), *_pairs(old, new), (len(old), len(new))]):
        changed.update(_unlike(old[before[0] + 1 : after[0]], new[before[1] + 1 : after[1]], before[1] + 2))
    return changed


def _unlike(old: Sequence[str], new: Sequence[str], first: int) -> range:
    """Numbers of the new lines between the equal ones at both ends; the first of them has this number."""
    least = min(len(old), len(new))
    head = next((index for index in range(least) if old[index] != new[index]), least)
    rest = least - head
    tail = next((index for index in range(rest) if old[-1 - index] != new[-1 - index]), rest)
    return range(first + head, first + len(new) - tail)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The most lines that stand once in both texts and in the same order, as indices: what moved is left out."""
    there, here = _once(old), _once(new)
    pairs = [(there[line], index) for line, index in here.items() if line in there]
    # Of all rising rows of one length, the one that ends lowest can be continued best: patience sorting.
    ends: list[int] = []
    rows: list[int] = []
    before: list[int] = []
    for number, (index, _) in enumerate(pairs):
        length = bisect_left(ends, index)
        before.append(rows[length - 1] if length else -1)
        ends[length : length + 1] = [index]
        rows[length : length + 1] = [number]
    found, number = [], rows[-1] if rows else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _once(lines: Sequence[str]) -> Mapping[str, int]:
    """The lines that stand once, in their order, with their indices."""
    counts = Counter(lines)
    return {line: index for index, line in enumerate(lines) if counts[line] == 1}


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


def since_text(head: str, parts: Sequence[NewPart], records: Sequence[TrackedFinding], limit: int) -> str:
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


def _asked(record: TrackedFinding) -> dict[str, object]:
    told: dict[str, object] = {
        "id": record.id,
        "path": record.path,
        "line": record.line,
        "side": record.side.value,
        "severity": record.severity.value,
        "title": record.title,
        "code": "changed since" if record.standing is FindingState.CHANGED else "unchanged",
    }
    if record.leftover:
        # Nobody can tell whether something is mended from where it stood in an answer.
        told["text"] = record.text[:MAX_TOLD]
    return told
