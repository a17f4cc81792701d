"""The ports for a local review, which present a clone's branch or index as a pull request.

The summary comment, which contains the ledger, is stored in a state file. Other comments and check runs are not stored,
because the report contains everything.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from reviewbot.adapters.git.clone import EMPTY_TREE, Clone
from reviewbot.adapters.safe_files import opened_folder, replacing
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.github.context import ContextRequest, ProjectContext
from reviewbot.domain.github.pull_request import (
    CheckRun,
    CheckStatus,
    Comment,
    Commit,
    DefaultBranch,
    Entry,
    OlderChecks,
    Permission,
    PullRequest,
    Repository,
    Snapshot,
    Waiting,
)
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.errors import DiffTooLarge, ForgeError, SettingsError
from reviewbot.ports import ChangeSource
from reviewbot.values import replace

BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""The candidates for the default base, in order of precedence."""

ATTRIBUTES = ".gitattributes"


class CommitRange(Struct, frozen=True):
    """The range to review, between two commits or trees.

    Attributes:
        branch: the name of the branch, which identifies earlier reviews, or empty if the head is not a branch.
        settled: the commit whose settings, attributes and templates are used, or empty if there is none.
        author: the login of the pull request's author, or empty if unknown. A bot's login ends with `[bot]`.
    """

    branch: str
    base_ref: str
    settled: str
    old: str
    new: str
    title: str
    body: str = ""
    commits: int = 0
    author: str = ""


def default_base(clone: Clone) -> str:
    return next((one for one in BASES if clone.resolve(one)), "")


def branch_range(clone: Clone, base: str | None, head: str) -> CommitRange:
    """Return the range from the merge base of `base` and `head` to `head`. By default, the base is one of `BASES`.

    Raises:
        SettingsError: `base` or `head` does not exist, or they have no commit in common.
    """
    name = base or default_base(clone)
    if not name and clone.resolve("HEAD") is None:
        todo = "Commit first, or stage the files and run: reviewbot review --staged --reviewer local"
        raise SettingsError.of("HEAD", "this repository has no commits", todo=todo)
    if not name:
        what = f"none of {', '.join(BASES)} exists"
        raise SettingsError.of("--base", what, todo="Pass the base to compare with: --base REF")
    tip, new = _commit(clone, "--base", name), _commit(clone, "--head", head)
    old = clone.merge_base(tip, new)
    if old is None:
        what = f"`{name}` and `{head}` have no common ancestor"
        todo = f"Pass the branch from which `{head}` started: --base REF"
        if (clone.common_dir / "shallow").exists():
            todo = "This clone is shallow. Run: git fetch --unshallow"
        raise SettingsError.of("--base", what, todo=todo)
    branch, messages = clone.branch(head), clone.messages(old, new)
    one = len(messages) == 1
    title, _, body = messages[0].partition("\n") if one else (branch or head, "", "\n\n".join(messages))
    return CommitRange(branch, name, tip, old, new, title, body.strip(), len(messages))


def staged_range(clone: Clone) -> CommitRange:
    head = clone.resolve("HEAD") or ""
    return CommitRange(clone.branch(), "HEAD", head, head or EMPTY_TREE, clone.staged(), "Staged changes")


def _commit(clone: Clone, where: str, name: str) -> str:
    sha = clone.resolve(name)
    if sha is None:
        todo = "Pass a branch, a tag or a commit. If it exists only on the remote, run `git fetch` first."
        raise SettingsError.of(where, f"`{name}` is not a commit in this clone", todo=todo)
    return sha


def settled_files(clone: Clone, tree: str, config_file: str, templates_dir: str) -> DefaultBranch:
    """Return reviewbot's files from a commit or tree, or none for an empty `tree`.

    They come from the base, never from the branch, whose author could change them.
    """
    if not tree:
        return DefaultBranch()
    texts = {path: entry.text for path, entry in clone.files(tree, [config_file, ATTRIBUTES]).items()}
    templates = clone.files(tree, [f"{templates_dir}/"])
    named = {path.rpartition("/")[2]: entry.text for path, entry in templates.items() if entry.text is not None}
    return DefaultBranch(texts.get(config_file), texts.get(ATTRIBUTES) or "", named)


def repository_of(clone: Clone, commit_range: CommitRange, repository_id: int) -> Repository:
    origin = clone.origin()
    name = origin.full_name if origin else clone.root.name
    # A link to a commit that was not pushed would be dead.
    pages = origin.url if origin and clone.is_pushed(commit_range.new) else ""
    return Repository(repository_id, name, commit_range.base_ref, pages)


class LocalChange(Struct, frozen=True):
    """Implements `ports.ChangeSource` and `ports.ChangeReader` for a range. `settled` contains reviewbot's files."""

    clone: Clone
    commit_range: CommitRange
    repository: Repository
    settled: DefaultBranch

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:  # noqa: ARG002 — the port's signature
        commit_range = self.commit_range
        is_bot, sha = commit_range.author.endswith(BOT_SUFFIX), commit_range.new
        # A clone has no signatures from GitHub, so assume that a bot's commits are its own.
        commits = (Commit(sha, None, (commit_range.author,), verified=True),) if is_bot else ()
        pull = PullRequest(
            number=number,
            title=commit_range.title,
            body=commit_range.body,
            url="",
            author=commit_range.author.removesuffix(BOT_SUFFIX) or None,
            author_is_bot=is_bot,
            is_open=True,
            is_draft=False,
            from_fork=False,
            head_sha=commit_range.new,
            base_sha=commit_range.old,
            base_ref=commit_range.base_ref,
            labels=frozenset(),
            label_events=(),
            commits=commits,
            commit_count=commit_range.commits,
        )
        return Snapshot(self.repository, pull, self.settled, (), (), (), (), check_names=tuple(check_names))

    def diff(self, base: str, head: str) -> bytes:  # noqa: ARG002 — the port's signature
        """Raise `DiffTooLarge`, so that the caller uses `read_change`."""
        raise DiffTooLarge("reviewbot reads local changes with git.")

    def merge_base(self, base: str, head: str) -> str:
        return self.clone.merge_base(base, head) or self.commit_range.old

    def entries(
        self,
        *,
        head: str,
        new_paths: Sequence[str],
        merge_base: str,
        old_paths: Sequence[str],
        asked: ContextRequest | None = None,  # noqa: ARG002 — the port's signature
    ) -> tuple[Mapping[str, Entry], Mapping[str, Entry], ProjectContext]:
        """Return the files of two commits, and no context. A missing commit has no files."""
        return self._files(head, new_paths), self._files(merge_base, old_paths), ProjectContext()

    def _files(self, commit: str, paths: Sequence[str]) -> Mapping[str, Entry]:
        return self.clone.files(commit, paths) if paths and self.clone.resolve(commit) else {}

    def read_change(self, repository: str, *, number: int, head: str, base: str) -> ChangeSet:  # noqa: ARG002 — the port's signature
        return self.clone.change(self.commit_range.old, head)


_LARGEST = 1_000_000


class StateFile:
    """A string in a file or, without a path, in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._text: str | None = None

    def read(self) -> str | None:
        if self._path is None:
            return self._text
        try:
            with self._path.open("rb") as file:
                return file.read(_LARGEST).decode("utf-8", "replace")
        except OSError:
            return None

    def write(self, text: str) -> None:
        """Replace the file atomically and flush it to the disk, or raise `ForgeError`."""
        self._text = text
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (
                opened_folder(str(self._path.parent), []) as folder,
                replacing(folder, self._path.name, 0o600) as stream,
            ):
                stream.write(text.encode("utf-8", "replace"))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            hint = "Make the folder writable. reviewbot does not buy a review that it cannot record."
            what = f"reviewbot cannot store the review in {self._path}: {reason}."
            raise ForgeError(what, hint=hint) from None


def page_name(about: str) -> str:
    """Return the file name for the subject of a review, e.g., for a branch."""
    return f"{hashlib.sha256(about.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.md"


_COMMENT_ID = 1


T = TypeVar("T")


def _always(value: T) -> Callable[..., T]:
    return lambda *_, **__: value


class LocalForge:
    """Implements `ports.Forge` with a change source and a state file.

    If `makes_due` is set, the pull request is reviewed even if it is closed, a draft, by a bot or from a fork, and
    labels are ignored, because the user asked for the review.
    """

    def __init__(self, source: ChangeSource, state_file: StateFile, *, makes_due: bool = True) -> None:
        self._source = source
        self._state_file = state_file
        self._makes_due = makes_due
        self.diff, self.merge_base, self.entries = source.diff, source.merge_base, source.entries

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """Return the change as a pull request, with the stored summary as the only comment."""
        there = self._source.snapshot(
            number, check_names=check_names, config_file=config_file, templates_dir=templates_dir
        )
        if self._makes_due:
            pull = replace(there.pull, is_open=True, is_draft=False, author_is_bot=False, from_fork=False)
            there = replace(there, pull=replace(pull, labels=frozenset()))
        page = self._state_file.read()
        comments = () if page is None else (self._comment(page),)
        return replace(there, comments=comments, threads=(), reviews=())

    @staticmethod
    def _comment(body: str) -> Comment:
        return Comment(_COMMENT_ID, "", body, ours=True)

    def permission(self, login: str) -> Permission:  # noqa: ARG002 — the port's signature
        """Return admin, because the owner of the API key may spend credits."""
        return Permission.ADMIN

    def create_comment(self, number: int, body: str) -> Comment:  # noqa: ARG002 — the port's signature
        """Store the summary unless one exists, because reviewbot uses the older of two summaries."""
        if self._state_file.read() is None:
            self._state_file.write(body)
        return self._comment(body)

    def update_comment(self, comment_id: int, body: str) -> Comment:  # noqa: ARG002 — there is one
        self._state_file.write(body)
        return self._comment(body)

    # The other methods do nothing. At a terminal, `check-run` is off.

    create_check = update_check = _always(CheckRun(1, "", "", CheckStatus.COMPLETED, None, "", ""))
    is_same_file = _always(value=True)
    config = tag_check = _always(None)
    checks = commits = summaries = queued = head_checks = with_head = _always(())
    delete_comment = react = change_node = remove_label = _always(None)
    delete_pending_review = dismiss_review = update_review_comment = delete_review_comment = _always(None)
    older_checks = _always(OlderChecks((), (), frozenset(), "", "", has_all_commits=True))
    heads = _always(dict[int, str]())
    waiting = _always(Waiting((), frozenset()))
    create_review = create_file_comment = create_reply = _always(_COMMENT_ID)
