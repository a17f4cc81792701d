"""A change that is too large for one task: which files go together, and what the tasks come to as one.

The tasks are one purchase. Its task id names them all; it is over when all of them are, and costs what they cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reviewbot.domain.codevf.attachments import (
    FreeSpace,
    Packing,
    Sendable,
    SizeTier,
    by_folder,
    in_order,
    pack,
    split_for_context,
)
from reviewbot.domain.model.review import Report, Task, TaskStatus, Unread

_BETWEEN = ","


@dataclass(frozen=True, slots=True)
class TaskBatches:
    """The tasks that a change is split over, before they are packed.

    Attributes:
        files: of each task.
        limits: of one task's files.
        context_limits: of what goes beside them, None where nothing does.
    """

    files: tuple[tuple[Sendable, ...], ...]
    limits: SizeTier
    context_limits: SizeTier | None = None

    @classmethod
    def of(cls, files: Sequence[Sendable], limits: SizeTier, most: int, *, confirms: bool) -> TaskBatches:
        """The files over so many tasks at most; with `confirms` each leaves room for the findings to be confirmed."""
        for_files, context_limits = split_for_context(limits) if confirms else (limits, None)
        return cls(split(files, for_files, most), for_files, context_limits)

    def packed(self) -> list[Packing]:
        """What each task carries."""
        return [pack(part, self.limits) for part in self.files]

    def numbers(self) -> Mapping[str, int]:
        """The task that each file goes with, from 0, by its path."""
        return {file.path: number for number, part in enumerate(self.files) for file in part}


def split(files: Sequence[Sendable], limits: SizeTier, most: int) -> tuple[tuple[Sendable, ...], ...]:
    """The files of each task: folders together when everything fits, else the riskiest files, wherever they are.

    Nothing is split for the sake of whole texts: another task is paid for only where a diff would be left out. What
    does not fit goes with the last one, to be told as left out.

    Args:
        files: selected and redacted.
        limits: of one task.
        most: how many tasks there may be.
    """
    if most == 1 or not pack(files, limits).omitted:
        return (tuple(files),)
    parts, rest = _filled(by_folder(files), limits, most)
    if rest:
        parts, rest = _filled([[file] for file in in_order(files)], limits, most)
    if not parts:
        return (tuple(files),)
    return (*(tuple(part) for part in parts[:-1]), (*parts[-1], *rest))


def _filled(
    groups: Iterable[Sequence[Sendable]], limits: SizeTier, most: int
) -> tuple[list[list[Sendable]], list[Sendable]]:
    """The files of each task, each group in one where it fits, and the files that fit into none."""
    parts, rest = [_Part(limits)], list[Sendable]()
    for group in groups:
        if not _place(group, parts, most):
            rest += [file for file in group if not _place([file], parts, most)]
    return [part.files for part in parts if part.files], rest


class _Part:
    """The files of a task that is being filled, in the order in which `pack` takes them."""

    def __init__(self, limits: SizeTier) -> None:
        self.limits = limits
        self.files: list[Sendable] = []
        self._sizes: dict[str, int] = {}

    def takes(self, files: Sequence[Sendable]) -> bool:
        """Add all of the files, or none."""
        sizes = self._sizes | {file.path: file.diff_size for file in files}
        trial, context_limits = in_order([*self.files, *files]), FreeSpace(self.limits)
        if not all(context_limits.takes("diff", sizes[file.path]) for file in trial):
            return False
        self.files, self._sizes = trial, sizes
        return True


def _place(files: Sequence[Sendable], parts: list[_Part], most: int) -> bool:
    """Put files together into the last part, or one more, or an earlier one; False when they fit into none."""
    if parts[-1].takes(files):
        return True
    more = _Part(parts[-1].limits)
    if len(parts) < most and parts[-1].files and more.takes(files):
        parts.append(more)
        return True
    return any(part.takes(files) for part in parts[:-1])


def join_ids(ids: Iterable[str]) -> str:
    """The id of a purchase's tasks together."""
    return _BETWEEN.join(ids)


def split_ids(task_id: str) -> tuple[str, ...]:
    """The ids of a purchase's tasks."""
    return tuple(task_id.split(_BETWEEN))


def joined(tasks: Sequence[Task]) -> Task:
    """The tasks as one: it is over when all of them are, and lacks those without a result."""
    if len(tasks) == 1:
        return tasks[0]
    whole = replace(tasks[0], id=join_ids(one.id for one in tasks), status=_status(tasks), result=None)
    shown = next((one for one in tasks if one.status is whole.status), tasks[0])
    failed = [at for at, one in enumerate(tasks, start=1) if one.status is not TaskStatus.COMPLETED]
    used = [one.credits_used for one in tasks]
    hints = [one.retry_after for one in tasks if one.retry_after is not None]
    return replace(
        whole,
        status_text=shown.status_text,
        credits_used=None if None in used else sum((one for one in used if one is not None), Decimal(0)),
        retry_after=max(hints, default=None),
        unseen=tuple(Unread(f"(part {at} of {len(tasks)})", "") for at in failed) if whole.status.is_over else (),
        parts=tuple(tasks),
    )


def _status(tasks: Sequence[Task]) -> TaskStatus:
    states = [one.status for one in tasks]
    if all(state.is_over for state in states):
        return TaskStatus.COMPLETED if TaskStatus.COMPLETED in states else states[0]
    hoped_for = {state for state in states if not state.is_over or state is TaskStatus.COMPLETED}
    return TaskStatus.PENDING if hoped_for == {TaskStatus.PENDING} else TaskStatus.PROCESSING


def merged(reports: Sequence[Report]) -> Report:
    """The reports of a purchase's tasks as one."""
    if len(reports) == 1:
        return reports[0]
    return Report(
        summary="\n\n".join(one.summary for one in reports if one.summary),
        findings=tuple(finding for one in reports for finding in one.findings),
        leftovers=tuple(leftover for one in reports for leftover in one.leftovers),
        readable=all(one.readable for one in reports),
        previous=tuple(word for one in reports for word in one.previous),
    )
