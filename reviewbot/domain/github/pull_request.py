"""What GitHub holds of one pull request, read in one go and then trusted as values."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.model.review import Side

RECENT_COMMITS = 10
"""The last commits of a pull request, whose check runs come with the snapshot."""


class Permission(Enum):
    """What a person may do in the repository, least first."""

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
    """The repository whose pull request is reviewed."""

    id: int
    full_name: str
    default_branch: str
    url: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the pull request.

    Attributes:
        authors: logins, a bot's with `[bot]`, unlike `PullRequest.author`; None for an address without an account. Who
            commits chooses the address, so an author here is a claim.
        verified: whether GitHub itself has signed the commit, as it does for what an App commits through it. A person's
            own signature vouches for whoever committed, not for the author.
    """

    sha: str
    parents: tuple[str, ...]
    authors: tuple[str | None, ...]
    verified: bool = False


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """Somebody set a label.

    Attributes:
        actor: a login, a bot's with `[bot]` so that it fits `Forge.permission`; None for a deleted account.
    """

    label: str
    actor: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request itself.

    Attributes:
        commits: the first hundred; `commit_count` says how many there are.
        author: the login without `[bot]`, as GraphQL gives it; None for a deleted account.
        head_repository: None when the fork was deleted.
        label_events: the latest fifty, oldest first.
        head_seen_at: when GitHub first made a check suite for the head, by its own clock: no committer can choose it.
            The commit may have come here later, if it was another pull request's head before. None when nothing tells:
            there is no suite, or the token may not read them.
        checked_at: when this pull request's first check run of our name on the head began, None when there is none.
        forced_at: when the head was last force-pushed, None when it never was: an older head may have come back then.
        is_first_head: whether nothing was force-pushed and none of its other commits has a check run of our name for
            it, so that we have met it at no other head; False where it has more commits than are looked at.
    """

    number: int
    node_id: str
    title: str
    body: str
    url: str
    author: str | None
    author_is_bot: bool
    is_open: bool
    is_draft: bool
    from_fork: bool
    head_sha: str
    head_ref: str
    head_repository: str | None
    base_sha: str
    base_ref: str
    labels: frozenset[str]
    label_events: tuple[LabelEvent, ...]
    commits: tuple[Commit, ...]
    commit_count: int
    head_seen_at: datetime | None = None
    checked_at: datetime | None = None
    forced_at: datetime | None = None
    is_first_head: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the pull request's timeline.

    Attributes:
        id: the REST id.
        ours: whether the token that reads wrote it (`viewerDidAuthor`).
        edited_by: the login of the last editor, None when nobody edited it.
        edited_by_us: whether the last editor is the author.
        author: a login, a bot's with `[bot]` so that it fits `Forge.permission`; None for a deleted account.
        reacted: whether the token that reads has put one of the emoji under it with which we answer.
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
    """One comment of a review thread.

    Attributes:
        node_id: the GraphQL id, for `Forge.hide_comment`.
        is_minimized: whether somebody has hidden it, under whatever reason.
        hidden_as_outdated: whether the reason is the one that we give.
    """

    id: int
    url: str
    body: str
    ours: bool
    author: str | None
    review_id: int | None
    node_id: str = ""
    is_minimized: bool = False
    hidden_as_outdated: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A review thread.

    Attributes:
        id: the GraphQL id, for `Forge.resolve_thread`.
        line: None when the thread is outdated or on the whole file.
        can_resolve: whether the token that reads may resolve it now (`viewerCanResolve`): not one that is resolved.
        can_unresolve: whether it may open it again.
        resolved_by: login, None when no person has, an app perhaps.
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
    """The status of a check run, as far as we write it."""

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
    """A check run of our name, as GitHub tells it; `status` and `conclusion` are GitHub's own words.

    Attributes:
        external_id: the short copy of task and credits, without the tag.
        tag: None where we have not written it; such a check run is no pull request's.
        foreign: whether another App has made it than the one whose token this is: it may say what it wants.
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
        """What its own pull request came to, whatever a second one makes GitHub show; None while nobody knows."""
        return None if self.foreign or self.tag is None else self.tag.verdict or None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where an open task may be.

    Attributes:
        known: numbers of the open pull requests, oldest first; then those of the closed ones, the latest first.
        unknown: those without any check run of ours, which tells nothing where none can be written.
    """

    known: tuple[int, ...]
    unknown: frozenset[int]


@dataclass(frozen=True, slots=True)
class Review:
    """A review that we wrote (`state` is GitHub's own word, such as `PENDING` or `CHANGES_REQUESTED`)."""

    id: int
    state: str
    body: str
    url: str
    ours: bool


@dataclass(frozen=True, slots=True)
class DefaultBranch:
    """What the default branch says about us: the only place that settings and templates are read from.

    Attributes:
        config: the text of the config file, None when there is none.
        attributes: the text of `.gitattributes`, empty when there is none.
        templates: file name to text.
    """

    config: str | None = None
    attributes: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a run reads before it decides anything; lists are oldest first.

    Attributes:
        reviews: those that we wrote.
        checks: this pull request's runs of our check's name on the head.
        older_checks: those on the nine commits before it, and on the heads that the last five force-pushes replaced.
        other_checks: those of other pull requests on all these commits.
        checks_readable: False when the token may not read check runs, and there are none here because of that.
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


BINARY_WINDOW = 8000
"""Git calls a file binary when there is a NUL among this many first bytes."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\f\r"})
_TAR_MAGIC_AT = 257
"""Offset of the magic number of a tar header
(https://www.gnu.org/software/tar/manual/html_node/Standard.html)."""


def _legible(content: bytes) -> float:
    """Return the share of the bytes, NULs apart, that are printable UTF-8."""
    printable = content.translate(None, _CONTROLS).decode("utf-8", "ignore").encode("utf-8")
    return len(printable) / max(1, len(content) - content.count(0))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a commit.

    Attributes:
        oid: the full blob id.
        mode: six octal digits, such as `100644`; `160000` is a submodule, `120000` a link.
        size: bytes; None when it was not asked for.
        text: the whole text; None when it was not asked for, or is binary or not UTF-8.
        binary: whether git takes the bytes for no text, as it does UTF-16; None when unknown.
        misencoded: whether the bytes were read, and are text that is not UTF-8.
        shebang: whether binary bytes begin with `#!`; None when they were not read.
        legible: the share of binary bytes, NULs apart, that are printable UTF-8, from 0 to 1; None when they were not
            read.
        tar: whether binary bytes are an uncompressed tar archive, which is as legible as the files in it.
    """

    oid: str
    mode: str
    size: int | None = None
    text: str | None = None
    binary: bool | None = None
    misencoded: bool = False
    shebang: bool | None = None
    legible: float | None = None
    tar: bool = False

    def with_content(self, content: bytes) -> Entry:
        """Return the entry with what its bytes say."""
        if content.startswith(_UTF_16):
            return replace(self, text=None, binary=True, misencoded=True)
        if b"\0" in content[:BINARY_WINDOW]:
            return replace(
                self, text=None, binary=True, shebang=content.startswith(b"#!"), legible=_legible(content),
                tar=content[_TAR_MAGIC_AT:].startswith(b"ustar"),
            )  # fmt: skip
        try:
            return replace(self, text=content.decode("utf-8"), binary=False)
        except UnicodeDecodeError:
            return replace(self, text=None, binary=False, misencoded=True)


@dataclass(frozen=True, slots=True)
class RawChange:
    """The change as GitHub or git gave it: `parse.assemble` makes a change set of it.

    Attributes:
        merge_base: full sha.
        head: full sha.
        diff: git's unified diff from merge base to head, renames found.
        old: entries at the merge base, by old path.
        new: entries at the head, by path, with texts.
    """

    merge_base: str
    head: str
    diff: str
    old: Mapping[str, Entry]
    new: Mapping[str, Entry]
