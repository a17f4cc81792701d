"""Data types for a pull request as read from GitHub, and comparisons of check runs of pull requests with one head."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import Enum, StrEnum

from msgspec import Struct, field

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.text.formatting import invalid_byte
from reviewbot.domain.text.strict_json import Moment
from reviewbot.values import replace

RECENT_COMMITS = 10
"""Check runs are read for this many of a pull request's latest commits."""

MOST_FORMER_BASES = 10
"""Check runs are read for this many of a pull request's latest former base branches."""

MOST_REPLACED = 20
"""Check runs are read for this many commits before a force-push, latest first."""


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
        authors: logins, with `[bot]` for bots, each None for an email address without an account. None instead of the
            logins if some were not read. Authors are not verified, because the committer chooses the address.
        committer: a login, or None for an email address without an account and for commits by GitHub's web editor.
        verified: whether GitHub signed the commit, e.g., for an App. A person's signature verifies only the committer.
    """

    sha: str
    parents: tuple[str, ...] | None
    authors: tuple[str | None, ...] | None
    verified: bool = False
    committer: str | None = None


class LabelEvent(Struct, frozen=True):
    """An event that added a label. `actor` is a login, with `[bot]` for a bot, or None for a deleted account."""

    label: str
    actor: str | None
    at: datetime


class PullRequest(Struct, frozen=True):
    """A pull request.

    Attributes:
        author: the login without `[bot]`, or None for a deleted account.
        label_events: the latest 50 events, oldest first.
        commits: the first 100 of `commit_count` commits.
        forced_at: the time of the last force-push, if any. The force-push may have restored an older head.
        retargeted_at: the time of the last change of the base branch, if any.
        former_bases: the latest former base branches, oldest first, at most `MOST_FORMER_BASES` + 1.
        unread_bases_until: when the pull request left the last base branch whose check runs are not read, if any.
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
        """The login of the opener, with `[bot]` for a bot, or empty for a deleted account."""
        return f"{self.author or ''}{BOT_SUFFIX * self.author_is_bot}"

    @property
    def merge_base(self) -> str | None:
        """The merge base, or None if the commits alone do not determine it.

        A pull request lists the commits that are reachable from its head but not from its base. Therefore, every
        unlisted parent is reachable from the base, and a single unlisted parent is the best common ancestor.
        """
        listed = {one.sha for one in self.commits}
        known = [one.parents for one in self.commits if one.parents is not None]
        if not self.commit_count == len(listed) == len(known):
            return None  # an unread parent may be a later commit of the base
        outside = {parent for parents in known for parent in parents} - listed
        return outside.pop() if len(outside) == 1 else None

    @property
    def people(self) -> frozenset[str] | None:
        """The lower-case logins of opener, authors and committers, or None if a commit or author was not read.

        Email addresses without an account are omitted, because a committer can choose any address.
        """
        is_whole = self.commit_count == len(self.commits) and any(one.sha == self.head_sha for one in self.commits)
        if not is_whole or any(one.authors is None for one in self.commits):
            return None
        logins = (login for one in self.commits for login in (*(one.authors or ()), one.committer))
        return frozenset(login.casefold() for login in (self.author, *logins) if login)

    @property
    def bots(self) -> frozenset[str]:
        """The lower-case logins of bots among opener, authors and committers. A collaborator may control a bot."""
        logins = (login or "" for one in self.commits for login in (*(one.authors or ()), one.committer))
        return frozenset(login.casefold() for login in (self.opener, *logins) if login.endswith(BOT_SUFFIX))


class Opinion(Struct, frozen=True):
    """A 👍 (`agrees`) or a 👎 on a comment. A bot's login ends with `[bot]`."""

    login: str
    agrees: bool


class Comment(Struct, frozen=True):
    """A comment on the pull request's timeline.

    Attributes:
        id: the REST id. Review comments are numbered separately.
        ours: whether reviewbot's token wrote the comment.
        edited_by: the login of the last editor, or None if the comment was never edited.
        edited_by_us: whether the comment was never edited, or was last edited by its author.
        author: the login, with `[bot]` for a bot, or None for a deleted account.
        by_collaborator: whether GitHub lists the author as an owner, member or collaborator.
        reacted: whether reviewbot's token added a 👍, 👎 or 😕, which mark a command as done.
        opinions: at most 20 of each kind. In a thread, only the first comment and reviewbot's newest replies have
            opinions.
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
    node_id: str = ""
    is_minimized: bool = False
    hidden_as_outdated: bool = False


class Thread(Struct, frozen=True):
    """A review thread.

    Attributes:
        id: the GraphQL id.
        can_resolve: whether GitHub allows the token to resolve the thread now.
    """

    id: str
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
        external_id: the signed copy of task and credits, without the tag.
        tag: the tag, or None if reviewbot did not write the check run.
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
        """The conclusion for the pull request in the tag, or None if it is unknown or the review is open."""
        return None if self.foreign or self.tag is None else self.tag.verdict or None

    def is_of(self, number: int) -> bool:
        """Return whether the check run belongs to this pull request."""
        return self.tag is not None and self.tag.number == number


class Seen(Struct, frozen=True, array_like=True):
    """The head and the times of the last force-push and base change when a run wrote the ledger.

    A later force-push or base change may hide check runs that prove a newer ledger.
    """

    head_sha: str = ""
    forced_at: Moment | None = None
    retargeted_at: Moment | None = None

    @classmethod
    def of(cls, pull: PullRequest) -> Seen:
        return cls(pull.head_sha, pull.forced_at, pull.retargeted_at)


class ForcePush(Struct, frozen=True):
    """A force-push of the head. A SHA is empty if GitHub does not report the commit.

    `parents` maps each of the last `MOST_REPLACED` commits before the force-push to its parents, by SHA.
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

    Check runs and force-pushes are listed from old to new. `base_sha` is the tip of the base branch.
    """

    runs: tuple[CheckRun, ...]
    pushes: tuple[ForcePush, ...]
    commits: frozenset[str]
    head_sha: str
    base_sha: str
    has_all_commits: bool

    def has_every_head_since(self, seen: Seen, *, is_base_protected: bool) -> bool:
        """Return whether `runs` contains the check runs of all heads since a run saw the pull request.

        If the author pushes a head to an unprotected base, GitHub no longer lists that head among the pull request's
        commits. This cannot have happened if the pull request's commits still contain the head that the run saw.
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
        known: the pull requests with a check run that may have an open task: first open ones, oldest first, then closed
            ones, latest first.
        unknown: the pull requests without a check run of reviewbot, or with unread check runs.
    """

    known: tuple[int, ...]
    unknown: frozenset[int]


class Review(Struct, frozen=True):
    """A review that reviewbot wrote. `state` is GitHub's value, e.g., `CHANGES_REQUESTED`."""

    id: int
    state: str
    body: str


class DefaultBranch(Struct, frozen=True):
    """The config file, `.gitattributes`, and the templates by file name, as read from the default branch."""

    config: str | None = None
    attributes: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)


class Snapshot(Struct, frozen=True):
    """The data that a run reads from GitHub before a decision. Lists are oldest first.

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
"""The number of bytes at the start of a file in which git searches for NUL. A file with NUL is binary."""

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
        text: the text, or None if the file was not read, is binary or is not UTF-8.
        binary: whether git treats the file as binary, which includes UTF-16, or None if unknown.
        misencoded: whether the file contains text in an encoding other than UTF-8.
        invalid: a phrase with the position of the first byte that is invalid in UTF-8, or empty.
        shebang: whether a binary file starts with `#!`, or None if the file was not read, is not binary or is UTF-16.
        legible: the share of printable UTF-8 among a binary file's bytes other than NUL, or None as for `shebang`.
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


GREEN = frozenset({Conclusion.SUCCESS, Conclusion.SKIPPED})
"""The conclusions that satisfy a required check."""


def newest(checks: Iterable[CheckRun]) -> CheckRun | None:
    """Return the latest of several check runs with the same name, which is the one that GitHub shows, or None."""
    return max(checks, key=lambda check: check.id, default=None)


def not_green(others: Sequence[CheckRun], head_sha: str) -> tuple[int, ...]:
    """Return the other pull requests whose latest verdict on a commit is not green, in ascending order.

    `others` are the check runs of other pull requests, oldest first.
    """
    latest = {check.tag.number: check for check in others if check.tag and check.head_sha == head_sha}
    return tuple(sorted(number for number, check in latest.items() if check.verdict not in GREEN))


def is_covered(check: CheckRun, others: Sequence[CheckRun]) -> bool:
    """Return whether GitHub shows a later check run of another pull request, and only one of the two is green."""
    top = newest(one for one in others if one.head_sha == check.head_sha)
    return top is not None and top.id > check.id and (top.conclusion in GREEN) != (check.conclusion in GREEN)
