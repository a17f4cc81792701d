"""Which answers are late: what is over since an earlier run has ended."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.findings.markers import FindingMark, answer_id
from reviewbot.domain.findings.placement import place
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.ledger import Ledger, Purchase, PurchaseKey, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.machine.decisions.late_answers import announcing
from reviewbot.domain.machine.known import Wrote
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict
from reviewbot.domain.publishing.comment_diff import Ending
from reviewbot.values import replace
from tests.domain.builders import ALL, finding, purchase, view
from tests.domain.machine.test_transitions import known
from tests.domain.publishing.test_comment_diff import thread

OPEN = purchase()
DONE, ENDED = (purchase(state=state) for state in (TaskState.DONE, TaskState.ENDED))
DEFERRED = purchase(state=TaskState.DEFERRED, task_id="")
OLDER = "e" * 40
FINDING = place([finding("Look", line=1)], [view("", "a\n")], ALL)


def outcome(reason: Reason = Reason.REVIEWED, status: Status = Status.COMPLETED) -> Outcome:
    return Outcome(status, Verdict.NONE, reason, None, 0)


REVIEWED, FAILED = outcome(), outcome(Reason.OVER_BUDGET, Status.FAILED)


def answered(placed: Any = ()) -> PlacedAnswer:  # noqa: ANN401 — placed findings
    return PlacedAnswer("task_1", whole=True, here=True, report=Report("", (), (), readable=True), placed=placed)


def endings(
    found: Purchase | None,
    *now: Purchase,
    update: LedgerUpdate | None = None,
    outcome: Outcome = REVIEWED,
    may_buy: bool = False,
    bought: frozenset[PurchaseKey] = frozenset(),
    later: tuple[Purchase, ...] = (),
    **more: Any,  # noqa: ANN401 — any field
) -> list[Ending]:
    """Return what a run announces that found a purchase, and later ones, and adds what it is now."""
    ledger = Ledger(((found,) if found else ()) + later)
    update = update or LedgerUpdate(purchases=now, answers=(answered(),))
    state = known(may_buy=may_buy, bought_before=bought)
    state = replace(state, found=ledger, stored=StoredLedger(ledger), ledgers=LedgerVersions(ledger, update))
    return [one.ending for one in announcing(replace(state, **more), outcome)]


LATE = [
    (endings(OPEN, DONE), Ending.ANSWERED),
    (endings(OPEN, ENDED), Ending.WITHOUT_RESULT),
    (endings(replace(OPEN, identity="a" * 32), DONE), Ending.ANSWERED),
    (endings(replace(OPEN, head_sha=OLDER), replace(DONE, head_sha=OLDER)), Ending.ANSWERED),
    (endings(OPEN, OPEN, outcome=outcome(Reason.REFUSED, Status.FAILED)), Ending.WITHOUT_RESULT),
    (endings(DEFERRED, outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(replace(DEFERRED, state=TaskState.INTENT), outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(DEFERRED, replace(DEFERRED, state=TaskState.ENDED), outcome=FAILED), Ending.NOT_BOUGHT),
    (endings(OPEN, DONE, stored=StoredLedger()), Ending.ANSWERED),
    # A racing run has written the older record over it.
    (endings(OPEN, DONE, stored=StoredLedger(Ledger((replace(OPEN, state=TaskState.INTENT),)))), Ending.ANSWERED),
]
ON_TIME = {
    "this run has bought it": endings(None, OPEN, DONE),
    "this run has bought it for a missed command": endings(OPEN, DONE, bought=frozenset({OPEN.key})),
    "this run has bought what was deferred": endings(DEFERRED, DONE),
    "another run has recorded the end": endings(OPEN, DONE, stored=StoredLedger(Ledger((DONE,)))),
    "an older check run has the end": endings(
        OPEN, DONE, stored=StoredLedger(Ledger((OPEN,)), finished=frozenset({OPEN.key}))
    ),
    "it was done before": endings(DONE, DONE),
    "it is still open": endings(OPEN, OPEN),
    "this run has cancelled it": endings(OPEN, ENDED, wrote=Wrote(cancelled=frozenset({"task_1"}))),
    "an event looks it up, and CodeVF does not know the key": endings(
        OPEN, OPEN, outcome=outcome(Reason.REFUSED, Status.FAILED), may_buy=True
    ),
    "an older head waits no longer": endings(replace(DEFERRED, head_sha=OLDER), outcome=FAILED),
    "the next run may succeed": endings(DEFERRED, outcome=outcome(Reason.UNREACHABLE, Status.FAILED)),
    "this run has bought it, and it failed": endings(DEFERRED, ENDED, outcome=FAILED),
    "another run has bought it": endings(DEFERRED, outcome=FAILED, stored=StoredLedger(Ledger((OPEN,)))),
    "it still waits": endings(DEFERRED, outcome=outcome(Reason.DEFERRED, Status.PENDING)),
}


@pytest.mark.parametrize(("announced", "ending"), LATE)
def test_a_task_that_ended_since_an_earlier_run_is_late(announced: list[Ending], ending: Ending) -> None:
    assert announced == [ending]


@pytest.mark.parametrize("why", ON_TIME)
def test_no_other_answer_is_late(why: str) -> None:
    assert ON_TIME[why] == []


def test_a_cancelled_task_that_was_answered_is_announced() -> None:
    assert endings(OPEN, DONE, wrote=Wrote(cancelled=frozenset({"task_1"}))) == [Ending.ANSWERED]


def commented(*task_ids: str) -> Snapshot:
    """Return a pull request with a comment on the finding that was posted for the answers of tasks."""
    mark = FindingMark("", tuple(one.id for one in FINDING), tuple(map(answer_id, task_ids)))
    return replace(known().snapshot, threads=(thread(str(mark)),))


@pytest.mark.parametrize(
    ("more", "is_announced"),
    [
        ({}, True),
        ({"wrote": Wrote(posted=1)}, False),
        ({"snapshot": commented("task_1")}, False),
        ({"snapshot": commented("task_2", "task_1")}, False),
        ({"snapshot": commented("task_2")}, True),
        ({"snapshot": commented()}, True),
    ],
)
def test_an_answer_that_a_comment_was_posted_for_is_not_announced(
    more: dict[str, Any],
    is_announced: bool,  # noqa: FBT001 — a column of the table
) -> None:
    """A comment on the same finding may be of an earlier answer."""
    announced = endings(OPEN, update=LedgerUpdate((DONE,), (answered(FINDING),)), **more)
    assert bool(announced) is is_announced


NEXT = replace(OPEN, attempt=2, task_id="")
INTENT, WAITING = (replace(NEXT, state=state) for state in (TaskState.INTENT, TaskState.DEFERRED))


@pytest.mark.parametrize(
    ("later", "outcome", "announced"),
    [
        (replace(NEXT, task_id="task_2"), REVIEWED, [Ending.WITHOUT_RESULT]),
        (WAITING, REVIEWED, [Ending.WITHOUT_RESULT]),
        (INTENT, REVIEWED, [Ending.WITHOUT_RESULT]),
        (INTENT, FAILED, [Ending.WITHOUT_RESULT, Ending.NOT_BOUGHT]),
    ],
)
def test_an_end_is_announced_whatever_happens_to_the_next_attempt(
    later: Purchase, outcome: Outcome, announced: list[Ending]
) -> None:
    """The next attempt may never be bought, e.g., if its run is killed and the author pushes."""
    assert endings(OPEN, ENDED, outcome=outcome, later=(later,)) == announced
