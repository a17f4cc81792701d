"""Represent a pull request as read from GitHub."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import Enum, StrEnum

from msgspec import Struct, field

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.model.review import Side
from reviewbot.domain.text.formatting import invalid_byte
from reviewbot.domain.text.strict_json import Moment
from reviewbot.values import replace

RECENT_COMMITS = 10
"""The number of a pull request's latest commits whose check runs are read."""

MOST_FORMER_BASES = 10
"""The number of a pull request's latest former base branches whose check runs are read."""

MOST_REPLACED = 20
"""The number of commits before a force-push whose check runs are read, latest first."""


class Permission(Enum):
    """A user's permission in the repository, in ascending order."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: Permission) -> bool:
        order = tuple(Permission)
        return order.index(self) >= order.index(other)


class Repository(Struct, frozen=True):
    id: int
    full_name: str
    default_branch: str
    url: str


class Commit(Struct, frozen=True):
    """A commit of the pull request.

    Attributes:
        parents: the SHAs of the parents, or None if some were not read.
        authors: the logins of the authors (a bot's with `[bot]`), each None for an address without an account, or None
            if some were not read. Authors are not verified, because the committer chooses the address.
        committer: the login of the committer. None for an address without an account, or for GitHub, which commits for
            the web editor.
        verified: whether GitHub signed the commit, e.g., for an App. A person's signature verifies only the committer.
    """

    sha: str
    parents: tuple[str, ...] | None
    authors: tuple[str | None, ...] | None
    verified: bool = False
    committer: str | None = None


class LabelEvent(Struct, frozen=True):
    """An event that added a label.

    Attributes:
        actor: the login (a bot's with `[bot]`), or None for a deleted account.
    """

    label: str
    actor: str | None
    at: datetime


class PullRequest(Struct, frozen=True):
    """The pull request.

    Attributes:
        author: the login without `[bot]`, as in GraphQL, or None for a deleted account.
        label_events: the latest fifty events, oldest first.
        commits: the first hundred commits.
        commit_count: the number of all commits.
        changed_files: the number of changed files according to GitHub, or None if unknown.
        forced_at: the time of the last force-push, if any. The force-push may have restored an older head.
        retargeted_at: the time of the last change of the base branch, if any.
        former_bases: the latest earlier base branches, oldest first, at most `MOST_FORMER_BASES` + 1.
        unread_bases_until: the time when the pull request left the latest base whose check runs are not read, if any.
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
    def opener(self) -> str:
        """The opener's login (a bot's with `[bot]`), or empty for a deleted account."""
        return f"{self.author or ''}{BOT_SUFFIX * self.author_is_bot}"

    @property
    def merge_base(self) -> str | None:
        """The merge base, or None if it cannot be determined from the commits alone.

        A pull request lists the commits that are reachable from its head but not from its base. Every unlisted parent
        is therefore reachable from the base. A single unlisted parent is the best common ancestor.
        """
        listed = {one.sha for one in self.commits}
        known = [one.parents for one in self.commits if one.parents is not None]
        if not self.commit_count == len(listed) == len(known):
            return None  # an unread parent may be a later commit of the base
        outside = {parent for parents in known for parent in parents} - listed
        return outside.pop() if len(outside) == 1 else None

    @property
    def people(self) -> frozenset[str] | None:
        """The opener and all authors and committers, in lower case, or None if not all are known.

        Addresses without an account are omitted, because the committer chooses the addresses.
        """
        is_whole = self.commit_count == len(self.commits) and any(one.sha == self.head_sha for one in self.commits)
        if not is_whole or any(one.authors is None for one in self.commits):
            return None
        logins = (login for one in self.commits for login in (*(one.authors or ()), one.committer))
        return frozenset(login.casefold() for login in (self.author, *logins) if login)

    @property
    def bots(self) -> frozenset[str]:
        """The bots that opened, authored or committed, in lower case. A collaborator may control any of these bots."""
        logins = (login or "" for one in self.commits for login in (*(one.authors or ()), one.committer))
        return frozenset(login.casefold() for login in (self.opener, *logins) if login.endswith(BOT_SUFFIX))


class Opinion(Struct, frozen=True):
    """A 👍 or 👎 on a comment.

    Attributes:
        login: the login of the person or bot. A bot's login ends with `[bot]`.
        agrees: whether the reaction is a 👍.
    """

    login: str
    agrees: bool


class Comment(Struct, frozen=True):
    """A comment on the pull request's timeline.

    Attributes:
        id: the REST id. Review comments are numbered separately.
        ours: whether reviewbot's token wrote the comment (`viewerDidAuthor`).
        edited_by: the login of the last editor, or None if the comment was never edited.
        edited_by_us: whether the comment was never edited, or was last edited by its author.
        author: the login (a bot's with `[bot]`), or None for a deleted account.
        by_collaborator: whether GitHub lists the author as an owner, member or collaborator (`authorAssociation`).
        reacted: whether reviewbot's token has added a reaction that marks a command as done (not 👀).
        opinions: at most 20 opinions of each kind. In a review thread, opinions are read only for the first comment and
            for the reviewer's text.
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
    by_collaborator: bool = False
    reacted: bool = False
    opinions: tuple[Opinion, ...] = ()


class ThreadComment(Comment, frozen=True):
    """A comment of a review thread.

    Attributes:
        hidden_as_outdated: whether the comment is minimized as outdated.
    """

    node_id: str = ""
    is_minimized: bool = False
    hidden_as_outdated: bool = False


class Thread(Struct, frozen=True):
    """A review thread.

    Attributes:
        id: the GraphQL id.
        line: the last line, or None if the thread is outdated or on the whole file.
        can_resolve: whether the token may resolve the thread now (`viewerCanResolve`).
        can_unresolve: whether the token may unresolve the thread now.
        resolved_by: the login of the user who resolved the thread, or None. An App may have resolved the thread.
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
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Conclusion(StrEnum):
    """A conclusion that reviewbot writes. `SKIPPED` satisfies a required check, but `ACTION_REQUIRED` does not."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    ACTION_REQUIRED = "action_required"


class CheckRun(Struct, frozen=True):
    """A check run with one of reviewbot's check names.

    Attributes:
        status: GitHub's value.
        conclusion: GitHub's value.
        external_id: the signed copy of task and credits, without the tag.
        tag: the tag, or None if reviewbot did not write the check run.
        foreign: whether another App than the token's created the check run.
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
        """The conclusion for the pull request in the tag, or None if unknown or while the review is open."""
        return None if self.foreign or self.tag is None else self.tag.verdict or None

    def is_of(self, number: int) -> bool:
        """Return whether the check run belongs to this pull request."""
        return self.tag is not None and self.tag.number == number


class Seen(Struct, frozen=True, array_like=True):
    """The state of the pull request when a run wrote the ledger. Later events may have hidden a newer ledger.

    Attributes:
        forced_at: the time of the last force-push before the write, if any.
        retargeted_at: the time of the last change of the base branch before the write, if any.
    """

    head_sha: str = ""
    forced_at: Moment | None = None
    retargeted_at: Moment | None = None

    @classmethod
    def of(cls, pull: PullRequest) -> Seen:
        return cls(pull.head_sha, pull.forced_at, pull.retargeted_at)


class ForcePush(Struct, frozen=True):
    """A force-push of the head.

    Attributes:
        before: the SHA of the replaced head, or empty if GitHub does not report the commit.
        after: the SHA of the new head, or empty if GitHub does not report the commit.
        parents: the parents of the last `MOST_REPLACED` commits before the force-push, by SHA.
    """

    at: datetime
    before: str
    after: str
    parents: Mapping[str, tuple[str, ...]]

    def reaches(self, known: AbstractSet[str]) -> bool:
        """Return whether all commits between the replaced head and the known commits were read.

        This method follows all parents, because git lists commits by date, and the author chooses the dates.
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


class OlderChecks(Struct, frozen=True):
    """The check runs on every commit of a pull request, and on the commits that force-pushes replaced.

    Attributes:
        runs: the check runs, oldest first.
        pushes: the force-pushes, oldest first.
        commits: the commits of the pull request, including the head.
        head_sha: the SHA of the head.
        base_sha: the SHA of the tip of the base branch.
        has_all_commits: whether `commits` contains every commit of the pull request.
    """

    runs: tuple[CheckRun, ...]
    pushes: tuple[ForcePush, ...]
    commits: frozenset[str]
    head_sha: str
    base_sha: str
    has_all_commits: bool

    def has_every_head_since(self, seen: Seen, *, is_base_protected: bool) -> bool:
        """Return whether `runs` contains the check runs of all heads since a run saw the pull request.

        The author can push such a head to an unprotected base. GitHub then no longer lists the head among the pull
        request's commits. This is impossible if the pull request's commits still contain the head that the run saw.
        """
        start = seen.head_sha
        for push in self.pushes:
            if seen.forced_at is None or push.at > seen.forced_at:
                if start not in self.commits | set(push.parents):
                    return False
                is_whole = is_base_protected or start in self.commits
                if not push.reaches({start, *(self.commits | {self.base_sha} if is_whole else ())}):
                    return False
                start = push.after
        return start == self.head_sha or (self.has_all_commits and start in self.commits)


class Waiting(Struct, frozen=True):
    """Pull requests that may have an open task.

    Attributes:
        known: the pull requests with a check run that may have an open task. Open pull requests come first, oldest
            first, and closed pull requests last, latest first.
        unknown: the pull requests without a check run of reviewbot, or with check runs that were not read.
    """

    known: tuple[int, ...]
    unknown: frozenset[int]


class Review(Struct, frozen=True):
    """A review that reviewbot wrote.

    Attributes:
        state: GitHub's value, e.g., `CHANGES_REQUESTED`.
    """

    id: int
    state: str
    body: str


class DefaultBranch(Struct, frozen=True):
    """The files that are read from the default branch.

    Attributes:
        config: the config file, if any.
        attributes: the content of `.gitattributes`, or empty.
        templates: the templates by file name.
    """

    config: str | None = None
    attributes: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)


class Snapshot(Struct, frozen=True):
    """Everything that a run reads before a decision. Lists are oldest first.

    Attributes:
        checks: this pull request's check runs on the head, with the check name for the current base.
        older_checks: this pull request's other check runs on the head, on the nine commits before the head, and on the
            heads before the last five force-pushes.
        other_checks: the check runs of other pull requests on all these commits.
        check_names: the check names that were read, starting with the name for the current base.
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
"""The number of bytes at the start of a file in which git searches for a NUL. A file with a NUL is binary."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\f\r"})


def _legible(content: bytes) -> float:
    printable = content.translate(None, _CONTROLS).decode("utf-8", "ignore").encode("utf-8")
    return len(printable) / max(1, len(content) - content.count(0))


class Entry(Struct, frozen=True):
    """A file in a commit.

    Attributes:
        oid: the full blob id.
        mode: six octal digits, such as `100644`.
        size: the size in bytes, if known.
        text: the text, or None if the file was not read, is binary or is not UTF-8.
        binary: whether git treats the file as binary, which includes UTF-16, or None if unknown.
        misencoded: whether the file was read and contains text in another encoding than UTF-8.
        invalid: a phrase that locates the first byte that is invalid in UTF-8, or empty.
        shebang: whether a binary file starts with `#!`, or None if the file was not read, is not binary or is UTF-16.
        legible: the share of printable UTF-8 among a binary file's bytes without NULs, or None as for `shebang`.
    """

    oid: str
    mode: str
    size: int | None = None
    text: str | None = None
    binary: bool | None = None
    misencoded: bool = False
    invalid: str = ""
    shebang: bool | None = None
    legible: float | None = None

    def with_content(self, content: bytes) -> Entry:
        if content.startswith(_UTF_16):
            return replace(self, text=None, binary=True, misencoded=True)
        if b"\0" in content[:BINARY_WINDOW]:
            is_script = content.startswith(b"#!")
            return replace(self, text=None, binary=True, shebang=is_script, legible=_legible(content))
        try:
            return replace(self, text=content.decode("utf-8"), binary=False)
        except UnicodeDecodeError as error:
            return replace(self, text=None, binary=False, misencoded=True, invalid=invalid_byte(error))
