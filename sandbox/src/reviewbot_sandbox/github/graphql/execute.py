"""GraphQL on a part of the published schema: binds the resolvers, executes requests and formats errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from graphql import (
    ExecutionResult,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute_sync,
    is_abstract_type,
    parse,
    validate,
)

from reviewbot_sandbox.github.git.repository import Kind
from reviewbot_sandbox.github.graphql import merge_queue, mutations, objects, pulls
from reviewbot_sandbox.github.graphql.context import CommitAt, Context, Info, ObjectAt
from reviewbot_sandbox.github.graphql.cost import check_cost
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.addresses import Addresses
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.rest.wire import moment
from reviewbot_sandbox.github.state.access import Viewer
from reviewbot_sandbox.github.state.github_state import GitHubState

_RECORD_TYPES: Mapping[type, str] = {
    r.IssueComment: "IssueComment",
    r.ReviewComment: "PullRequestReviewComment",
    r.Thread: "PullRequestReviewThread",
    r.CheckRun: "CheckRun",
    CommitAt: "Commit",
    r.Status: "StatusContext",
}
_OBJECTS = {Kind.BLOB: "Blob", Kind.TREE: "Tree", Kind.TAG: "Tag"}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """Return the part of GitHub's schema with the sandbox's resolvers."""
    text = files("reviewbot_sandbox.github.graphql").joinpath("schema.graphql").read_text("utf-8")
    built = build_schema(text)
    for resolvers in (objects.RESOLVERS, pulls.RESOLVERS, merge_queue.RESOLVERS, mutations.RESOLVERS):
        for type_name, fields in resolvers.items():
            kind = built.type_map[type_name]
            if isinstance(kind, GraphQLObjectType):
                for name, resolver in fields.items():
                    if name in kind.fields:
                        kind.fields[name].resolve = resolver
    for kind in built.type_map.values():
        if is_abstract_type(kind):
            kind.resolve_type = _type_of
        if isinstance(kind, GraphQLScalarType) and kind.name in ("DateTime", "BigInt"):
            # The hook's name since graphql-core 3.3, and before.
            kind.coerce_output_value = _scalar
            kind.serialize = _scalar  # type: ignore[method-assign]
        if isinstance(kind, GraphQLScalarType) and kind.name == "GitObjectID":
            kind.coerce_input_value = _full_hash
            kind.parse_value = _full_hash  # type: ignore[method-assign]
    return built


def _full_hash(value: object) -> str:
    """Refuse a branch or an abbreviated hash, as GitHub does."""
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{40}", value):
        raise GraphQLError(f'Could not coerce value "{value}" to GitObjectID')
    return value


def _scalar(value: datetime | int | str) -> str:
    return str(value) if isinstance(value, (int, str)) else str(moment(value))


def _type_of(value: object, _info: Info, _kind: GraphQLAbstractType) -> str:
    if isinstance(value, r.User):
        return "User" if value.kind == "Viewer" else value.kind
    if isinstance(value, r.TimelineEvent):
        return value.kind
    if isinstance(value, dict):
        return str(value["__typename"])
    if isinstance(value, ObjectAt):
        return _OBJECTS[value.object.kind]
    return _RECORD_TYPES[type(value)]


def _attribute(source: object, info: Info, **_arguments: object) -> object:
    """Return the field of a dict, or the record's attribute of that name in Python's spelling."""
    if isinstance(source, dict):
        return source.get(info.field_name)
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in info.field_name)
    return getattr(source, name)


def execute(state: GitHubState, viewer: Viewer, at: Addresses, body: object) -> dict[str, object]:
    """Run a request; errors are returned as `errors` with status 200, as GitHub does."""
    if viewer.token is None:
        raise Refusal(401, "This endpoint requires you to be authenticated.")
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise Refusal(400, "A query attribute must be specified and must be a string.")
    try:
        state.limits.check(viewer, "graphql")
        return _run(state, viewer, at, body)
    except Refusal as refusal:
        return {"errors": [{"type": refusal.kind, "message": refusal.message}]}
    except GraphQLError as error:
        return {"errors": [_error(error)]}


def _run(state: GitHubState, viewer: Viewer, at: Addresses, body: dict[str, object]) -> dict[str, object]:
    document = parse(str(body["query"]))
    problems = validate(schema(), document)
    if problems:
        return {"errors": [_error(problem) for problem in problems]}
    variables = body.get("variables")
    given = variables if isinstance(variables, dict) else {}
    check_cost(document, given)
    name = body.get("operationName")
    result = execute_sync(
        schema(),
        document,
        context_value=Context(state, viewer, at),
        variable_values=given,
        operation_name=name if isinstance(name, str) else None,
        field_resolver=_attribute,
    )
    return _body(result)


def _body(result: ExecutionResult) -> dict[str, object]:
    errors = [_error(error) for error in result.errors or ()]
    return {"data": result.data, **({"errors": errors} if errors else {})}


def _error(error: GraphQLError) -> dict[str, object]:
    cause = error.original_error
    if cause is not None and not isinstance(cause, (Refusal, GraphQLError)):
        raise cause
    kind = {"type": cause.kind} if isinstance(cause, Refusal) else {}
    message = cause.message if isinstance(cause, Refusal) else error.message
    locations = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {**kind, "path": error.path or [], "locations": locations, "message": message}
