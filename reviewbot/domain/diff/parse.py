"""The change set: a git diff, parsed. The only importer of unidiff.

The diff is cut into files at its `diff --git` lines (every content line of a hunk starts with a blank, a sign or a
backslash, so the cut is exact). The extended headers are read here, since unidiff leaves quoted names quoted and knows
nothing of modes and blobs; the hunks are read by unidiff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from reviewbot.domain.github.pull_request import Entry, RawChange
from reviewbot.domain.model.review import Side
from reviewbot.errors import ChangeUnreadable

SUBMODULE_MODE = "160000"
SYMLINK_MODE = "120000"
ABSENT_OID = "0" * 40


class FileStatus(Enum):
    """What happened to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"
    RENAMED = "renamed"
    COPIED = "copied"


class LineKind(Enum):
    """What happened to a line."""

    ADDED = "+"
    DELETED = "-"
    CONTEXT = " "


_KINDS = {kind.value: kind for kind in LineKind}
"""A look-up: asking the enum itself took a tenth of the time of reading a large diff."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a hunk, without its mark; a number is None on the side where the line is not."""

    kind: LineKind
    text: str
    old: int | None
    new: int | None

    def number(self, side: Side) -> int | None:
        """The line's number on a side."""
        return self.new if side is Side.RIGHT else self.old


@dataclass(frozen=True, slots=True)
class Hunk:
    """A hunk: consecutive lines on both sides."""

    lines: tuple[DiffLine, ...]

    def numbers(self, side: Side) -> range:
        """The line numbers that the hunk covers on a side; they have no gaps."""
        covered = [number for line in self.lines if (number := line.number(side)) is not None]
        return range(covered[0], covered[-1] + 1) if covered else range(0)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file's part of a diff.

    Attributes:
        path: the name at the head, or the old name of a deleted file.
        old_path: the name at the merge base; equal to `path` unless renamed or copied.
        old_mode: six octal digits, None for an added file or when the mode did not change and is not told.
        new_mode: likewise, None for a deleted file.
        old_blob: the blob at the merge base as the diff abbreviates it, empty when it tells none.
        new_blob: likewise at the head.
        binary: whether git gives no lines because the bytes are not text.
        text: the file's section of the diff, verbatim.
    """

    path: str
    old_path: str
    status: FileStatus
    old_mode: str | None
    new_mode: str | None
    old_blob: str
    new_blob: str
    binary: bool
    hunks: tuple[Hunk, ...]
    text: str

    @property
    def is_submodule(self) -> bool:
        """Whether either side is a submodule."""
        return SUBMODULE_MODE in {self.old_mode, self.new_mode}

    @property
    def added(self) -> frozenset[int]:
        """Numbers of the added lines at the head."""
        return frozenset(line.new for line in self.lines() if line.kind is LineKind.ADDED and line.new is not None)

    def lines(self) -> Iterator[DiffLine]:
        """All lines of all hunks."""
        for hunk in self.hunks:
            yield from hunk.lines


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file's diff together with what the commits hold; a side that does not exist is None."""

    diff: FileDiff
    old: Entry | None
    new: Entry | None

    @property
    def path(self) -> str:
        """The name at the head, or the old name of a deleted file."""
        return self.diff.path

    @property
    def text(self) -> str | None:
        """The whole text at the head, None when there is none to read."""
        return self.new.text if self.new else None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The whole change from merge base to head."""

    merge_base: str
    head: str
    files: tuple[ChangedFile, ...]


@dataclass(slots=True)
class _Headers:
    """The extended headers of one section, collected line by line."""

    names: str
    old_path: str = ""
    new_path: str = ""
    status: FileStatus = FileStatus.MODIFIED
    old_mode: str | None = None
    new_mode: str | None = None
    old_blob: str = ""
    new_blob: str = ""
    binary: bool = False
    hunks_at: int = field(default=-1)


_ESCAPES = {"n": 10, "t": 9, "r": 13, '"': 34, "\\": 92, "a": 7, "b": 8, "f": 12, "v": 11}
_ESCAPE = re.compile(r'\\([0-7]{3}|[ntr"\\abfv])')
_INDEX = re.compile(r"index ([0-9a-f]+)\.\.([0-9a-f]+)(?: ([0-7]{6}))?$")


def unquote(name: str) -> str:
    """A file name as git means it: C-style quotes and octal bytes undone.

    Bytes that are not UTF-8 become U+FFFD; such a file cannot be named to GitHub anyway.
    """
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name

    def byte(match: re.Match[str]) -> str:
        code = match[1]
        value = _ESCAPES[code] if code in _ESCAPES else int(code, 8) & 0xFF
        return chr(value)

    inner = name[1:-1]
    if inner.isascii():
        return _ESCAPE.sub(byte, inner).encode("latin-1").decode("utf-8", "replace")
    return _ESCAPE.sub(byte, inner)


def parse_diff(text: str) -> tuple[FileDiff, ...]:
    """Every file of a git diff, in its order.

    Raises:
        ChangeUnreadable: the text is not a git diff.
    """
    return tuple(_parse_section(section) for section in _sections(text))


def _sections(text: str) -> Iterator[str]:
    starts = [match.start() for match in re.finditer(r"^diff --git ", text, re.MULTILINE)]
    if text[: starts[0] if starts else len(text)].strip():
        raise ChangeUnreadable(
            "What came as the diff is not a git diff.", hint="It does not start with a `diff --git` line."
        )
    for start, end in pairwise([*starts, len(text)]):
        yield text[start:end]


def _parse_section(section: str) -> FileDiff:
    headers = _read_headers(section)
    hunks = _read_hunks(section[headers.hunks_at :]) if headers.hunks_at >= 0 else ()
    new_path = headers.new_path or headers.old_path
    old_path = headers.old_path or headers.new_path
    path = old_path if headers.status is FileStatus.REMOVED else new_path
    return FileDiff(
        path=path,
        old_path=old_path,
        status=headers.status,
        old_mode=headers.old_mode,
        new_mode=headers.new_mode,
        old_blob=headers.old_blob,
        new_blob=headers.new_blob,
        binary=headers.binary,
        hunks=hunks,
        text=section,
    )


def _read_headers(section: str) -> _Headers:
    position = section.find("\n") + 1 or len(section)
    headers = _Headers(names=section[len("diff --git ") : position].rstrip("\n"))
    while position < len(section):
        end = section.find("\n", position) + 1 or len(section)
        line = section[position:end].rstrip("\n")
        if line.startswith("@@ "):
            headers.hunks_at = position
            break
        _read_header(headers, line)
        position = end
    if not (headers.old_path or headers.new_path):
        headers.old_path = headers.new_path = _same_name(headers.names)
    return headers


def _read_header(headers: _Headers, line: str) -> None:
    match line.split(" ", 2):
        case ["old", "mode", mode]:
            headers.old_mode = mode
        case ["new", "mode", mode]:
            headers.new_mode = mode
        case ["new", "file", rest]:
            headers.status, headers.new_mode = FileStatus.ADDED, rest.removeprefix("mode ")
        case ["deleted", "file", rest]:
            headers.status, headers.old_mode = FileStatus.REMOVED, rest.removeprefix("mode ")
        case ["rename", direction, name]:
            headers.status = FileStatus.RENAMED
            _name_from_to(headers, direction, name)
        case ["copy", direction, name]:
            headers.status = FileStatus.COPIED
            _name_from_to(headers, direction, name)
        case ["index", *_]:
            _read_index(headers, line)
        case ["---" | "+++" as side, *_]:
            _name_from_marker(headers, side, line[4:])
        case ["Binary" | "GIT", *_]:
            headers.binary = True
        case _:
            pass  # similarity and dissimilarity tell nothing that is used


def _name_from_to(headers: _Headers, direction: str, name: str) -> None:
    if direction == "from":
        headers.old_path = unquote(name)
    else:
        headers.new_path = unquote(name)


def _name_from_marker(headers: _Headers, side: str, name: str) -> None:
    # Git ends a name that holds a blank with a tab, so that patch(1) finds its end.
    name = unquote(name.removesuffix("\t"))
    if name == "/dev/null":
        return
    if side == "---":
        headers.old_path = name.removeprefix("a/")
    else:
        headers.new_path = name.removeprefix("b/")


def _read_index(headers: _Headers, line: str) -> None:
    match = _INDEX.match(line)
    if match is None:
        raise ChangeUnreadable("The diff names its blobs in a way that git does not.", hint=line[:200])
    headers.old_blob, headers.new_blob = match[1], match[2]
    if match[3]:
        headers.old_mode = headers.new_mode = match[3]


def _same_name(names: str) -> str:
    """The name in `a/NAME b/NAME`, which is all that a binary, an empty or a mode-only section tells."""
    middle = len(names) // 2
    old, new = unquote(names[:middle]), unquote(names[middle + 1 :])
    if not (names[middle : middle + 1] == " " and old.startswith("a/") and new == f"b/{old[2:]}"):
        raise ChangeUnreadable("A section of the diff does not tell whose it is.", hint=names[:200])
    return old[2:]


def _read_hunks(text: str) -> tuple[Hunk, ...]:
    # unidiff wants file headers in front of a hunk; their names are not used.
    try:
        (patched,) = PatchSet("--- a/x\n+++ b/x\n" + text)
    except (UnidiffParseError, ValueError) as error:
        raise ChangeUnreadable("A hunk of the diff cannot be read.", hint=str(error)[:200]) from error
    # unidiff passes over what it does not know between two hunks; a line that is not read is a change that is not seen.
    if sum(1 + len(hunk) for hunk in patched) != len(text.removesuffix("\n").split("\n")):
        raise ChangeUnreadable("A hunk of the diff cannot be read.", hint="It is longer or shorter than it says.")
    return tuple(
        Hunk(
            tuple(
                DiffLine(
                    kind=_KINDS[line.line_type],
                    text=line.value.removesuffix("\n"),
                    old=line.source_line_no,
                    new=line.target_line_no,
                )
                for line in hunk
                if line.line_type in _KINDS
            )
        )
        for hunk in patched
    )


def assemble(raw: RawChange) -> ChangeSet:
    """The change set of a raw change, each file joined with its entries.

    Raises:
        ChangeUnreadable: the diff and the entries do not fit together (the head moved between two reads, for instance).
    """
    files = tuple(_join(diff, raw.old, raw.new) for diff in parse_diff(raw.diff))
    return ChangeSet(merge_base=raw.merge_base, head=raw.head, files=files)


def _join(diff: FileDiff, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> ChangedFile:
    old_entry = None if diff.status is FileStatus.ADDED else old.get(diff.old_path)
    new_entry = None if diff.status is FileStatus.REMOVED else new.get(diff.path)
    for blob, entry in ((diff.old_blob, old_entry), (diff.new_blob, new_entry)):
        oid = entry.oid if entry else ABSENT_OID
        if not oid.startswith(blob):
            raise ChangeUnreadable(
                f"The diff of {diff.path!r} and the file's blobs belong to different commits.",
                hint="The pull request moved while it was read; the next event reads it again.",
            )
    return ChangedFile(diff=diff, old=old_entry, new=new_entry)
