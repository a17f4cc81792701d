"""The GraphQL documents match the sandbox's schema, a subset of GitHub's published one."""

from __future__ import annotations

import pytest
from graphql import parse, validate
from reviewbot_sandbox.github.graphql.execute import schema

from reviewbot.adapters.github.graphql import queries
from reviewbot.domain.github.drafts import NodeChange

SCHEMA = schema()
DOCUMENTS = {
    "snapshot": queries.snapshot(0),
    "more comments": queries.MORE_COMMENTS,
    "more threads": queries.MORE_THREADS,
    "more reviews": queries.MORE_REVIEWS,
    "thread comments": queries.MORE_THREAD_COMMENTS,
    "config": queries.CONFIG,
    "other names": queries.snapshot(3),
    "waiting": queries.WAITING,
    "waiting under other names": queries.checked(2),
    "past pull requests": queries.PAST,
    "summaries": queries.SUMMARIES,
    "checks of the head": queries.HEAD_CHECKS,
    "with a head": queries.WITH_HEAD,
    "queue": queries.QUEUE,
    "resolving": queries.NODE_CHANGES[NodeChange.RESOLVE],
    "hiding": queries.NODE_CHANGES[NodeChange.HIDE],
    "both sides": queries.entries(3, 2),
    "files and context": queries.entries(1, 0, 2),
    "context only": queries.entries(0, 0, 2),
    "new files only": queries.entries(1, 0),
    "old files only": queries.entries(0, 1),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_every_document_is_valid(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


def test_a_graphql_document_for_files_contains_no_path() -> None:
    assert "file(path: $n0)" in queries.entries(1, 0)
    assert queries.aliases("n", 3) == ("n0", "n1", "n2")
