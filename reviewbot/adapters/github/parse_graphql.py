"""GraphQL's answer made into a snapshot: pure, the pages that are missing are fetched by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from reviewbot.adapters.github.answers import Answer
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.github.pull_request import (
    RECENT_COMMITS,
    CheckRun,
    Comment,
    Commit,
    DefaultBranch,
    LabelEvent,
    PullRequest,
    Repository,
    Review,
    Thread,
    ThreadComment,
)
from reviewbot.domain.github.shared_heads import is_of
from reviewbot.domain.model.review import Side

UNREADABLE = "\0"
"""Stands for a config file that is there and is no text: YAML refuses a NUL, so the settings refuse it too."""

_GHOST = "ghost"
_BOT_SUFFIX = "[bot]"


CHECKED = ("tip", "recent", "forced")
"""The lists of a pull request that hold check runs."""


def is_hidden(error: Mapping[str, object], *fields: str) -> bool:
    """Whether a GraphQL error says that the token may not read one of these fields, beside which the rest is there."""
    path = error.get("path")
    return error.get("type") == "FORBIDDEN" and isinstance(path, list) and any(field in path for field in fields)


def repository(node: Answer) -> Repository:
    """The repository."""
    return Repository(
        id=node.number("databaseId"),
        full_name=node.text("nameWithOwner"),
        default_branch=_name_of(node.maybe_node("defaultBranchRef")),
        url=node.text("url"),
    )


def _name_of(ref: Answer | None) -> str:
    return ref.text("name") if ref else ""


def default_branch(node: Answer) -> DefaultBranch:
    """The default branch's word on us."""
    return DefaultBranch(
        config=config(node.maybe_node("config")),
        attributes=_whole_text(node.maybe_node("attributes")) or "",
        templates=folder(node.maybe_node("templates")),
    )


def folder(tree: Answer | None) -> dict[str, str]:
    """Name to text of the files right inside a folder that are text and whole; nothing when it is no folder."""
    entries = tree.items("entries") if tree and "entries" in tree.fields else ()
    found = {entry.text("name"): _whole_text(entry.maybe_node("object")) for entry in entries}
    return {name: text for name, text in found.items() if text is not None}


def config(blob: Answer | None) -> str | None:
    """The text, cut if it is long (the settings refuse it then); not None when something is there."""
    if blob is None:
        return None
    return UNREADABLE if blob.fields.get("text") is None else blob.prose("text")


def _whole_text(blob: Answer | None) -> str | None:
    if blob is None or blob.fields.get("text") is None or blob.flag("isTruncated"):
        return None
    return blob.prose("text")


def pull_request(node: Answer) -> PullRequest:
    """The pull request itself."""
    author, head_repository = node.maybe_node("author"), node.maybe_node("headRepository")
    return PullRequest(
        number=node.number("number"),
        node_id=node.text("id"),
        title=node.text("title"),
        body=node.prose("body"),
        url=node.text("url"),
        author=author.text("login") if author else None,
        author_is_bot=_is_bot(author),
        is_open=node.text("state") == "OPEN",
        is_draft=node.flag("isDraft"),
        from_fork=node.flag("isCrossRepository"),
        head_sha=node.text("headRefOid"),
        head_ref=node.text("headRefName"),
        head_repository=head_repository.text("nameWithOwner") if head_repository else None,
        base_sha=node.text("baseRefOid"),
        base_ref=node.text("baseRefName"),
        labels=frozenset(label.text("name") for label in node.nodes("labels")),
        label_events=tuple(_label_event(event) for event in node.nodes("timelineItems") if event.fields),
        commits=tuple(_commit(item.node("commit")) for item in node.nodes("commits")),
        commit_count=node.node("commits").number("totalCount"),
        head_seen_at=_first_seen(node, node.text("headRefOid")),
        checked_at=_first_checked(node, node.text("headRefOid"), node.number("number")),
        forced_at=max((event.moment("createdAt") for event in node.nodes("forced") if event.fields), default=None),
        is_first_head=_is_first(node, node.text("headRefOid"), node.number("number")),
    )


def _is_first(pull: Answer, head: str, number: int) -> bool:
    """Whether nothing tells that there was another head before."""
    if (
        any(event.fields for event in pull.nodes("forced"))
        or pull.node("commits").number("totalCount") > RECENT_COMMITS
    ):
        return False
    return not any(run.head_sha != head and is_of(run, number) for run in checks(pull, "recent"))


def _first_seen(pull: Answer, head: str) -> datetime | None:
    """When the first check suite of the head was made; GitHub documents no order of them."""
    return min((suite.moment("createdAt") for suite in _at_tip(pull, head, "seen")), default=None)


def _first_checked(pull: Answer, head: str, number: int) -> datetime | None:
    runs = (run for suite in _at_tip(pull, head, "checkSuites") for run in suite.nodes("checkRuns"))
    began = (run for run in runs if run.fields.get("startedAt") is not None and is_of(_check(run, head), number))
    return min((run.moment("startedAt") for run in began), default=None)


def _at_tip(pull: Answer, head: str, suites: str) -> Iterator[Answer]:
    """The check suites of the head; none when the list of commits is behind it."""
    commits = (item.node("commit") for item in pull.nodes("tip"))
    return (suite for commit in commits if commit.text("oid") == head for suite in commit.nodes(suites))


def _is_bot(actor: Answer | None) -> bool:
    return actor is not None and actor.text("__typename") == "Bot"


def _label_event(event: Answer) -> LabelEvent:
    return LabelEvent(
        label=event.node("label").text("name"),
        actor=_whole_login(event.maybe_node("actor")),
        at=event.moment("createdAt"),
    )


def _whole_login(actor: Answer | None) -> str | None:
    """REST's login. A bot and a person may share a name; asked for its permission, the bot needs its own."""
    if actor is None:
        return None
    return f"{actor.text('login')}{_BOT_SUFFIX if _is_bot(actor) else ''}"


_BOT_IDS = ("BOT_", "MDM6Qm90")
"""How the id of a bot begins; the older ones are Base64 of `03:Bot`."""


def _login_of_account(user: Answer) -> str:
    """REST's login of whoever has a commit's address, whose type is called a user's in any case; its id tells a bot."""
    login = user.text("login").removesuffix(_BOT_SUFFIX)
    is_bot = login != user.text("login") or user.text("id").startswith(_BOT_IDS)
    return f"{login}{_BOT_SUFFIX if is_bot else ''}"


def _commit(node: Answer) -> Commit:
    signature = node.maybe_node("signature")
    users = [author.maybe_node("user") for author in node.nodes("authors")]
    return Commit(
        sha=node.text("oid"),
        parents=tuple(parent.text("oid") for parent in node.nodes("parents")),
        authors=tuple(_login_of_account(user) if user else None for user in users),
        verified=signature is not None and signature.flag("isValid") and signature.flag("wasSignedByGitHub"),
    )


def comment(node: Answer) -> Comment:
    """A comment of the timeline."""
    author, editor = node.maybe_node("author"), node.maybe_node("editor")
    edited = editor is not None or node.fields.get("lastEditedAt") is not None
    return Comment(
        id=node.number("fullDatabaseId"),
        url=node.text("url"),
        body=node.prose("body"),
        ours=node.flag("viewerDidAuthor"),
        edited_by=(editor.text("login") if editor else _GHOST) if edited else None,
        edited_by_us=not edited or (editor is not None and author is not None and editor.fields == author.fields),
        author=_whole_login(author),
        author_is_bot=_is_bot(author),
        created_at=node.moment("createdAt"),
        reacted=any(_is_answer(group) for group in _listed(node, "reactionGroups")),
    )


_ANSWERS = frozenset({"THUMBS_UP", "THUMBS_DOWN", "CONFUSED"})
"""`drafts.Reaction` in GraphQL's words."""


def _is_answer(group: Answer) -> bool:
    """Whether an emoji is one that we answer with; other workflows of the repository put theirs under the same name."""
    return group.text("content") in _ANSWERS and group.flag("viewerHasReacted")


def _listed(node: Answer, name: str) -> Iterator[Answer]:
    return iter(()) if node.fields.get(name) is None else node.items(name)


def first_marked(nodes: Iterable[Answer], mark: str) -> Comment | None:
    """The first comment of ours whose text begins with a mark; no more of them are read than it takes."""
    comments = (comment(node) for node in nodes)
    return next((each for each in comments if each.ours and each.body.startswith(mark)), None)


def thread(node: Answer, comments: Iterable[Answer]) -> Thread:
    """A review thread with all its comments."""
    resolver = node.maybe_node("resolvedBy")
    return Thread(
        id=node.text("id"),
        path=node.text("path"),
        side=Side(node.text("diffSide")),
        line=node.maybe_number("line"),
        start_line=node.maybe_number("startLine"),
        is_resolved=node.flag("isResolved"),
        comments=tuple(_thread_comment(item) for item in comments),
        can_resolve=node.flag("viewerCanResolve"),
        can_unresolve=node.flag("viewerCanUnresolve"),
        resolved_by=resolver.text("login") if resolver else None,
    )


def _thread_comment(node: Answer) -> ThreadComment:
    author, review_node = node.maybe_node("author"), node.maybe_node("pullRequestReview")
    return ThreadComment(
        id=node.number("fullDatabaseId"),
        url=node.text("url"),
        body=node.prose("body"),
        ours=node.flag("viewerDidAuthor"),
        author=author.text("login") if author else None,
        review_id=review_node.maybe_number("fullDatabaseId") if review_node else None,
        node_id=node.text("id"),
        is_minimized=node.flag("isMinimized"),
        hidden_as_outdated=node.maybe_text("minimizedReason") == "outdated",
    )


def review(node: Answer) -> Review:
    """A review."""
    return Review(
        id=node.number("fullDatabaseId"),
        state=node.text("state"),
        body=node.prose("body"),
        url=node.text("url"),
        ours=node.flag("viewerDidAuthor"),
    )


def app_of(viewer: Answer) -> str:
    """The slug of the App whose token it is, empty for a person's."""
    login = viewer.text("login")
    return login.removesuffix("[bot]") if login.endswith("[bot]") else ""


def checks(pull: Answer, *lists: str, app: str = "") -> tuple[CheckRun, ...]:
    """The check runs of our name on some commits, oldest first, whosever; none where the token may not read them.

    Args:
        pull: with the lists.
        lists: `tip` and `recent` are of commits, `forced` is of force-pushes with the commit that each replaced.
        app: the slug of our App, empty when nobody knows.
    """
    items = (item for name in lists for item in pull.nodes(name))
    commits = (item.maybe_node("commit") or item.maybe_node("beforeCommit") for item in items)
    found = {
        run.number("databaseId"): _check(run, commit.text("oid"), foreign=app not in {"", _made_by(suite)})
        for commit in commits
        if commit
        for suite in commit.nodes("checkSuites")
        for run in suite.nodes("checkRuns")
    }
    return tuple(found[key] for key in sorted(found))


def _made_by(suite: Answer) -> str:
    made = suite.maybe_node("app")
    return made.text("slug") if made else ""


def _check(run: Answer, head_sha: str, *, foreign: bool = False) -> CheckRun:
    """A check run in REST's spelling: GraphQL writes states in capitals."""
    conclusion = run.maybe_text("conclusion")
    tag, copy = split_tag(run.maybe_text("externalId") or "")
    return CheckRun(
        id=run.number("databaseId"),
        name=run.text("name"),
        head_sha=head_sha,
        status=run.text("status").lower(),
        conclusion=conclusion.lower() if conclusion else None,
        external_id=copy,
        url=run.text("url"),
        title=run.maybe_text("title") or "",
        tag=tag,
        foreign=foreign,
    )
