"""Copies of purchases add to the ledger what it has lost, and nothing that they do not know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reviewbot.domain.findings.tracked_finding import LOST
from reviewbot.domain.ledger.copies import (
    adopted,
    finished_in,
    latest_copies,
    only_in_duplicates,
    with_claims,
    with_copies,
    with_duplicates,
)
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.model.options import AnswerForm, FailOn
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.policy.verdict import Coverage, Rules
from tests.domain.builders import HEAD, purchase

OWN, OTHER_HEAD = "a" * 32, "e" * 40
SETTINGS, COPIED = Judgement(Rules(FailOn.HIGH), answer=AnswerForm.WORDS), Judgement(Rules(FailOn.LOW))


def copy(spent: int = 0, **more: Any) -> ExternalId:  # noqa: ANN401 — any field
    return ExternalId(purchase(**{"identity": OWN, **more}), Decimal(spent), 1)


def ledger(*bought: Purchase) -> Ledger:
    found = Ledger()
    for one in bought:
        found = found.with_purchase(one)
    return found


def added(before: Ledger, *copies: ExternalId) -> Ledger:
    return with_copies(before, copies, head_sha=HEAD, digest=OWN, judgement=SETTINGS)


@pytest.mark.parametrize(
    ("state", "task_id", "own", "other"),
    [
        (TaskState.DEFERRED, "", TaskState.DEFERRED, TaskState.DEFERRED),
        (TaskState.INTENT, "", TaskState.INTENT, TaskState.INTENT),
        (TaskState.ENDED, "", TaskState.ENDED, TaskState.ENDED),
        (TaskState.OPEN, "task_1", TaskState.OPEN, TaskState.OPEN),
        (TaskState.ENDED, "task_1", TaskState.ENDED, TaskState.ENDED),
        (TaskState.DONE, "task_1", TaskState.DONE, TaskState.OPEN),
    ],
)
def test_a_finished_review_of_another_change_is_read_again(
    state: TaskState, task_id: str, own: TaskState, other: TaskState
) -> None:
    one = copy(state=state, task_id=task_id, judgement=COPIED).purchase
    assert adopted(one, head_sha=HEAD, digest=OWN, judgement=SETTINGS).state is own
    assert adopted(one, head_sha=HEAD, digest="b" * 32, judgement=SETTINGS).state is other


@pytest.mark.parametrize(
    ("state", "digest", "identity", "head"),
    [
        (TaskState.OPEN, OWN, OWN, HEAD),
        (TaskState.OPEN, "b" * 32, OWN, OTHER_HEAD),
        (TaskState.OPEN, "", OWN, OTHER_HEAD),
        (TaskState.DEFERRED, OWN, OWN, OTHER_HEAD),
    ],
)
def test_a_copy_gets_the_identity_and_head_of_its_change_and_keeps_its_rules(
    state: TaskState, digest: str, identity: str, head: str
) -> None:
    one = copy(state=state, head_sha=OTHER_HEAD, judgement=COPIED).purchase
    found = adopted(one, head_sha=HEAD, digest=digest, judgement=SETTINGS)
    assert (found.identity, found.head_sha) == (identity, head)
    assert found.judgement == Judgement(COPIED.rules, answer=AnswerForm.WORDS)


def test_of_several_copies_the_most_advanced_counts_with_the_first_head() -> None:
    begun = copy(state=TaskState.INTENT, task_id="", head_sha=OTHER_HEAD)
    done, later = copy(state=TaskState.DONE, used=Decimal(9)), copy(attempt=2, submitted_at="2026-11-25T12:00:00+00:00")
    [first, second] = latest_copies((begun, later, done))
    assert (first.purchase.state, first.purchase.head_sha) == (TaskState.DONE, OTHER_HEAD)
    assert second == later


def test_a_deferred_purchase_is_of_the_head_that_deferred_it_last() -> None:
    older, newer = (copy(state=TaskState.DEFERRED, task_id="", head_sha=head) for head in (OTHER_HEAD, HEAD))
    assert latest_copies((older, newer)) == (newer,)


def test_a_purchase_that_only_a_check_run_has_is_added() -> None:
    [found] = added(Ledger(), copy()).purchases
    assert (found.identity, found.task_id) == (OWN, "task_1")


@pytest.mark.parametrize(("since", "broken"), [("", False), (OTHER_HEAD, True), (HEAD, False)])
def test_without_the_review_that_a_copy_builds_on_findings_are_missing(since: str, broken: bool) -> None:  # noqa: FBT001 — a row
    assert added(Ledger(), copy(since=since)).findings.broken is broken


def test_a_copy_with_a_task_updates_an_intent() -> None:
    intent = purchase(state=TaskState.INTENT, task_id="", hold=0, confirms=True)
    [found] = added(ledger(intent), copy(missed=2, parts=3)).purchases
    assert (found.state, found.task_id, found.hold, found.parts) == (TaskState.OPEN, "task_1", 360, 3)
    assert (found.coverage, found.missed, found.confirms) == (Coverage.PARTIAL, 2, True)


def test_an_intent_updates_what_was_deferred_and_nothing_else() -> None:
    deferred = purchase(state=TaskState.DEFERRED, task_id="")
    intent = copy(state=TaskState.INTENT, task_id="")
    [found] = added(ledger(deferred), intent).purchases
    assert (found.state, found.coverage) == (TaskState.INTENT, Coverage.FULL)
    there = ledger(purchase(state=TaskState.DONE))
    assert added(there, intent) == there
    assert added(ledger(deferred), copy(state=TaskState.DEFERRED, task_id="")) == ledger(deferred)


def test_the_copies_count_against_an_untrusted_ledger() -> None:
    there = ledger(purchase())
    assert with_claims(there, ()) == there
    claimed = with_claims(there, (copy(spent=900), copy(spent=400), copy(attempt=2, judged=(LOST,))))
    assert (claimed.spent, claimed.purchases) == (Decimal(900), there.purchases)
    [carried] = with_claims(there, (copy(judged=(LOST,)),)).purchases
    assert carried.is_carried
    assert with_claims(ledger(carried), (copy(judged=(LOST,)),)).purchases == (carried,)


def test_what_only_a_second_summary_has_is_added_and_its_findings_are_read_again() -> None:
    there = ledger(purchase(state=TaskState.INTENT, task_id=""), purchase(attempt=2))
    done = purchase(identity="b" * 32, state=TaskState.DONE, used=Decimal(9), task_id="task_3")
    question = Question("5", "d" * 16, "ann", "", QuestionState.INTENT, "", 60, None, "")
    double = ledger(purchase(), purchase(attempt=2, state=TaskState.ENDED), done).with_question(question)
    others = tuple(only_in_duplicates(there, [double]))
    assert [(one.identity, one.attempt, one.state) for one in others] == [
        (OWN, 1, TaskState.OPEN),
        ("b" * 32, 1, TaskState.DONE),
    ]
    found = with_duplicates(there, [double], others)
    assert [one.state for one in found.purchases] == [TaskState.OPEN] * 3
    assert found.questions.find("5") == question


def test_a_purchase_that_was_dropped_while_another_run_bought_it_is_not_finished() -> None:
    dropped, done = copy(state=TaskState.ENDED, task_id=""), copy(state=TaskState.DONE, task_id="task_1")
    bought = ledger(purchase(identity=OWN, state=TaskState.OPEN, task_id="task_1"))
    assert not list(finished_in([dropped], bought))
    assert list(finished_in([done], bought)) == [(OWN, 1)]
    assert list(finished_in([dropped], Ledger())) == [(OWN, 1)]
