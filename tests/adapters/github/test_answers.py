"""The response types match the GraphQL documents and GitHub's schema: no field is unused or missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import GraphQLList, GraphQLNonNull, parse
from graphql.language import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from msgspec import inspect
from reviewbot_sandbox.github.graphql.execute import schema

from reviewbot.adapters.github.graphql import answers, queries

SCHEMA = schema()
DOCUMENTS = [
    (queries.snapshot(0), answers.Snapshot),
    (queries.snapshot(2), answers.Snapshot),
    (queries.CONFIG, answers.InRepository[answers.ConfigNode]),
    (queries.SETUP, answers.InRepository[answers.DoctorNode]),
    (queries.CHECKS, answers.InRepository[answers.InPullRequest[answers.CheckedPages]]),
    (queries.WAITING, answers.InRepository[answers.Paged[answers.Listed]]),
    (queries.checked(2), answers.InRepository[dict[str, answers.Checked | None]]),
    (queries.SUMMARIES, answers.InRepository[answers.Paged[answers.Summary]]),
    (queries.QUEUE, answers.InRepository[answers.Queued]),
    (queries.HEAD_CHECKS, answers.InRepository[answers.CommitChecks]),
    (queries.WITH_HEAD, answers.InRepository[answers.Paged[answers.Head]]),
    (queries.heads(2), answers.InRepository[dict[str, answers.Head | None]]),
    (queries.MORE_COMMENTS, answers.InRepository[answers.InPullRequest[answers.Paged[answers.CommentNode]]]),
    (queries.MORE_THREADS, answers.InRepository[answers.InPullRequest[answers.Paged[answers.ThreadNode]]]),
    (queries.MORE_REVIEWS, answers.InRepository[answers.InPullRequest[answers.Paged[answers.ReviewNode]]]),
    (queries.MORE_THREAD_COMMENTS, answers.InThread),
    (queries.entries(2, 2), answers.InRepository[answers.Files]),
    (queries.entries(2, 2, 2), answers.FilesAndContext),
]
ALWAYS_THERE = {"nodes", "databaseId", "fullDatabaseId", "reviews", "page", "node", "repository"}
"""Fields that the schema allows to be null, but that reviewbot requires."""


@pytest.mark.parametrize(("document", "kind"), DOCUMENTS)
def test_a_document_and_its_type_have_the_same_fields(document: str, kind: type) -> None:
    assert differences(document, kind) == []


@pytest.mark.parametrize(
    ("asked", "instead", "difference"),
    [
        ("isDraft ", "", ".repository.pullRequest.isDraft is not asked for"),
        ("isDraft ", "isDraft updatedAt ", ".repository.pullRequest.updatedAt is not read"),
        ("url attributes", "url: databaseId attributes", ".repository.url may be null"),
    ],
)
def test_a_planted_difference_is_named(asked: str, instead: str, difference: str) -> None:
    assert differences(queries.snapshot(0).replace(asked, instead), answers.Snapshot) == [difference]


def differences(document: str, kind: type) -> list[str]:
    definitions = parse(document).definitions
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    (operation,) = (one for one in definitions if isinstance(one, OperationDefinitionNode))
    return [*complaints(operation.selection_set, SCHEMA.query_type, inspect.type_info(kind), "", fragments)]


def complaints(
    asked: SelectionSetNode | None,
    published: object,
    read: inspect.Type,
    where: str,
    fragments: dict[str, FragmentDefinitionNode],
) -> Iterator[str]:
    """Yield where a type and a selection differ, or where the type rejects a null that the schema allows."""
    if isinstance(published, GraphQLList):
        (item,) = (one.item_type for one in options(read) if isinstance(one, inspect.VarTupleType))
        yield from complaints(asked, bare(published.of_type), item, f"{where}[]", fragments)
    elif asked is not None:
        inner, *others = (one for one in options(read) if isinstance(one, inspect.StructType | inspect.DictType))
        for other in others:
            yield from complaints(asked, published, other, where, fragments)
        tag = inner.tag if isinstance(inner, inspect.StructType) else None
        selected = dict(fields(asked, published, fragments, tag))
        known = {one.encode_name: one for one in inner.fields} if isinstance(inner, inspect.StructType) else {}
        if isinstance(inner, inspect.StructType):
            yield from (f"{where}.{name} is not read" for name in selected.keys() - known.keys() - {"__typename"})
            yield from (
                f"{where}.{name} is not asked for" for name in known.keys() - selected.keys() if known[name].required
            )
        for name in selected.keys() & (known or selected).keys() - {"__typename"}:
            node, kind = selected[name]
            value = known[name].type if known else inner.value_type  # type: ignore[union-attr]  # a dict where nothing is known
            may_be_null = any(isinstance(one, inspect.NoneType) for one in options(value))
            if not isinstance(kind, GraphQLNonNull) and not may_be_null and name not in ALWAYS_THERE:
                yield f"{where}.{name} may be null"
            yield from complaints(node.selection_set, bare(kind), value, f"{where}.{name}", fragments)


def fields(
    asked: SelectionSetNode,
    published: object,
    fragments: dict[str, FragmentDefinitionNode],
    tag: object = None,
) -> Iterator[tuple[str, tuple[FieldNode, object]]]:
    """Return the fields of a selection by their response names, each with its schema type; of a union, of one type."""
    for node in asked.selections:
        match node:
            case FieldNode(name=name, alias=alias):
                kind = None if name.value == "__typename" else published.fields[name.value].type  # type: ignore[attr-defined]
                yield (alias or name).value, (node, kind)
            case InlineFragmentNode(type_condition=on, selection_set=inner) if on and tag in (None, on.name.value):
                yield from fields(inner, SCHEMA.type_map[on.name.value], fragments)
            case FragmentSpreadNode(name=name):
                fragment = fragments[name.value]
                yield from fields(
                    fragment.selection_set, SCHEMA.type_map[fragment.type_condition.name.value], fragments
                )


def options(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """Return the types that a value may have."""
    if isinstance(kind, inspect.Metadata):
        return options(kind.type)
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def bare(kind: object) -> object:
    """Return a schema type without its non-null wrapper."""
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
