"""The pure core: the service's state as frozen values, and operations that return the new state.

Time is always a parameter (seconds since the epoch on the service's clock). Nothing is scheduled: a task's status and
the balance are computed from its script on each read.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reviewbot_sandbox.codevf import refusal, rules
from reviewbot_sandbox.codevf.model import (
    KNOWN_TAGS,
    Account,
    Answer,
    End,
    LifeOf,
    Limits,
    Project,
    Rate,
    Tag,
    Task,
    usual_life,
)


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The constants of a service: accounts, tags and limits.

    Raises:
        ValueError: two accounts share a key or a name.
    """

    accounts: tuple[Account, ...]
    tags: tuple[Tag, ...] = KNOWN_TAGS
    limits: Limits = field(default_factory=Limits)
    life_of: LifeOf = usual_life
    seed: str = "sandbox"

    def __post_init__(self) -> None:
        """Check that the accounts have different names and keys."""
        apart = {len({each.key for each in self.accounts}), len({each.name for each in self.accounts})}
        if apart != {len(self.accounts)}:
            raise ValueError("every account needs a key and a name of its own")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """Who used an idempotency key first, when, and for which task."""

    owner: str
    task_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests that an account may still make, as of `at`."""

    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class State:
    projects: Mapping[int, Project] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    keys: Mapping[str, KeyUse] = field(default_factory=dict)
    allowances: Mapping[str, Allowance] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of one account. `total` is what was paid in and not spent."""

    available: Decimal
    on_hold: Decimal

    @property
    def total(self) -> Decimal:
        return self.available + self.on_hold


@dataclass(frozen=True, slots=True)
class Standing:
    """A task's status at a time; `ended` if it is final."""

    status: str
    ended: bool


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as of now; `answer` only once it is completed."""

    task: Task
    standing: Standing
    credits_used: int | None
    answer: Answer | None


def admit(state: State, account: Account, rate: Rate | None, now: float) -> State:
    """Count one request.

    Raises:
        Refusal: 429 with the seconds to wait; a refused request is not counted.
    """
    if rate is None:
        return state
    before = state.allowances.get(account.name, Allowance(rate.burst, now))
    tokens = min(rate.burst, before.tokens + (now - before.at) / rate.spacing)
    # Rounding errors must not refuse a client that waited exactly as long as requested.
    if tokens < 1 - 1e-6:
        raise refusal.rate_limited(max(1, math.ceil((1 - tokens) * rate.spacing)))
    return replace(state, allowances={**state.allowances, account.name: Allowance(tokens - 1, now)})


def create_project(state: State, account: Account, body: rules.Body, now: float) -> tuple[State, Project, bool]:
    """Return the account's project of that name, created if new; the flag says whether it is new.

    Raises:
        Refusal: 400.
    """
    name, description = rules.read_project(body)
    for project in state.projects.values():
        if (project.owner, project.name) == (account.name, name):
            return state, project, False
    project = Project(101 + len(state.projects), name, account.name, now, description)
    return replace(state, projects={**state.projects, project.id: project}), project, True


def create_task(
    state: State, config: ServiceConfig, account: Account, body: rules.Body, now: float
) -> tuple[State, Task, bool]:
    """Record a task and its hold, or return the one of the same key; the flag says whether it is new.

    A known key is checked before the rest of the body, so a repeat returns the original task whatever it contains.

    Raises:
        Refusal: 400, 402 (hold over what is available), 404 (project), 409 (another account's key).
    """
    remembered = _remembered(state, config.limits, account, rules.read_idempotency_key(body), now)
    if remembered is not None:
        return state, remembered, False
    request = rules.read_task(body, config.tags, config.limits)
    project, available = state.projects.get(request.project_id), balance(state, account, now).available
    if project is None or project.owner != account.name:
        raise refusal.not_found("Project")
    if request.hold > available:
        raise refusal.insufficient(number(available), request.hold)
    task = Task(_task_id(config.seed, len(state.tasks)), account.name, request, now, config.life_of(request))
    return _record(state, task), task, True


def find_task(state: State, account: Account, task_id: str) -> Task:
    """Return the account's task.

    Raises:
        Refusal: 404, also for another account's task.
    """
    task = state.tasks.get(task_id)
    if task is None or task.owner != account.name:
        raise refusal.not_found("Task")
    return task


def cancel_task(state: State, account: Account, task_id: str, now: float) -> tuple[State, Task]:
    """Cancel a task that has not ended. Idempotent.

    Raises:
        Refusal: 404; 409 if it ended in another way.
    """
    task = find_task(state, account, task_id)
    standing = standing_of(task, now)
    if standing.status in {End.CANCELLED.value, End.CANCELED.value}:
        return state, task
    if standing.ended:
        raise refusal.not_cancellable(standing.status)
    cancelled = replace(task, cancelled_at=now)
    return replace(state, tasks={**state.tasks, task.id: cancelled}), cancelled


def standing_of(task: Task, now: float) -> Standing:
    """Return the status that the script gives at this moment."""
    if task.cancelled_at is not None:
        return Standing(End.CANCELLED.value, ended=True)
    passed = now - task.created_at
    if passed < task.life.seconds:
        return Standing("pending" if passed < task.life.pending else "processing", ended=False)
    return Standing(task.life.end.value, ended=True)


def credits_used(task: Task, now: float) -> int | None:
    """Return the cost of an ended task; None while it is open or if the service does not report it."""
    if task.cancelled_at is not None or not standing_of(task, now).ended:
        return None
    if task.life.used is not None:
        return math.ceil(task.request.hold * task.life.used)
    return task.request.hold if task.life.end is End.COMPLETED else None


def balance(state: State, account: Account, now: float) -> Balance:
    """Return the deposit minus the cost of ended tasks."""
    own = [task for task in state.tasks.values() if task.owner == account.name]
    held = sum(task.request.hold for task in own if not standing_of(task, now).ended)
    spent = sum(credits_used(task, now) or 0 for task in own)
    return Balance(account.deposit - spent - held, Decimal(held))


def number(value: Decimal) -> int | float:
    """Return a JSON number: whole when it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def _remembered(state: State, limits: Limits, account: Account, key: str | None, now: float) -> Task | None:
    use = state.keys.get(key) if key is not None else None
    if use is None or now - use.at >= limits.key_memory:
        return None
    if use.owner != account.name:
        raise refusal.key_conflict()
    return state.tasks[use.task_id]


def _record(state: State, task: Task) -> State:
    key = task.request.idempotency_key
    keys = {**state.keys, key: KeyUse(task.owner, task.id, task.created_at)} if key else state.keys
    return replace(state, tasks={**state.tasks, task.id: task}, keys=keys)


def _task_id(seed: str, count: int) -> str:
    """Return an id in CodeVF's format; deterministic."""
    return "task_" + hashlib.sha256(f"{seed}:{count}".encode()).hexdigest()[:12]
