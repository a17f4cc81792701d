"""GitHub's published API descriptions, read from the npm packages that `make referees` installs, and reduced."""

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
    _REPO: "get",
    f"{_REPO}/branches/{{branch}}": "get",
    f"{_REPO}/check-runs": "post",
    f"{_REPO}/check-runs/{{check_run_id}}": "patch",
    f"{_REPO}/collaborators/{{username}}/permission": "get",
    f"{_REPO}/commits/{{ref}}": "get",
    f"{_REPO}/commits/{{ref}}/check-runs": "get",
    f"{_REPO}/compare/{{basehead}}": "get",
    f"{_REPO}/contents/{{path}}": "get",
    f"{_REPO}/environments/{{environment_name}}": "get",
    f"{_REPO}/environments/{{environment_name}}/deployment-branch-policies": "get",
    f"{_REPO}/git/blobs/{{file_sha}}": "get",
    f"{_REPO}/git/trees/{{tree_sha}}": "get",
    f"{_REPO}/issues/comments/{{comment_id}}": "patch delete",
    f"{_REPO}/issues/comments/{{comment_id}}/reactions": "post",
    f"{_REPO}/pulls": "get",
    f"{_REPO}/pulls/comments/{{comment_id}}": "patch delete",
    f"{_REPO}/pulls/comments/{{comment_id}}/reactions": "post",
    f"{_REPO}/rules/branches/{{branch}}": "get",
    f"{_REPO}/rulesets": "post",
    f"{_REPO}/statuses/{{sha}}": "post",
    _ISSUE: "get",
    f"{_ISSUE}/comments": "get post",
    f"{_ISSUE}/labels/{{name}}": "delete",
    _PULL: "get",
    f"{_PULL}/comments": "get post",
    f"{_PULL}/comments/{{comment_id}}/replies": "post",
    f"{_PULL}/commits": "get",
    f"{_PULL}/files": "get",
    f"{_PULL}/reviews": "get post",
    f"{_PULL}/reviews/{{review_id}}": "delete",
    f"{_PULL}/reviews/{{review_id}}/dismissals": "put",
}
"""The operations that reviewbot uses; any other request is an error."""

NULLABLE = (
    ("pull-request", "head", "repo"),
    ("pull-request-review-comment", "line"),
    ("pull-request-review-comment", "original_line"),
    ("pull-request-review-comment", "position"),
)
"""Where GitHub returns null although its description does not allow it: the repository of a deleted fork, and the
lines of comments that are outdated or on a whole file. Its webhook schemas allow all but `original_line`.
"""
_NULL: Json = {"type": "string", "enum": [None], "nullable": True}


def missing() -> str:
    """Return what is not installed, in one line; empty if nothing is missing."""
    lacking = [path.parts[path.parts.index("@octokit") + 1] for path in (OPENAPI, GRAPHQL, EXAMPLES, SCHEMAS)
               if not path.exists()]  # fmt: skip
    return f"GitHub's own descriptions are not here ({', '.join(lacking)}): {HOW}" if lacking else ""


@cache
def description() -> Json:
    """Return GitHub's OpenAPI description, reduced to `OPERATIONS` and what they refer to, on any host.

    The full description has 13 MB and 800 paths; a validator for it needs 100 MB per test process.
    """
    whole = json.loads(OPENAPI.read_text(encoding="utf-8"))
    paths = {path: _picked(whole["paths"][path], methods) for path, methods in OPERATIONS.items()}
    cut: Json = {key: whole[key] for key in ("openapi", "info")} | {"servers": [{"url": "/"}], "paths": paths}
    cut["components"] = _needed(whole["components"], paths)
    _correct(cut)
    # Responses may contain `stale`, like requests and webhooks; the description omits it for responses.
    cut["components"]["schemas"]["check-run"]["properties"]["conclusion"]["enum"].append("stale")
    for schema, *names, last in NULLABLE:
        node = cut["components"]["schemas"][schema]
        for name in names:
            node = _inside(cut, node)["properties"][name]
        # OpenAPI 3.0 ignores everything next to a reference, hence the alternative.
        node["properties"][last] = {"anyOf": [node["properties"][last], _NULL]}
    return cut


def _inside(cut: Json, node: Json) -> Json:
    while isinstance(reference := node.get("$ref"), str):
        kind, name = reference.split("/")[2:]
        node = cut["components"][kind][name]
    return node


def _correct(value: object) -> None:
    """Correct two errors of the description: `nullable` with an `enum` without null, and a discriminator of lists."""
    if isinstance(value, dict):
        value.pop("discriminator", None)
        if value.get("nullable") is True and isinstance(value.get("enum"), list) and None not in value["enum"]:
            value["enum"].append(None)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _correct(item)


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
    """Return a node of the description with its reference resolved."""
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
    """Return patterns for the paths, fewest placeholders first: `/pulls/comments/1` is not a pull request."""
    ordered = sorted(OPERATIONS, key=lambda path: (path.count("{"), -len(path)))
    return tuple((re.compile(_pattern(path)), path) for path in ordered)


def _pattern(template: str) -> str:
    """Return the pattern of a path template; `x-multi-segment` parameters (refs and files) may contain slashes."""
    escaped = re.sub(r"\\\{(ref|branch|basehead|path)\\\}", r"(?P<\1>.+)", re.escape(template))
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", escaped)


def operation(method: str, path: str) -> Operation | None:
    """Return a request's operation, None if GitHub has none or reviewbot does not use it."""
    for pattern, template in _templates():
        found = pattern.fullmatch(path)
        if found and method.lower() in OPERATIONS[template].split():
            item = description()["paths"][template]
            holes = {name: value.replace("/", "%2F") for name, value in found.groupdict().items()}
            return Operation(
                template, template.format(**holes), item[method.lower()], tuple(item.get("parameters", []))
            )
    return None


@cache
def graphql_schema() -> GraphQLSchema:
    """Return GitHub's whole GraphQL schema."""
    return build_schema(GRAPHQL.read_text(encoding="utf-8"), assume_valid=True)
