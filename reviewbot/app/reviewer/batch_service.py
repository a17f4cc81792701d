"""Combine the tasks of one purchase into one task."""

from __future__ import annotations

from reviewbot.domain.codevf.batches import joined, split_ids
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.errors import ServiceRefused
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
        parts = split_ids(task_id)
        if len(parts) == 1:
            return self._asked(task_id, alone=True)
        return joined([self._known(part) or self._asked(part) for part in parts])

    def _known(self, task_id: str) -> Task | None:
        task = self._seen.get(task_id)
        late = self._clock.monotonic() >= self._deadline
        return task if task and (task.status.is_over or late) else None

    def _asked(self, task_id: str, *, alone: bool = False) -> Task:
        """Read a task. A task of a batch that CodeVF does not know counts as cancelled."""
        seen = self._seen.get(task_id)
        if seen and seen.status.is_over:
            return seen
        try:
            task = self._service.retrieve(task_id)
        except ServiceRefused as error:
            if alone or not error.is_not_found:
                raise
            task = Task(task_id, TaskStatus.CANCELLED, "unknown to the service")
        self._seen[task_id] = task
        return task

    def cancel(self, task_id: str) -> None:
        parts = split_ids(task_id)
        for part in parts:
            if len(parts) == 1 or not self._asked(part).status.is_over:
                self._service.cancel(part)
                self._seen.pop(part, None)
