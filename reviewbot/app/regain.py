"""What a run was stopped at while it bought, for a change that is not there or not wanted any more: is there a task?

The service is asked under the same keys. A task that there is was paid for, so it is an open task like any other; where
there is none, none is bought.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reviewbot.app.buy import project_of
from reviewbot.app.cancel import cancel
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain.amendments import CallOff
from reviewbot.domain.course import is_at_work, is_forgotten
from reviewbot.domain.gate import Coverage
from reviewbot.domain.identity import key_of_part
from reviewbot.domain.inquiry import CREDITS, inquiry, is_inquiry
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Task, TaskStatus
from reviewbot.domain.parts import joined
from reviewbot.errors import OverBudget, ServiceError, ServiceRefused
from reviewbot.ports import ReviewService


def regain(run: Run, service: ReviewService, story: Story, *, but: str = "") -> Story:
    """Find out about each intent; one that cannot be asked for stays, is said, and stops nothing.

    One that the service has forgotten is over: its hold counts for good, since nobody knows.

    Args:
        run: of the pull request.
        service: the reviewer.
        story: so far.
        but: the identity of the change that is there now, whose intent is gone on with where it is bought, unless that
            was called off.
    """
    now, here = run.now, run.snapshot.pull.head_sha
    for intent in story.ledger.intents() if run.paid else ():
        if not is_called_off(story):
            if intent.identity == but:
                continue
            if not run.may_buy and intent.head_sha == here and is_at_work(intent, now):
                continue  # a collection has other settings than the run that buys at this moment
        if is_forgotten(intent, now) or not intent.key:
            story = _over(story, intent)
            continue
        try:
            story = _asked(run, service, story, intent)
        except (ServiceError, OverBudget) as error:
            run.degraded.say(f"{_stopped(intent)}, and what came of it could not be found out: {error.message}")
            if not isinstance(error, ServiceRefused):
                break  # the next one would hear the same
    return story


def is_called_off(story: Story) -> bool:
    """Whether nothing is to be bought any more: somebody said so, or the pull request is closed."""
    return CallOff() in story.changes.amendments


def _stopped(intent: Purchase) -> str:
    return f"A run was stopped while it bought the review of {intent.head_sha[:7]}"


def _over(story: Story, intent: Purchase, used: Decimal | None = None) -> Story:
    return story.noted(replace(intent, state=TaskState.ENDED, used=used))


def _asked(run: Run, service: ReviewService, story: Story, intent: Purchase) -> Story:
    """The intent as an open task, or over. Parts are created in their order: where one is missing, so are the rest.

    The question stands for the missing part, so that what it has cost counts with the others.
    """
    project, tasks = project_of(run, service), list[Task]()
    with run.world.uninterrupted():
        for number in range(1, intent.parts + 1):
            task = service.create(inquiry(key_of_part(intent.key, number, intent.parts), project, run.metadata))
            tasks.append(_withdrawn(service, task) if is_inquiry(task) else task)
            if is_inquiry(task):
                break
    if is_inquiry(tasks[0]):
        run.say(f"{_stopped(intent)}: there is no task of it.")
        return _over(story, intent, tasks[0].credits_used)
    found = joined(tasks)
    run.say(f"{_stopped(intent)}: its task is {found.id}.")
    # How much of the change it was given was not written down.
    purchase = replace(intent, state=TaskState.OPEN, task_id=found.id, coverage=Coverage.PARTIAL)
    story = story.noted(purchase)
    # On a closed pull request nobody needs what nobody has begun; on an open one somebody wants all to end.
    unwanted = found.status is TaskStatus.PENDING or run.snapshot.pull.is_open
    if is_called_off(story) and unwanted and not found.status.is_over:
        cancel(run, service, [found.id], lambda _: True)
    return story


def _withdrawn(service: ReviewService, question: Task) -> Task:
    """A question once it is over, with what it has cost.

    Raises:
        ServiceError: it could not be cancelled, so it is asked, and cancelled, once more.
    """
    if not question.status.is_over:
        service.cancel(question.id)
    task = service.retrieve(question.id)
    return task if task.credits_used is not None else replace(task, credits_used=Decimal(CREDITS))
