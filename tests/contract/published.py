"""What GitHub publishes about itself, read from the npm packages that `make referees` installs, and cut to size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_schema

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "node_modules" / "@octokit"
OPENAPI = PACKAGES / "openapi" / "generated" / "api.github.com.json"
GRAPHQL = PACKAGES / "graphql-schema" / "schema.graphql"
EXAMPLES = PACKAGES / "webhooks-examples" / "api.github.com" / "index.json"
SCHEMAS = PACKAGES / "webhooks-schemas" / "schema.json"
HOW = "`make referees` installs them (it needs npm)"

_REPO = "/repos/{owner}/{repo}"
_PULL = f"{_REPO}/pulls/{{pull_number}}"
_ISSUE = f"{_REPO}/issues/{{issue_number}}"
OPERATIONS: Mapping[str, str] = {
    "/installation/repositories": "get",
    "/meta": "get",
    "/rate_limit": "get",
    "/user": "get",
    _REPO: "get",
    f"{_REPO}/branches/{{branch}}": "get",
    f"{_REPO}/check-runs": "post",
    f"{_REPO}/check-runs/{{check_run_id}}": "get patch",
    f"{_REPO}/check-runs/{{check_run_id}}/annotations": "get",
    f"{_REPO}/collaborators/{{username}}/permission": "get",
    f"{_REPO}/commits/{{ref}}": "get",
    f"{_REPO}/commits/{{ref}}/check-runs": "get",
    f"{_REPO}/commits/{{ref}}/status": "get",
    f"{_REPO}/compare/{{basehead}}": "get",
    f"{_REPO}/contents/{{path}}": "get",
    f"{_REPO}/git/blobs/{{file_sha}}": "get",
    f"{_REPO}/issues/comments/{{comment_id}}": "get patch delete",
    f"{_REPO}/issues/comments/{{comment_id}}/reactions": "post",
    f"{_REPO}/labels": "get",
    f"{_REPO}/pulls": "get post",
    f"{_REPO}/pulls/comments/{{comment_id}}": "get patch delete",
    f"{_REPO}/pulls/comments/{{comment_id}}/reactions": "post",
    f"{_REPO}/rules/branches/{{branch}}": "get",
    f"{_REPO}/rulesets": "post",
    f"{_REPO}/statuses/{{sha}}": "post",
    _ISSUE: "get",
    f"{_ISSUE}/comments": "get post",
    f"{_ISSUE}/labels": "get post",
    f"{_ISSUE}/labels/{{name}}": "delete",
    f"{_ISSUE}/reactions": "post",
    _PULL: "get",
    f"{_PULL}/comments": "get post",
    f"{_PULL}/comments/{{comment_id}}/replies": "post",
    f"{_PULL}/commits": "get",
    f"{_PULL}/files": "get",
    f"{_PULL}/reviews": "get post",
    f"{_PULL}/reviews/{{review_id}}": "get put delete",
    f"{_PULL}/reviews/{{review_id}}/comments": "get",
    f"{_PULL}/reviews/{{review_id}}/dismissals": "put",
    f"{_PULL}/reviews/{{review_id}}/events": "post",
}
"""Paths and methods that anybody here has a reason to ask for; any other request is out of the ordinary."""

NULLABLE = (
    ("pull-request", "head", "repo"),
    ("pull-request-review-comment", "line"),
    ("pull-request-review-comment", "original_line"),
    ("pull-request-review-comment", "position"),
)
"""Where GitHub answers null although its description has no word of it: the repository of a deleted fork, and the
lines of comments that are outdated or on a whole file. Its webhook schemas know it of all but `original_line`.
"""
_NULL: Json = {"type": "string", "enum": [None], "nullable": True}


def missing() -> str:
    """What is not installed, in one line; empty when everything is."""
    lacking = [path.parts[path.parts.index("@octokit") + 1] for path in (OPENAPI, GRAPHQL, EXAMPLES, SCHEMAS)
               if not path.exists()]  # fmt: skip
    return f"GitHub's own descriptions are not here ({', '.join(lacking)}): {HOW}" if lacking else ""


@cache
def description() -> Json:
    """GitHub's OpenAPI description, cut to `OPERATIONS` and what they refer to, on any host.

    The whole of it has 13 MB and 800 paths; reading it all into a validator would cost every test process 100 MB.
    """
    whole = json.loads(OPENAPI.read_text(encoding="utf-8"))
    paths = {path: _picked(whole["paths"][path], methods) for path, methods in OPERATIONS.items()}
    cut: Json = {key: whole[key] for key in ("openapi", "info")} | {"servers": [{"url": "/"}], "paths": paths}
    cut["components"] = _needed(whole["components"], paths)
    _mend(cut)
    # An answer may say `stale`: the same description's requests and the webhook schemas know it, its answers forgot.
    cut["components"]["schemas"]["check-run"]["properties"]["conclusion"]["enum"].append("stale")
    for schema, *names, last in NULLABLE:
        node = cut["components"]["schemas"][schema]
        for name in names:
            node = _inside(cut, node)["properties"][name]
        # Beside a reference nothing counts in OpenAPI 3.0, hence the alternative.
        node["properties"][last] = {"anyOf": [node["properties"][last], _NULL]}
    return cut


def _inside(cut: Json, node: Json) -> Json:
    while isinstance(reference := node.get("$ref"), str):
        kind, name = reference.split("/")[2:]
        node = cut["components"][kind][name]
    return node


def _mend(value: object) -> None:
    """Two slips of the description: `nullable` beside an `enum` without null, and a discriminator of lists."""
    if isinstance(value, dict):
        value.pop("discriminator", None)
        if value.get("nullable") is True and isinstance(value.get("enum"), list) and None not in value["enum"]:
            value["enum"].append(None)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _mend(item)


def _picked(item: Json, methods: str) -> Json:
    return {key: item[key] for key in ("parameters", *methods.split()) if key in item}


def _needed(components: Json, start: object) -> Json:
    kept: Json = {}
    queue = [start]
    while queue:
        for reference in _references(queue.pop()):
            kind, name = reference.split("/")[2:]
            if name not in kept.setdefault(kind, {}):
                kept[kind][name] = components[kind][name]
                queue.append(components[kind][name])
    return kept


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def resolved(node: Json) -> Json:
    """A node of the description, its reference followed."""
    while isinstance(reference := node.get("$ref"), str):
        kind, name = reference.split("/")[2:]
        node = description()["components"][kind][name]
    return node


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of GitHub's, and a request's path as openapi-core can match it."""

    template: str
    path: str
    described: Json
    shared: tuple[Json, ...]


@cache
def _templates() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns for the paths, those with the fewest holes first: `/pulls/comments/1` is no pull request."""
    ordered = sorted(OPERATIONS, key=lambda path: (path.count("{"), -len(path)))
    return tuple((re.compile(_pattern(path)), path) for path in ordered)


def _pattern(template: str) -> str:
    """Names of refs and files may hold slashes, which the description calls `x-multi-segment`."""
    escaped = re.sub(r"\\\{(ref|branch|basehead|path)\\\}", r"(?P<\1>.+)", re.escape(template))
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", escaped)


def operation(method: str, path: str) -> Operation | None:
    """The operation that a request asks for, None when GitHub has none (or nobody here a reason to use it)."""
    for pattern, template in _templates():
        # The top folder's path is empty, which a template cannot say.
        found = pattern.fullmatch(re.sub("/contents/?$", "/contents/.", path))
        if found and method.lower() in OPERATIONS[template].split():
            item = description()["paths"][template]
            holes = {name: value.replace("/", "%2F") for name, value in found.groupdict().items()}
            return Operation(
                template, template.format(**holes), item[method.lower()], tuple(item.get("parameters", []))
            )
    return None


@cache
def graphql_schema() -> GraphQLSchema:
    """GitHub's whole GraphQL schema."""
    return build_schema(GRAPHQL.read_text(encoding="utf-8"), assume_valid=True)
