"""Every GraphQL document of reviewbot, and the sandbox's reduced schema, are valid for GitHub's whole schema."""

from __future__ import annotations

import pytest

from reviewbot.adapters.github.graphql import queries
from tests.contract.referee import document_complaints

pytestmark = pytest.mark.npm

CONSTANTS = {
    name: value
    for name, value in vars(queries).items()
    if isinstance(value, str) and name.isupper() and not name.startswith("_")  # fragments are in the documents
}
DOCUMENTS = {
    **CONSTANTS,
    **queries.NODE_CHANGES,
    "snapshot(0)": queries.snapshot(0),
    "snapshot(2)": queries.snapshot(2),
    "checked(2)": queries.checked(2),
    **{f"entries({new}, {old})": queries.entries(new, old) for new, old in ((1, 0), (0, 1), (3, 2), (100, 100))},
}


def test_the_graphql_documents_are_collected() -> None:
    assert {"MORE_THREAD_COMMENTS", "MORE_COMMENTS", "resolve"} <= DOCUMENTS.keys()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_graphql_document_is_valid_in_the_published_schema(name: str) -> None:
    assert document_complaints(DOCUMENTS[name]) == ()


def test_a_planted_mistake_is_named() -> None:
    (said,) = document_complaints(queries.snapshot(0).replace("isCrossRepository", "isCrossRepo"))
    assert "Cannot query field 'isCrossRepo' on type 'PullRequest'" in said
