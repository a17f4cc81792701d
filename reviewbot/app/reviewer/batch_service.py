"""Several tasks of one purchase, handled as one."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.domain.codevf.batches import joined, split_ids
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.errors import ServiceRefused
from reviewbot.ports import Clock, ReviewService


class BatchReviewService(Struct, frozen=True):
    """A `ReviewService` whose task ids may contain several ids.

    Tasks that are over are not read again. After the deadline, tasks of a batch with a known state are not read either:
    each may take a while to answer, and they share one wait.

    Attributes:
        deadline: in monotonic time.
    """

    service: ReviewService
    clock: Clock
    deadline: float
    _seen: dict[str, Task] = field(default_factory=dict)

    def balance(self) -> Balance | None:
        return self.service.balance()

    def project(self, name: str) -> int:
        return self.service.project(name)

    def tags(self) -> tuple[Tag, ...]:
        return self.service.tags()

    def create(self, submission: Submission) -> Task:
        return self.service.create(submission)

    def retrieve(self, task_id: str) -> Task:
        parts = split_ids(task_id)
        if len(parts) == 1:
            return self._asked(task_id, alone=True)
        return joined([self._known(part) or self._asked(part) for part in parts])

    def _known(self, task_id: str) -> Task | None:
        """Return the known state of a task that is over, or of any task after the deadline."""
        task = self._seen.get(task_id)
        late = self.clock.monotonic() >= self.deadline
        return task if task and (task.status.is_over or late) else None

    def _asked(self, task_id: str, *, alone: bool = False) -> Task:
        """Read a task; one of several that the service does not know counts as over."""
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
        parts = split_ids(task_id)
        for part in parts:
            if len(parts) == 1 or not self._asked(part).status.is_over:
                self.service.cancel(part)
                self._seen.pop(part, None)

    def deliverable(self, url: str) -> str:
        return self.service.deliverable(url)
