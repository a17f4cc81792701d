"""Read the change between two commits or trees, and the contents of a tree's files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from reviewbot.adapters.git.process import WHOLE, Git
from reviewbot.domain.diff.parse import SUBMODULE_MODE, ChangeSet, assemble, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.selection import LARGEST_TEXT
from reviewbot.errors import ChangeUnreadable

TEXTS_LIMIT = 100 * 1024 * 1024
"""The maximum total size in bytes of the files to read. Files beyond the limit get no content."""

_PATHS_AT_ONCE = 500
_SECTIONS = re.compile(rb"^(?=diff --git )", re.MULTILINE)
_DIFF = (
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--find-renames",
    "--submodule=short",
    "--ignore-submodules=none",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


class _File(Struct, frozen=True):
    path: str
    mode: str
    oid: str

    @property
    def exists(self) -> bool:
        return self.mode != "000000"


def read_between(git: Git, old: str, new: str) -> ChangeSet:
    """Return the change between two commits or trees."""
    changed = tuple(_changed(git.run(*_DIFF, "--raw", "-z", "--no-abbrev", old, new)))
    diff = git.run(*_DIFF, "--patch", "--unified=3", "--full-index", old, new)
    new_entries = _entries(git, [after for _, after in changed if after.exists])
    # If the new version is binary, find out whether the old version was text.
    became = [before for before, after in changed if before.exists and after.exists and new_entries[after.path].binary]
    old_entries = {
        **{before.path: Entry(oid=before.oid, mode=before.mode) for before, _ in changed if before.exists},
        **_entries(git, became),
    }
    return assemble(old, new, parse_diff(_decoded(diff)), old_entries, new_entries)


def _decoded(diff: bytes) -> str:
    r"""Decode a diff. Bytes that are not UTF-8 become `\xNN` in lines of code, and U+FFFD in file names."""
    return "".join(_section(one) for one in _SECTIONS.split(diff))


def _section(diff: bytes) -> str:
    head, begin, lines = diff.partition(b"\n@@ -")
    return head.decode("utf-8", "replace") + (begin + lines).decode("utf-8", "backslashreplace")


def read_files(git: Git, tree: str, paths: Sequence[str]) -> dict[str, Entry]:
    """Return a tree's files by path, without missing paths. A path like `folder/` selects the files directly in it."""
    parts = (paths[start : start + _PATHS_AT_ONCE] for start in range(0, len(paths), _PATHS_AT_ONCE))
    listed = b"".join(git.run("--literal-pathspecs", "ls-tree", "-z", tree, "--", *part) for part in parts)
    return _entries(git, list(_listed(listed)))


def _listed(raw: bytes) -> Iterator[_File]:
    """Parse the output of `git ls-tree -z`: `MODE TYPE OID`, a tab, and the name."""
    for line in raw.decode("utf-8", "replace").split("\0"):
        if line:
            entry, _, path = line.partition("\t")
            mode, kind, oid = entry.split(" ")
            if kind != "tree":
                yield _File(path, mode, oid)


def _changed(raw: bytes) -> Iterator[tuple[_File, _File]]:
    """Parse the output of `git diff --raw -z`: `:MODE MODE OID OID STATUS`, then one name, or two for a rename."""
    fields = iter(raw.decode("utf-8", "replace").split("\0"))
    for line in fields:
        if not line:
            return
        old_mode, new_mode, old_oid, new_oid, status = line.removeprefix(":").split(" ")
        old_path = next(fields)
        path = next(fields) if status[0] in "RC" else old_path
        yield _File(old_path, old_mode, old_oid), _File(path, new_mode, new_oid)


def _entries(git: Git, files: Sequence[_File]) -> dict[str, Entry]:
    sizes = dict(_sizes(git, [file.oid for file in files if file.mode != SUBMODULE_MODE]))
    contents = _contents(git, _affordable(sizes))
    entries = {}
    for file in files:
        content = contents.get(file.oid) if file.mode != SUBMODULE_MODE else None
        entry = Entry(oid=file.oid, mode=file.mode, size=sizes.get(file.oid))
        entries[file.path] = entry if content is None else entry.with_content(content)
    return entries


def _sizes(git: Git, oids: Sequence[str]) -> Iterator[tuple[str, int]]:
    wanted = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    found = git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=wanted)
    for line in found.decode("ascii").splitlines():
        oid, size = line.split(" ")
        if size == "missing":
            raise ChangeUnreadable("The clone lacks the contents of a changed file.", hint=WHOLE)
        yield oid, int(size)


def _affordable(sizes: Mapping[str, int]) -> dict[str, int]:
    """Return the blobs to read: at most `LARGEST_TEXT` bytes each, and `TEXTS_LIMIT` bytes in total."""
    chosen: dict[str, int] = {}
    total = 0
    for oid, size in sizes.items():
        if size <= LARGEST_TEXT and total + size <= TEXTS_LIMIT:
            chosen[oid] = size
            total += size
    return chosen


def _contents(git: Git, sizes: Mapping[str, int]) -> dict[str, bytes]:
    wanted = "".join(f"{oid}\n" for oid in sizes).encode("ascii")
    answer = git.run("cat-file", "--batch", stdin=wanted)
    contents, position = {}, 0
    for oid, size in sizes.items():
        start = answer.index(b"\n", position) + 1
        contents[oid] = answer[start : start + size]
        position = start + size + 1
    return contents
