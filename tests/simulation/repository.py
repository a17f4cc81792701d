"""A git repository in memory: trees, commits, merge bases and diffs, as immutable values.

Diffs depend on two trees only, so they are computed once per process.
"""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from reviewbot.domain.github.pull_request import BINARY_WINDOW, Entry

REGULAR = "100644"
SUBMODULE = "160000"
"""The content of such a file is the submodule's commit."""
_CONTEXT = 3
_ABSENT = "0" * 40


@dataclass(frozen=True, slots=True)
class File:
    """A file in a commit: six octal digits, and its bytes."""

    content: bytes
    mode: str = REGULAR

    @property
    def oid(self) -> str:
        """The blob's id, as git computes it."""
        return _oid(self.content)

    @property
    def is_binary(self) -> bool:
        """Whether git treats it as binary."""
        return b"\0" in self.content[:BINARY_WINDOW]


@lru_cache(maxsize=10_000)
def _oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@lru_cache(maxsize=10_000)
def entry_of(file: File, *, with_text: bool) -> Entry:
    """Return a file in the port's form."""
    if file.mode == SUBMODULE:
        return Entry(file.content.decode(), SUBMODULE)
    entry = Entry(file.oid, file.mode, len(file.content), binary=file.is_binary)
    return entry.with_content(file.content) if with_text else entry


Tree = frozenset[tuple[str, File]]


@dataclass(frozen=True, slots=True)
class StoredCommit:
    """A commit. `verified` is whether GitHub signed it."""

    sha: str
    parents: tuple[str, ...]
    files: Mapping[str, File] = field(hash=False)
    tree: Tree
    author: str
    verified: bool = False
    committer: str = ""

    @property
    def people(self) -> set[str]:
        """The author and the committer."""
        return {self.author, self.committer or self.author}


@dataclass(frozen=True, slots=True)
class Hunk:
    """A hunk's line ranges and text."""

    old: range
    new: range
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A changed file of a diff; `old` and `new` are None where the file does not exist."""

    path: str
    old_path: str
    old: File | None
    new: File | None
    hunks: tuple[Hunk, ...]
    text: str

    def added(self) -> Iterator[str]:
        """Yield the added lines."""
        for hunk in self.hunks:
            yield from (line[1:] for line in hunk.text.split("\n")[1:] if line.startswith("+"))

    def deleted(self) -> Iterator[str]:
        """Yield the deleted lines."""
        for hunk in self.hunks:
            yield from (line[1:] for line in hunk.text.split("\n")[1:] if line.startswith("-"))


class Git:
    """Commits and branches."""

    def __init__(self) -> None:
        self.commits: dict[str, StoredCommit] = {}
        self.branches: dict[str, str] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self._bases: dict[tuple[str, str], str] = {}
        self._between: dict[tuple[str, str], tuple[StoredCommit, ...]] = {}

    def commit(
        self,
        parents: tuple[str, ...],
        changes: Mapping[str, str | bytes | File | None],
        author: str,
        *,
        verified: bool,
        committer: str = "",
        begins: str = "",
    ) -> StoredCommit:
        """Commit onto the first parent; None deletes a file. `begins` is a brute-forced start of the SHA."""
        files = dict(self.commits[parents[0]].files) if parents else {}
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
            elif isinstance(content, File):
                files[path] = content
            else:
                mode = files[path].mode if path in files else REGULAR
                files[path] = File(content.encode() if isinstance(content, str) else content, mode)
        number = len(self.commits)
        sha = hashlib.sha1(f"{number} {parents} {author}".encode(), usedforsecurity=False).hexdigest()
        sha = begins + sha[len(begins) :]
        made = StoredCommit(sha, parents, files, frozenset(files.items()), author, verified, committer)
        self.commits[sha] = made
        return made

    def ancestors(self, sha: str) -> frozenset[str]:
        """Return a commit and its ancestors."""
        known = self._ancestors.get(sha)
        if known is None:
            known = frozenset({sha}).union(*(self.ancestors(parent) for parent in self.commits[sha].parents))
            self._ancestors[sha] = known
        return known

    def log(self, sha: str, most: int) -> list[StoredCommit]:
        """Return the last commits of a history, the latest first."""
        known = self.ancestors(sha)
        return list(islice((one for key, one in reversed(self.commits.items()) if key in known), most))

    def merge_base(self, one: str, other: str) -> str:
        """Return the best common ancestor; of several the latest one. Empty if there is none."""
        if (one, other) not in self._bases:
            common = self.ancestors(one) & self.ancestors(other)
            best = [sha for sha in common if not any(sha in self.ancestors(each) - {each} for each in common)]
            order = list(self.commits)
            self._bases[one, other] = max(best, key=order.index, default="")
        return self._bases[one, other]

    def between(self, base: str, head: str) -> tuple[StoredCommit, ...]:
        """What is reachable from the head and not from the base, oldest first, as `git log --topo-order` sorts it."""
        known = self._between.get((base, head))
        if known is None:
            known = self._between[base, head] = tuple(self._sorted(base, head))
        return known

    def _sorted(self, base: str, head: str) -> list[StoredCommit]:
        wanted = self.ancestors(head) - self.ancestors(base)
        children = Counter(parent for sha in wanted for parent in self.commits[sha].parents)
        ready, found = [head] if wanted else [], []
        while ready:
            found.append(self.commits[ready.pop()])
            for parent in found[-1].parents:
                children[parent] -= 1
                if parent in wanted and not children[parent]:
                    ready.append(parent)
        return found[::-1]

    def changes(self, base: str, head: str) -> tuple[Change, ...]:
        """Return the diff of two commits' trees."""
        return diff_trees(self.commits[base].tree, self.commits[head].tree)


@lru_cache(maxsize=20_000)
def diff_trees(old: Tree, new: Tree) -> tuple[Change, ...]:
    """Return the changed files in the order of their names; files that moved without a change are renames."""
    before, after = dict(old - new), dict(new - old)
    both = before.keys() & after.keys()
    gone = {path: before[path] for path in sorted(before.keys() - both)}
    changes = [_change(path, path, before[path], after[path]) for path in both]
    for path in sorted(after.keys() - both):
        source = next((name for name, file in gone.items() if file.content == after[path].content), "")
        if source:
            changes.append(_change(path, source, gone.pop(source), after[path]))
        else:
            changes.append(_change(path, path, None, after[path]))
    changes += [_change(path, path, file, None) for path, file in gone.items()]
    return tuple(sorted(changes, key=lambda change: change.path))


@lru_cache(maxsize=20_000)
def diff_text(changes: tuple[Change, ...]) -> str:
    """Return the diff as GitHub sends it."""
    return "".join(change.text for change in changes)


@lru_cache(maxsize=20_000)
def _change(path: str, old_path: str, old: File | None, new: File | None) -> Change:
    lines = [f"diff --git a/{old_path} b/{path}"]
    if old is None and new is not None:
        lines.append(f"new file mode {new.mode}")
    elif new is None and old is not None:
        lines.append(f"deleted file mode {old.mode}")
    elif old and new and old.mode != new.mode:
        lines += [f"old mode {old.mode}", f"new mode {new.mode}"]
    if path != old_path:
        lines += ["similarity index 100%", f"rename from {old_path}", f"rename to {path}"]
    blobs = (old.oid if old else _ABSENT, new.oid if new else _ABSENT)
    hunks: tuple[Hunk, ...] = ()
    if blobs[0] != blobs[1]:
        same_mode = f" {old.mode}" if old and new and old.mode == new.mode else ""
        lines.append(f"index {blobs[0]}..{blobs[1]}{same_mode}")
        names = (f"a/{old_path}" if old else "/dev/null", f"b/{path}" if new else "/dev/null")
        if (old and old.is_binary) or (new and new.is_binary):
            lines.append(f"Binary files {names[0]} and {names[1]} differ")
        else:
            hunks = _hunks(old.content if old else b"", new.content if new else b"")
            ends = ["\t" if " " in name else "" for name in names]
            lines += [f"--- {names[0]}{ends[0]}", f"+++ {names[1]}{ends[1]}"] if hunks else []
    text = "".join(f"{line}\n" for line in lines) + "".join(hunk.text for hunk in hunks)
    return Change(path, old_path, old, new, hunks, text)


@lru_cache(maxsize=20_000)
def _hunks(old: bytes, new: bytes) -> tuple[Hunk, ...]:
    before, after = _lines(old), _lines(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return tuple(_hunk(before, after, group) for group in matcher.get_grouped_opcodes(_CONTEXT))


def _lines(content: bytes) -> list[str]:
    """Return the lines with their line ends, with git's marker for a missing one at the end of the file."""
    lines = content.decode().split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([f"{last}\n\\ No newline at end of file\n"] if last else [])


def _hunk(before: list[str], after: list[str], group: list[tuple[str, int, int, int, int]]) -> Hunk:
    old, new = range(group[0][1], group[-1][2]), range(group[0][3], group[-1][4])
    text = [f"@@ -{_span(old)} +{_span(new)} @@\n"]
    for tag, old_from, old_to, new_from, new_to in group:
        if tag == "equal":
            text += [f" {line}" for line in before[old_from:old_to]]
        else:
            text += [f"-{line}" for line in before[old_from:old_to]]
            text += [f"+{line}" for line in after[new_from:new_to]]
    return Hunk(range(old.start + 1, old.stop + 1), range(new.start + 1, new.stop + 1), "".join(text))


def _span(covered: range) -> str:
    start = covered.start + 1 if len(covered) else covered.start
    return str(start) if len(covered) == 1 else f"{start},{len(covered)}"
