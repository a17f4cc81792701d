"""GraphQL: the mutations, over the same operations as REST's."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from reviewbot_sandbox.github.access import Needs, require
from reviewbot_sandbox.github.graph_pulls import may_resolve
from reviewbot_sandbox.github.graph_types import Info, Resolvers, context, find_node
from reviewbot_sandbox.github.records import Access, IssueComment, ReviewComment, Scope, Thread
from reviewbot_sandbox.github.refusal import Refusal, forbidden
from reviewbot_sandbox.github.rest_talk import WRITE

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


def resolve_thread(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    return _resolved(info, call["input"], context(info).viewer.login)


def unresolve_thread(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    return _resolved(info, call["input"], None)


def _resolved(info: Info, form: dict[str, object], by: str | None) -> dict[str, object]:
    thread = _subject(info, form["threadId"], Thread, _WRITE_PULLS)
    if not may_resolve(thread, info):
        raise forbidden("Resource not accessible by integration")
    changed = replace(thread, resolved_by=by)
    context(info).store.threads[thread.id] = changed
    return {"thread": changed}


def minimize_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    return {"minimizedComment": _minimized(info, call["input"], str(call["input"]["classifier"]).lower())}


def unminimize_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    return {"unminimizedComment": _minimized(info, call["input"], None)}


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
        "resolveReviewThread": resolve_thread,
        "unresolveReviewThread": unresolve_thread,
        "minimizeComment": minimize_comment,
        "unminimizeComment": unminimize_comment,
    },
    "Reaction": {"user": lambda reaction, info: context(info).store.users.get(reaction.user)},
}
"""The resolver of each mutation."""
