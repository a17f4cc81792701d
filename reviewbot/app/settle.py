"""The open tasks beside the one of this change: what is finished joins the findings, what nobody has begun may go.

Each is looked up; one that cannot be stays open, is said, and stops nothing. What was postponed for a head that the
pull request has left is wanted no more. An intent of another change cannot be looked up: CodeVF finds a task by its key
only when the change is bought. So it is recorded with its hold, and ends once CodeVF has forgotten the key.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reviewbot.app.context import RunContext
from reviewbot.app.read_result import placed_now, read_answer
from reviewbot.app.story import Awaited, Story
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.next_step import is_forgotten
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.errors import ReviewbotError, ServiceError, ServiceRefused
from reviewbot.ports import ReviewService


def settle(run: RunContext, service: ReviewService, story: Story, *, but: str = "") -> Story:
    """Look up each open task.

    Args:
        run: of the pull request.
        service: the reviewer.
        story: so far, with the change that is there now.
        but: the identity whose task is not looked up here.
    """
    story = replace(story, awaited=None)
    for wanted in story.ledger.postponed() if run.paid else ():
        if wanted.head_sha != run.snapshot.pull.head_sha or (run.may_buy and wanted.identity != but):
            story = story.noted(replace(wanted, state=TaskState.ENDED, used=Decimal(0)))
    for intent in story.ledger.intents() if run.paid else ():
        if intent.identity != but:
            forgotten = is_forgotten(intent, run.now)
            story = story.noted(replace(intent, state=TaskState.ENDED) if forgotten else intent)
    for purchase in story.ledger.open_tasks() if run.paid else ():
        if purchase.identity != but:
            try:
                story = _settle(run, service, story, purchase)
            except ServiceRefused as error:
                story = _unknown(run, story, purchase, error)
            except ReviewbotError as error:
                run.degraded.say(f"The review of {_named(purchase)} could not be looked up: {error.message}")
                story = replace(story, awaited=Awaited(purchase, Task(purchase.task_id, TaskStatus.UNKNOWN, "unknown")))
    return story


def _unknown(run: RunContext, story: Story, purchase: Purchase, error: ServiceRefused) -> Story:
    """A task that the service does not know is over; one that it does not tell this key goes on."""
    run.degraded.say(f"The review of {_named(purchase)} could not be looked up: {error.message}")
    if not error.is_not_found:
        return replace(story, awaited=Awaited(purchase, Task(purchase.task_id, TaskStatus.UNKNOWN, "unknown")))
    closed = purchase.over(TaskState.ENDED, purchase.used, run.now)
    return story.noted(closed)


def _settle(run: RunContext, service: ReviewService, story: Story, purchase: Purchase) -> Story:
    task = service.retrieve(purchase.task_id)
    if task.status.is_over:
        return settled(run, service, story, purchase, task)
    return replace(story, awaited=Awaited(purchase, task))


def settled(run: RunContext, service: ReviewService, story: Story, purchase: Purchase, task: Task) -> Story:
    """The story after a task that is over: a result joins the findings."""
    if task.status is not TaskStatus.COMPLETED:
        closed = purchase.over(TaskState.ENDED, task.credits_used, run.now)
        run.say(f"The review of {_named(purchase)} ended without a result.")
        return story.noted(closed)
    report = read_answer(service, task)
    coverage = Coverage.FULL if report.readable and not task.unseen else Coverage.PARTIAL
    closed = purchase.over(TaskState.DONE, task.credits_used, run.now)
    closed = replace(closed, coverage=coverage if closed.coverage is Coverage.FULL else closed.coverage)
    answer = placed_now(run, story.read, closed, report)
    run.say(f"The review of {_named(purchase)} came in; its findings stand where their code is now.")
    return story.learned(story.changes.with_purchase(closed).with_answer(answer))


def replaced(run: RunContext, service: ReviewService, story: Story) -> Story:
    """The story after the task that is waited for was cancelled, for a newer head that may be bought."""
    if story.awaited is None:
        raise TypeError(story)
    purchase, task = story.awaited.purchase, _cancelled(run, service, story.awaited.task)
    if not task.status.is_over:
        return replace(story, awaited=Awaited(purchase, task))
    if task.status is not TaskStatus.COMPLETED:
        run.say(f"The review of {_named(purchase)} was cancelled for the newer head.")
    return settled(run, service, replace(story, awaited=None), purchase, task)


def _cancelled(run: RunContext, service: ReviewService, task: Task) -> Task:
    """The task after it was cancelled; as it was, when the service would not or nobody knows."""
    try:
        service.cancel(task.id)
        return service.retrieve(task.id)
    except ServiceError as error:
        run.say(f"{error.message} The task is kept.")
        return task


def _named(purchase: Purchase) -> str:
    return purchase.head_sha[:7] or "an older head"
