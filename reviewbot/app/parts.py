"""Several tasks that are bought together, asked for as one."""

from __future__ import annotations

from dataclasses import dataclass, field

from reviewbot.domain.model import Balance, Submission, Tag, Task
from reviewbot.domain.parts import joined, split_ids
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
        return joined([self._one(part) for part in split_ids(task_id)])

    def _one(self, task_id: str) -> Task:
        if task_id not in self._over:
            task = self.service.retrieve(task_id)
            if not task.status.is_over:
                return task
            self._over[task_id] = task
        return self._over[task_id]

    def cancel(self, task_id: str) -> None:
        """See `ReviewService.cancel`: those that are not over."""
        parts = split_ids(task_id)
        for part in parts:
            if len(parts) == 1 or not self._one(part).status.is_over:
                self.service.cancel(part)

    def deliverable(self, url: str) -> str:
        """See `ReviewService.deliverable`."""
        return self.service.deliverable(url)
