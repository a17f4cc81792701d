"""Each mutation is noticed by its law."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.simulation.found import FOUND
from tests.simulation.histories import judge
from tests.simulation.laws import LAWS
from tests.simulation.mutations import MUTATIONS, Mutation, histories, noticed
from tests.simulation.quick import found, quick

MOST = 300

UNLINKED = {
    "cancel-that-is-lost": "The law was too strict: the end may differ if CodeVF does not receive a cancellation.",
    "check-that-is-not-begun": "The law was too strict: a head without a requested review needs no check.",
    "unread-change": "The state is gone: a run that has read no change has `NO_CHANGE`.",
    "written-over-after-a-push": "The order of two reads shortens a window that stays open (docs/reliability.md).",
    "squashed-without-summary": "Three guards: hidden check runs are read, and `merge_answer` and `forgets` find gaps.",
    "skipped-and-read-later": "Its guard was not needed, and is deleted: a later run reads the answer.",
    "renamed-and-back": "Such a finding is not gone any more; the guard is that of `moved-then-restored`.",
    "recorded-twice": "The guard is that of `deferred-on-two-heads`; the run makes other calls now, so no race.",
    "intent-written-over-a-task": "The guard is that of `older-check-written-over`; as for `recorded-twice`.",
    "task-only-in-the-summary": "Two guards: the run that finds the end of a deferral reads the summary again.",
    "deferred-by-two-runs": "An intent has a check run of its own now, so its guard was not needed, and is deleted.",
    "dropped-while-bought": "The guard is that of `late-answer-behind-a-dropped-purchase`.",
    "attempt-that-stays-open": "Two guards: an earlier attempt that is open is looked up.",
    "ended-behind-a-finished-review": "As for `attempt-that-stays-open`.",
    "announced-beside-its-review": "Two guards: the comment names its answer.",
    "bypass-that-is-not-recorded": "Two guards: the reason and the exit status stay, and the bypass does not count.",
    "older-check-written-over": "Two guards: as for `first-attempt-announced`.",
    "unread-before-the-task": "Two guards: as for `first-attempt-announced`.",
    "only-record-in-a-duplicate": "Two guards: as for `first-attempt-announced`.",
    "late-answer-behind-a-dropped-purchase": "Two guards: as for `first-attempt-announced`.",
    "first-attempt-announced": "The guard is that of `end-written-over-the-next-attempt`: the check run stays.",
    "first-review-by-other-rules": "Two guards: the record must have the findings that the reviewer was asked about.",
    "bypass-in-a-second-summary": "The law was too strict: the head had moved when the check was written.",
    "key-of-a-change-that-is-gone": "Two guards: an intent in a check run comes before a dropped purchase.",
    "attempt-that-is-left-for-a-replaced-head": "Its guard is deleted: each end of a late task is announced.",
    "attempt-that-is-left-on-a-draft": "As for `attempt-that-is-left-for-a-replaced-head`.",
    "end-beside-a-deferral-that-is-dropped": "As for `attempt-that-is-left-for-a-replaced-head`.",
    "second-review-of-a-head": "Two guards: the copy says that the reviewer was asked about findings.",
    "reply-in-no-summary": "Two guards: a reply is posted once its comment is read, and the check shows the others.",
    "reply-behind-a-newer-head": "As for `reply-in-no-summary`.",
    "deferred-while-the-head-moved": "After a lost answer, the run no longer reads the new change with the new head.",
    "waiver-comes-back-on-an-own-base": "Two guards: against that base, the waived file is not in the change.",
}
"""The found bugs without a mutation, and why."""

BY_ANOTHER_LAW = {
    "key-that-is-forgotten": "The law accepts the lost answer; without the guard the change is bought again.",
    "key-that-is-called-off": "As for `key-that-is-forgotten`.",
}
"""The found bugs whose mutation another law notices, and why."""


@pytest.mark.proof
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_violates_its_law(mutation: Mutation) -> None:
    seen = noticed(mutation, MOST)
    assert seen, f"{MOST} histories do not notice that {mutation.name}"
    number, _ = seen
    [same] = islice(histories(mutation), number, number + 1)
    with quick():
        assert not judge(same), "it violates a law without the mutation, too"


def test_each_mutation_replaces_an_object_that_exists() -> None:
    for mutation in MUTATIONS:
        found(mutation.place)


def test_each_law_is_violated_by_a_mutation() -> None:
    assert {mutation.law for mutation in MUTATIONS} == set(LAWS)
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 15


def test_each_found_bug_is_shown_by_a_mutation() -> None:
    linked = {mutation.found: mutation.law for mutation in MUTATIONS if mutation.found}
    assert linked.keys() == FOUND.keys() - UNLINKED.keys()
    assert {name for name, law in linked.items() if law != FOUND[name].law} == BY_ANOTHER_LAW.keys()
