"""Split a change that is too large for one task, and join the tasks into one purchase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.codevf.attachments import (
    Bins,
    Packing,
    Sendable,
    SizeTier,
    by_folder,
    in_order,
    pack,
    split_for_context,
)
from reviewbot.domain.model.review import Task, TaskStatus, Unread
from reviewbot.values import replace

_BETWEEN = ","


class TaskBatches(Struct, frozen=True):
    """The files of each task of a purchase.

    `limits` applies to a task's files. `context_limits` applies to `conversation.md`, or is None without this file.
    """

    files: tuple[tuple[Sendable, ...], ...]
    limits: SizeTier
    context_limits: SizeTier | None = None

    @classmethod
    def of(cls, files: Sequence[Sendable], limits: SizeTier, most: int, *, confirms: bool) -> TaskBatches:
        """Split the files into at most `most` tasks. If `confirms`, reserve space for earlier findings to confirm."""
        for_files, context_limits = split_for_context(limits) if confirms else (limits, None)
        return cls(split(files, for_files, most), for_files, context_limits)

    def packed(self) -> list[Packing]:
        return [pack(part, self.limits) for part in self.files]

    def numbers(self) -> Mapping[str, int]:
        """Map each path to the number of the file's task, from 0."""
        return {file.path: number for number, part in enumerate(self.files) for file in part}


def split(files: Sequence[Sendable], limits: SizeTier, most: int) -> tuple[tuple[Sendable, ...], ...]:
    """Split the files into at most `most` tasks, by folder if all diffs fit, and otherwise riskiest first.

    If all diffs fit into one task, return one task, even if file texts are omitted. The last task also gets the files
    that fit into no task, and reports them as omitted.
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
    """Return the files of each task, and the files that do not fit. Keep each group in one task if possible."""
    groups = list(groups)
    sizes = {file.path: file.diff_size for group in groups for file in group}
    parts: list[list[Sendable]] = []

    def place(files: Sequence[Sendable]) -> bool:
        new = [list[Sendable]()] if len(parts) < most else []
        for part in (*parts[-1:], *new, *parts[:-1]):
            together = in_order([*part, *files])
            if Bins(limits).can_hold("", [sizes[file.path] for file in together]):
                parts.extend([] if part else new)
                part[:] = together
                return True
        return False

    rest = [file for group in groups if not place(group) for file in group if not place([file])]
    return parts, rest


def join_ids(ids: Iterable[str]) -> str:
    return _BETWEEN.join(ids)


def split_ids(task_id: str) -> tuple[str, ...]:
    return tuple(task_id.split(_BETWEEN))


def joined(tasks: Sequence[Task]) -> Task:
    """Combine several tasks into one, which ends when all have ended. `unseen` then lists the incomplete tasks."""
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
