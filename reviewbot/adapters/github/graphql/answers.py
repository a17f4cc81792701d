"""What the documents of `queries` ask for, as GitHub documents it: https://docs.github.com/graphql/reference.

A field that is missing or of another type makes the answer unusable; the error names it.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct, field

from reviewbot.domain.model.review import Side
from reviewbot.domain.text.strict_json import Moment

LONGEST_NAME = 4096
"""Characters of the longest path that git checks out; whatever else has a name has a shorter one."""

Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
"""What names something: a login, a branch, a path, a title, an id, an address. A `str` is prose of any length."""

BigInt = Annotated[str, Meta(pattern=r"\A[0-9]{1,19}\Z")] | int
"""A number of 64 bits, which GraphQL writes as text."""

T = TypeVar("T")


class Node(Struct, frozen=True, rename="camel"):
    """An object; what we do not use is not in it."""


class Nodes(Node, Generic[T], frozen=True):
    """The first items of a connection. One that the token may not read is null."""

    nodes: tuple[T | None, ...]

    @property
    def present(self) -> tuple[T, ...]:
        """The items that the token may read."""
        return tuple(node for node in self.nodes if node is not None)


class PageInfo(Node, frozen=True):
    has_next_page: bool
    end_cursor: Name | None


class Page(Nodes[T], Generic[T], frozen=True):
    page_info: PageInfo

    @property
    def after(self) -> str | None:
        """The cursor of the next page, None at the end."""
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class Actor(Node, frozen=True):
    login: Name
    kind: Name = field(name="__typename", default="")

    @property
    def is_bot(self) -> bool:
        """Whether it is an App."""
        return self.kind == "Bot"


class Named(Node, frozen=True):
    name: Name


class InCommits(Node, Generic[T], frozen=True):
    commit: T


class Oid(Node, frozen=True):
    oid: Name


class Blob(Node, frozen=True):
    """A Git object; anything but a blob has no text."""

    text: str | None = None
    is_truncated: bool = False


class TreeEntry(Node, frozen=True):
    name: Name
    object: Blob | None


class Tree(Node, frozen=True):
    """A Git object; anything but a folder has no entries."""

    entries: tuple[TreeEntry, ...] | None = None


class CheckRunNode(Node, frozen=True):
    database_id: int
    name: Name
    status: Name
    conclusion: Name | None
    external_id: Name | None
    url: Name
    title: Name | None
    started_at: Moment | None


class AppNode(Node, frozen=True):
    slug: Name


class CheckSuite(Node, frozen=True):
    app: AppNode | None
    check_runs: Nodes[CheckRunNode] | None


class CheckedCommit(Node, frozen=True):
    """A commit with its check runs; null where the token may not read them."""

    oid: Name
    check_suites: Nodes[CheckSuite] | None


class Created(Node, frozen=True):
    created_at: Moment


class TipCommit(CheckedCommit, frozen=True):
    """The head; `seen` is missing beside the check runs of another name."""

    seen: Nodes[Created] | None = None


class ForcePush(Node, frozen=True):
    """A force-push, with the commit that it replaced; anything else on the timeline has no fields."""

    created_at: Moment | None = None
    before_commit: CheckedCommit | None = None


class Checked(Node, frozen=True):
    number: int
    recent: Nodes[InCommits[CheckedCommit]] | None
    forced: Nodes[ForcePush] | None


class CheckedHead(Checked, frozen=True):
    tip: Nodes[InCommits[TipCommit]] | None


class Rebased(Node, frozen=True):
    """The pull request went to another branch; anything else on the timeline has no fields."""

    previous_ref_name: Name | None = None


class BaseRepository(Node, frozen=True):
    default_branch_ref: Named | None


class Listed(Checked, frozen=True):
    base_repository: BaseRepository | None
    base_ref_name: Name
    rebased: Nodes[Rebased] | None


class CheckedPages(Node, frozen=True):
    """The same, page by page."""

    recent: Page[InCommits[CheckedCommit]]
    forced: Page[ForcePush]


class LabeledEvent(Node, frozen=True):
    """A label was set; anything else on the timeline has no fields."""

    created_at: Moment | None = None
    label: Named | None = None
    actor: Actor | None = None


class Signature(Node, frozen=True):
    is_valid: bool
    was_signed_by_github: bool = field(name="wasSignedByGitHub")


class Account(Node, frozen=True):
    """A user whose type is called a user's in any case; the id tells a bot."""

    id: Name
    login: Name


class Author(Node, frozen=True):
    user: Account | None


class CommitNode(Node, frozen=True):
    oid: Name
    signature: Signature | None
    parents: Nodes[Oid]
    authors: Nodes[Author]


class Commits(Nodes[InCommits[CommitNode]], frozen=True):
    total_count: int


class ReactionGroup(Node, frozen=True):
    content: Name
    viewer_has_reacted: bool


class CommentNode(Node, frozen=True):
    id: BigInt = field(name="fullDatabaseId")
    url: Name
    body: str
    viewer_did_author: bool
    created_at: Moment
    last_edited_at: Moment | None
    author: Actor | None
    editor: Actor | None
    reaction_groups: tuple[ReactionGroup, ...] | None


class ReviewId(Node, frozen=True):
    id: BigInt | None = field(name="fullDatabaseId")


class ThreadCommentNode(Node, frozen=True):
    node_id: Name = field(name="id")
    id: BigInt = field(name="fullDatabaseId")
    url: Name
    body: str
    viewer_did_author: bool
    is_minimized: bool
    minimized_reason: Name | None
    author: Actor | None
    pull_request_review: ReviewId | None


class ThreadNode(Node, frozen=True):
    id: Name
    path: Name
    diff_side: Side
    line: int | None
    start_line: int | None
    is_resolved: bool
    viewer_can_resolve: bool
    viewer_can_unresolve: bool
    resolved_by: Actor | None
    comments: Page[ThreadCommentNode]


class ReviewNode(Node, frozen=True):
    id: BigInt = field(name="fullDatabaseId")
    state: Name
    body: str
    url: Name
    viewer_did_author: bool


class HeadRepository(Node, frozen=True):
    name_with_owner: Name


class PullRequestNode(CheckedHead, frozen=True):
    id: Name
    title: Name
    body: str
    url: Name
    state: Name
    is_draft: bool
    is_cross_repository: bool
    author: Actor | None
    head_ref_oid: Name
    head_ref_name: Name
    head_repository: HeadRepository | None
    base_ref_oid: Name
    base_ref_name: Name
    rebased: Nodes[Rebased] | None
    labels: Nodes[Named] | None
    label_events: Nodes[LabeledEvent] | None = field(name="timelineItems")
    changed_files: int
    commits: Commits
    comments: Page[CommentNode]
    review_threads: Page[ThreadNode]
    reviews: Page[ReviewNode]


class RepositoryNode(Node, frozen=True):
    database_id: int
    name_with_owner: Name
    url: Name
    default_branch_ref: Named | None
    config: Blob | None
    attributes: Blob | None
    templates: Tree | None
    pull_request: PullRequestNode | None


class SetupNode(Node, frozen=True):
    name_with_owner: Name
    default_branch_ref: Named | None
    config: Blob | None
    templates: Tree | None
    workflows: Tree | None


class Setup(Node, frozen=True):
    repository: SetupNode


class ConfigNode(Node, frozen=True):
    config: Blob | None


class InRepository(Node, Generic[T], frozen=True):
    """Something of the repository; null if there is none, or the token may not see it."""

    repository: T | None


class InPullRequest(Node, Generic[T], frozen=True):
    """Something of a pull request; null likewise."""

    pull_request: T | None


class Paged(Node, Generic[T], frozen=True):
    """One more page of a list, under the alias `page`."""

    page: Page[T]


class PagedNode(Node, Generic[T], frozen=True):
    node: Paged[T]


class Snapshot(Node, frozen=True):
    viewer: Actor
    repository: RepositoryNode | None
    others: dict[str, CheckedHead | None] | None = None


class Summary(Node, frozen=True):
    number: int
    comments: Page[CommentNode]


class Head(Node, frozen=True):
    number: int
    state: Name
    head_ref_oid: Name


class Numbered(Node, frozen=True):
    number: int


class QueueEntry(Node, frozen=True):
    position: int
    head_commit: Oid | None
    pull_request: Numbered | None


class QueuePage(Page[QueueEntry], frozen=True):
    total_count: int


class Queue(Node, frozen=True):
    entries: QueuePage | None


class Queued(Node, frozen=True):
    """A branch's merge queue, null if it has none."""

    merge_queue: Queue | None


class FileBlob(Node, frozen=True):
    """A file's content; `byte_size` is missing where only its kind was asked for, and for a submodule."""

    text: str | None = None
    is_binary: bool | None = None
    is_truncated: bool = False
    byte_size: int | None = None


class FileNode(Node, frozen=True):
    oid: Name
    mode: int
    size: int
    object: FileBlob | None


class Files(Node, frozen=True):
    """Files at two commits by alias; no commit where it is not in the repository."""

    head: dict[str, FileNode | None] | None = None
    base: dict[str, FileNode | None] | None = None


class Done(Node, frozen=True):
    """The answer to a mutation, under the alias `done`; null if nothing was done."""

    done: dict[str, object]
