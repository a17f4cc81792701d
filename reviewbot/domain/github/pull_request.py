"""A pull request as read from GitHub."""

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
"""The number of latest commits of a pull request whose check runs are read."""

MOST_FORMER_BASES = 10
"""The number of latest former base branches whose check runs are read."""

MOST_REPLACED = 20
"""The number of latest commits before a force-push whose check runs are read."""


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
        parents: the SHAs of the parents, or None if not all of them were read.
        authors: the logins (a bot's with `[bot]`), with None for an address without an account. Authors are not
                verified, because the committer chooses the address.
        committer: the login, or None for an address without an account or for GitHub itself, which commits for the web
            editor.
        verified: whether GitHub itself signed the commit, as it does for commits of an App. A person's signature
            verifies the committer, not the author.
    """

    sha: str
    parents: tuple[str, ...] | None
    authors: tuple[str | None, ...]
    verified: bool = False
    committer: str | None = None


class LabelEvent(Struct, frozen=True):
    """An event that set a label; `actor` is a login (a bot's with `[bot]`), or None for a deleted account."""

    label: str
    actor: str | None
    at: datetime


class PullRequest(Struct, frozen=True):
    """The pull request.

    Attributes:
        commits: the first hundred commits; `commit_count` is the total.
        changed_files: the number of changed files according to GitHub, or None if unknown.
        author: the login without `[bot]`, as in GraphQL, or None for a deleted account.
        label_events: the latest fifty events, oldest first.
        forced_at: the time of the last force-push, if any. The force-push may have restored an older head.
        former_bases: the latest earlier base branches, oldest first, at most `MOST_FORMER_BASES` + 1.
        unread_bases_until: when the pull request left the latest base whose check runs are not read, if any.
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
        """The opener's login (a bot's with `[bot]`), or an empty string for a deleted account."""
        return f"{self.author or ''}{BOT_SUFFIX * self.author_is_bot}"

    @property
    def merge_base(self) -> str | None:
        """The merge base, or None if it cannot be determined from the commits alone.

        A pull request lists the commits reachable from its head but not from its base. So every unlisted parent is
        reachable from the base, and if there is exactly one, it is the best common ancestor.
        """
        listed = {one.sha for one in self.commits}
        known = [one.parents for one in self.commits if one.parents is not None]
        if not self.commit_count == len(listed) == len(known):
            return None  # an unread parent may be a later commit of the base
        outside = {parent for parents in known for parent in parents} - listed
        return outside.pop() if len(outside) == 1 else None

    @property
    def people(self) -> frozenset[str] | None:
        """The opener and all authors and committers, in lower case, or None if not all commits are known.

        Addresses without an account are left out, because the committer chooses them.
        """
        is_whole = self.commit_count == len(self.commits) and any(one.sha == self.head_sha for one in self.commits)
        if not is_whole:
            return None
        logins = (login for one in self.commits for login in (*one.authors, one.committer))
        return frozenset(login.casefold() for login in (self.author, *logins) if login)

    @property
    def bots(self) -> frozenset[str]:
        """The bots that opened it, authored or committed, in lower case. A collaborator may control any of them."""
        logins = (login or "" for one in self.commits for login in (*one.authors, one.committer))
        return frozenset(login.casefold() for login in (self.opener, *logins) if login.endswith(BOT_SUFFIX))


class Opinion(Struct, frozen=True):
    """A person's 👍 or 👎 on a comment.

    Attributes:
        login: the person's login; a bot's login ends with `[bot]`.
        agrees: whether the reaction is a 👍.
    """

    login: str
    agrees: bool


class Comment(Struct, frozen=True):
    """A comment on the pull request's timeline.

    Attributes:
        id: the REST id. Review comments are numbered separately.
        ours: whether reviewbot's token wrote it (`viewerDidAuthor`).
        edited_by_us: whether the author was the last to edit the comment, or it was never edited.
        author: the login (a bot's with `[bot]`), or None for a deleted account.
        by_collaborator: whether GitHub lists the author as an owner, member or collaborator (`authorAssociation`).
        reacted: whether reviewbot's token has added a reaction that marks a command as done (not 👀).
        opinions: at most 20 of each kind. In a review thread, they are read for the first comment and the reviewer's
            text.
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
    """A comment of a review thread; `hidden_as_outdated` is set if someone minimized it as outdated."""

    node_id: str = ""
    is_minimized: bool = False
    hidden_as_outdated: bool = False


class Thread(Struct, frozen=True):
    """A review thread.

    Attributes:
        id: the GraphQL id.
        line: None if the thread is outdated or on the whole file.
        can_resolve: whether the token may resolve it now (`viewerCanResolve`).
        can_unresolve: whether the token may reopen it.
        resolved_by: the login, or None if no user resolved it. An App may have resolved it.
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
    """The conclusions that reviewbot writes; `SKIPPED` satisfies a required check, `ACTION_REQUIRED` does not."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"
    ACTION_REQUIRED = "action_required"


class CheckRun(Struct, frozen=True):
    """A check run with reviewbot's name; `status` and `conclusion` are GitHub's values.

    Attributes:
        external_id: the signed copy of task and credits, without the tag.
        tag: None if reviewbot did not write the check run, which then belongs to no pull request.
        foreign: whether an App other than the token's created the check run.
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
        """The conclusion for its own pull request, if known. GitHub may show that of another pull request."""
        return None if self.foreign or self.tag is None else self.tag.verdict or None

    def is_of(self, number: int) -> bool:
        """Whether the check run belongs to this pull request."""
        return self.tag is not None and self.tag.number == number


class Seen(Struct, frozen=True, array_like=True):
    """The pull request as a run saw it when it wrote the ledger. Later events could hide a newer ledger.

    Attributes:
        forced_at: the time of the last force-push before that, if any.
        retargeted_at: the time of the last change of the base branch before that, if any.
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
        before: the replaced head, or empty if GitHub does not report it. `after`: the same for the new head.
        parents: the parents of each of the last `MOST_REPLACED` commits before the force-push.
    """

    at: datetime
    before: str
    after: str
    parents: Mapping[str, tuple[str, ...]]

    def reaches(self, known: AbstractSet[str]) -> bool:
        """Whether all commits between the replaced head and the known commits were read.

        This follows every path of parents, because git lists commits by date, and the author chooses the dates.
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
        head_sha: the head. `base_sha`: the tip of its base.
        has_all_commits: whether `commits` contains every commit of the pull request.
    """

    runs: tuple[CheckRun, ...]
    pushes: tuple[ForcePush, ...]
    commits: frozenset[str]
    head_sha: str
    base_sha: str
    has_all_commits: bool

    def has_every_head_since(self, seen: Seen, *, is_base_protected: bool) -> bool:
        """Whether `runs` contains the check runs of all heads since a run saw the pull request.

        The author can push such a head to an unprotected base. GitHub then no longer lists it as a commit of the pull
        request. No base contains such a head if the head that was seen is still among the pull request's commits.
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
        known: the pull requests whose check runs may have an open task: open ones, oldest first, then closed ones,
            latest first.
        unknown: the pull requests without a check run of reviewbot, or whose check runs were not all read.
    """

    known: tuple[int, ...]
    unknown: frozenset[int]


class Review(Struct, frozen=True):
    """A review that reviewbot wrote; `state` is GitHub's value, e.g., `CHANGES_REQUESTED`."""

    id: int
    state: str
    body: str


class DefaultBranch(Struct, frozen=True):
    """The files read from the default branch: the config, if any, `.gitattributes`, and templates by file name."""

    config: str | None = None
    attributes: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)


class Snapshot(Struct, frozen=True):
    """Everything that a run reads before it decides. Lists are oldest first.

    Attributes:
        checks: this pull request's check runs on the head, with the check name for its base.
        older_checks: this pull request's check runs on the nine commits before the head and on the heads before the
                last five force-pushes, and those with the names for other bases on all these commits and the head.
        other_checks: the check runs of other pull requests on all these commits.
        check_names: the check names that were read, starting with the name for its base.
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
"""The number of bytes at the start of a file in which git looks for a NUL, which makes the file binary."""

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
        size: the size in bytes, if read.
        text: the text, or None if the file was not read, is binary or is not UTF-8.
        binary: whether git treats the file as binary, which includes UTF-16, or None if unknown.
        misencoded: whether the file was read and is text that is not UTF-8.
        invalid: a phrase that locates the first invalid UTF-8 byte, or empty for UTF-16 and if not `misencoded`.
        shebang: whether the bytes of a binary file start with `#!`, or None if they were not read.
        legible: the share of a binary file's bytes, without NULs, that are printable UTF-8, or None if not read.
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
