"""A clone on this machine, read as it is: nothing of it is run, and none of its files is opened.

Names and history are asked of the clone itself. Changes and texts are read through an empty repository beside it that
borrows its objects: there, no attribute, filter or setting of the clone decides what a diff shows.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.git.objects import read_between, read_files, read_folder
from reviewbot.adapters.git.process import Bounds, Git, isolated_environment
from reviewbot.domain.github.pull_request import Entry, RawChange
from reviewbot.domain.model.commits import login_of, title_of
from reviewbot.domain.model.remotes import Remote, read_remote
from reviewbot.errors import Problem, SettingsError

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
"""What stands before the first commit; git knows it without having it."""

_SHA = re.compile("[0-9a-f]{40}")

MOST_MESSAGES = 50
"""Commits whose messages are read, the newest ones."""

MOST_LISTED = 100
"""Commits of a pull request that the action reads the authors of."""

_AUTHORS = "%an <%ae>%n%(trailers:key=Co-authored-by,valueonly,unfold)%x00"


class Landed(Struct, frozen=True):
    """A commit on the main line, its parent (or the empty tree), and what it merged (itself where it is no merge)."""

    sha: str
    day: str
    subject: str
    parent: str
    merged: str


@contextmanager
def open_clone(folder: Path, environment: Mapping[str, str]) -> Iterator[Clone]:
    """The clone that a folder is in, by `PATH`, and `GIT_INDEX_FILE` where git itself has set it for a hook.

    Raises:
        SettingsError: there is none, or one that cannot be read here.
    """
    root = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if root is None:
        what = f"`{folder.name or folder}` is not inside a git repository"
        raise _wrong("", what, "Run the command in a clone.")
    with tempfile.TemporaryDirectory(prefix="reviewbot-clone-", ignore_cleanup_errors=True) as beside:
        yield Clone(root, Path(beside), environment)


class Clone:
    """See `open_clone`.

    Attributes:
        root: the work tree.
        common_dir: git's own folder, shared by all work trees.
        own_dir: git's own folder of this work tree.
    """

    def __init__(self, root: Path, beside: Path, environment: Mapping[str, str]) -> None:
        self.root = root
        self._beside = beside
        self._isolated = isolated_environment("", "", environment, None)
        asked = ("--git-dir", "--git-common-dir", "--git-path", "objects", "--git-path", "index")
        told = self._theirs.run("rev-parse", "--path-format=absolute", *asked, "--show-object-format").decode(
            "utf-8", "surrogateescape"
        )
        own, common, objects, index, form = told.splitlines()
        if form != "sha1":
            raise _wrong(str(root), f"the object names are {form}", "reviewbot reads clones with SHA-1 names only.")
        self.own_dir, self.common_dir = Path(own), Path(common)
        self._index = root / (environment.get("GIT_INDEX_FILE") or index)
        self._ours.run("init", "--bare", "--quiet", "--template=", ".")
        borrowed = beside / "objects" / "info"
        borrowed.mkdir(parents=True, exist_ok=True)
        (borrowed / "alternates").write_bytes(f"{objects}\n".encode("utf-8", "surrogateescape"))

    @property
    def is_shallow(self) -> bool:
        """Whether its history is cut."""
        return (self.common_dir / "shallow").exists()

    @property
    def _theirs(self) -> Git:
        return Git(self._beside, self._isolated, Bounds(), self.root / ".git")

    @property
    def _ours(self) -> Git:
        """Made anew for each use: its time is bounded from then on, and people wait for hours in between."""
        return Git(self._beside, self._isolated, Bounds())

    def resolve(self, name: str) -> str | None:
        """The commit of a name, None when there is none."""
        if name.startswith("-"):
            return None
        asked = ("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        return self._theirs.run(*asked, accept=(0, 1, 128)).decode("ascii", "replace").strip() or None

    def has(self, sha: str) -> bool:
        """Whether a commit or a tree is here, by its full name."""
        if not _SHA.fullmatch(sha):
            return False
        return self._theirs.run("cat-file", "-t", sha, accept=(0, 128)).strip() in {b"commit", b"tree"}

    def branch(self, name: str = "HEAD") -> str:
        """The branch that a name is or, for `HEAD`, that is checked out; empty when there is none."""
        asked = ("rev-parse", "--verify", "--quiet", "--symbolic-full-name", name)
        full = self._theirs.run(*asked, accept=(0, 1, 128)).decode("utf-8", "replace").strip()
        return full.removeprefix("refs/heads/") if full.startswith("refs/heads/") else ""

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits."""
        return self._theirs.run("merge-base", one, other, accept=(0, 1)).decode("ascii").strip() or None

    def messages(self, base: str, head: str) -> tuple[str, ...]:
        """The messages of the commits since a base, oldest first."""
        asked = ("rev-list", f"--max-count={MOST_MESSAGES}", "--format=%B%x00", head, f"^{base}")
        told = self._theirs.run(*asked).decode("utf-8", "replace").split("\0")
        return tuple(one.strip().partition("\n")[2].strip() for one in reversed(told) if one.strip())

    def origin(self) -> Remote | None:
        """Where it was cloned from, when that is a repository on a host."""
        told = self._theirs.run("config", "--get", "remote.origin.url", accept=(0, 1))
        return read_remote(told.decode("utf-8", "replace").strip())

    def is_pushed(self, commit: str) -> bool:
        """Whether the origin had a commit when it was last asked, as far as this clone knows."""
        asked = ("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes/origin")
        return bool(self._theirs.run(*asked, accept=(0, 1, 128, 129)).strip())

    def landed(self, head: str, since: str, most: int) -> tuple[Landed, ...]:
        """What came to the main line up to a commit, newest first, since a time such as `90 days ago`."""
        form = "--format=%H%x00%cs%x00%s%x00%P%x00%b%x00"
        asked = ("rev-list", "--first-parent", f"--since={since}", f"--max-count={most}", form, head)
        told = self._theirs.run(*asked).decode("utf-8", "replace").split("\0")
        return tuple(_landed(*told[at : at + 5]) for at in range(0, len(told) - 1, 5))

    def authors(self, landed: Landed) -> tuple[str, ...]:
        """Return the logins that all authors and co-authors of a merge's commits name.

        Empty when there are more commits than GitHub lists for a pull request.
        """
        since = (f"^{landed.parent}",) if landed.merged != landed.sha else ("--no-walk",)
        asked = ("rev-list", f"--max-count={MOST_LISTED + 1}", f"--format={_AUTHORS}", landed.merged, *since)
        told = self._theirs.run(*asked).decode("utf-8", "replace").split("\0")
        commits = [one.strip("\n").split("\n")[1:] for one in told if one.strip()]
        if len(commits) > MOST_LISTED:
            return ()
        signed = (line.removesuffix(">").rpartition(" <") for lines in commits for line in lines if line)
        return tuple(login_of(name, email) for name, _, email in signed)

    def staged(self) -> str:
        """The tree of what is staged; a tree without a commit is all that this adds to the clone.

        Raises:
            ChangeUnreadable: a merge is not resolved.
        """
        copy = self._beside / "staged"  # git locks the index that it reads; so it does not lock the clone's
        shutil.copyfile(self._index, copy)
        git = Git(self._beside, {**self._isolated, "GIT_INDEX_FILE": str(copy)}, Bounds(), self.root / ".git")
        return git.run("write-tree").decode("ascii").strip()

    def uncommitted(self) -> int:
        """How many tracked files are not as the last commit has them; 0 where git cannot tell.

        It compares them by settings of ours: a filter of the clone's would be a program to run.
        """
        head, copy = self.resolve("HEAD"), self._beside / "index"
        if head is None or not self._index.exists():
            return 0
        shutil.copyfile(self._index, copy)
        told = {**self._isolated, "GIT_INDEX_FILE": str(copy), "GIT_WORK_TREE": str(self.root)}
        asked = ("diff", "--name-only", "-z", "--ignore-submodules=all", head)
        return Git(self._beside, told, Bounds()).run(*asked, accept=(0, 128)).count(b"\0")

    def tracked(self, paths: Sequence[str]) -> dict[str, str]:
        """The modes of files that git tracks, by path: six octal digits."""
        listed = self._theirs.run("--literal-pathspecs", "ls-files", "--stage", "-z", "--", *paths) if paths else b""
        rows = (line.partition("\t") for line in listed.decode("utf-8", "surrogateescape").split("\0") if line)
        return {path: told.split(" ")[0] for told, _, path in rows if told.endswith(" 0")}

    def change(self, old: str, new: str) -> RawChange:
        """The whole change between two trees, each a commit or a tree."""
        return read_between(self._ours, old, new)

    def files(self, tree: str, paths: Sequence[str]) -> dict[str, Entry]:
        """Files of a tree by path, with their texts; a path that is not there is left out."""
        return read_files(self._ours, tree, paths)

    def folder(self, tree: str, path: str) -> dict[str, Entry]:
        """The files right inside a folder of a tree, by path."""
        return read_folder(self._ours, tree, path)


def _landed(sha: str, day: str, subject: str, parents: str, body: str) -> Landed:
    first, *others = parents.split() or [EMPTY_TREE]
    sha = sha.rpartition("\n")[2]  # git says `commit` and its name on a line before what was asked for
    return Landed(sha, day, title_of(subject, body), first, others[0] if others else sha)


def _wrong(where: str, what: str, todo: str) -> SettingsError:
    return SettingsError((Problem(where, what, todo=todo),))
