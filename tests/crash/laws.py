"""What must hold of a pull request after whatever has happened to it, told by the sandboxes' own tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.github.history import Change

from reviewbot.domain.codevf.batches import split_ids
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.selection.path_filters import matches
from tests.app.house import REPO, Rig
from tests.crash.held import ledger_of, reported_tasks, tasks
from tests.crash.minds import shown

Key = frozenset[tuple[str, str, bytes | None]]
"""A change: path, blob and lines of each file."""


@dataclass
class Past:
    """What a pull request has been, as far as the laws hang on it.

    Attributes:
        changes: by head, each that it came to; more than one where the base was another.
        asked: how often somebody has asked for another review, by change.
        bases: by head, the branches against which a review of it was bought.
        seen: the tasks that were there at the last look.
        line: the heads since the last force-push.
        buried: heads that lay under one that a force-push replaced: GitHub names the replaced one alone, so nobody
            finds what was remembered in the checks of the others.
    """

    changes: defaultdict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    asked: Counter[Key] = field(default_factory=Counter)
    bases: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seen: set[str] = field(default_factory=set)
    line: list[str] = field(default_factory=list)
    buried: set[str] = field(default_factory=set)

    def look(self, rig: Rig, *, forced: bool = False) -> None:
        """Take down the change that is there now, after a force-push or anything else."""
        head = rig.world.pull(REPO, rig.number).head_sha
        self.changes[head].add(key_of(changes_of(rig)))
        if forced:
            self.buried |= set(self.line[:-1])
            self.line.clear()
        if head not in self.line:
            self.line.append(head)

    def look_at_tasks(self, rig: Rig) -> None:
        """Take down the branch against which the newest tasks were bought."""
        for task in tasks(rig):
            if task.id not in self.seen:
                self.seen.add(task.id)
                self.bases[head_of(task)].add(rig.world.pull(REPO, rig.number).base_ref)


def changes_of(rig: Rig) -> tuple[Change, ...]:
    """The files that the pull request changes now."""
    return rig.world.store.changes_of(rig.world.pull(REPO, rig.number))


def key_of(changes: Iterable[Change]) -> Key:
    """The change as a value."""
    return frozenset((one.path, one.oid, one.patch) for one in changes)


def selected(rig: Rig, paths: tuple[str, ...]) -> list[Change]:
    """The changed files that are due for a review; none of the histories' is left out for another reason."""
    return [one for one in changes_of(rig) if matches(paths, one.path)]


def head_of(task: Any) -> str:  # noqa: ANN401 — a record of the sandbox
    """The head of which a task is."""
    return str((task.request.metadata or {})["headSha"])


def is_first(task: Any) -> bool:  # noqa: ANN401 — as above
    """Whether a task is not one of those that follow the first one of a purchase."""
    return str((task.request.metadata or {}).get("part", "1/1")).startswith("1/")


def status(rig: Rig, task: Any) -> str:  # noqa: ANN401 — as above
    """Where a task is."""
    return standing_of(task, rig.service.now()).status


def known(rig: Rig, past: Past, *, checks_alone: bool) -> list[Any]:
    """The tasks that can be remembered: by `checks_alone`, the last one of each head that can be found.

    A check remembers one purchase.
    """
    there = tasks(rig)
    if not checks_alone:
        return there
    last = {head_of(one): (one.request.mode, one.created_at) for one in there}
    return [
        one
        for one in there
        if head_of(one) not in past.buried and (one.request.mode, one.created_at) == last[head_of(one)]
    ]


def paid_twice(rig: Rig, past: Past, *, checks_alone: bool) -> list[str]:
    """The changes of which more was bought than was asked for, or had come to nothing.

    A task of a head that was two changes in its time is nobody's here.
    """
    bought: Counter[tuple[Key, str]] = Counter()
    failed: Counter[tuple[Key, str]] = Counter()
    for task in known(rig, past, checks_alone=checks_alone):
        if len(past.changes[head_of(task)]) == 1 and is_first(task):
            [key] = past.changes[head_of(task)]
            bought[key, task.request.mode.value] += 1
            failed[key, task.request.mode.value] += task.cancelled_at is not None
    return [
        f"{count} tasks of {sorted(path for path, _, _ in key)} in the mode {mode}"
        for (key, mode), count in bought.items()
        if count > 1 + failed[key, mode] + past.asked[key]
    ]


def unread(rig: Rig, past: Past, *, checks_alone: bool) -> list[str]:
    """The tasks whose answers are there and have not come in, without those whose holds the summary reports."""
    done = {
        task_id for one in ledger_of(rig).purchases if one.state is TaskState.DONE for task_id in split_ids(one.task_id)
    }
    done |= {one.id for one in reported_tasks(rig)}
    there = known(rig, past, checks_alone=checks_alone)
    return [one.id for one in there if status(rig, one) == "completed" and one.id not in done]


def is_reviewed_whole(rig: Rig, paths: tuple[str, ...], past: Past) -> bool:
    """Whether somebody has seen every line of the change that the patterns select, in one purchase."""
    wanted = [one.patch for one in selected(rig, paths)]
    if None in wanted:
        return False
    lines = [patch.decode().rstrip("\n") for patch in wanted if patch is not None]
    return any(all(one in text for one in lines) for text in _purchased(rig, past))


def _purchased(rig: Rig, past: Past) -> Iterator[str]:
    """What each purchase with an answer has shown."""
    texts: defaultdict[object, list[str]] = defaultdict(list)
    for task in tasks(rig):
        if status(rig, task) == "completed":
            texts[frozenset(past.changes[head_of(task)]), task.request.mode].append(shown(task.request))
    for several in texts.values():
        yield from several
        yield "".join(several)
