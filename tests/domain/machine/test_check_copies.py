"""Which purchase the check run of a head has a copy of."""

from __future__ import annotations

import pytest

from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.versions import LedgerVersions
from reviewbot.domain.machine.decisions.check_copies import is_only_copy, may_be_replaced, purchase_to_copy
from reviewbot.domain.machine.decisions.outcome import check_to_write
from reviewbot.domain.machine.known import Bought, Known, OpenTask, OwnReview, ReviewedHead, Wrote
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.values import replace
from tests.domain.builders import purchase
from tests.domain.machine.test_transitions import known
from tests.domain.machine.world import OTHER_HEAD, RandomWorld

DEFERRED = purchase(identity="d" * 32, state=TaskState.DEFERRED)
INTENT = purchase(identity="1" * 32, state=TaskState.INTENT)
OPEN = purchase(identity="0" * 32, state=TaskState.OPEN, task_id="task_1")
DONE = purchase(identity="f" * 32, state=TaskState.DONE, task_id="task_2")
ENDED = purchase(identity="e" * 32, state=TaskState.ENDED, task_id="task_3")
OLDER = purchase(identity="9" * 32, state=TaskState.OPEN, task_id="task_9", head_sha=OTHER_HEAD)


def run(own: Purchase | None, *ledger: Purchase, awaits: bool = False, paid: bool = True) -> Known:
    """Return what a run knows of its own purchase and of the ledger."""
    others = (OpenTask(OLDER, Task("task_9", TaskStatus.PROCESSING, "processing")),) if awaits else ()
    now = replace(known(paid=paid), others=others, ledgers=LedgerVersions(written=Ledger(ledger)))
    return replace(now, own=OwnReview(Bought(own)) if own else None)


@pytest.mark.parametrize(
    ("now", "copied"),
    [
        (run(OPEN, OPEN), OPEN),
        (run(DONE, DONE, OPEN), DONE),
        (run(INTENT), INTENT),
        (run(INTENT, replace(INTENT, state=TaskState.OPEN, task_id="task_1")), "its task, which another run recorded"),
        (run(DEFERRED, DEFERRED, OPEN), OPEN),
        (run(ENDED, ENDED, INTENT), INTENT),
        (run(ENDED, ENDED, DEFERRED), ENDED),
        (run(None, DEFERRED, INTENT), INTENT),
        (run(None, OLDER, DEFERRED), DEFERRED),
        (run(None, replace(DEFERRED, head_sha=OTHER_HEAD)), None),
        (run(None, DONE), None),
        (run(None, OPEN, paid=False), None),
    ],
)
def test_a_check_has_the_purchase_that_a_later_run_needs(now: Known, copied: Purchase | str | None) -> None:
    expected = now.ledger.purchases[0] if isinstance(copied, str) else copied
    assert purchase_to_copy(now, None) == expected


@pytest.mark.parametrize(
    ("now", "copied"),
    [
        (run(None, OLDER, awaits=True), OLDER),
        (run(ENDED, ENDED, OLDER, awaits=True), OLDER),
        (run(DEFERRED, DEFERRED, OLDER, awaits=True), DEFERRED),
        (run(DONE, DONE, OLDER, awaits=True), OLDER),
    ],
)
def test_the_awaited_review_is_found_by_the_check_unless_this_head_has_its_own(now: Known, copied: Purchase) -> None:
    assert purchase_to_copy(now, ENDED) == copied


def test_a_check_keeps_the_copy_of_a_purchase_that_the_ledger_has() -> None:
    older = replace(DONE, head_sha=OTHER_HEAD)
    assert purchase_to_copy(run(None, older), replace(older, base_ref="")) == older
    assert purchase_to_copy(run(None), older) is None


def test_a_finished_review_that_is_read_again_does_not_replace_the_end_of_the_next_attempt() -> None:
    ended = replace(OPEN, attempt=2, state=TaskState.ENDED)
    now = run(None, OPEN, ended)
    now = replace(now, stored=replace(now.stored, finished=frozenset({OPEN.key})))
    assert purchase_to_copy(now, ended) == ended


@pytest.mark.parametrize(
    ("own", "there", "copied"),
    [
        (OPEN, replace(OPEN, attempt=2, task_id="task_4"), True),
        (OPEN, replace(OPEN, attempt=2, task_id="", state=TaskState.INTENT), True),
        (DONE, replace(DONE, attempt=2, task_id="task_4", state=TaskState.OPEN), True),
        (OPEN, replace(OPEN, attempt=2, task_id="task_4", state=TaskState.ENDED), False),
        (OPEN, replace(OPEN, attempt=2, task_id="", state=TaskState.DEFERRED), False),
        (OPEN, replace(INTENT, attempt=2), False),
        (replace(OPEN, attempt=2), OPEN, False),
    ],
)
def test_a_run_does_not_replace_the_next_attempt_that_another_run_has_bought(
    own: Purchase, there: Purchase, *, copied: bool
) -> None:
    assert purchase_to_copy(run(own, own, there), there) == (there if copied else own)


@pytest.mark.parametrize(
    ("own", "copy", "may_be"),
    [
        (None, OPEN, True),
        (None, INTENT, True),
        (ENDED, INTENT, True),
        (ENDED, OPEN, True),
        (replace(INTENT, state=TaskState.ENDED), INTENT, True),
        (OPEN, INTENT, False),
        (DONE, OPEN, False),
    ],
)
def test_another_run_may_replace_a_copy_that_this_run_does_not_continue_or_after_the_end_of_its_attempt(
    own: Purchase | None, copy: Purchase, *, may_be: bool
) -> None:
    assert may_be_replaced(run(own), copy) is may_be


@pytest.mark.parametrize(
    ("now", "copy", "new", "is_only"),
    [
        (run(OPEN), DONE, OPEN, True),
        (run(OPEN), replace(OPEN, attempt=2), OPEN, False),
        (run(OPEN), replace(DEFERRED, task_id=""), OPEN, False),
        (run(INTENT, DONE), replace(INTENT, since=OTHER_HEAD), INTENT, True),
        (run(INTENT, DONE), INTENT, INTENT, False),
        (run(INTENT), replace(INTENT, since=OTHER_HEAD), INTENT, False),
    ],
)
def test_the_only_copy_of_another_review_is_not_replaced(
    now: Known, copy: Purchase, new: Purchase, *, is_only: bool
) -> None:
    assert is_only_copy(now, copy, new, ()) is is_only
    assert not is_only_copy(now, copy, new, {copy.key}) or new.state is TaskState.INTENT


def test_the_check_to_write_is_that_of_this_run_or_of_the_head() -> None:
    there, own = RandomWorld(0).check(""), replace(RandomWorld(0).check(""), id=4)
    now = known()
    now = replace(now, snapshot=replace(now.snapshot, checks=(there,)))
    assert check_to_write(now) == there
    assert check_to_write(replace(now, wrote=Wrote(check=own), reviewed=ReviewedHead(OTHER_HEAD, "b" * 40))) == own
    assert check_to_write(replace(now, reviewed=ReviewedHead(OTHER_HEAD, "b" * 40))) is None
