"""Whether a run resumes an earlier purchase of its change, buys, waits for an older review, or ends."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.due import start
from reviewbot.domain.model.options import Allow, ReviewOn
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.eligibility import Asked, Policy
from tests.domain.builders import HEAD, purchase
from tests.domain.machine.test_transitions import go, known, own, reading
from tests.domain.machine.world import OTHER_HEAD

OLDER = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD)
RUNNING = steps.TaskRead(Task("task_older", TaskStatus.PROCESSING, "processing"))
STATES: list[TaskState | None] = [None, *TaskState]
UNSENT = {TaskState.DEFERRED, TaskState.INTENT}


def after(state: TaskState | None, *flags: str, head: str = HEAD, attempt: int = 1) -> Any:  # noqa: ANN401 — a test knows which phase it is
    """Return the phase after an event, with an earlier purchase in this state, and perhaps an older review."""
    review_on = ReviewOn.PUSH if "wanted" in flags else ReviewOn.REQUEST
    now = known(policy=Policy(review_on, Allow.WRITE, "", drafts=False, bots=()))
    if "again" in flags:
        now = known(trigger=Asked("ann", "5", HEAD))
    task_id = "" if state in UNSENT else "task_1"
    there = [own(now, state=state, task_id=task_id, head_sha=head, attempt=attempt)] if state else []
    older, looked_up = ([OLDER], [RUNNING]) if "awaited" in flags else ([], [])
    return go(start(now), reading(*older, *there), steps.Done(), *looked_up)


def what(phase: Any) -> str:  # noqa: ANN401 — any phase
    match phase:
        case phases.Resumed():
            return "resume"
        case phases.DeferredForOlder():
            return "wait"
        case phases.Pricing():
            return "buy"
        case _:
            return "end"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("awaited", ["", "awaited"])
def test_an_event_without_a_request_buys_only_a_deferred_review(state: TaskState | None, awaited: str) -> None:
    expected = {
        TaskState.OPEN: "resume",
        TaskState.DONE: "resume",
        TaskState.INTENT: "buy",
        TaskState.DEFERRED: "wait" if awaited else "buy",
    }
    assert what(after(state, awaited)) == expected.get(state or TaskState.ENDED, "end")
    assert what(after(TaskState.DEFERRED, awaited, head=OTHER_HEAD)) == "end", "it was put off for another head"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("awaited", ["", "awaited"])
def test_existing_purchases_are_resumed_and_others_wait_for_older_reviews(
    state: TaskState | None, awaited: str
) -> None:
    there = state in {TaskState.OPEN, TaskState.DONE}
    waits = awaited and state is not TaskState.INTENT
    assert what(after(state, "wanted", awaited)) == ("resume" if there else "wait" if waits else "buy")


def test_only_a_finished_review_is_bought_again_on_request() -> None:
    assert what(after(TaskState.DONE, "again")) == "buy"
    assert what(after(TaskState.OPEN, "again")) == "resume"


@pytest.mark.parametrize(
    ("state", "attempt"),
    [(None, 1), (TaskState.DEFERRED, 3), (TaskState.INTENT, 3), (TaskState.DONE, 4), (TaskState.ENDED, 4)],
)
def test_the_attempt_increases_only_after_an_ended_one(state: TaskState | None, attempt: int) -> None:
    assert after(state, "again", attempt=3).candidate.identity.attempt == attempt
