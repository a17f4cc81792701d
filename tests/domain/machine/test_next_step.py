"""Whether a run resumes a purchase, buys, waits for an older review, or ends."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.machine.next_step import (
    KEY_MEMORY,
    Step,
    builds_on,
    is_forgotten,
    is_replaced,
    next_attempt,
    next_step,
)
from reviewbot.domain.model.options import Supersede
from reviewbot.domain.model.review import Severity, TaskStatus
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.values import replace
from tests.domain.builders import NOON, purchase

HERE, BEFORE = "c" * 40, "b" * 40
DONE = purchase(state=TaskState.DONE, head_sha=HERE)
DONE = replace(DONE, selecting="all")
STATES: list[TaskState | None] = [None, *TaskState]


def known(state: TaskState | None, head: str = HERE, attempt: int = 1) -> Purchase | None:
    return replace(DONE, state=state, head_sha=head, attempt=attempt) if state else None


def step(state: TaskState | None, *flags: str, head: str = HERE) -> Step:
    wanted, again, awaited = (flag in flags for flag in ("wanted", "again", "awaited"))
    return next_step(known(state, head), HERE, wanted=wanted, again=again, awaited=awaited)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("awaited", ["", "awaited"])
def test_an_event_without_a_request_buys_only_a_deferred_review(state: TaskState | None, awaited: str) -> None:
    expected = {
        TaskState.OPEN: Step.RESUME,
        TaskState.DONE: Step.RESUME,
        TaskState.INTENT: Step.BUY,
        TaskState.DEFERRED: Step.DEFER if awaited else Step.BUY,
    }
    assert step(state, awaited) is expected.get(state or TaskState.ENDED, Step.LEAVE)
    assert step(TaskState.DEFERRED, awaited, head=BEFORE) is Step.LEAVE, "it was deferred for another head"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("awaited", ["", "awaited"])
def test_existing_purchases_are_resumed_and_others_wait_for_older_reviews(
    state: TaskState | None, awaited: str
) -> None:
    there = state in {TaskState.OPEN, TaskState.DONE}
    waits = awaited and state is not TaskState.INTENT
    assert step(state, "wanted", awaited) is (Step.RESUME if there else Step.DEFER if waits else Step.BUY)


@pytest.mark.parametrize("flags", [(), ("wanted",), ("awaited",), ("wanted", "awaited")])
def test_every_run_resumes_the_intent_of_its_change(flags: tuple[str, ...]) -> None:
    assert step(TaskState.INTENT, *flags) is Step.BUY


def test_only_a_finished_review_is_bought_again_on_request() -> None:
    assert step(TaskState.DONE, "wanted", "again") is Step.BUY
    assert step(TaskState.DONE, "again") is Step.LEAVE
    assert step(TaskState.OPEN, "wanted", "again") is Step.RESUME


@pytest.mark.parametrize("status", TaskStatus)
def test_an_older_task_is_cancelled_only_while_it_is_open(status: TaskStatus) -> None:
    assert not is_replaced(status, Supersede.KEEP)
    assert is_replaced(status, Supersede.ALWAYS_REPLACE) is not status.is_over
    assert is_replaced(status, Supersede.REPLACE_PENDING) is (status is TaskStatus.PENDING)


@pytest.mark.parametrize(
    ("ledger", "head"),
    [
        (Ledger(), ""),
        (Ledger((DONE,)), HERE),
        (Ledger((replace(DONE, head_sha=BEFORE), DONE)), HERE),
        (Ledger((DONE, replace(DONE, attempt=2, state=TaskState.OPEN, head_sha=BEFORE))), HERE),
        (Ledger((DONE, replace(DONE, attempt=2, state=TaskState.ENDED, head_sha=BEFORE))), HERE),
        # a partial one, one against another base, or one with missing state
        (Ledger((DONE, replace(DONE, attempt=2, coverage=Coverage.PARTIAL))), ""),
        (Ledger((replace(DONE, base_ref="other"),)), ""),
        (Ledger((replace(DONE, base_ref=""),)), ""),
        (Ledger((replace(DONE, selecting="fewer"),)), ""),
        (Ledger((DONE,), findings=Findings(broken=True)), ""),
        (Ledger((DONE,), findings=Findings(beyond=((Severity.LOW, 1),))), ""),
        # of an unknown head
        (Ledger((replace(DONE, head_sha=""),)), ""),
    ],
)
def test_a_review_of_what_is_new_builds_on_a_whole_one(ledger: Ledger, head: str) -> None:
    last = builds_on(ledger, "main", "all")
    assert (last.head_sha if last else "") == head


@pytest.mark.parametrize(
    ("state", "attempt"),
    [
        (None, 1),
        (TaskState.DEFERRED, 3),
        (TaskState.INTENT, 3),
        (TaskState.OPEN, 3),
        (TaskState.DONE, 4),
        (TaskState.ENDED, 4),
    ],
)
def test_the_attempt_increases_only_after_an_ended_one(state: TaskState | None, attempt: int) -> None:
    assert next_attempt(known(state, attempt=3)) == attempt


@pytest.mark.parametrize("state", TaskState)
def test_only_an_intent_is_forgotten_by_the_service_and_only_with_time(state: TaskState) -> None:
    bought = replace(DONE, state=state, submitted_at=NOON.isoformat())
    assert not is_forgotten(bought, NOON + KEY_MEMORY)
    assert is_forgotten(bought, NOON + KEY_MEMORY + timedelta(seconds=1)) is (state is TaskState.INTENT)


@pytest.mark.parametrize("reads_otherwise", [False, True])
def test_a_collection_that_selects_the_same_files_buys_a_deferral(*, reads_otherwise: bool) -> None:
    wanted = replace(DONE, state=TaskState.DEFERRED)
    step_if = partial(next_step, wanted, wanted.head_sha, again=False, awaited=False, reads_otherwise=reads_otherwise)
    assert step_if(wanted=False) is (Step.LEAVE if reads_otherwise else Step.BUY)
    assert step_if(wanted=True) is Step.BUY
