"""The local reviewer as a review service. Local reviews are free and complete immediately."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from msgspec import Struct, field

from reviewbot.analyzers.reviewer import Examination, examine
from reviewbot.analyzers.tool_runner import NOT_INSTALLED, find_program
from reviewbot.analyzers.tools import TOOLS
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus, Unread
from reviewbot.errors import ServiceRefused


def with_interpreter(path_env: Mapping[str, str]) -> dict[str, str]:
    """Put the folder of this interpreter first in `PATH`, because the extra `[local]` installs the analyzers there."""
    folder = str(Path(sys.executable).parent)
    return dict(path_env) | {"PATH": ":".join(filter(None, [folder, path_env.get("PATH", "")]))}


def all_installed(path_env: Mapping[str, str]) -> bool:
    """Return whether every analyzer can be found in `PATH`."""
    return all(find_program(tool.name, path_env.get("PATH", "")) for tool in TOOLS)


class LocalReviewer(Struct, frozen=True):
    """A `reviewbot.ports.ReviewService` that runs static analyzers on the attachments of a submission.

    Tasks exist as long as this object. A repeated idempotency key returns the first task.

    Attributes:
        path_env: `PATH` and optionally `TZ`.
        on_missing: receives the names of analyzers that a submission needs but that are not installed.
    """

    path_env: Mapping[str, str]
    on_missing: Callable[[Sequence[str]], None] | None = None
    _done: dict[str, Examination] = field(default_factory=dict)

    def balance(self) -> Balance | None:
        return None

    def project(self, name: str) -> int:  # noqa: ARG002 — the port's signature
        """Return the same number for every name, because the local reviewer has no projects."""
        return 1

    def tags(self) -> tuple[Tag, ...]:
        return ()

    def create(self, submission: Submission) -> Task:
        """Review the attachments and return a completed task.

        Raises:
            ChangeUnreadable: the attached diff is not a git diff.
        """
        key = submission.idempotency_key
        if key not in self._done:
            attachments = [(attachment.file_name, attachment.content) for attachment in submission.attachments]
            self._done[key] = done = examine(attachments, path_env=self.path_env)
            missing = sorted({one.tool for one in done.unseen if one.why == NOT_INSTALLED})
            if missing and self.on_missing is not None:
                self.on_missing(missing)
        return self.retrieve(key)

    def retrieve(self, task_id: str) -> Task:
        """Return a task that this object created.

        Raises:
            ServiceRefused: the task is unknown.
        """
        if task_id not in self._done:
            raise ServiceRefused(
                f"The local reviewer has no task {task_id!r}.",
                hint="A local review ends with the run that started it. Run the review again.",
            )
        examination, status = self._done[task_id], TaskStatus.COMPLETED
        reasons: dict[str, list[str]] = {}
        for one in sorted(examination.unseen, key=lambda one: one.path):
            reasons.setdefault(one.path, []).append(f"{one.tool}: {one.why}")
        unseen = tuple(Unread(path, "; ".join(dict.fromkeys(whys))) for path, whys in reasons.items())
        return Task(task_id, status, status.value, examination.answer, credits_used=Decimal(0), unseen=unseen)

    def cancel(self, task_id: str) -> None:
        """Do nothing, because all tasks are completed."""

    def deliverable(self, url: str) -> str:
        """Raise `ServiceRefused`, because local reviews have no deliverables."""
        raise ServiceRefused(f"The local reviewer does not provide the deliverable {url!r}.")
