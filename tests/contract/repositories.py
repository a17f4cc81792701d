"""Generate small git repositories of two commits with unusual names, modes and contents."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

Tree = Mapping[str, tuple[str, bytes]]
"""Maps a path to its mode and content."""

_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_CONTEXT = 3
_HUGE = "huge " * 5_000

# Texts that programs mistake for a separator, a quote, a header or a line end, and git does not.
_NAME = st.text("ab é日\"'\\\t\n- >", min_size=1, max_size=6).filter(lambda name: name.strip("/") == name)
_FOLDER = st.sampled_from(["", "b/", "src/", " b/"])
names = st.builds(str.__add__, _FOLDER, _NAME)
_WORD = st.sampled_from(
    ["", "x", "é", "  y", "\tz", "-- a", "++ b", "@@ -1 +1 @@", "diff --git a/x b/x", "\\ No newline at end of file"]
)
_ODD = st.sampled_from(["lone\rreturn", "form\ffeed", "next\x85line", "line\u2028separator", "\x1b[31m", "```", _HUGE])
_LINES = st.lists(st.one_of(_WORD, _WORD, _WORD, _ODD), max_size=14)
_MODES = st.sampled_from(["100644", "100644", "100644", "100755", "120000"])


@st.composite
def contents(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Generate a file's bytes before and after."""
    before = draw(_LINES)
    after = list(before)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(after)))
        after[at : at + draw(st.integers(0, 2))] = draw(st.lists(_WORD, max_size=2))
    return _encoded(draw, before), _encoded(draw, after)


def _encoded(draw: st.DrawFn, lines: list[str]) -> bytes:
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    closed = draw(st.booleans())
    text = end.join(lines) + (end if lines and closed else "")
    encoding = draw(st.sampled_from(["utf-8"] * 6 + ["latin-1", "utf-16"]))
    return text.encode(encoding, "replace")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """Generate the trees of two commits, with unchanged, changed, added, deleted and renamed files."""
    base: dict[str, tuple[str, bytes]] = {}
    head: dict[str, tuple[str, bytes]] = {}
    for name in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        before, after = draw(contents())
        fate = draw(st.sampled_from(["changed", "changed", "added", "removed", "renamed"]))
        if fate != "added":
            base[name] = (draw(_MODES), before)
        if fate != "removed":
            head[name + " new" * (fate == "renamed")] = (draw(_MODES), after)
    return base, head


@dataclass(frozen=True, slots=True)
class Truth:
    """Git's facts about one changed file. `left` and `right` are the lines that a diff shows."""

    status: str
    old_path: str
    path: str
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    left: frozenset[int]
    right: frozenset[int]


def git(folder: Path, *arguments: str, text: bytes = b"") -> bytes:
    """Run git without user and system settings."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-c", "core.quotePath=true", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, input=text, check=True, capture_output=True, timeout=60
    ).stdout


def build(folder: Path, base: Tree, head: Tree) -> None:
    """Create a bare repository with the branches `base` and `head`."""
    git(folder, "init", "--quiet", "--bare", "--template=", ".")
    stream = b"".join(_commit(name, tree) for name, tree in (("base", base), ("head", head)))
    git(folder, "fast-import", "--quiet", "--force", text=stream)


def _commit(name: str, tree: Tree) -> bytes:
    files = b"".join(
        b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), _quoted(path), len(content), content)
        for path, (mode, content) in tree.items()
    )
    return b"commit refs/heads/%s\ncommitter A <a@example.com> 0 +0000\ndata 1\nx\n%s\n" % (name.encode(), files)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode()


def diff(folder: Path) -> str:
    """Return the diff as reviewbot receives it."""
    return git(folder, "diff", "--find-renames", "--full-index", "--unified=3", "base", "head").decode(
        "utf-8", "replace"
    )


def truths(folder: Path, base: Tree, head: Tree) -> list[Truth]:
    """Return the changed files of `git diff --raw` with the lines of `git diff --unified=0`, widened by the context."""
    raw = git(folder, "diff", "--find-renames", "--raw", "--no-abbrev", "-z", "base", "head").decode()
    bare = git(folder, "diff", "--find-renames", "--unified=0", "base", "head")
    sections = iter(re.split(rb"^diff --git ", bare, flags=re.MULTILINE)[1:])
    found = [_truth(entry, sections, base, head) for entry in _entries(raw)]
    assert next(sections, None) is None
    return found


def _entries(raw: str) -> Iterator[tuple[str, ...]]:
    """Return status, modes, ids and paths."""
    fields = iter(raw.split("\0"))
    while described := next(fields):
        old_mode, new_mode, old_oid, new_oid, status = described.removeprefix(":").split(" ")
        old_path = next(fields)
        path = next(fields) if status[0] in "RC" else old_path
        yield status[0], old_mode, new_mode, old_oid, new_oid, old_path, path


def _numbers(match: re.Match[bytes]) -> tuple[int, int, int, int]:
    first, count, new_first, new_count = (int(b"1" if part is None else part) for part in match.groups())
    return first, count, new_first, new_count


def _truth(entry: tuple[str, ...], sections: Iterator[bytes], base: Tree, head: Tree) -> Truth:
    status, old_mode, new_mode, old_oid, new_oid, old_path, path = entry
    old, new = None if status == "A" else base.get(old_path), None if status == "D" else head.get(path)
    hunks = [_numbers(match) for match in _HUNK.finditer(next(sections))]
    left, right = _widened([hunk[:2] for hunk in hunks], old), _widened([hunk[2:] for hunk in hunks], new)
    if status == "T":  # a file that becomes a link: a section deletes all lines, and another adds all
        hunks += [_numbers(match) for match in _HUNK.finditer(next(sections))]
        left = frozenset(number for at, count, *_ in hunks for number in range(at, at + count))
        right = frozenset(number for *_, at, count in hunks for number in range(at, at + count))
    return Truth(status, old_path, path, old_mode, new_mode, old_oid, new_oid, left, right)


def lines_of(file: tuple[str, bytes] | None) -> list[str]:
    """Return a file's lines as git counts them; invalid UTF-8 is replaced."""
    return file[1].decode("utf-8", "replace").removesuffix("\n").split("\n") if file and file[1] else []


def _widened(hunks: list[tuple[int, int]], file: tuple[str, bytes] | None) -> frozenset[int]:
    """Return the changed lines and three on each side; an empty hunk is after the line that it names."""
    total = len(lines_of(file))
    shown: set[int] = set()
    for start, count in hunks:
        before = start - 1 if count else start
        shown |= set(range(max(1, before - _CONTEXT + 1), min(total, before + count + _CONTEXT) + 1))
    return frozenset(shown)
