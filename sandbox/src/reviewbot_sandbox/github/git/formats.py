"""Convert commits to git's fast-import format, and git's diffs to changed files. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from reviewbot_sandbox.github.git.hunks import Hunk, read_hunks

STATUSES = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
"""REST's name for each of git's status letters."""


@dataclass(frozen=True, slots=True)
class FileVersion:
    """A file's content and git mode.

    The mode is `100644`, `100755`, `120000` (a link; the content is its target) or `160000` (a submodule; the content
    is its commit's hash).
    """

    content: bytes
    mode: str = "100644"


FileChange: TypeAlias = "str | bytes | FileVersion | None"
"""A file of a seeding call: text, bytes, a version with its mode, or None to delete it."""


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to write onto `parents`, or a root commit without any.

    The committer defaults to the author.
    """

    files: Mapping[str, FileChange]
    message: str
    author_name: str
    author_email: str
    when: datetime
    parents: tuple[str, ...] = ()
    committer_name: str = ""
    committer_email: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A changed file. `patch` starts at the first `@@` and is None where git shows no lines.

    `oid` is the blob of the new side, or of the old one when the file was deleted. Counts are 0 for a binary file.
    """

    path: str
    status: str
    oid: str
    additions: int
    deletions: int
    binary: bool
    previous: str | None = None
    patch: bytes | None = None
    hunks: tuple[Hunk, ...] = field(default=(), repr=False)


def fast_import(branch: str, commit: NewCommit) -> Iterator[bytes]:
    """Yield the stream that makes `git fast-import` write a commit."""
    when = f"{int(commit.when.timestamp())} +0000"
    yield f"reset refs/heads/{branch}\ncommit refs/heads/{branch}\n".encode()
    author = f"{commit.author_name} <{commit.author_email}>"
    committer = f"{commit.committer_name} <{commit.committer_email}>" if commit.committer_name else author
    yield f"author {author} {when}\ncommitter {committer} {when}\n".encode()
    yield _data(commit.message.encode())
    for word, parent in zip(("from", *("merge",) * len(commit.parents)), commit.parents, strict=False):
        yield f"{word} {parent}\n".encode()
    for path, change in commit.files.items():
        yield _file(_quoted(path), change)
    yield b"\n"


def _file(path: bytes, change: FileChange) -> bytes:
    match change:
        case None:
            return b"D " + path + b"\n"
        case str():
            return _file(path, FileVersion(change.encode()))
        case bytes():
            return _file(path, FileVersion(change))
        case FileVersion(content, "160000"):
            return b"M 160000 " + content + b" " + path + b"\n"
        case FileVersion(content, mode):
            return b"M " + mode.encode() + b" inline " + path + b"\n" + _data(content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    raw = path.encode(errors="surrogateescape")
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def changes_between(raw: bytes, counts: bytes, diff: bytes) -> tuple[Change, ...]:
    """Join `git diff --raw -z`, `--numstat -z` and the diff itself, which list the files in one order."""
    facts = list(_raw(raw))
    numbers = list(_numstat(counts))
    patches = _patches(diff, [status for status, *_ in facts])
    rows = zip(facts, numbers, patches, strict=True)
    return tuple(_change(fact, number, patch) for fact, number, patch in rows)


def _change(fact: tuple[str, str, str | None, str], count: tuple[bytes, bytes], section: bytes) -> Change:
    status, path, previous, oid = fact
    binary = count[0] == b"-"
    at = section.find(b"\n@@ ")
    patch = None if at < 0 else section[at + 1 :].removesuffix(b"\n")
    added, deleted = (0, 0) if binary else (int(count[0]), int(count[1]))
    hunks = tuple(read_hunks(patch or b""))
    return Change(path, STATUSES[status], oid, added, deleted, binary, previous, patch, hunks)


def _raw(raw: bytes) -> Iterator[tuple[str, str, str | None, str]]:
    fields = iter(raw.split(b"\0"))
    for head in fields:
        if not head:
            return
        _, _, old, new, letter = head.decode().split(" ")
        path = _name(next(fields))
        status, previous = letter[0], None
        if status in "RC":
            previous, path = path, _name(next(fields))
        yield status, path, previous, old if status == "D" else new


def _numstat(counts: bytes) -> Iterator[tuple[bytes, bytes]]:
    fields = iter(counts.split(b"\0"))
    for row in fields:
        if not row:
            return
        added, deleted, path = row.split(b"\t", 2)
        if not path:
            next(fields)
            next(fields)
        yield added, deleted


def _patches(diff: bytes, statuses: list[str]) -> Iterator[bytes]:
    sections = iter((b"\n" + diff).split(b"\ndiff --git ")[1:])
    for status in statuses:
        section = next(sections)
        # A file that became a link, or the reverse, is one entry in the list and two sections in the diff.
        yield section + b"\n" + next(sections) if status == "T" else section


def _name(raw: bytes) -> str:
    return raw.decode(errors="surrogateescape")
