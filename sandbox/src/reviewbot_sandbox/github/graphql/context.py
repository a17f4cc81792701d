"""Shared parts of the resolvers: the request's context, git objects with their repository, paging and node ids."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLResolveInfo

from reviewbot_sandbox.github.git.repository import Commit, Entry, GitObject
from reviewbot_sandbox.github.model.addresses import Addresses, number_in
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.state.access import Viewer
from reviewbot_sandbox.github.state.github_state import GitHubState
from reviewbot_sandbox.github.state.store import Store

# graphql-core hands resolvers whatever their parents returned, by name and untyped.
Resolver: TypeAlias = "Callable[..., Any]"
Info: TypeAlias = "GraphQLResolveInfo"
Resolvers: TypeAlias = "Mapping[str, Mapping[str, Resolver]]"

_LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Context:
    state: GitHubState
    viewer: Viewer
    at: Addresses

    @property
    def store(self) -> Store:
        return self.state.store


@dataclass(frozen=True, slots=True)
class ObjectAt:
    """A blob, a tree or a tag, with the repository that it was read from."""

    repo: str
    object: GitObject


@dataclass(frozen=True, slots=True)
class CommitAt:
    repo: str
    commit: Commit


@dataclass(frozen=True, slots=True)
class EntryAt:
    repo: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class BranchAt:
    repo: str
    name: str


def context(info: Info) -> Context:
    found = info.context
    if not isinstance(found, Context):
        raise TypeError("GraphQL must be executed with a Context")
    return found


def page(info: Info, items: Sequence[object], arguments: Mapping[str, object]) -> dict[str, object]:
    """Return a connection over a list, by GitHub's rules: `first` or `last` must be given, and be at most 100."""
    start, end = 0, len(items)
    after = _index(arguments.get("after"))
    if after is not None:
        start = after + 1
    first, last = (_size(info, name, arguments.get(name)) for name in ("first", "last"))
    if first is None and last is None:
        raise _unbounded(info.field_name)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    return {
        "nodes": list(items[start:end]),
        "totalCount": len(items),
        "pageInfo": {
            "endCursor": _cursor(end - 1) if end > start else None,
            "hasNextPage": end < len(items),
        },
    }


def _size(info: Info, name: str, value: object) -> int | None:
    if not isinstance(value, int):
        return None
    if value > _LARGEST_PAGE or value < 0:
        text = (
            f"Requesting {value} records on the `{info.field_name}` connection exceeds the `{name}` limit of "
            f"{_LARGEST_PAGE} records."
        )
        raise Refusal(200, text, kind="EXCESSIVE_PAGINATION")
    return value


def _unbounded(name: str) -> Refusal:
    text = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
    return Refusal(200, text, kind="MISSING_PAGINATION_BOUNDARIES")


def _cursor(index: int) -> str:
    return base64.b64encode(f"cursor:v2:{index}".encode()).decode()


def _index(cursor: object) -> int | None:
    if not isinstance(cursor, str):
        return None
    try:
        return int(base64.b64decode(cursor, validate=True).decode().rpartition(":")[2])
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refusal(
            200, f"`{cursor}` does not appear to be a valid cursor.", kind="INVALID_CURSOR_ARGUMENTS"
        ) from None


def find_node(store: Store, node: str) -> object:
    """Return the object of a global id; refuse an unknown id as GraphQL does."""
    tables: tuple[tuple[str, Mapping[int, object]], ...] = (
        ("IC", store.comments),
        ("PRRT", store.threads),
        ("PRRC", store.replies),
    )
    for prefix, table in tables:
        number = number_in(node, prefix)
        if number is not None and number in table:
            return table[number]
    raise Refusal(200, f"Could not resolve to a node with the global id of '{node}'", kind="NOT_FOUND")
