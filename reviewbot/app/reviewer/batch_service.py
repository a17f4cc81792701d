"""Several tasks that are bought together, asked for as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewbot.domain.codevf.batches import joined, split_ids
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.errors import ServiceRefused
from reviewbot.ports import Clock, ReviewService


@dataclass(frozen=True, slots=True)
class BatchReviewService:
    """A `ReviewService` whose task ids may be of several tasks.

    One that is over is not asked for again, and after the deadline none of several is of which something is known:
    each may take a while to answer, and they share one wait.

    Attributes:
        deadline: on the clock's monotonic side.
    """

    service: ReviewService
    clock: Clock
    deadline: float
    _seen: dict[str, Task] = field(default_factory=dict)

    def balance(self) -> Balance | None:
        """See `ReviewService.balance`."""
        return self.service.balance()

    def project(self, name: str) -> int:
        """See `ReviewService.project`."""
        return self.service.project(name)

    def tags(self) -> tuple[Tag, ...]:
        """See `ReviewService.tags`."""
        return self.service.tags()

    def create(self, submission: Submission) -> Task:
        """See `ReviewService.create`: one task."""
        return self.service.create(submission)

    def retrieve(self, task_id: str) -> Task:
        """See `ReviewService.retrieve`."""
        parts = split_ids(task_id)
        if len(parts) == 1:
            return self._asked(task_id, alone=True)
        return joined([self._known(part) or self._asked(part) for part in parts])

    def _known(self, task_id: str) -> Task | None:
        """What was heard of a task, when there is nothing to ask for or no time left for it."""
        task = self._seen.get(task_id)
        late = self.clock.monotonic() >= self.deadline
        return task if task and (task.status.is_over or late) else None

    def _asked(self, task_id: str, *, alone: bool = False) -> Task:
        """A task; one of several that the service does not know any more is over, and the others count."""
        seen = self._seen.get(task_id)
        if seen and seen.status.is_over:
            return seen
        try:
            task = self.service.retrieve(task_id)
        except ServiceRefused as error:
            if alone or not error.is_not_found:
                raise
            task = Task(task_id, TaskStatus.CANCELLED, "unknown to the service")
        self._seen[task_id] = task
        return task

    def cancel(self, task_id: str) -> None:
        """See `ReviewService.cancel`: those that are not over."""
        parts = split_ids(task_id)
        for part in parts:
            if len(parts) == 1 or not self._asked(part).status.is_over:
                self.service.cancel(part)
                self._seen.pop(part, None)

    def deliverable(self, url: str) -> str:
        """See `ReviewService.deliverable`."""
        return self.service.deliverable(url)
