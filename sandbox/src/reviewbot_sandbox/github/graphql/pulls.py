"""GraphQL: pull requests and their connections."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot_sandbox.github.graphql.context import CommitAt, Info, Resolver, Resolvers, context, page
from reviewbot_sandbox.github.graphql.objects import actor, commit_at
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.forms import REACTIONS
from reviewbot_sandbox.github.model.records import Access, PullRequest, Scope
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.rest.wire import Wire
from reviewbot_sandbox.github.state.access import is_writer, require
from reviewbot_sandbox.github.state.anchors import ThreadPosition, thread_position
from reviewbot_sandbox.github.state.reviews import is_visible

_READ = ((Scope.PULL_REQUESTS, Access.READ),)


def pull_request(repo: r.Repository, info: Info, number: int) -> PullRequest:
    asked = context(info)
    require(asked.store, asked.viewer, repo, _READ)
    found = asked.store.pulls.get((repo.full_name, number))
    if found is None:
        raise Refusal(200, f"Could not resolve to a PullRequest with the number of {number}.", kind="NOT_FOUND")
    return found


def pull_requests(repo: r.Repository, info: Info, **arguments: object) -> dict[str, object]:
    """Return a repository's pull requests, oldest first unless ordered otherwise."""
    asked = context(info)
    require(asked.store, asked.viewer, repo, _READ)
    states, order = arguments.get("states"), arguments.get("orderBy")
    head = arguments.get("headRefName")
    found = [
        pull
        for pull in reversed(asked.store.pulls_of(repo.full_name))
        if (not isinstance(states, list) or _state(pull) in states) and head in (None, pull.head_ref)
    ]
    if isinstance(order, dict):
        by_update = order["field"] == "UPDATED_AT"
        found.sort(key=lambda pull: (pull.updated_at if by_update else pull.created_at, pull.number))
        found = found[::-1] if order["direction"] == "DESC" else found
    return page(info, found, arguments)


def _state(pull: PullRequest) -> str:
    return "MERGED" if pull.merged_at else pull.state.upper()


def commits(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    """Return the branch's own commits, oldest first; only 250 can be paged through, all are counted."""
    store = context(info).store
    span = f"{pull.base_sha}..{pull.head_sha}"
    git = store.git(pull.repo)
    rows = [CommitAt(pull.repo, each) for each in git.commits(span, limit=store.rules.commits, oldest_first=True)]
    return {**page(info, [{"commit": row} for row in rows], arguments), "totalCount": git.count(span)}


def closing(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    """Return the issues that the pull request closes, for a token that may read issues."""
    asked = context(info)
    require(asked.store, asked.viewer, asked.store.repo(pull.repo), ((Scope.ISSUES, Access.READ),))
    return page(info, asked.store.closing.get((pull.repo, pull.number), []), arguments)


def comments(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    return page(info, context(info).store.comments_of((pull.repo, pull.number)), arguments)


def threads(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    """Return the threads with a comment that the viewer may see, oldest first."""
    store = context(info).store
    found = [thread for thread in store.threads_of((pull.repo, pull.number)) if _visible(info, thread)]
    return page(info, found, arguments)


def _visible(info: Info, thread: r.Thread) -> list[r.ReviewComment]:
    asked = context(info)
    replies = asked.store.replies_in(thread)
    return [reply for reply in replies if is_visible(asked.store.reviews[reply.review_id], asked.viewer.login)]


def reviews(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    """Return the reviews, oldest first; a pending one only for its author."""
    asked = context(info)
    found = asked.store.reviews_of((pull.repo, pull.number))
    return page(info, [review for review in found if is_visible(review, asked.viewer.login)], arguments)


def timeline(pull: PullRequest, info: Info, **arguments: object) -> dict[str, object]:
    """Return the timeline, oldest first, with the kinds of events that the sandbox records."""
    wanted = arguments.get("itemTypes")
    events = context(info).store.events_of((pull.repo, pull.number))
    found = [event for event in events if not isinstance(wanted, list) or _item_type(event.kind) in wanted]
    return page(info, found, arguments)


def _item_type(kind: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in kind).lstrip("_").upper()


def may_resolve(thread: r.Thread, info: Info) -> bool:
    """Return whether the viewer may resolve: an App needs `contents: write` besides `pull-requests: write`."""
    asked = context(info)
    repo = asked.store.repo(thread.repo)
    if not asked.viewer.app and asked.viewer.login == asked.store.pull((thread.repo, thread.number)).author:
        return True
    return all(is_writer(asked.store, asked.viewer, repo, scope) for scope in (Scope.CONTENTS, Scope.PULL_REQUESTS))


def _position(thread: r.Thread, info: Info) -> ThreadPosition:
    store = context(info).store
    return thread_position(store, store.pull((thread.repo, thread.number)), thread)


def _association(written: r.PullRequest | r.IssueComment | r.Review | r.ReviewComment, info: Info) -> str:
    return Wire(context(info).store, context(info).at).association(written.repo, written.author)


def reaction_word(content: str) -> str:
    """Return GraphQL's name of an emoji by REST's."""
    return {"+1": "THUMBS_UP", "-1": "THUMBS_DOWN"}.get(content, content.upper())


def _reaction_groups(prefix: str) -> Resolver:
    """Return all reaction groups, in GitHub's order, for objects with this node id prefix."""

    def groups(it: r.PullRequest | r.IssueComment | r.Review | r.ReviewComment, info: Info) -> list[dict[str, object]]:
        asked, subject = context(info), node_id(prefix, it.id)
        mine = {
            each.content for each in asked.store.reactions if (each.subject, each.user) == (subject, asked.viewer.login)
        }
        return [{"content": reaction_word(content), "viewerHasReacted": content in mine} for content in REACTIONS]

    return groups


def _reactions(prefix: str) -> Resolver:
    """Return the reactions, oldest first, for comments with this node id prefix."""

    def reactions(it: r.IssueComment | r.ReviewComment, info: Info, **arguments: object) -> dict[str, object]:
        subject, content = node_id(prefix, it.id), arguments.get("content")
        found = [
            each
            for each in context(info).store.reactions
            if each.subject == subject and content in (None, reaction_word(each.content))
        ]
        return page(info, found, arguments)

    return reactions


_WRITTEN: Mapping[str, Resolver] = {
    "author": lambda it, info: actor(info, it.author),
    "authorAssociation": _association,
    "viewerDidAuthor": lambda it, info: it.author == context(info).viewer.login,
    "fullDatabaseId": lambda it, _info: it.id,
}
_EDITABLE: Mapping[str, Resolver] = {
    **_WRITTEN,
    "editor": lambda it, info: actor(info, it.editor),
    "lastEditedAt": lambda it, _info: it.updated_at if it.editor else None,
    "isMinimized": lambda it, _info: it.minimized is not None,
    "minimizedReason": lambda it, _info: it.minimized,
}
RESOLVERS: Resolvers = {
    "Repository": {"pullRequest": pull_request, "pullRequests": pull_requests},
    "PullRequest": {
        "author": lambda pull, info: actor(info, pull.author),
        "body": lambda pull, _info: pull.body or "",
        "url": lambda pull, info: context(info).at.page(pull.repo, pull.number),
        "state": lambda pull, _info: _state(pull),
        "isDraft": lambda pull, _info: pull.draft,
        "isCrossRepository": lambda pull, _info: pull.head_repo != pull.repo,
        "headRefOid": lambda pull, _info: pull.head_sha,
        "baseRefName": lambda pull, _info: pull.base_ref,
        "baseRefOid": lambda pull, _info: pull.base_sha,
        "repository": lambda pull, info: context(info).store.repo(pull.repo),
        "baseRepository": lambda pull, info: context(info).store.repo(pull.repo),
        "changedFiles": lambda pull, info: len(context(info).store.changes_of(pull)),
        "labels": lambda pull, info, **arguments: page(
            info, [context(info).store.labels[pull.repo, name.lower()] for name in pull.labels], arguments
        ),
        "closingIssuesReferences": closing,
        "commits": commits,
        "comments": comments,
        "reviewThreads": threads,
        "reviews": reviews,
        "timelineItems": timeline,
    },
    "Issue": {"repository": lambda issue, info: context(info).store.repo(issue.repo)},
    "IssueComment": {
        **_EDITABLE,
        "reactionGroups": _reaction_groups("IC"),
        "reactions": _reactions("IC"),
        "url": lambda it, info: context(info).at.comment(it.repo, it.number, it.id),
    },
    "PullRequestReviewThread": {
        "id": lambda thread, _info: node_id("PRRT", thread.id),
        "isResolved": lambda thread, _info: thread.resolved_by is not None,
        "resolvedBy": lambda thread, info: actor(info, thread.resolved_by),
        "isOutdated": lambda thread, info: _position(thread, info).outdated,
        "path": lambda thread, _info: thread.anchor.path,
        "line": lambda thread, info: _position(thread, info).line,
        "startLine": lambda thread, info: _position(thread, info).start_line,
        "diffSide": lambda thread, _info: thread.anchor.side.value,
        "viewerCanResolve": lambda thread, info: thread.resolved_by is None and may_resolve(thread, info),
        "viewerCanUnresolve": lambda thread, info: thread.resolved_by is not None and may_resolve(thread, info),
        "comments": lambda thread, info, **arguments: page(info, _visible(info, thread), arguments),
    },
    "PullRequestReviewComment": {
        **_EDITABLE,
        "id": lambda reply, _info: node_id("PRRC", reply.id),
        "reactionGroups": _reaction_groups("PRRC"),
        "reactions": _reactions("PRRC"),
        "url": lambda it, info: context(info).at.discussion(it.repo, it.number, it.id),
    },
    "PullRequestReview": {
        **_WRITTEN,
        "state": lambda review, _info: review.state.value,
    },
    "LabeledEvent": {
        "actor": lambda event, info: actor(info, event.actor),
        "label": lambda event, info: context(info).store.labels[event.repo, event.label.lower()],
    },
    "BaseRefChangedEvent": {"previousRefName": lambda event, _info: event.base},
    "HeadRefForcePushedEvent": {
        "id": lambda event, _info: node_id("EV", event.id),
        "beforeCommit": lambda event, info: commit_at(info, event.repo, event.commits[0]),
        "afterCommit": lambda event, info: commit_at(info, event.repo, event.commits[1]),
    },
}
"""The resolver of each field, by type; other fields are the record's attributes of that name."""
