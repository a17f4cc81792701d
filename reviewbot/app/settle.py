"""The open tasks of older heads: what is finished joins the findings, what nobody has begun is replaced.

Each is looked up; one that cannot be stays open, is said, and stops nothing.
"""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.answer import placed_elsewhere, read_answer
from reviewbot.app.publish import write_check
from reviewbot.app.run import Run
from reviewbot.app.story import Awaited, Story
from reviewbot.domain.course import is_replaced
from reviewbot.domain.gate import Coverage, superseded
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Task, TaskStatus
from reviewbot.domain.snapshot import CheckStatus
from reviewbot.errors import ReviewbotError, ServiceError
from reviewbot.ports import ReviewService


def settle_older(run: Run, service: ReviewService, story: Story, identity: str, *, replaces: bool) -> Story:
    """Look up each open task of another change.

    Args:
        run: of the pull request.
        service: the reviewer.
        story: so far, with the change that is there now.
        identity: of that change.
        replaces: whether a review of it is about to be bought, for which an open one may have to go.
    """
    story = replace(story, awaited=None)
    for purchase in story.ledger.purchases if run.paid else ():
        if purchase.state is TaskState.OPEN and purchase.identity != identity:
            try:
                story = _settle(run, service, story, purchase, replaces=replaces)
            except ReviewbotError as error:
                run.degraded.say(f"The review of {_named(purchase)} could not be looked up: {error.message}")
    return story


def _settle(run: Run, service: ReviewService, story: Story, purchase: Purchase, *, replaces: bool) -> Story:
    task = service.retrieve(purchase.task_id)
    if replaces and is_replaced(task.status, run.settings.supersede):
        task = _cancelled(run, service, task)
        if task.status.is_over and task.status is not TaskStatus.COMPLETED:
            run.say(f"The review of {_named(purchase)} was cancelled for the newer head.")
    if task.status.is_over:
        return settled(run, service, story, purchase, task)
    return replace(story, awaited=Awaited(purchase, task))


def settled(run: Run, service: ReviewService, story: Story, purchase: Purchase, task: Task) -> Story:
    """The story after an older task that is over: a result joins the findings."""
    if story.prepared is None:
        raise TypeError(story)
    _close_check(run, purchase)
    if task.status is not TaskStatus.COMPLETED:
        closed = replace(purchase, state=TaskState.ENDED, used=task.credits_used)
        run.say(f"The review of {_named(purchase)} ended without a result.")
        return story.learned(story.changes.with_purchase(closed))
    report = read_answer(service, task)
    coverage = Coverage.FULL if report.readable and not task.unseen else Coverage.PARTIAL
    closed = replace(purchase, state=TaskState.DONE, used=task.credits_used)
    closed = replace(closed, coverage=coverage if closed.coverage is Coverage.FULL else closed.coverage)
    answer = placed_elsewhere(run, story.prepared, closed, report)
    run.say(f"The review of {_named(purchase)} came in; its findings stand where their code is now.")
    return story.learned(story.changes.with_purchase(closed).with_answer(answer))


def _close_check(run: Run, purchase: Purchase) -> None:
    """End the check of the older head, before its task is written down as over: else nobody would come by again."""
    pull = run.snapshot.pull
    if not run.settings.check_run or purchase.head_sha in {"", pull.head_sha}:
        return
    checks = run.world.forge.checks(purchase.head_sha, run.settings.check_name)
    older = replace(run.snapshot, pull=replace(pull, head_sha=purchase.head_sha), checks=checks)
    if any(check.status != CheckStatus.COMPLETED for check in checks):
        told = f"Its findings, and those of the reviews since, stand on {pull.head_sha[:7]}."
        write_check(replace(run, snapshot=older), Story(purchase=purchase), superseded(told))


def _cancelled(run: Run, service: ReviewService, task: Task) -> Task:
    """The task after it was cancelled; as it is, when the service would not."""
    try:
        service.cancel(task.id)
    except ServiceError as error:
        run.say(f"{error.message} The task is kept.")
        return task
    return service.retrieve(task.id)


def _named(purchase: Purchase) -> str:
    return purchase.head_sha[:7] or "an older head"
