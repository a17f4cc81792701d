"""The running service: the pure core behind a lock, with a clock and an engineer."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from reviewbot_sandbox.codevf import refusal, state
from reviewbot_sandbox.codevf.clocks import Clock, scaled_clock
from reviewbot_sandbox.codevf.engineers import echo
from reviewbot_sandbox.codevf.model import (
    Account,
    Answer,
    Deliverables,
    Delivered,
    End,
    Engineer,
    Project,
    Tag,
    Task,
)
from reviewbot_sandbox.codevf.rules import Body
from reviewbot_sandbox.codevf.wire import ErrorStyle

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setup:
    config: state.ServiceConfig
    engineer: Engineer = echo
    clock: Clock = field(default_factory=scaled_clock)
    error_style: ErrorStyle = ErrorStyle.DOCUMENTED


class CodeVFService:
    """The operations of the routes. Thread-safe; each method handles one request."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._state = state.State()
        self._lock = Lock()
        self._answers: dict[str, Answer] = {}
        self._task_locks: dict[str, Lock] = {}
        self._salt = secrets.token_bytes(16)

    def now(self) -> float:
        """Return seconds since the epoch, on this service's clock."""
        return self.setup.clock()

    def account(self, key: str) -> Account:
        """Return the account of an API key.

        Raises:
            Refusal: 401.
        """
        for account in self.setup.config.accounts:
            if hmac.compare_digest(account.key.encode(), key.encode()):
                return account
        raise refusal.unauthorized()

    def admit(self, account: Account) -> None:
        """Count a request.

        Raises:
            Refusal: 429.
        """
        with self._lock:
            self._state = state.admit(self._state, account, self.setup.config.limits.rate, self.now())

    def tags(self) -> tuple[Tag, ...]:
        """Return all tags, including inactive ones."""
        return self.setup.config.tags

    def balance(self, account: Account) -> state.Balance:
        with self._lock:
            return state.balance(self._state, account, self.now())

    def create_project(self, account: Account, body: Body) -> tuple[Project, bool]:
        with self._lock:
            self._state, project, is_new = state.create_project(self._state, account, body, self.now())
            return project, is_new

    def create_task(self, account: Account, body: Body) -> tuple[state.TaskView, bool]:
        with self._lock:
            self._state, task, is_new = state.create_task(self._state, self.setup.config, account, body, self.now())
        return self._view(task), is_new

    def task(self, account: Account, task_id: str) -> state.TaskView:
        """Return the task now. Runs the engineer if the task has just become due.

        Raises:
            Refusal: 404.
        """
        return self._view(self._locked(lambda: state.find_task(self._state, account, task_id)))

    def cancel_task(self, account: Account, task_id: str) -> state.TaskView:
        with self._lock:
            self._state, task = state.cancel_task(self._state, account, task_id, self.now())
        return self._view(task)

    def projects(self) -> tuple[Project, ...]:
        return self._locked(lambda: tuple(self._state.projects.values()))

    def tasks(self) -> tuple[Task, ...]:
        """Return every recorded task, oldest first; tests count them."""
        return self._locked(lambda: tuple(self._state.tasks.values()))

    def signature(self, task_id: str, position: int) -> str:
        """Return the unguessable part of a deliverable's address."""
        return hmac.new(self._salt, f"{task_id}/{position}".encode(), hashlib.sha256).hexdigest()[:24]

    def delivered(self, task_id: str, position: int, signature: str) -> Delivered:
        """Return a deliverable by its address.

        Raises:
            Refusal: 404 for unknown files.
        """
        answer = self._answers.get(task_id)
        files = answer.files if isinstance(answer, Deliverables) else ()
        genuine = hmac.compare_digest(signature.encode(), self.signature(task_id, position).encode())
        if not genuine or position >= len(files):
            raise refusal.not_found("File")
        return files[position]

    def _locked(self, read: Callable[[], T]) -> T:
        with self._lock:
            return read()

    def _view(self, task: Task) -> state.TaskView:
        now = self.now()
        standing = state.standing_of(task, now)
        completed = standing.ended and standing.status == End.COMPLETED.value
        answer = self._answer(task) if completed else None
        return state.TaskView(task, standing, state.credits_used(task, now), answer)

    def _answer(self, task: Task) -> Answer:
        """Run the engineer once per task under the task's lock, so that a slow one does not block other tasks."""
        lock = self._locked(lambda: self._task_locks.setdefault(task.id, Lock()))
        with lock:
            if task.id not in self._answers:
                self._answers[task.id] = self.setup.engineer(task.request)
            return self._answers[task.id]
