"""GraphQL: the mutations, over the same operations as REST's."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from reviewbot_sandbox.github.graphql.context import Info, Resolvers, context, find_node
from reviewbot_sandbox.github.graphql.pulls import may_resolve
from reviewbot_sandbox.github.model.records import Access, IssueComment, ReviewComment, Scope, Thread
from reviewbot_sandbox.github.model.refusal import Refusal, forbidden
from reviewbot_sandbox.github.rest.issues import WRITE
from reviewbot_sandbox.github.state.access import Needs, require

T = TypeVar("T", bound="IssueComment | ReviewComment | Thread")

_WRITE_PULLS: Needs = ((Scope.PULL_REQUESTS, Access.WRITE),)


def _subject(info: Info, node: object, kind: type[T], needs: Needs) -> T:
    """Return the object of a mutation if the viewer may write to it."""
    asked = context(info)
    found = find_node(asked.store, str(node))
    if not isinstance(found, kind):
        raise Refusal(
            200, f"Could not resolve to {kind.__name__} node with the global id of '{node}'.", kind="NOT_FOUND"
        )
    require(asked.store, asked.viewer, asked.store.repo(found.repo), needs)
    return found


def _resolved(info: Info, form: dict[str, object], by: str | None) -> dict[str, object]:
    thread = _subject(info, form["threadId"], Thread, _WRITE_PULLS)
    if not may_resolve(thread, info):
        raise forbidden("Resource not accessible by integration")
    changed = replace(thread, resolved_by=by)
    context(info).store.threads[thread.id] = changed
    return {"thread": changed}


def _minimized(info: Info, form: dict[str, object], reason: str | None) -> IssueComment | ReviewComment:
    store = context(info).store
    found = find_node(store, str(form["subjectId"]))
    if isinstance(found, IssueComment):
        comment = replace(_subject(info, form["subjectId"], IssueComment, WRITE), minimized=reason)
        store.comments[comment.id] = comment
        return comment
    reply = replace(_subject(info, form["subjectId"], ReviewComment, _WRITE_PULLS), minimized=reason)
    store.replies[reply.id] = reply
    return reply


RESOLVERS: Resolvers = {
    "Mutation": {
        "resolveReviewThread": lambda _, info, **call: _resolved(info, call["input"], context(info).viewer.login),
        "unresolveReviewThread": lambda _, info, **call: _resolved(info, call["input"], None),
        "minimizeComment": lambda _, info, **call: {
            "minimizedComment": _minimized(info, call["input"], call["input"]["classifier"].lower())
        },
        "unminimizeComment": lambda _, info, **call: {"unminimizedComment": _minimized(info, call["input"], None)},
    },
    "Reaction": {"user": lambda reaction, info: context(info).store.users.get(reaction.user)},
}
"""The resolver of each mutation."""
