"""Cancelling tasks: asked of the service one by one; what comes of each is looked up and written down afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reviewbot.app.context import RunContext
from reviewbot.domain.model.review import Task
from reviewbot.errors import ServiceError
from reviewbot.ports import ReviewService


def cancel(
    run: RunContext, service: ReviewService, task_ids: Iterable[str], wanted: Callable[[Task], bool]
) -> tuple[str, ...]:
    """Cancel the tasks that are not over and that are wanted to be cancelled.

    Returns:
        What the service said of those that it did not cancel.
    """
    refused = []
    for task_id in task_ids:
        try:
            task = service.retrieve(task_id)
            if not task.status.is_over and wanted(task):
                service.cancel(task_id)
                run.say(f"CodeVF was asked to cancel the task {task_id}.")
        except ServiceError as error:
            run.say(f"The task {task_id} was not cancelled: {error.message}")
            refused.append(error.message)
    return tuple(refused)
