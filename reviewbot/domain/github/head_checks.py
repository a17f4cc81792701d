"""Data types for the check runs and commit statuses of a head."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from msgspec import Struct


class HeadState(Enum):
    GREEN = "green"
    RUNNING = "running"
    RED = "not successful"
    MISSING = "missing"


class HeadCheck(Struct, frozen=True):
    """A check run or a commit status of a head.

    Attributes:
        id: the id of the check run, or 0 for a commit status. Later check runs have larger ids.
        app: the slug of the App that created the check run, or empty for a commit status.
        workflow: the file name of the workflow, or empty if the check is not a workflow job.
        run_id: the id of the workflow run, or 0.
    """

    name: str
    state: HeadState
    id: int = 0
    app: str = ""
    workflow: str = ""
    run_id: int = 0


_GREEN = frozenset({"SUCCESS", "NEUTRAL", "SKIPPED"})
_OPEN_STATUSES = frozenset({"PENDING", "EXPECTED"})


def state_of_check(status: str, conclusion: str | None) -> HeadState:
    """Convert a check run's status and conclusion from GraphQL."""
    if status != "COMPLETED":
        return HeadState.RUNNING
    return HeadState.GREEN if conclusion in _GREEN else HeadState.RED


def state_of_status(state: str) -> HeadState:
    """Convert a commit status's state from GraphQL."""
    if state in _OPEN_STATUSES:
        return HeadState.RUNNING
    return HeadState.GREEN if state == "SUCCESS" else HeadState.RED


def latest(checks: Iterable[HeadCheck]) -> tuple[HeadCheck, ...]:
    """Return the latest check of each App and name. An App may repeat a check in another check suite."""
    found = {(one.app, one.name): one for one in sorted(checks, key=lambda one: one.id)}
    return tuple(found.values())
