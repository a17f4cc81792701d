"""What GitHub knows about one pull request, as values."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.model.review import Side

RECENT_COMMITS = 10
"""The last commits of a pull request whose check runs are read."""

MOST_FORMER_BASES = 10
"""The last branches that a pull request was against whose check runs are read."""

MOST_REPLACED = 20
"""The last commits before a force-push whose check runs are read."""


class Permission(Enum):
    """What someone may do in the repository, least first."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: Permission) -> bool:
        """Whether this includes what `other` may do."""
        order = tuple(Permission)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository of the pull request."""

    id: int
    full_name: str
    default_branch: str
    url: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the pull request.

    Attributes:
        authors: logins, a bot's with `[bot]`; None for an address without an account. The committer chooses the
            address, so an author is only a claim.
        committer: likewise; None also for GitHub itself, which commits in the web editor's name.
        verified: whether GitHub itself signed the commit, as it does for commits of an App. A person's signature
            vouches for the committer, not for the author.
    """

    sha: str
    parents: tuple[str, ...]
    authors: tuple[str | None, ...]
    verified: bool = False
    committer: str | None = None


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """Someone set a label; `actor` is a login, a bot's with `[bot]`, or None for a deleted account."""

    label: str
    actor: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request itself.

    Attributes:
        commits: the first hundred; `commit_count` says how many there are.
        changed_files: how many files GitHub counts in the change; None if nobody counts.
        author: the login without `[bot]`, as in GraphQL; None for a deleted account.
        label_events: the latest fifty, oldest first.
        forced_at: when the head was last force-pushed, if ever: an older head may have come back then.
        retargeted_at: when the pull request last got another base branch, if ever.
        former_bases: the branches that it was against before, oldest first; of more than `MOST_FORMER_BASES` the last
            ones and one more.
        unread_bases_until: when the last one ended whose check runs are not read, if any.
    """

    number: int
    title: str
    body: str
    url: str
    author: str | None
    author_is_bot: bool
    is_open: bool
    is_draft: bool
    from_fork: bool
    head_sha: str
    base_sha: str
    base_ref: str
    labels: frozenset[str]
    label_events: tuple[LabelEvent, ...]
    commits: tuple[Commit, ...]
    commit_count: int
    changed_files: int | None = None
    forced_at: datetime | None = None
    retargeted_at: datetime | None = None
    former_bases: tuple[str, ...] = ()
    unread_bases_until: datetime | None = None

    @property
    def people(self) -> frozenset[str] | None:
        """Everyone who opened it, or authored or committed a commit, in lower case; None if not all commits are known.

        An address without an account is nobody here: whoever commits chooses it.
        """
        is_whole = self.commit_count == len(self.commits) and any(one.sha == self.head_sha for one in self.commits)
        if not is_whole:
            return None
        logins = (login for one in self.commits for login in (*one.authors, one.committer))
        return frozenset(login.casefold() for login in (self.author, *logins) if login)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the pull request's timeline.

    Attributes:
        id: the REST id.
        ours: whether our token wrote it (`viewerDidAuthor`).
        edited_by: the login of the last editor, if any.
        edited_by_us: whether the last editor is the author.
        author: a login, a bot's with `[bot]`; None for a deleted account.
        reacted: whether our token has put one of our reactions under it.
    """

    id: int
    url: str
    body: str
    ours: bool
    edited_by: str | None = None
    edited_by_us: bool = True
    author: str | None = None
    author_is_bot: bool = False
    created_at: datetime | None = None
    reacted: bool = False


@dataclass(frozen=True, slots=True)
class ThreadComment:
    """One comment of a review thread; `hidden_as_outdated` says that the reason is the one that we give."""

    id: int
    url: str
    body: str
    ours: bool
    author: str | None
    node_id: str = ""
    is_minimized: bool = False
    hidden_as_outdated: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A review thread.

    Attributes:
        id: the GraphQL id.
        line: None if the thread is outdated or on the whole file.
        can_resolve: whether our token may resolve it now (`viewerCanResolve`).
        can_unresolve: whether our token may open it again.
        resolved_by: login; None if no person resolved it, perhaps an app.
    """

    id: str
    path: str
    side: Side
    line: int | None
    start_line: int | None
    is_resolved: bool
    comments: tuple[ThreadComment, ...]
    can_resolve: bool = False
    can_unresolve: bool = False
    resolved_by: str | None = None


class CheckStatus(StrEnum):
    """The statuses of a check run that we write."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Conclusion(StrEnum):
    """The conclusions that we write; `SKIPPED` satisfies a required check, `ACTION_REQUIRED` does not."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    ACTION_REQUIRED = "action_required"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run of our name; `status` and `conclusion` are GitHub's own words.

    Attributes:
        external_id: the signed copy of task and credits, without the tag.
        tag: None if we did not write it; then it belongs to no pull request.
        foreign: whether another App than our token's created it.
    """

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    external_id: str
    url: str
    title: str = ""
    tag: CheckTag | None = None
    foreign: bool = False

    @property
    def verdict(self) -> str | None:
        """The conclusion for its own pull request, if known; GitHub may show that of another one."""
        return None if self.foreign or self.tag is None else self.tag.verdict or None


@dataclass(frozen=True, slots=True)
class Seen:
    """The pull request as a run saw it when it wrote the ledger: what happened later could hide a newer one.

    Attributes:
        forced_at: when the head was last force-pushed by then, if ever.
        retargeted_at: when the pull request last got another base branch by then, if ever.
    """

    head_sha: str = ""
    forced_at: datetime | None = None
    retargeted_at: datetime | None = None

    @classmethod
    def of(cls, pull: PullRequest) -> Seen:
        """The pull request as it is now."""
        return cls(pull.head_sha, pull.forced_at, pull.retargeted_at)


@dataclass(frozen=True, slots=True)
class ForcePush:
    """A force-push of the head.

    Attributes:
        before: the replaced head; empty if GitHub does not name it. `after`: the new one, likewise.
        parents: of the last `MOST_REPLACED` commits before the force-push, by commit.
    """

    at: datetime
    before: str
    after: str
    parents: Mapping[str, tuple[str, ...]]

    def reaches(self, known: AbstractSet[str]) -> bool:
        """Whether all commits between the replaced head and known ones were read.

        git lists commits by date, which the author chooses, so each path is followed.
        """
        left, done = [self.before], set(known)
        while left:
            sha = left.pop()
            if sha not in done:
                if sha not in self.parents:
                    return False
                done.add(sha)
                left += self.parents[sha]
        return True


@dataclass(frozen=True, slots=True)
class OlderChecks:
    """The check runs on every commit of a pull request, and on the commits that force-pushes replaced.

    Attributes:
        runs: oldest first.
        pushes: the force-pushes, oldest first.
        commits: the commits of the pull request, the head included.
        base_sha: the tip of its base.
        has_all_commits: whether `commits` has every commit of the pull request.
    """

    runs: tuple[CheckRun, ...]
    pushes: tuple[ForcePush, ...]
    commits: frozenset[str]
    base_sha: str
    has_all_commits: bool

    def has_every_head_since(self, seen: Seen) -> bool:
        """Whether the check runs of all heads since a run saw the pull request are among `runs`."""
        start = seen.head_sha
        for push in self.pushes:
            if seen.forced_at is None or push.at > seen.forced_at:
                if start not in self.commits | set(push.parents):
                    return False
                if not push.reaches(self.commits | {self.base_sha, start}):
                    return False
                start = push.after
        return self.has_all_commits and start in self.commits


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where an open task may be.

    Attributes:
        known: numbers of the open pull requests, oldest first, then those of the closed ones, latest first.
        unknown: those without a check run of ours.
    """

    known: tuple[int, ...]
    unknown: frozenset[int]


@dataclass(frozen=True, slots=True)
class Review:
    """A review that we wrote; `state` is GitHub's word, such as `CHANGES_REQUESTED`."""

    id: int
    state: str
    body: str


@dataclass(frozen=True, slots=True)
class DefaultBranch:
    """The files of the default branch that we read: config (if any), `.gitattributes`, templates by file name."""

    config: str | None = None
    attributes: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a run reads before it decides; lists are oldest first.

    Attributes:
        reviews: those that we wrote.
        checks: this pull request's check runs on the head, of the name against its base.
        older_checks: those on the nine commits before it, and on the heads before the last five force-pushes; on all of
            these and on the head also those of the names against other bases.
        other_checks: those of other pull requests on all these commits.
        checks_readable: whether the token may read check runs.
        check_names: the names that were read, first that against its base.
    """

    repository: Repository
    pull: PullRequest
    default_branch: DefaultBranch
    comments: tuple[Comment, ...]
    threads: tuple[Thread, ...]
    reviews: tuple[Review, ...]
    checks: tuple[CheckRun, ...]
    older_checks: tuple[CheckRun, ...] = ()
    other_checks: tuple[CheckRun, ...] = ()
    checks_readable: bool = True
    check_names: tuple[str, ...] = ()


BINARY_WINDOW = 8000
"""Git calls a file binary if there is a NUL among so many first bytes."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\f\r"})
_TAR_MAGIC_AT = 257
"""Offset of the magic number of a tar header
(https://www.gnu.org/software/tar/manual/html_node/Standard.html)."""
_WORDS = re.compile(rb"[\t\n\r -~]{20}")
"""Of random bytes, one in 200 million begins as many printable characters."""


def _legible(content: bytes) -> float:
    """Return the share of the bytes, NULs apart, that are printable UTF-8."""
    printable = content.translate(None, _CONTROLS).decode("utf-8", "ignore").encode("utf-8")
    return len(printable) / max(1, len(content) - content.count(0))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a commit.

    Attributes:
        oid: the full blob id.
        mode: six octal digits, such as `100644`.
        size: bytes, if read.
        text: None if it was not read, is binary or is not UTF-8.
        binary: whether git calls it binary, as it does UTF-16; None if unknown.
        misencoded: whether it was read and is text that is not UTF-8.
        shebang: whether binary bytes start with `#!`; None if they were not read.
        legible: the share of binary bytes, NULs apart, that are printable UTF-8, from 0 to 1; None if they were not
            read.
        worded: whether binary bytes, NULs apart, have twenty printable ASCII characters in a row.
        tar: whether it is an uncompressed tar archive, which is as legible as the files in it.
    """

    oid: str
    mode: str
    size: int | None = None
    text: str | None = None
    binary: bool | None = None
    misencoded: bool = False
    shebang: bool | None = None
    legible: float | None = None
    worded: bool = False
    tar: bool = False

    def with_content(self, content: bytes) -> Entry:
        """Add what the bytes say."""
        if content.startswith(_UTF_16):
            return replace(self, text=None, binary=True, misencoded=True)
        if b"\0" in content[:BINARY_WINDOW]:
            return replace(
                self, text=None, binary=True, shebang=content.startswith(b"#!"), legible=_legible(content),
                worded=_WORDS.search(content.translate(None, b"\0")) is not None,
                tar=content[_TAR_MAGIC_AT:].startswith(b"ustar"),
            )  # fmt: skip
        try:
            return replace(self, text=content.decode("utf-8"), binary=False)
        except UnicodeDecodeError:
            return replace(self, text=None, binary=False, misencoded=True)


@dataclass(frozen=True, slots=True)
class RawChange:
    """The change as GitHub or git gave it.

    Attributes:
        diff: git's unified diff from merge base to head, with renames.
        old: entries at the merge base, by old path.
        new: entries at the head, by path, with texts.
    """

    merge_base: str
    head: str
    diff: str
    old: Mapping[str, Entry]
    new: Mapping[str, Entry]
