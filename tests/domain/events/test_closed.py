"""The machine of a closed pull request."""

from __future__ import annotations

import pytest

from reviewbot.domain.events.closed import Closed, Phase, Result, decide, learn, start
from reviewbot.domain.events.steps import Ended, Fail, PostOpenAnswers, RecordOpinions, StartReview
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, Failed, Finish, ReadLedger
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.review import NOT_BEGUN
from reviewbot.domain.policy.verdict import Reason, Rules, not_due, pending
from reviewbot.errors import ForgeUnreachable
from reviewbot.values import replace
from tests.domain.builders import NOON, pull, purchase
from tests.domain.machine.test_transitions import known

TRIGGER = DispatchEvent(7, "ann")
AWAY = Failed(ForgeUnreachable("GitHub is away."))


def closed(*, paid: bool = True, dry_run: bool = False, is_open: bool = False) -> Known:
    now = known(trigger=TRIGGER, paid=paid, dry_run=dry_run)
    return replace(now, snapshot=replace(now.snapshot, pull=pull(is_open=is_open)))


def go(phase: Phase, *results: Result) -> Phase:
    for result in results:
        phase = learn(phase, result, NOON)
    return phase


def ended(result: str = "") -> Ended:
    return Ended(Finish(not_due(Reason.CLOSED, f"Pull request #7 was closed.{result}")))


@pytest.mark.parametrize("now", [closed(paid=False), closed(dry_run=True), closed(is_open=True)])
def test_a_free_reviewer_a_dry_run_and_a_reopened_pull_request_change_nothing(now: Known) -> None:
    assert start(now) == ended()


def test_reactions_are_recorded_if_nothing_is_open() -> None:
    stored, phase = StoredLedger(), start(closed())
    assert decide(phase) == ReadLedger(must_read=False)
    phase = go(phase, stored)
    assert decide(phase) == RecordOpinions(stored)
    assert go(phase, Done()) == ended()


@pytest.mark.parametrize(("message", "shown"), [("", ""), ("It waits.", " It waits.")])
def test_open_tasks_are_cancelled_and_open_questions_answered(message: str, shown: str) -> None:
    phase = go(start(closed()), StoredLedger(Ledger((purchase(),))))
    assert decide(phase) == StartReview(TRIGGER, cancels=NOT_BEGUN)
    phase = go(phase, replace(pending(Rules()), message=message))
    assert decide(phase) == PostOpenAnswers()
    assert go(phase, Done()) == ended(f" Review result: pending.{shown}")


def test_a_failed_step_ends_the_run_and_a_result_of_another_step_is_a_bug() -> None:
    phase = Closed(closed())
    assert decide(go(phase, AWAY)) == Fail(AWAY.error)
    with pytest.raises(RuntimeError, match="Closed cannot handle Done"):
        go(phase, Done())
