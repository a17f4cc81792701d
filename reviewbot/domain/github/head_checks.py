"""The checks and statuses of a head: those of other Apps and workflows, in GitHub's words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from msgspec import Struct

OWN_NAMES = ("CodeVF review", "reviewbot (local)")
"""How the names of reviewbot's own check runs begin, with any instance and base."""

OWN_WORKFLOWS = "reviewbot"
"""How the file names of the workflows that `init` writes begin."""


class HeadState(Enum):
    GREEN = "green"
    RUNNING = "running"
    RED = "red"
    MISSING = "missing"


class HeadCheck(Struct, frozen=True):
    """A check run or a commit status of a head.

    Attributes:
        id: of the check run; later ones have larger ids.
        app: the slug of the App that created it, empty for a status.
        workflow: the file name of the workflow that it is a job of, empty for others.
        run_id: of the workflow run, 0 for others.
    """

    name: str
    state: HeadState
    id: int = 0
    app: str = ""
    workflow: str = ""
    run_id: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it is reviewbot's own check run, or has its name."""
        return self.name.startswith(OWN_NAMES)

    def is_job_of(self, run_id: int) -> bool:
        """Whether it is a job of this workflow run, or of a workflow that `init` wrote."""
        return 0 < run_id == self.run_id or self.workflow.startswith(OWN_WORKFLOWS)


_GREEN = frozenset({"SUCCESS", "NEUTRAL", "SKIPPED"})
_OPEN_STATUSES = frozenset({"PENDING", "EXPECTED"})


def state_of_check(status: str, conclusion: str | None) -> HeadState:
    """Return the state of a check run from GraphQL's words."""
    if status != "COMPLETED":
        return HeadState.RUNNING
    return HeadState.GREEN if conclusion in _GREEN else HeadState.RED


def state_of_status(state: str) -> HeadState:
    """Return the state of a commit status from GraphQL's words."""
    if state in _OPEN_STATUSES:
        return HeadState.RUNNING
    return HeadState.GREEN if state == "SUCCESS" else HeadState.RED


def latest(checks: Iterable[HeadCheck]) -> tuple[HeadCheck, ...]:
    """Return the latest check of each App and name; an App may run one again in another check suite."""
    found: dict[tuple[str, str], HeadCheck] = {}
    for check in sorted(checks, key=lambda one: one.id):
        found[check.app, check.name] = check
    return tuple(found.values())
