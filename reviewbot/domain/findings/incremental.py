"""Build the attachment of a follow-up review: the findings to confirm and the changes since the last review.

A line is new if the diff from the merge base to the head shows it now, but did not at the last reviewed head. A rebase
or a merge of the base branch therefore adds only files that the base branch has changed too.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from reviewbot.domain.diff.parse import ChangedFile, FileStatus, LineKind
from reviewbot.domain.diff.text_index import runs, split_lines
from reviewbot.domain.findings.conversation import Reply, conversation_text, fitting
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding
from reviewbot.domain.github.context import json_size
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.text.bounds import through_word
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import counted, lines

MAX_DESCRIBED = 1_000
"""The maximum number of characters of a finding's explanation that are sent."""


class NewPart(Struct, frozen=True):
    """The new lines of a file and the number of newly deleted lines.

    Attributes:
        ranges: the first and last line of each range at the head. Empty if lines were only deleted or are unknown.
    """

    path: str
    ranges: tuple[tuple[int, int], ...]
    deleted: int = 0

    @property
    def lines(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges) + self.deleted


def new_parts(
    files: Iterable[ChangedFile],
    before: Mapping[str, Entry],
    base: Mapping[str, Entry] | None = None,
    reshaped: Collection[FileStatus] = (),
    unseen: Collection[str] = (),
) -> tuple[NewPart, ...]:
    """Return the new part of each file that changed since the last review.

    `before` contains the files at the last reviewed head. `base` contains the files under `old_names` at the merge base
    of that head, or is None for the same merge base. All lines of a file are new if the versions at the two merge bases
    differ, or if the file's status is in `reshaped`. The same applies to changed files in `unseen`, because the last
    review may not have shown some of their lines.
    """
    parts: list[NewPart] = []
    for file in files:
        then = before.get(file.path)
        was_other = base is not None and any(_content(base.get(name)) != now for name, now in _old_side(file).items())
        if file.diff.status in reshaped or was_other:
            parts.append(_part(file, None))
        elif _content(file.new) != _content(then):
            parts.append(_part(file, None if file.path in unseen else then))
    return tuple(parts)


_MOVED = frozenset({FileStatus.RENAMED, FileStatus.COPIED})


def reshaped_by(then: str, now: str) -> frozenset[FileStatus]:
    """Return the statuses of files whose diff may have shown fewer lines at the last reviewed head.

    `then` and `now` are the `renames_digest` at that head and now. If git detects a new rename, the diff shows lines
    that only the old file had. If git no longer detects a rename, the diff shows all lines of both files.
    """
    if then == now:
        return frozenset()
    return _MOVED | {FileStatus.ADDED, FileStatus.REMOVED} if then else _MOVED


def old_names(files: Iterable[ChangedFile]) -> tuple[str, ...]:
    """Return the old and new names of the files, because a merge base may contain either."""
    return tuple(dict.fromkeys(name for file in files for name in _old_side(file)))


def _old_side(file: ChangedFile) -> dict[str, tuple[str, str] | None]:
    """Map the file's old path to its content at the merge base, and a different new path to None."""
    return {file.path: None, file.diff.old_path: _content(file.old)}


def _part(file: ChangedFile, before: Entry | None) -> NewPart:
    """Return what is new since `before`: at most the lines that the whole change adds and deletes."""
    added = sorted(file.diff.added)
    deleted = sum(line.kind is LineKind.DELETED for line in file.diff.lines())
    text = "" if file.new is None else file.text
    if before is not None and before.text is not None and text is not None:
        old, new = _lines(before.text), _lines(text)
        changed = _changed(old, new)
        added = [number for number in added if number in changed]
        deleted = min(deleted, len(_changed(new, old)))
    return NewPart(file.path, tuple(runs(added)), deleted)


def _lines(text: str) -> list[str]:
    """Split a text. As in a diff, a last line without a line feed differs from one with it."""
    lines = list(split_lines(text))
    return lines if text.endswith("\n") or not lines else [*lines[:-1], f"{lines[-1]}\n"]


def _content(entry: Entry | None) -> tuple[str, str] | None:
    return (entry.mode, entry.oid) if entry else None


def _changed(old: Sequence[str], new: Sequence[str]) -> set[int]:
    """Return the numbers of the lines in `new` that a patience diff marks as added.

    Unlike `difflib`, a patience diff is never slower than sorting.
    """
    changed: set[int] = set()
    for before, after in pairwise([(-1, -1), *_pairs(old, new), (len(old), len(new))]):
        changed.update(_differing(old[before[0] + 1 : after[0]], new[before[1] + 1 : after[1]], before[1] + 2))
    return changed


def _differing(old: Sequence[str], new: Sequence[str], first: int) -> range:
    least = min(len(old), len(new))
    head = next((index for index in range(least) if old[index] != new[index]), least)
    rest = least - head
    tail = next((index for index in range(rest) if old[-1 - index] != new[-1 - index]), rest)
    return range(first + head, first + len(new) - tail)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest common subsequence of the lines that are unique in both texts, as index pairs."""
    there, here = _once(old), _once(new)
    pairs = [(there[line], index) for line, index in here.items() if line in there]
    # Patience sorting: for each length, keep the ascending subsequence with the lowest end, which is easiest to extend.
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
    counts = Counter(lines)
    return {line: index for index, line in enumerate(lines) if counts[line] == 1}


def since_text(
    head: str,
    parts: Sequence[NewPart],
    records: Sequence[TrackedFinding],
    limit: int,
    *,
    closed: Sequence[TrackedFinding] = (),
    replies: Sequence[Reply] = (),
) -> str:
    """Return the attachment: the findings to confirm (one JSON object per line), the new parts, and the conversation.

    `head` is the last reviewed head, or empty for a whole review. `records` are the open findings, worst first. The
    attachment has at most `limit` bytes in JSON and states how many findings are omitted.
    """
    asked = [_json(_asked(record)) for record in records]
    new = [f"{_json(part.path)}: {_described(part)}" for part in parts]
    room = limit - _TITLES
    findings = fitting(asked, room // 2 if new else room, "more")
    room -= _lines_size(findings)
    # List all files or none, because many harmless files could push another file out of the list.
    news = new if _lines_size(new) <= room else [TOO_MUCH]
    room -= _lines_size(news)
    past = fitting([_ended(one) for one in closed], room, "more")
    room -= _lines_size(past)
    written = ["OPEN FINDINGS OF EARLIER REVIEWS", *(findings or ["none"])]
    if head:
        written += ["", f"NEW SINCE THE LAST REVIEW (of commit {head})", *(news or ["nothing"])]
    if past:
        written += ["", "CLOSED FINDINGS", *past]
    if said := conversation_text(replies, min(MAX_CONVERSATION, room)):
        written += ["", "CONVERSATION, the newest first", "", said.removesuffix("\n")]
    return "\n".join(written) + "\n"


MAX_CONVERSATION = 30_000
"""The maximum size of the conversation in bytes."""

TOO_MUCH = "more than can be listed here: review the whole change"

_TITLES = 300
"""The bytes reserved for the titles and for the counts of omitted lines."""


def _lines_size(lines: Iterable[str]) -> int:
    return sum(json_size(f"{line}\n") for line in lines)


def _described(part: NewPart) -> str:
    deleted = [counted(part.deleted, "deleted line")] if part.deleted else []
    return ", ".join([*(lines(first, last) for first, last in part.ranges), *deleted]) or "changed"


def _ended(record: TrackedFinding) -> str:
    return f"{record.id}, {record.state.value}: {_json(record.title)} in {_json(record.path)}"


def _json(value: object) -> str:
    """Return JSON on one line. U+2028 is replaced, because some programs treat it as a line break."""
    return visible(json.dumps(value, ensure_ascii=False))


def _asked(record: TrackedFinding) -> dict[str, object]:
    described: dict[str, object] = {
        "id": record.id,
        "path": record.path,
        "line": record.line,
        "side": record.side.value,
        "severity": record.severity.value,
        "title": record.title,
        "code": "changed since" if record.state is FindingState.CHANGED else "unchanged",
    }
    if record.waiver:
        described["waived"] = record.waiver.reason
    if record.leftover or (record.category is None and record.text):
        # The title does not describe such a finding completely.
        described["text"] = through_word(record.text, MAX_DESCRIBED)
    return described
