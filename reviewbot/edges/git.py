"""Git over HTTP: the whole change, read from a bare repository that lives as long as one call.

Nothing of the pull request is checked out or run: there is no work tree, and hooks, filters, text conversion,
submodules, system and user configuration are off. The token goes in by the environment, where no process list shows it,
and only to the commands that fetch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot.domain.selection import LARGEST_TEXT
from reviewbot.domain.snapshot import Entry, RawChange
from reviewbot.edges.git_process import Bounds, Git, isolated_environment
from reviewbot.errors import ChangeUnreadable

TEXTS_LIMIT = 100 * 1024 * 1024
"""Bytes of all texts together; the files after that come without."""

BINARY_WINDOW = 8000
"""Git calls a file binary when there is a NUL among this many first bytes."""

_DEPTHS = ("--depth=50", "--depth=500", "--unshallow")
_HEAD, _BASE = "refs/reviewbot/head", "refs/reviewbot/base"
_SUBMODULE = "160000"
_ABSENT_MODE = "000000"
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


@dataclass(frozen=True, slots=True)
class _Pair:
    """One line of `git diff --raw`: a file on both sides; `path` is the new name."""

    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    old_path: str
    path: str


class GitChangeReader:
    """Reads changes by fetching base and `refs/pull/N/head`: `ports.ChangeReader`.

    Args:
        server_url: such as `https://github.com`; plain http only on loopback.
        repository: `owner/name`.
        token: a token that may read the repository, empty for none.
        environment: the process's environment; only the search path and the proxies are passed on to git.
        ca_file: certificates to trust instead of the system's.
        bounds: of time and disk.
    """

    def __init__(
        self,
        *,
        server_url: str,
        repository: str,
        token: str,
        environment: Mapping[str, str],
        ca_file: str | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 — frozen
    ) -> None:
        self._url = f"{server_url.rstrip('/')}/{repository}.git"
        self._environment = isolated_environment(self._url, "", environment, None)
        self._fetching = isolated_environment(self._url, token, environment, ca_file)
        self._bounds = bounds

    def __repr__(self) -> str:
        """The address, never the token."""
        return f"GitChangeReader({self._url!r})"

    def read_change(self, *, number: int, head: str, base: str) -> RawChange:
        """See `ports.ChangeReader.read_change`."""
        with tempfile.TemporaryDirectory(prefix="reviewbot-git-", ignore_cleanup_errors=True) as folder:
            git = Git(Path(folder), self._environment, self._bounds)
            git.run("init", "--bare", "--quiet", "--template=", ".")
            remote = Git(Path(folder), self._fetching, self._bounds)
            merge_base = self._fetch(git, remote, number, head, base)
            pairs = tuple(_pairs(git.run(*_DIFF, "--raw", "-z", "--no-abbrev", merge_base, head)))
            diff = git.run(*_DIFF, "--patch", "--unified=3", "--full-index", merge_base, head)
            return RawChange(
                merge_base=merge_base,
                head=head,
                # Only what is not UTF-8 is replaced, and such a file has no text in its entry.
                diff=diff.decode("utf-8", "replace"),
                old={pair.old_path: Entry(oid=pair.old_oid, mode=pair.old_mode) for pair in pairs if _is_old(pair)},
                new=_new_entries(git, [pair for pair in pairs if pair.new_mode != _ABSENT_MODE]),
            )

    def _fetch(self, git: Git, remote: Git, number: int, head: str, base: str) -> str:
        """Fetch deeper and deeper until the merge base is certain, and return it."""
        for depth in _DEPTHS:
            if depth == "--unshallow" and not git.is_shallow():
                break
            remote.run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", depth,
                       self._url, f"+refs/pull/{number}/head:{_HEAD}", f"+{base}:{_BASE}")  # fmt: skip
            _require_head(git, number, head)
            if merge_base := _merge_base(git, head, base):
                return merge_base
        raise ChangeUnreadable(
            f"Pull request {number} and its base have no commit in common.",
            hint="The two histories are unrelated, so there is no change to read.",
        )


def _require_head(git: Git, number: int, head: str) -> None:
    fetched = git.run("rev-parse", "--verify", "--quiet", f"{_HEAD}^{{commit}}").decode("ascii").strip()
    if fetched != head:
        raise ChangeUnreadable(
            f"Pull request {number} moved from {head[:12]} to {fetched[:12]} while it was read.",
            hint="The next event reviews the new head.",
        )


def _merge_base(git: Git, head: str, base: str) -> str | None:
    """The merge base; None while the fetched history is too short to be certain of it."""
    found = git.run("merge-base", head, base, accept=(0, 1)).decode("ascii").strip()
    if not found:
        return None
    # Where history is cut, a better common ancestor may hide behind the cut; not so if no commit above this one is cut.
    above = set(git.run("rev-list", head, base, f"^{found}").split())
    return None if above & git.cut_commits() else found


def _is_old(pair: _Pair) -> bool:
    return pair.old_mode != _ABSENT_MODE


def _pairs(raw: bytes) -> Iterator[_Pair]:
    """Read `git diff --raw -z`: `:MODE MODE OID OID STATUS`, then one name, or two for a rename."""
    fields = iter(raw.decode("utf-8", "replace").split("\0"))
    for line in fields:
        if not line:
            return
        old_mode, new_mode, old_oid, new_oid, status = line.removeprefix(":").split(" ")
        old_path = next(fields)
        path = next(fields) if status[0] in "RC" else old_path
        yield _Pair(old_mode, new_mode, old_oid, new_oid, old_path, path)


def _new_entries(git: Git, pairs: Sequence[_Pair]) -> dict[str, Entry]:
    sizes = dict(_sizes(git, [pair.new_oid for pair in pairs if pair.new_mode != _SUBMODULE]))
    contents = _contents(git, _affordable(sizes))
    entries = {}
    for pair in pairs:
        content = contents.get(pair.new_oid) if pair.new_mode != _SUBMODULE else None
        binary = content is not None and b"\0" in content[:BINARY_WINDOW]
        entries[pair.path] = Entry(
            oid=pair.new_oid,
            mode=pair.new_mode,
            size=sizes.get(pair.new_oid),
            text=None if content is None or binary else _strict_text(content),
            binary=binary,
        )
    return entries


def _strict_text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _sizes(git: Git, oids: Sequence[str]) -> Iterator[tuple[str, int]]:
    wanted = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    for line in (
        git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=wanted).decode("ascii").splitlines()
    ):
        oid, size = line.split(" ")
        yield oid, int(size)


def _affordable(sizes: Mapping[str, int]) -> dict[str, int]:
    """The blobs that are read: none too large, and no more than the limit in all."""
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
