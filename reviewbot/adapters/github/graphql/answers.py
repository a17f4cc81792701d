"""The types of the responses to `queries`, as in https://docs.github.com/graphql/reference.

Each query is built from the fields of these types. A response with a missing field or a wrong type is invalid. This
module does not use `from __future__ import annotations`, because msgspec evaluates string annotations slowly.
"""

from functools import cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_args, get_origin

from msgspec import Meta, Struct, field, structs

from reviewbot.domain.github.context import MOST_COMMITS, MOST_ISSUES
from reviewbot.domain.github.pull_request import MOST_FORMER_BASES, MOST_REPLACED, RECENT_COMMITS
from reviewbot.domain.text.strict_json import Moment

LONGEST_NAME = 4096
"""The maximum length of a path that git checks out. Other names are shorter."""

Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
"""A login, a branch, a path, a title, an id or a URL. A `str` may have any length."""

BigInt = Annotated[str, Meta(pattern=r"\A[0-9]{1,19}\Z")] | int
"""A 64-bit number, which GraphQL writes as a string."""

T = TypeVar("T")


def asks(call: str) -> Meta:
    """Return an annotation that makes a field an alias of `call`, a GraphQL field with arguments."""
    return Meta(extra={"asks": call})


class Node(Struct, frozen=True, rename="camel"):
    """The base class of GitHub's objects, with only the fields that reviewbot uses.

    `on` is the object's type if the schema allows several types. Objects of other types are empty. The members of a
    union have a `tag` instead.
    """

    on: ClassVar[str] = ""


def selection(kind: Any) -> str:  # noqa: ANN401 — any type of a field
    """Return the GraphQL selection of a type's fields, including nested fields."""
    origin = get_origin(kind) or kind
    if origin is Annotated:
        return selection(kind.__origin__)
    if isinstance(origin, type) and issubclass(origin, Struct):
        return _selected(kind)
    parts = [part for part in map(selection, get_args(kind)) if part]
    return f" {{ __typename{''.join(parts)} }}" if len(parts) > 1 else "".join(parts)


@cache
def _selected(kind: type[Node]) -> str:
    fields = " ".join(f"{_called(one)}{selection(one.type)}" for one in structs.fields(kind))
    if tag := (get_origin(kind) or kind).__struct_config__.tag:
        return f" ... on {tag} {{ {fields} }}"
    return f" {{ ... on {kind.on} {{ {fields} }} }}" if kind.on else f" {{ {fields} }}"


def _called(field: structs.FieldInfo) -> str:
    extras = (one.extra for one in getattr(field.type, "__metadata__", ()) if isinstance(one, Meta) and one.extra)
    called = next((extra["asks"] for extra in extras), "")
    return f"{field.encode_name}: {called}" if called else field.encode_name


class Nodes(Node, Generic[T], frozen=True):
    """Items of a connection. An item is null if the token may not read it."""

    nodes: tuple[T | None, ...]

    @property
    def present(self) -> tuple[T, ...]:
        return tuple(node for node in self.nodes if node is not None)


class Counted(Nodes[T], Generic[T], frozen=True):
    total_count: int

    @property
    def is_whole(self) -> bool:
        """Whether `nodes` contains all items of the connection."""
        return self.total_count <= len(self.nodes)


class PageInfo(Node, frozen=True):
    has_next_page: bool
    end_cursor: Name | None


class Page(Nodes[T], Generic[T], frozen=True):
    page_info: PageInfo

    @property
    def after(self) -> str | None:
        """The cursor of the next page, or None on the last page."""
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class CountedPage(Page[T], Generic[T], frozen=True):
    total_count: int


class Actor(Node, frozen=True):
    login: Name
    kind: Name = field(name="__typename", default="")

    @property
    def is_bot(self) -> bool:
        return self.kind == "Bot"


class Named(Node, frozen=True):
    name: Name


class InCommits(Node, Generic[T], frozen=True):
    commit: T


class Oid(Node, frozen=True):
    oid: Name


class Blob(Node, frozen=True):
    """A Git object. `text` is null unless the object is a text file."""

    on = "Blob"
    text: str | None = None
    is_truncated: bool = False


class TreeEntry(Node, frozen=True):
    name: Name
    object: Blob | None


class Tree(Node, frozen=True):
    """A Git object. `entries` is null unless the object is a folder."""

    on = "Tree"
    entries: tuple[TreeEntry, ...] | None = None


class CheckRunNode(Node, frozen=True):
    database_id: int
    name: Name
    status: Name
    conclusion: Name | None
    external_id: Name | None
    url: Name
    title: Name | None


class AppNode(Node, frozen=True):
    slug: Name


class CheckSuite(Node, frozen=True):
    """A check suite, including older check runs, because the latest one may belong to another pull request."""

    app: AppNode | None
    check_runs: Annotated[
        Counted[CheckRunNode] | None, asks("checkRuns(first: 50, filterBy: {checkName: $check, checkType: ALL})")
    ]


class CheckedCommit(Node, frozen=True):
    """A commit with its check runs. `check_suites` is null if the token may not read check runs."""

    oid: Name
    check_suites: Annotated[Counted[CheckSuite] | None, asks("checkSuites(first: 5, filterBy: {checkName: $check})")]


class ForcePush(Node, frozen=True):
    """A force-push with the commit that it replaced."""

    on = "HeadRefForcePushedEvent"
    created_at: Moment
    before_commit: CheckedCommit | None


_FORCE_PUSHES = "itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT]"


class Checked(Node, frozen=True):
    """A pull request's check runs with one name, on the last commits and on heads replaced by force-pushes."""

    number: int
    recent: Annotated[Nodes[InCommits[CheckedCommit]] | None, asks(f"commits(last: {RECENT_COMMITS})")]
    forced: Annotated[Nodes[ForcePush] | None, asks(f"timelineItems(last: 5, {_FORCE_PUSHES})")]


class BaseChanged(Node, frozen=True, tag_field="__typename", tag="BaseRefChangedEvent"):
    created_at: Moment
    previous_ref_name: Name


class BaseChangedByGitHub(Node, frozen=True, tag_field="__typename", tag="AutomaticBaseChangeSucceededEvent"):
    created_at: Moment
    previous_ref_name: Name = field(name="oldBase")


_BaseChanges = Nodes[BaseChanged | BaseChangedByGitHub]
_BASE_CHANGES = "itemTypes: [BASE_REF_CHANGED_EVENT, AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT]"
_RETARGETED = f"timelineItems(last: {MOST_FORMER_BASES + 1}, {_BASE_CHANGES})"


class BaseRepository(Node, frozen=True):
    default_branch_ref: Named | None


class Listed(Checked, frozen=True):
    base_repository: BaseRepository | None
    base_ref_name: Name
    retargeted: Annotated[_BaseChanges | None, asks(_RETARGETED)]


class ReplacedCommit(CheckedCommit, frozen=True):
    parents: Annotated[Counted[Oid], asks("parents(first: 20)")]


class ReplacedHead(Node, frozen=True):
    """A head that a force-push replaced, and the commits before that head, which may have check runs."""

    oid: Name
    history: Annotated[Nodes[ReplacedCommit], asks(f"history(first: {MOST_REPLACED})")]


class ForcePushNode(Node, frozen=True):
    on = "HeadRefForcePushedEvent"
    id: Name
    created_at: Moment
    before_commit: ReplacedHead | None
    after_commit: Oid | None


class CheckedPages(Node, frozen=True):
    """One page of a pull request's check runs on all commits, including commits before force-pushes."""

    head_ref_oid: Name
    base_ref_oid: Name
    recent: Annotated[CountedPage[InCommits[CheckedCommit]], asks("commits(first: $page, after: $commits)")]
    forced: Annotated[Page[ForcePushNode], asks(f"timelineItems(first: 10, after: $forced, {_FORCE_PUSHES})")]


class LabeledEvent(Node, frozen=True):
    """The addition of a label."""

    on = "LabeledEvent"
    created_at: Moment
    label: Named
    actor: Actor | None


class Signature(Node, frozen=True):
    is_valid: bool
    was_signed_by_github: bool = field(name="wasSignedByGitHub")


class Account(Node, frozen=True):
    """An account of GraphQL's type `User`. The prefix of `id` shows whether the account is a bot."""

    id: Name
    login: Name


class Author(Node, frozen=True):
    """The author of a commit or of a reaction. `user` is null for an email address without an account."""

    user: Account | None


class CommitNode(Node, frozen=True):
    oid: Name
    signature: Signature | None
    parents: Annotated[Counted[Oid], asks("parents(first: 20)")]
    authors: Annotated[Counted[Author], asks("authors(first: 20)")]
    committer: Author | None


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
    author_association: Name
    editor: Actor | None
    reaction_groups: tuple[ReactionGroup, ...] | None


class ThreadCommentNode(CommentNode, frozen=True):
    node_id: Name = field(name="id")
    is_minimized: bool
    minimized_reason: Name | None


_Up = Annotated[Nodes[Author], asks("reactions(first: 20, content: THUMBS_UP)")]
_Down = Annotated[Nodes[Author], asks("reactions(first: 20, content: THUMBS_DOWN)")]


class RatedCommentNode(CommentNode, frozen=True):
    """A comment on the pull request's timeline, with the users who reacted with 👍 or 👎."""

    up: _Up
    down: _Down


class RatedReply(Node, frozen=True):
    """A comment in a review thread, with the users who reacted with 👍 or 👎.

    Few of these comments are read, because GitHub's rate limit charges for each comment that a request could return.
    """

    on = "PullRequestReviewComment"
    id: Name
    up: _Up
    down: _Down


class ThreadNode(Node, frozen=True):
    id: Name
    is_resolved: bool
    viewer_can_resolve: bool
    viewer_can_unresolve: bool
    resolved_by: Actor | None
    opening: Annotated[Nodes[RatedReply], asks("comments(first: 1)")]
    comments: Annotated[Page[ThreadCommentNode], asks("comments(first: 20)")]


class ReviewNode(Node, frozen=True):
    id: BigInt = field(name="fullDatabaseId")
    state: Name
    body: str
    viewer_did_author: bool


class PullRequestNode(Checked, frozen=True):
    title: Name
    body: str
    url: Name
    state: Name
    is_draft: bool
    is_cross_repository: bool
    author: Actor | None
    head_ref_oid: Name
    base_ref_oid: Name
    base_ref_name: Name
    retargeted: Annotated[_BaseChanges | None, asks(_RETARGETED)]
    labels: Annotated[Nodes[Named] | None, asks("labels(first: 100)")]
    label_events: Annotated[Nodes[LabeledEvent] | None, asks("timelineItems(last: 50, itemTypes: [LABELED_EVENT])")]
    changed_files: int
    commits: Annotated[Counted[InCommits[CommitNode]], asks("commits(first: 100)")]
    comments: Annotated[Page[RatedCommentNode], asks("comments(first: $page)")]
    review_threads: Annotated[Page[ThreadNode], asks("reviewThreads(first: $page)")]
    reviews: Annotated[Page[ReviewNode], asks("reviews(first: $page)")]


class TwoRevisions(Node, frozen=True):
    one: Annotated[Oid | None, asks("object(expression: $one)")]
    other: Annotated[Oid | None, asks("object(expression: $other)")]


class ConfigNode(Node, frozen=True):
    config: Annotated[Blob | None, asks("object(expression: $config)")]


class SetupNode(ConfigNode, frozen=True):
    name_with_owner: Name
    default_branch_ref: Named | None
    templates: Annotated[Tree | None, asks("object(expression: $templates)")]


class RepositoryNode(SetupNode, frozen=True):
    database_id: int
    url: Name
    attributes: Annotated[Blob | None, asks("object(expression: $attributes)")]
    pull_request: Annotated[PullRequestNode | None, asks("pullRequest(number: $number)")]


class DoctorNode(SetupNode, frozen=True):
    is_private: bool
    workflows: Annotated[Tree | None, asks("object(expression: $workflows)")]


class InRepository(Node, Generic[T], frozen=True):
    """A part of a repository, or null if the repository does not exist or the token may not read it."""

    repository: T | None


class InPullRequest(Node, Generic[T], frozen=True):
    """A part of a pull request, or null if the pull request does not exist or the token may not read it."""

    pull_request: T | None


class Paged(Node, Generic[T], frozen=True):
    page: Page[T]


class ThreadPage(Node, frozen=True):
    on = "PullRequestReviewThread"
    page: Annotated[Page[ThreadCommentNode], asks("comments(first: $page, after: $after)")]


class InThread(Node, frozen=True):
    node: Annotated[ThreadPage, asks("node(id: $thread)")]


class RatedReplies(Node, frozen=True):
    nodes: Annotated[tuple[RatedReply | None, ...], asks("nodes(ids: $ids)")]


class Snapshot(Node, frozen=True):
    viewer: Actor
    repository: RepositoryNode | None
    others: dict[str, Checked | None] | None = None


class Summary(Node, frozen=True):
    number: int
    comments: Annotated[Page[CommentNode], asks("comments(first: 50)")]


class RepositoryName(Node, frozen=True):
    name_with_owner: Name


class PastRepository(RepositoryName, frozen=True):
    database_id: int


class PastNode(Summary, frozen=True):
    state: Name
    updated_at: Moment
    repository: PastRepository


class Head(Node, frozen=True):
    number: int
    state: Name
    head_ref_oid: Name


class Workflow(Node, frozen=True):
    resource_path: Name


class WorkflowRun(Node, frozen=True):
    database_id: int | None
    workflow: Workflow


class SuiteOfContext(Node, frozen=True):
    app: AppNode | None
    workflow_run: WorkflowRun | None


class CheckContext(Node, frozen=True, tag_field="__typename", tag="CheckRun"):
    database_id: int
    name: Name
    status: Name
    conclusion: Name | None
    check_suite: SuiteOfContext


class StatusContext(Node, frozen=True, tag_field="__typename", tag="StatusContext"):
    context: Name
    state: Name


Context = CheckContext | StatusContext


class Rollup(Node, frozen=True):
    contexts: Annotated[Page[Context], asks("contexts(first: $page, after: $after)")]


class RolledUp(Node, frozen=True):
    """A Git object. `status_check_rollup` is null unless the object is a commit with checks."""

    on = "Commit"
    status_check_rollup: Rollup | None = None


class CommitChecks(Node, frozen=True):
    """The checks of a commit. `object` is null if the commit does not exist."""

    object: Annotated[RolledUp | None, asks("object(expression: $commit)")]


class Numbered(Node, frozen=True):
    number: int


class QueueEntry(Node, frozen=True):
    position: int
    base_commit: Oid | None
    head_commit: Oid | None
    pull_request: Numbered | None


class Queue(Node, frozen=True):
    entries: Annotated[Page[QueueEntry] | None, asks("entries(first: $page, after: $after)")]


class Queued(Node, frozen=True):
    """A branch's merge queue, or null if the branch has none."""

    merge_queue: Annotated[Queue | None, asks("mergeQueue(branch: $branch)")]


class OldBlob(Node, frozen=True):
    on = "Blob"
    is_binary: bool | None = None


class NewBlob(OldBlob, frozen=True):
    text: str | None = None
    is_truncated: bool = False
    byte_size: int | None = None


class OldFile(Node, frozen=True):
    oid: Name
    mode: int
    size: int
    object: OldBlob | None


class NewFile(OldFile, frozen=True):
    """A file with its text. For a submodule, `object` is null or empty."""

    object: NewBlob | None


class Files(Node, frozen=True):
    """Files at two commits, by alias. `head` or `base` is null if that commit is not in the repository."""

    head: dict[str, NewFile | None] | None = None
    base: dict[str, OldFile | None] | None = None


class Message(Node, frozen=True):
    message: str


class IssueNode(Node, frozen=True):
    number: int
    title: Name
    body: str
    repository: RepositoryName


class About(Node, frozen=True):
    """The commit messages and issues for the reviewer. GitHub hides `closing` without `issues: read`."""

    messages: Annotated[Nodes[InCommits[Message]] | None, asks(f"commits(last: {MOST_COMMITS})")]
    closing: Annotated[Nodes[IssueNode] | None, asks(f"closingIssuesReferences(first: {MOST_ISSUES})")]


class FilesAndContext(Node, frozen=True):
    repository: Files | None
    documents: dict[str, Blob | None] | None = None
    about: InPullRequest[About] | None = None


class Done(Node, frozen=True):
    """The response to a mutation. GitHub returns null if nothing was done."""

    done: dict[str, object]
