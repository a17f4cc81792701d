"""Each mutation is noticed by its law."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.simulation.histories import judge
from tests.simulation.laws import LAWS
from tests.simulation.mutations import MUTATIONS, Mutation, histories, noticed
from tests.simulation.quick import quick

MOST = 300


@pytest.mark.proof
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_violates_its_law(mutation: Mutation) -> None:
    found = noticed(mutation, MOST)
    assert found, f"{MOST} histories do not notice that {mutation.name}"
    number, _ = found
    [same] = islice(histories(mutation), number, number + 1)
    with quick():
        assert not judge(same), "it violates a law without the mutation, too"


def test_each_law_is_violated_by_a_mutation() -> None:
    assert {mutation.law for mutation in MUTATIONS} == set(LAWS)
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 15
