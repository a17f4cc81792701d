"""Handle several tasks of one purchase as one task."""

from __future__ import annotations

from reviewbot.domain.codevf.batches import joined, split_ids
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.errors import ServiceRefused
from reviewbot.ports import Clock, ReviewService


class BatchReviewService:
    """A `ReviewService` whose task ids may contain several ids.

    Finished tasks are not read again. After the deadline (in monotonic time), a task of a batch is read only if its
    state is unknown. Each request may take a while, and all tasks share one wait.
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
        """Return the known state of a finished task, or of any task after the deadline."""
        task = self._seen.get(task_id)
        late = self._clock.monotonic() >= self._deadline
        return task if task and (task.status.is_over or late) else None

    def _asked(self, task_id: str, *, alone: bool = False) -> Task:
        """Read a task. If the service does not know one of several tasks, that task counts as cancelled."""
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
