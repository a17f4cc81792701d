"""The real git under the sandbox: one bare repository on disk for each repository.

Every call is a `git` process with a fixed environment: no system or user settings, no prompts, no hooks, English
messages, UTC. Nothing is ever checked out. Revisions that come from a request are passed after `--end-of-options`
or on standard input, so that they cannot become options.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from reviewbot_sandbox.github.git.formats import Change, NewCommit, changes_between, fast_import

ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}
"""The whole environment of every git process."""

_SETTINGS = f"""
[uploadpack]
	allowReachableSHA1InWant = true
	allowAnySHA1InWant = true
	allowFilter = true
[http]
	receivepack = true
[core]
	hooksPath = {os.devnull}
[gc]
	auto = 0
[maintenance]
	auto = false
"""
_UTC = "--date=format-local:%Y-%m-%dT%H:%M:%SZ"
_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")


GITHUB_NAME, GITHUB_EMAIL = "GitHub", "noreply@github.com"
"""The committer of GitHub's own commits; its account is `web-flow`."""


class GitError(Exception):
    """Git failed; the message is the end of its output."""


class Kind(Enum):
    BLOB = "blob"
    TREE = "tree"
    COMMIT = "commit"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class GitObject:
    oid: str
    kind: Kind
    data: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a tree: `mode` as git's octal text, `size` None where it is not a blob."""

    mode: str
    kind: Kind
    oid: str
    size: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; dates are in ISO 8601."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    author_date: str
    committer_name: str
    committer_email: str
    committer_date: str
    message: str


_UNCHANGING = re.compile(r"\^?[0-9a-f]{40}(?:\.{2,3}[0-9a-f]{40}|:.*)?", re.DOTALL)
"""A hash, a range of hashes, or a path in a commit."""
_LARGEST_CACHED = 100_000


class GitRepository:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._cache: dict[tuple[tuple[str, ...], bytes], bytes] = {}

    @classmethod
    def create(cls, path: Path, default_branch: str) -> GitRepository:
        """Create an empty bare repository whose HEAD names the default branch."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", "--template=", ".")
        with (path / "config").open("a", encoding="utf-8") as config:
            config.write(_SETTINGS)
        return repository

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git in the repository and return what it printed; raise GitError on a failure."""
        command = ["git", "-c", "safe.directory=*", *arguments]
        done = subprocess.run(  # noqa: S603 — a fixed program, no shell, and revisions kept from being options
            command, cwd=self.path, env=ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def run_cached(self, names: Iterable[str], *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git, and cache its output if all names are hashes, because a process takes longer than a response."""
        if not all(map(_UNCHANGING.fullmatch, names)):
            return self.run(*arguments, stdin=stdin)
        known = self._cache.get((arguments, stdin))
        if known is None:
            known = self.run(*arguments, stdin=stdin)
            if len(known) <= _LARGEST_CACHED and not known.endswith(b" missing\n"):
                self._cache[arguments, stdin] = known
        return known

    def read(self, expression: str) -> GitObject | None:
        """Return the object of an expression such as a hash, `HEAD:path` or `<hash>:path`, or None."""
        if "\0" in expression or not expression:
            return None
        answer = self.run_cached([expression], "cat-file", "--batch", "-z", stdin=expression.encode() + b"\0")
        head, _, rest = answer.partition(b"\n")
        words = head.split(b" ")
        if words[-1] in (b"missing", b"ambiguous", b"submodule") or len(words) < 3:  # noqa: PLR2004 — oid, type, size
            return None
        return GitObject(words[0].decode(), Kind(words[1].decode()), rest[: int(words[2])])

    def resolve(self, revision: str) -> str | None:
        """Return the full hash of the commit that a branch, a hash or another revision names, or None."""
        if "\0" in revision:
            return None
        try:
            answer = self.run_cached(
                [revision], "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
            )
        except GitError:
            return None
        return answer.decode().strip()

    def tree(self, treeish: str) -> tuple[Entry, ...]:
        rows = self.run_cached([treeish], "ls-tree", "-z", "-l", "--end-of-options", treeish).split(b"\0")[:-1]
        return tuple(_entry(row) for row in rows)

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return the tree entry of a path in a commit, with the last part of the path as its name; None when absent."""
        folder, _, name = path.rpartition("/")
        try:
            entries = self.tree(f"{commit}:{folder}")
        except GitError:
            return None
        return next((entry for entry in entries if entry.name == name), None)

    def commit(self, sha: str) -> Commit:
        return self.commits(sha, limit=1)[0]

    def commits(self, *revisions: str, limit: int = 250, oldest_first: bool = False) -> tuple[Commit, ...]:
        """Return the commits that `git log` finds for some revisions."""
        layout = "%x1e%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%ad%x1f%cn%x1f%ce%x1f%cd%x1f%B"
        order = ("--topo-order", "--reverse") if oldest_first else ()
        text = self.run_cached(
            revisions, "log", f"--format={layout}", _UTC, *order, "--end-of-options", *revisions
        ).decode(errors="replace")
        return tuple(_commit(record) for record in text.split("\x1e")[1 : limit + 1])

    def count(self, revisions: str) -> int:
        return int(self.run_cached([revisions], "rev-list", "--count", "--end-of-options", revisions))

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, or None for unrelated histories."""
        try:
            return self.run_cached([one, other], "merge-base", one, other).decode().strip()
        except GitError:
            return None

    def diff(self, old: str, new: str, *options: str) -> bytes:
        """Return the unified diff of two commits, index lines cut to seven digits as GitHub's are."""
        return self.run_cached(
            [old, new], f"--attr-source={new}", "-c", "core.abbrev=7", *_DIFF, *options, old, new, "--"
        )

    def changes(self, old: str, new: str) -> tuple[Change, ...]:
        """Return every changed file between two commits, in git's order."""
        raw = self.run_cached([old, new], *_DIFF, "--raw", "-z", "--abbrev=40", old, new, "--")
        counts = self.run_cached([old, new], *_DIFF, "--numstat", "-z", old, new, "--")
        return changes_between(raw, counts, self.diff(old, new))

    def add(self, branch: str, commit: NewCommit) -> str:
        """Write a commit and move the branch to it, even if that is not a fast-forward; return the hash."""
        self.run("fast-import", "--quiet", "--force", stdin=b"".join(fast_import(branch, commit)))
        return (self.path / "refs/heads" / branch).read_text(encoding="ascii").strip()

    def merge(self, onto: str, other: str, message: str, when: datetime) -> str | None:
        """Write GitHub's merge commit of two commits; None if they conflict.

        No reference moves. The same arguments give the same hash.
        """
        try:
            tree = self.run("merge-tree", "--write-tree", "--no-messages", onto, other).decode().strip()
        except GitError:
            return None
        who = f"{GITHUB_NAME} <{GITHUB_EMAIL}> {int(when.timestamp())} +0000"
        head = f"tree {tree}\nparent {onto}\nparent {other}\nauthor {who}\ncommitter {who}\n"
        written = f"{head}\n{message}\n".encode()
        return self.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=written).decode().strip()

    def drop_ref(self, name: str) -> None:
        """Delete a reference by its full name; no error if it is missing."""
        self.run("update-ref", "-d", name)

    def set_ref(self, name: str, sha: str) -> None:
        self.run("update-ref", name, sha)

    def fetch(self, other: GitRepository, refspec: str) -> None:
        self.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force", str(other.path.resolve()), refspec
        )

    def branches(self) -> Mapping[str, str]:
        """Return the tip of each branch, from git's files: nothing here packs references."""
        heads = self.path / "refs/heads"
        files = sorted(path for path in heads.rglob("*") if path.is_file() and path.suffix != ".lock")
        return {path.relative_to(heads).as_posix(): path.read_text(encoding="ascii").strip() for path in files}


def _entry(row: bytes) -> Entry:
    facts, _, name = row.partition(b"\t")
    mode, kind, oid, size = facts.decode().split()
    number = None if size == "-" else int(size)
    return Entry(mode, Kind(kind), oid, number, name.decode(errors="surrogateescape"))


def _commit(record: str) -> Commit:
    sha, tree, parents, *rest = record.rstrip("\n").split("\x1f")
    return Commit(sha, tree, tuple(parents.split()), *rest)
