"""Read a local clone without running code from the clone.

Refs and history are read from the clone itself. Diffs and files are read through an empty repository that borrows the
clone's objects, so that no attribute, filter or setting of the clone affects the diff.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.git.objects import read_between, read_files
from reviewbot.adapters.git.process import Bounds, Git, isolated_environment
from reviewbot.adapters.scratch import scratch_folder
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.remotes import Remote, login_of, read_remote, title_of
from reviewbot.errors import SettingsError

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""The id of the empty tree, which exists in every git repository."""

MOST_MESSAGES = 50
"""The maximum number of commit messages to read, newest first."""

MOST_LISTED = 100
"""The maximum number of commits whose authors are read. The action has the same limit for a bot's pull request."""

_AUTHORS = "%an <%ae>%n%(trailers:key=Co-authored-by,valueonly,unfold)"


class Merged(Struct, frozen=True):
    """A commit of a branch's first-parent history.

    `parent` is the first parent, or the empty tree for a root commit. `merged` is the second parent, or `sha` if the
    commit is not a merge.
    """

    sha: str
    day: str
    subject: str
    parent: str
    merged: str


@contextmanager
def open_clone(folder: Path, environment: Mapping[str, str]) -> Iterator[Clone]:
    """Open the clone that contains a folder. The variable `GIT_INDEX_FILE` can select another index.

    Raises:
        SettingsError: the folder is not in a clone, or the clone's object format is not SHA-1.
        ChangeUnreadable: git cannot read the clone.
    """
    root = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if root is None:
        what = f"`{folder.name or folder}` is not inside a git repository"
        raise SettingsError.of("", what, todo="Run the command in a clone.")
    with scratch_folder("reviewbot-clone-") as scratch:
        yield Clone(root, scratch, environment)


class Clone:
    """A local clone. All work trees share `common_dir`. `own_dir` is the git directory of this work tree."""

    def __init__(self, root: Path, scratch: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self._scratch = scratch
        self._isolated = isolated_environment("", "", environment, None)
        asked = ("--git-dir", "--git-common-dir", "--git-path", "objects", "--git-path", "index")
        paths = self._theirs.run("rev-parse", "--path-format=absolute", *asked, "--show-object-format")
        own, common, objects, index, form = paths.decode("utf-8", "surrogateescape").splitlines()
        if form != "sha1":
            todo = "reviewbot supports only the object format sha1."
            raise SettingsError.of(str(root), f"the object format is {form}", todo=todo)
        self.own_dir, self.common_dir = Path(own), Path(common)
        self._index = root / (environment.get("GIT_INDEX_FILE") or index)
        self._ours.run("init", "--bare", "--quiet", "--template=", ".")
        borrowed = scratch / "objects" / "info"
        borrowed.mkdir(parents=True, exist_ok=True)
        (borrowed / "alternates").write_bytes(f"{objects}\n".encode("utf-8", "surrogateescape"))

    @property
    def _theirs(self) -> Git:
        return Git(self._scratch, self._isolated, Bounds(), self.root / ".git")

    @property
    def _ours(self) -> Git:
        """A new `Git` for each access, because a `Git` has a time limit, and a user may wait hours between reads."""
        return Git(self._scratch, self._isolated, Bounds())

    def resolve(self, name: str) -> str | None:
        if name.startswith("-"):
            return None
        asked = ("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return self._theirs.run(*asked, accept=(0, 1, 128)).decode("ascii", "replace").strip() or None

    def has(self, sha: str) -> bool:
        """Return whether the clone contains the commit or tree with this full SHA."""
        if not re.fullmatch("[0-9a-f]{40}", sha):
            return False
        return self._theirs.run("cat-file", "-t", sha, accept=(0, 128)).strip() in {b"commit", b"tree"}

    def branch(self, name: str = "HEAD") -> str:
        """Return the local branch to which a name resolves, or an empty string, e.g., for a detached `HEAD`."""
        full = self._full_name(name)
        return full.removeprefix("refs/heads/") if full.startswith("refs/heads/") else ""

    def branch_at_origin(self, name: str) -> str:
        """Return a branch's name without `refs/heads/` or `refs/remotes/origin/`.

        For any other ref, return the full name. If `name` is not a ref, return an empty string.
        """
        return self.branch(name) or self._full_name(name).removeprefix("refs/remotes/origin/")

    def _full_name(self, name: str) -> str:
        asked = ("rev-parse", "--verify", "--quiet", "--symbolic-full-name", name)
        return self._theirs.run(*asked, accept=(0, 1, 128)).decode("utf-8", "replace").strip()

    def merge_base(self, one: str, other: str) -> str | None:
        return self._theirs.run("merge-base", one, other, accept=(0, 1)).decode("ascii").strip() or None

    def messages(self, base: str, head: str) -> tuple[str, ...]:
        """Return the messages of the newest commits since a base, oldest first."""
        entries = self._log("%B", f"--max-count={MOST_MESSAGES}", head, f"^{base}")
        return tuple(one.strip() for one in reversed(entries))

    def _log(self, form: str, *asked: str) -> list[str]:
        """Return commits in a format. `git log` would apply settings of the clone, which may run a program."""
        listed = self._theirs.run("rev-list", "--no-commit-header", f"--format={form}%x00", *asked)
        return [one.removeprefix("\n") for one in listed.decode("utf-8", "replace").split("\0")[:-1]]

    def origin(self) -> Remote | None:
        """Return the remote `origin`, or None if its URL does not identify a repository on a host."""
        url = self._theirs.run("config", "--get", "remote.origin.url", accept=(0, 1))
        return read_remote(url.decode("utf-8", "replace").strip())

    def is_pushed(self, commit: str) -> bool:
        """Return whether `origin` contained a commit at the last fetch."""
        asked = ("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes/origin")
        return bool(self._theirs.run(*asked, accept=(0, 1, 128, 129)).strip())

    def merges(self, head: str, since: datetime, most: int) -> tuple[Merged, ...]:
        """Return at most `most` commits of the first-parent history since a time, newest first."""
        asked = ("--first-parent", f"--since={since.isoformat()}", f"--max-count={most}", head)
        return tuple(_merge(*one.split("\n", 4)) for one in self._log("%H%n%cs%n%s%n%P%n%b", *asked))

    def count_merges(self, head: str, since: datetime) -> int:
        """Count the commits of the first-parent history since a time."""
        asked = ("rev-list", "--count", "--first-parent", f"--since={since.isoformat()}", head)
        return int(self._theirs.run(*asked))

    def authors(self, merge: Merged) -> tuple[str, ...]:
        """Return the logins of the authors and co-authors of a merge's commits, or none above `MOST_LISTED` commits."""
        since = (f"^{merge.parent}",) if merge.merged != merge.sha else ("--no-walk",)
        commits = self._log(_AUTHORS, f"--max-count={MOST_LISTED + 1}", merge.merged, *since)
        if len(commits) > MOST_LISTED:
            return ()
        signed = (line.removesuffix(">").rpartition(" <") for one in commits for line in one.split("\n") if line)
        return tuple(login_of(name, email) for name, _, email in signed)

    def staged(self) -> str:
        """Write the index to the clone as a tree without a commit, and return the tree's id.

        Raises:
            ChangeUnreadable: the index has an unresolved merge.
        """
        copy = self._scratch / "staged"  # git would lock the original index
        shutil.copyfile(self._index, copy)
        git = Git(self._scratch, {**self._isolated, "GIT_INDEX_FILE": str(copy)}, Bounds(), self.root / ".git")
        return git.run("write-tree").decode("ascii").strip()

    def uncommitted(self) -> int:
        """Count the tracked files that differ from the last commit, or return 0 if git cannot compare them."""
        head, copy = self.resolve("HEAD"), self._scratch / "index"
        if head is None or not self._index.exists():
            return 0
        shutil.copyfile(self._index, copy)
        # Without the clone's settings, because a filter could execute a program.
        environment = {**self._isolated, "GIT_INDEX_FILE": str(copy), "GIT_WORK_TREE": str(self.root)}
        asked = ("diff", "--name-only", "-z", "--ignore-submodules=all", head)
        return Git(self._scratch, environment, Bounds()).run(*asked, accept=(0, 128)).count(b"\0")

    def tracked(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the mode of each tracked file as six octal digits, by path."""
        listed = self._theirs.run("--literal-pathspecs", "ls-files", "--stage", "-z", "--", *paths) if paths else b""
        rows = (line.partition("\t") for line in listed.decode("utf-8", "surrogateescape").split("\0") if line)
        return {path: entry.split(" ")[0] for entry, _, path in rows if entry.endswith(" 0")}

    def change(self, old: str, new: str) -> ChangeSet:
        return read_between(self._ours, old, new)

    def files(self, tree: str, paths: Sequence[str]) -> dict[str, Entry]:
        return read_files(self._ours, tree, paths)


def _merge(sha: str, day: str, subject: str, parents: str, body: str) -> Merged:
    first, *others = parents.split() or [EMPTY_TREE]
    return Merged(sha, day, title_of(subject, body), first, others[0] if others else sha)
