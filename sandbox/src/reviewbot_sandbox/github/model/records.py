"""GitHub's state as frozen records; each change replaces a record.

Times are aware datetimes in UTC with whole seconds, like GitHub's. Users are identified by their login in REST, so an
App's bot keeps its `[bot]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Literal


class Level(IntEnum):
    """A person's permission in a repository, lowest first."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class Access(IntEnum):
    """What a token may do in one scope."""

    NONE = 0
    READ = 1
    WRITE = 2


class Scope(Enum):
    """The permissions of a token, under the names of the `X-Accepted-GitHub-Permissions` header."""

    CONTENTS = "contents"
    PULL_REQUESTS = "pull_requests"
    ISSUES = "issues"
    CHECKS = "checks"
    STATUSES = "statuses"
    METADATA = "metadata"
    ACTIONS = "actions"
    MERGE_QUEUES = "merge_queues"


class Side(Enum):
    LEFT = "LEFT"
    RIGHT = "RIGHT"


class ReviewState(Enum):
    """A review's state, as REST and GraphQL spell it."""

    PENDING = "PENDING"
    COMMENTED = "COMMENTED"
    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    DISMISSED = "DISMISSED"


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App; its bot's login is the slug with `[bot]`."""

    id: int
    slug: str
    name: str

    @property
    def login(self) -> str:
        return f"{self.slug}[bot]"


ACTIONS = App(15368, "github-actions", "GitHub Actions")
"""The App behind a workflow's own token, with its real number."""


@dataclass(frozen=True, slots=True)
class User:
    """A person, an organization or an App's bot; `kind` is `User`, `Organization` or `Bot`."""

    id: int
    login: str
    email: str
    kind: str = "User"


@dataclass(frozen=True, slots=True)
class Token:
    """A credential with its owner and permissions.

    `app` is None for a person's token. `repositories` names the repositories that an App's token was made for; None
    means all that the identity can see.
    """

    secret: str = field(repr=False)
    login: str
    permissions: Mapping[Scope, Access]
    app: App | None = None
    repositories: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A required check; `source` is the id of the App that must report it."""

    name: str
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; `fork_of` is the full name of the one that it was forked from.

    Its default branch requires the checks of `rules` by a ruleset, and those of `protection` by its own. An environment
    has the patterns of the branches that can use it, None for every branch.
    """

    id: int
    owner: str
    name: str
    default_branch: str
    private: bool
    created_at: datetime
    fork_of: str | None = None
    rules: tuple[RequiredCheck, ...] = ()
    protection: tuple[RequiredCheck, ...] = ()
    environments: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request; `repo` is the full name of its base, `head_repo` None if its fork was deleted.

    `merge_sha` is the merge commit under `refs/pull/N/merge`; None if base and head conflict.
    """

    id: int
    number: int
    repo: str
    author: str
    title: str
    body: str | None
    head_ref: str
    head_repo: str | None
    head_sha: str
    base_ref: str
    base_sha: str
    created_at: datetime
    updated_at: datetime
    labels: tuple[str, ...] = ()
    draft: bool = False
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merge_sha: str | None = None

    @property
    def state(self) -> str:
        return "open" if self.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    repo: str
    name: str


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """An event of a pull request's timeline; `kind` is GraphQL's type name.

    `label` is set for label events, `commits` (before and after) for force-pushes, `base` (before) for another base.
    """

    id: int
    repo: str
    number: int
    kind: str
    actor: str
    created_at: datetime
    label: str | None = None
    commits: tuple[str, str] | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    repo: str
    number: int
    author: str
    title: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment in the conversation: `editor` is the last editor, `minimized` the reason for hiding it."""

    id: int
    repo: str
    number: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    editor: str | None = None
    minimized: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A review; `submitted_at` is None while it is pending."""

    id: int
    repo: str
    number: int
    author: str
    body: str
    state: ReviewState
    commit_id: str
    created_at: datetime
    submitted_at: datetime | None = None
    editor: str | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A thread's place: a line or a range on one side, or the whole file if `line` is None."""

    path: str
    side: Side = Side.RIGHT
    line: int | None = None
    start_line: int | None = None
    start_side: Side | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A review thread with the anchor and commits of its first comment."""

    id: int
    repo: str
    number: int
    anchor: Anchor
    commit_id: str
    merge_base: str
    diff_hunk: str
    position: int
    resolved_by: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """One comment of a thread; `in_reply_to` is the thread's first comment, or None for that one."""

    id: int
    repo: str
    number: int
    thread_id: int
    review_id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime
    in_reply_to: int | None = None
    editor: str | None = None
    minimized: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    title: str | None = None
    start_column: int | None = None
    end_column: int | None = None

    @property
    def has_columns(self) -> bool:
        return (self.start_column, self.end_column) != (None, None)


@dataclass(frozen=True, slots=True)
class CheckOutput:
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckSuite:
    """The check runs of one App on one commit; it may have none yet."""

    id: int
    repo: str
    sha: str
    app: App
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run; every run of one App on one commit shares a suite. It is incomplete since `open_since`."""

    id: int
    repo: str
    suite_id: int
    app: App
    name: str
    head_sha: str
    status: str
    started_at: datetime
    open_since: datetime
    conclusion: str | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str | None = None
    output: CheckOutput = CheckOutput()


@dataclass(frozen=True, slots=True)
class Status:
    """A commit status, the older kind of check."""

    id: int
    repo: str
    sha: str
    state: str
    context: str
    creator: str
    created_at: datetime
    description: str | None = None
    target_url: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction; `subject` is a node id, `content` REST's name of the emoji."""

    id: int
    subject: str
    user: str
    content: str
    created_at: datetime
