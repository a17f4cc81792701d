"""CodeVF in memory: the port `ReviewService`, with the actions of its engineers and operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus
from reviewbot.errors import OverBudget, PayloadTooLarge, ServiceRefused
from tests.simulation.github import Time

KEY_MEMORY = 24 * 3600.0
TAGS = (
    Tag(1, "engineer", Decimal("1.7")),
    Tag(2, "vibe_coder", Decimal("1.5")),
    Tag(3, "general_purpose", Decimal(1)),
)

Reviewer = Callable[[Submission], object]
"""The result of a task: decoded JSON."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long a task is pending, then processed, in seconds, and how it ends."""

    pending: float = 10.0
    processing: float = 60.0
    end: TaskStatus = TaskStatus.COMPLETED


@dataclass(slots=True)
class StoredTask:
    """A task.

    Attributes:
        ended_at: when it was ended early, and `end` how.
        askers: the runs that created it, the first and those that sent the same key.
        asked: when the last one sent the key of the existing task.
        cancellers: the runs that have asked to cancel it.
        reads: the runs that have read its final state, and when.
    """

    id: str
    submission: Submission
    created: float
    life: Life
    result: object
    ended_at: float | None = None
    end: TaskStatus | None = None
    forgotten: bool = False
    askers: list[object] = field(default_factory=list)
    asked: float | None = None
    cancellers: list[object] = field(default_factory=list)
    reads: list[tuple[float, object]] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """Whether its final state was read."""
        return bool(self.reads)

    @property
    def over_since(self) -> float:
        """When it has ended, or will end by itself."""
        return self.created + self.life.pending + self.life.processing if self.ended_at is None else self.ended_at

    def status(self, now: float) -> TaskStatus:
        """Return the task's state."""
        if self.end is not None:
            return self.end
        passed = now - self.created
        if passed < self.life.pending:
            return TaskStatus.PENDING
        return TaskStatus.PROCESSING if passed < self.life.pending + self.life.processing else self.life.end

    @property
    def hold(self) -> Decimal:
        """Credits on hold for the task."""
        tag = next((one.multiplier for one in TAGS if one.id == self.submission.tag_id), Decimal(1))
        whole = self.submission.max_credits * self.submission.mode.multiplier * tag
        return whole.to_integral_value(ROUND_CEILING)


@dataclass(slots=True)
class SimulatedCodeVF:
    """The service, for one account.

    Attributes:
        reviewer: reads what a task shows, at the moment of its creation.
        life_of: how a new task lives, by how many there were before.
        prefix: the beginning of the ids of its tasks.
        asker: returns the run that sends the current request.
        largest: limit for the characters of all attachments; above it, 413.
        refuses: whether it refuses every new task; `out_of_credits` likewise with 402.
    """

    time: Time
    reviewer: Reviewer
    life_of: Callable[[int], Life] = lambda _count: Life()
    prefix: str = "task"
    deposit: Decimal = Decimal(1_000_000)
    largest: int = 4_000_000
    refuses: bool = False
    out_of_credits: bool = False
    asker: Callable[[], object] = lambda: None
    on_task: Callable[[StoredTask], None] = lambda _task: None
    on_read: Callable[[StoredTask], None] = lambda _task: None
    tasks: dict[str, StoredTask] = field(default_factory=dict)
    keys: dict[str, tuple[str, float]] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    # The port

    def balance(self) -> Balance:
        """See `ports.ReviewService.balance`."""
        now, held, spent = self.time.seconds, Decimal(0), Decimal(0)
        for task in self.tasks.values():
            status = task.status(now)
            held += 0 if status.is_over else task.hold
            spent += task.hold if status is TaskStatus.COMPLETED else 0
        total = self.deposit - spent
        return Balance(total - held, held)

    def project(self, name: str) -> int:
        """See `ports.ReviewService.project`."""
        if not name.strip():
            raise _invalid("project name")
        return self.projects.setdefault(name.strip(), 101 + len(self.projects))

    def tags(self) -> tuple[Tag, ...]:
        """See `ports.ReviewService.tags`."""
        return TAGS

    def create(self, submission: Submission) -> Task:
        """See `ports.ReviewService.create`."""
        now = self.time.seconds
        if sum(len(one.content) for one in submission.attachments) > self.largest:
            raise PayloadTooLarge("The request is too large for CodeVF (HTTP 413).")
        key = _canonical(submission.idempotency_key)
        known = self.keys.get(key)
        if known is not None and now - known[1] < KEY_MEMORY:
            task = self.tasks[known[0]]
            task.askers.append(self.asker())
            task.asked = now
            return self._seen(task)
        if self.refuses:
            raise ServiceRefused("CodeVF rejected the request as invalid (HTTP 400).", status=400)
        _check(submission)
        if submission.project_id not in self.projects.values():
            raise ServiceRefused("CodeVF did not find the task or project (HTTP 404).", status=404)
        made = StoredTask(
            f"{self.prefix}_{len(self.tasks) + 1:012x}",
            submission,
            now,
            self.life_of(len(self.tasks)),
            self.reviewer(submission),
        )
        if self.out_of_credits or made.hold > SimulatedCodeVF.balance(self).available:
            raise OverBudget("The CodeVF account has too few credits for this task (HTTP 402).")
        self.tasks[made.id], made.askers = made, [self.asker()]
        self.keys[key] = (made.id, now)
        self.on_task(made)
        return self._seen(made)

    def retrieve(self, task_id: str) -> Task:
        """See `ports.ReviewService.retrieve`."""
        task = self._task(task_id)
        self.on_read(task)
        return self._seen(task)

    def cancel(self, task_id: str) -> None:
        """See `ports.ReviewService.cancel`."""
        task = self._task(task_id)
        task.cancellers.append(self.asker())
        status = task.status(self.time.seconds)
        if status is TaskStatus.CANCELLED:
            return
        if status.is_over:
            raise ServiceRefused("The request conflicts with an earlier one (HTTP 409).", status=409)
        self.end(task, TaskStatus.CANCELLED)

    def deliverable(self, url: str) -> str:
        """See `ports.ReviewService.deliverable`: `files` by address."""
        if url in self.files:
            return self.files[url]
        raise ServiceRefused(f"CodeVF did not find the task or project (HTTP 404): {url}", status=404)

    def _task(self, task_id: str) -> StoredTask:
        task = self.tasks.get(task_id)
        if task is not None and task.forgotten:
            task.reads.append((self.time.seconds, self.asker()))  # that it is over
        if task is None or task.forgotten:
            raise ServiceRefused("CodeVF did not find the task or project (HTTP 404).", status=404)
        return task

    def _seen(self, task: StoredTask) -> Task:
        status = task.status(self.time.seconds)
        task.reads += [(self.time.seconds, self.asker())] if status.is_over else []
        done = status is TaskStatus.COMPLETED
        return Task(
            id=task.id,
            status=status,
            status_text=status.value,
            result=task.result if done else None,
            credits_used=task.hold if done else None,
        )

    # Actions at CodeVF

    def end(self, task: StoredTask, end: TaskStatus) -> None:
        """End a task now."""
        if not task.status(self.time.seconds).is_over:
            task.end, task.ended_at = end, self.time.seconds

    def open_tasks(self) -> list[StoredTask]:
        """Return the tasks that have not ended, oldest first."""
        return [task for task in self.tasks.values() if not task.status(self.time.seconds).is_over]


class SimulatedAnalyzers(SimulatedCodeVF):
    """The local reviewer of one run: free, done at once, and forgotten with the run."""

    def balance(self) -> None:  # type: ignore[override]
        """See `ports.ReviewService.balance`: it is free."""


def _check(submission: Submission) -> None:
    """Refuse a submission with a field out of range."""
    for name, fits in (
        ("prompt", len(submission.prompt) in range(10, 10_001)),
        ("maxCredits", submission.max_credits in submission.mode.credits),
        ("tagId", submission.tag_id in {None, *(tag.id for tag in TAGS)}),
        ("attachments", len(submission.attachments) in range(6)),
    ):
        if not fits:
            raise _invalid(name)


def _canonical(key: str) -> str:
    """Return an idempotency key as the service compares it: a UUID of version 4 in lower case."""
    try:
        read = UUID(key)
    except ValueError:
        raise _invalid("idempotencyKey") from None
    if read.version != 4:
        raise _invalid("idempotencyKey")
    return str(read)


def _invalid(name: str) -> ServiceRefused:
    return ServiceRefused(f"CodeVF rejected the request as invalid (HTTP 400): {name}.", status=400)
