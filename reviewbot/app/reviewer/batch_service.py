"""Combine the tasks of one purchase into one task."""

from __future__ import annotations

from reviewbot.domain.codevf.batches import joined, split_ids
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.errors import ServiceError, ServiceRefused
from reviewbot.ports import Clock, ReviewService


class BatchReviewService:
    """A `ReviewService` whose task ids may contain several CodeVF task ids.

    Finished tasks are not read again. Each request takes time, so after `deadline` (in monotonic seconds), the other
    tasks of a batch are read only if their state is unknown.
    """

    def __init__(self, service: ReviewService, clock: Clock, deadline: float) -> None:
        self._service = service
        self._clock = clock
        self._deadline = deadline
        self._seen: dict[str, Task] = {}
        self.balance, self.project, self.tags = service.balance, service.project, service.tags
        self.create, self.deliverable = service.create, service.deliverable

    def retrieve(self, task_id: str) -> Task:
        """Read the tasks. A task that CodeVF does not know counts as cancelled if it knows another one."""
        parts = split_ids(task_id)
        if len(parts) == 1:
            return self._asked(task_id)
        tasks, lost = [], []
        for part in parts:
            try:
                tasks.append(self._known(part) or self._asked(part))
            except ServiceRefused as error:
                if not error.is_not_found:
                    raise
                tasks.append(Task(part, TaskStatus.CANCELLED, "unknown to the service"))
                lost.append(error)
        if len(lost) == len(parts):
            raise lost[0]
        return joined(tasks)

    def _known(self, task_id: str) -> Task | None:
        task = self._seen.get(task_id)
        late = self._clock.monotonic() >= self._deadline
        return task if task and (task.status.is_over or late) else None

    def _asked(self, task_id: str) -> Task:
        seen = self._seen.get(task_id)
        if seen and seen.status.is_over:
            return seen
        task = self._seen[task_id] = self._service.retrieve(task_id)
        return task

    def cancel(self, task_id: str) -> None:
        """Cancel each task. Raise the last error after all were tried."""
        parts, failed = split_ids(task_id), None
        for part in parts:
            try:
                if len(parts) == 1 or not self._asked(part).status.is_over:
                    self._service.cancel(part)
                    self._seen.pop(part, None)
            except ServiceError as error:
                failed = error
        if failed is not None:
            raise failed
