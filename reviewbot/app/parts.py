"""Several tasks that are bought together, asked for as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewbot.domain.model import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.domain.parts import joined, split_ids
from reviewbot.errors import ServiceRefused
from reviewbot.ports import ReviewService


@dataclass(frozen=True, slots=True)
class InParts:
    """A `ReviewService` whose task ids may be of several tasks. One that is over is not asked for again."""

    service: ReviewService
    _over: dict[str, Task] = field(default_factory=dict)

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
        return joined([self._one(part, alone=len(parts) == 1) for part in parts])

    def _one(self, task_id: str, *, alone: bool) -> Task:
        """A task; one of several that the service does not know any more is over, and the others count."""
        if task_id in self._over:
            return self._over[task_id]
        try:
            task = self.service.retrieve(task_id)
        except ServiceRefused as error:
            if alone or not error.is_not_found:
                raise
            task = Task(task_id, TaskStatus.CANCELLED, "unknown to the service")
        if task.status.is_over:
            self._over[task_id] = task
        return task

    def cancel(self, task_id: str) -> None:
        """See `ReviewService.cancel`: those that are not over."""
        parts = split_ids(task_id)
        for part in parts:
            if len(parts) == 1 or not self._one(part, alone=False).status.is_over:
                self.service.cancel(part)

    def deliverable(self, url: str) -> str:
        """See `ReviewService.deliverable`."""
        return self.service.deliverable(url)
