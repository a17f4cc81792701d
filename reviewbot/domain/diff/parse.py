"""Parse a git diff into a change set.

unidiff parses only the hunks. This module parses the headers, because unidiff ignores modes and blob ids and does not
unquote file names. The diff is split into files at `diff --git` lines, because no line of a hunk starts with `diff`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise

from msgspec import Struct
from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from reviewbot.domain.github.context import ProjectContext
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Side
from reviewbot.errors import AGAIN, MOVED, ChangeUnreadable
from reviewbot.values import replace

SUBMODULE_MODE = "160000"
SYMLINK_MODE = "120000"
EXECUTABLE_MODE = "100755"
ABSENT_OID = "0" * 40


class FileStatus(Enum):
    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"
    RENAMED = "renamed"
    COPIED = "copied"


class LineKind(Enum):
    ADDED = "+"
    DELETED = "-"
    CONTEXT = " "


_KINDS = {kind.value: kind for kind in LineKind}
"""Looking up a kind here is faster than `LineKind(value)`, which would take a tenth of the parsing time."""


class DiffLine(Struct, frozen=True):
    """A line of a hunk, with the line numbers at the merge base (`old`) and at the head (`new`)."""

    kind: LineKind
    text: str
    old: int | None
    new: int | None

    def number(self, side: Side) -> int | None:
        return self.new if side is Side.RIGHT else self.old


class Hunk(Struct, frozen=True):
    lines: tuple[DiffLine, ...]

    def numbers(self, side: Side) -> range:
        covered = [number for line in self.lines if (number := line.number(side)) is not None]
        return range(covered[0], covered[-1] + 1) if covered else range(0)


class FileDiff(Struct, frozen=True):
    """A file's section of a diff. The fields `old_…` describe the file at the merge base.

    Attributes:
        path: the name at the head, or the old name of a deleted file.
        old_path: equals `path` unless the file was renamed or copied.
        old_mode: six octal digits, or None if the file is new, or if neither mode nor content changed.
        old_blob: the abbreviated blob id, or empty if the content did not change.
        binary: whether git treats the file as binary.
        text: the section itself.
        whole: whether `as_added` replaced `hunks` and `text`. GitHub rejects comments on these lines, because GitHub's
            own diff does not show them.
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
    whole: bool = False

    @property
    def is_submodule(self) -> bool:
        """Whether the file is a submodule wherever it exists: at the merge base, at the head, or both."""
        return {self.old_mode, self.new_mode} - {None} == {SUBMODULE_MODE}

    @property
    def added(self) -> frozenset[int]:
        return frozenset(line.new for line in self.lines() if line.kind is LineKind.ADDED and line.new is not None)

    def lines(self) -> Iterator[DiffLine]:
        for hunk in self.hunks:
            yield from hunk.lines

    def reverted(self, text: str) -> str:
        """Return the file's text at the merge base, given the text at the head."""
        new, old, at = text.split("\n"), list[str](), 0
        for hunk in self.hunks:
            numbers = [line.new for line in hunk.lines if line.new is not None]
            first = numbers[0] - 1 if numbers else at
            old += new[at:first]
            old += (line.text for line in hunk.lines if line.kind is not LineKind.ADDED)
            at = numbers[-1] if numbers else first
        return "\n".join([*old, *new[at:]])


class ChangedFile(Struct, frozen=True):
    """A file's diff, with the file at the merge base (`old`) and at the head (`new`), or None if it does not exist."""

    diff: FileDiff
    old: Entry | None
    new: Entry | None

    @property
    def path(self) -> str:
        return self.diff.path

    @property
    def text(self) -> str | None:
        """The whole text at the head, or None if the file is deleted, binary, not UTF-8 or was not read."""
        return self.new.text if self.new else None


class ChangeSet(Struct, frozen=True):
    merge_base: str
    head: str
    files: tuple[ChangedFile, ...]
    context: ProjectContext = ProjectContext()


_NO_LINES = re.compile(r"Binary files |GIT binary patch")
NO_NEWLINE = "\\ No newline at end of file"
_ESCAPES = {"n": 10, "t": 9, "r": 13, '"': 34, "\\": 92, "a": 7, "b": 8, "f": 12, "v": 11}
_ESCAPE = re.compile(r'\\([0-7]{3}|[ntr"\\abfv])')
_HEADER = re.compile(
    r"(old mode|new mode|new file mode|deleted file mode|(?:rename|copy) (?:from|to)|index|---|\+\+\+|Binary|GIT) (.*)"
)
_INDEX = re.compile(r"([0-9a-f]+)\.\.([0-9a-f]+)(?: ([0-7]{6}))?")
_STATUS = {
    "new file mode": FileStatus.ADDED,
    "deleted file mode": FileStatus.REMOVED,
    "rename from": FileStatus.RENAMED,
    "copy from": FileStatus.COPIED,
}


def unquote(name: str) -> str:
    """Undo git's C-style quoting of a file name. Invalid UTF-8 becomes U+FFFD, as on GitHub."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name

    def byte(match: re.Match[str]) -> str:
        code = match[1]
        return chr(_ESCAPES[code] if code in _ESCAPES else int(code, 8) & 0xFF)

    bytes_ = _ESCAPE.sub(byte, name[1:-1])
    return bytes_.encode("latin-1").decode("utf-8", "replace") if name.isascii() else bytes_


def parse_diff(text: str) -> tuple[FileDiff, ...]:
    """Parse a git diff into one `FileDiff` per file, in order.

    Raises:
        ChangeUnreadable: the text is not a git diff.
    """
    starts = [match.start() for match in re.finditer(r"^diff --git ", text, re.MULTILINE)]
    if text[: starts[0] if starts else len(text)].strip():
        raise _invalid("the first line is not a `diff --git` line")
    return tuple(_joined(_parse_section(text[start:end]) for start, end in pairwise([*starts, len(text)])))


def _invalid(what: str) -> ChangeUnreadable:
    return ChangeUnreadable(f"The diff is invalid: {what}.", hint=AGAIN)


def as_added(diff: FileDiff, text: str) -> FileDiff:
    """Return a copy of a diff that shows the whole text as added lines. Without a text, return the diff unchanged."""
    if not text:
        return diff
    head = [line for line in diff.text.partition("\n@@ -")[0].split("\n") if line and not _NO_LINES.match(line)]
    lines, end = text.removesuffix("\n").split("\n"), [] if text.endswith("\n") else [NO_NEWLINE]
    section = "\n".join([*head, f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines), *end, ""])
    return replace(diff, hunks=parse_diff(section)[0].hunks, text=section, whole=True)


def _joined(sections: Iterable[FileDiff]) -> Sequence[FileDiff]:
    """Join the two sections, a deletion and an addition, that git writes if e.g. a symlink becomes a regular file."""
    files: list[FileDiff] = []
    for one in sections:
        before = files[-1] if files else None
        if before and (before.status, before.path) == (FileStatus.REMOVED, one.path):
            files[-1] = replace(
                one,
                status=FileStatus.MODIFIED,
                old_mode=before.old_mode,
                old_blob=before.old_blob,
                hunks=(*before.hunks, *one.hunks),
                text=before.text + one.text,
                binary=before.binary or one.binary,
            )
        else:
            files.append(one)
    return files


def _parse_section(section: str) -> FileDiff:
    hunks_at = section.find("\n@@ ") + 1 or len(section)
    first, *lines = section[:hunks_at].split("\n")
    headers = {found[1]: found[2] for line in lines if (found := _HEADER.fullmatch(line))}
    status = next((status for header, status in _STATUS.items() if header in headers), FileStatus.MODIFIED)
    old_path = unquote(headers.get("rename from") or headers.get("copy from", "")) or _marked(headers, "---", "a/")
    new_path = unquote(headers.get("rename to") or headers.get("copy to", "")) or _marked(headers, "+++", "b/")
    if not (old_path or new_path):
        old_path = _same_name(first.removeprefix("diff --git "))
    old_path, new_path = old_path or new_path, new_path or old_path
    old_blob, new_blob, mode = _index(headers)
    return FileDiff(
        path=old_path if status is FileStatus.REMOVED else new_path,
        old_path=old_path,
        status=status,
        old_mode=mode or headers.get("old mode") or headers.get("deleted file mode"),
        new_mode=mode or headers.get("new mode") or headers.get("new file mode"),
        old_blob=old_blob,
        new_blob=new_blob,
        binary="Binary" in headers or "GIT" in headers,
        hunks=_read_hunks(section[hunks_at:]) if hunks_at < len(section) else (),
        text=section,
    )


def _marked(headers: Mapping[str, str], marker: str, prefix: str) -> str:
    # Git adds a tab after a name with spaces, so that patch(1) finds the end of the name.
    name = unquote(headers.get(marker, "").removesuffix("\t"))
    return "" if name == "/dev/null" else name.removeprefix(prefix)


def _index(headers: Mapping[str, str]) -> tuple[str, str, str | None]:
    """Return both blob ids, and the mode or None. Git omits a changed mode."""
    if "index" not in headers:
        return "", "", None
    match = _INDEX.fullmatch(headers["index"])
    if match is None:
        raise _invalid(f"invalid `index` line: {headers['index'][:200]!r}")
    return match[1], match[2], match[3]


def _same_name(names: str) -> str:
    """Return the name in `a/NAME b/NAME`. Sections for mode changes, binary or empty files have no `---` line."""
    middle = len(names) // 2
    old, new = unquote(names[:middle]), unquote(names[middle + 1 :])
    if not (names[middle : middle + 1] == " " and old.startswith("a/") and new == f"b/{old[2:]}"):
        raise _invalid(f"expected a file name, found {names[:200]!r}")
    return old[2:]


def _read_hunks(text: str) -> tuple[Hunk, ...]:
    # unidiff requires file headers, but the names in these headers are not used.
    try:
        (patched,) = PatchSet("--- a/x\n+++ b/x\n" + text)
    except (UnidiffParseError, ValueError) as error:
        raise _invalid(f"a hunk cannot be parsed: {str(error)[:200]}") from error
    # unidiff skips unknown lines between two hunks, and the reviewer would not see them.
    if sum(1 + len(hunk) for hunk in patched) != len(text.removesuffix("\n").split("\n")):
        raise _invalid("the length of a hunk does not match its header")
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


def assemble(
    merge_base: str,
    head: str,
    files: Sequence[FileDiff],
    old: Mapping[str, Entry],
    new: Mapping[str, Entry],
    context: ProjectContext = ProjectContext(),
) -> ChangeSet:
    """Combine the diffs with the files at the merge base (`old`, by old path) and at the head (`new`, by path).

    Raises:
        ChangeUnreadable: a blob id differs, e.g., because the head moved between two reads. Or two file names are equal
            after decoding, because a name contains invalid UTF-8.
    """
    _distinct([diff.path for diff in files])
    _distinct([diff.old_path for diff in files if diff.status in _HAS_OLD and "\ufffd" in diff.old_path])
    return ChangeSet(merge_base, head, tuple(_join(diff, old, new) for diff in files), context)


_HAS_OLD = {FileStatus.MODIFIED, FileStatus.REMOVED, FileStatus.RENAMED}


def _distinct(names: Sequence[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ChangeUnreadable(
            f"Two changed files have the same name after decoding: {twice!r}.",
            hint="Rename the files. Their names must be valid UTF-8.",
        )


def _join(diff: FileDiff, old: Mapping[str, Entry], new: Mapping[str, Entry]) -> ChangedFile:
    old_entry = None if diff.status is FileStatus.ADDED else old.get(diff.old_path)
    new_entry = None if diff.status is FileStatus.REMOVED else new.get(diff.path)
    for blob, entry in ((diff.old_blob, old_entry), (diff.new_blob, new_entry)):
        oid = entry.oid if entry else ABSENT_OID
        if not oid.startswith(blob):
            raise ChangeUnreadable(
                "The pull request changed while reviewbot was reading it: "
                f"the diff of {diff.path!r} is from another commit.",
                hint=MOVED,
            )
    if diff.binary and new_entry and new_entry.text is not None:
        diff = as_added(diff, new_entry.text)  # only the old file is binary or too large, or git treats text as binary
    return ChangedFile(diff=diff, old=old_entry, new=new_entry)
