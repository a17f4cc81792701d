"""Carrying findings over a push: what is still there, what has changed, and what the reviewer's word makes of it.

A finding is looked up by its code, never by its line number. *Changed* still counts, *fixed* needs the reviewer's word
and changed code, *gone* means that its file is deleted or no longer differs from the base there. What an answer does
not mention stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reviewbot.domain.changes import ChangeSet, FileStatus
from reviewbot.domain.file_views import FileView
from reviewbot.domain.marks import finding_id
from reviewbot.domain.model import Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.placement import DuplicateOf, InSummary, OnFile, OnLines, Placed
from reviewbot.domain.records import MAX_REASON, MAX_TEXT, MAX_TITLE, Findings, Record, Standing, Waiver, worst_first


@dataclass(frozen=True)
class Scene:
    """The change as it is now, to look findings up in.

    Attributes:
        views: the selected files as they were or would be sent.
        changed: every name of every changed file, selected or not, before and after.
        removed: the names of deleted files.
    """

    views: tuple[FileView, ...]
    changed: frozenset[str]
    removed: frozenset[str]

    @classmethod
    def of(cls, change: ChangeSet, views: Sequence[FileView]) -> Scene:
        """The scene of a change."""
        names = {name for file in change.files for name in (file.path, file.diff.old_path)}
        removed = {file.path for file in change.files if file.diff.status is FileStatus.REMOVED}
        return cls(tuple(views), frozenset(names), frozenset(removed))

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by their name, and by the name at the merge base where no other file has it now."""
        named = {view.path: view for view in self.views}
        return {view.old_path: view for view in self.views if view.old_path not in named} | named


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a finding's code stands now.

    Attributes:
        line: its first line.
        in_diff: whether the diff shows any of it.
        copies: how often the code stands in the file.
    """

    view: FileView
    line: int
    in_diff: bool
    copies: int


class Unseen:
    """The file is changed and nobody may look into it: it is held back."""


class Absent:
    """The file can be seen, the code is not in it."""


class Vanished:
    """The change no longer touches it: nothing of it is left to find fault with."""


Looked = Sight | Unseen | Absent | Vanished


def look(record: Record, scene: Scene) -> Looked:
    """Look a finding's code up in the change as it is now."""
    view = scene.by_path.get(record.path)
    if view is None:
        return Unseen() if record.path in scene.changed else _elsewhere(record, scene)
    if record.block is None:
        return Absent() if record.path not in scene.removed else Vanished()
    found = _sight(record, view)
    if found is None:
        return Vanished() if record.side is Side.RIGHT and record.path in scene.removed else Absent()
    # The base has the same lines by now, or the author has taken the deletion back.
    return Vanished() if record.in_diff and not found.in_diff else found


def _sight(record: Record, view: FileView) -> Sight | None:
    if record.block is None:
        return None
    places = view.index(record.side).places(record.block)
    if not places:
        return None
    last = record.block.count - 1
    shown = [place for place in places if view.part_in_one_hunk(record.side, place, place + last)]
    line = min(shown or places, key=lambda place: abs(place - (record.line or 1)))
    return Sight(view, line, bool(shown), len(places))


def _elsewhere(record: Record, scene: Scene) -> Looked:
    """A file that left the change may have been renamed before anybody else has seen it: its code goes with it."""
    if not record.in_file:
        return Absent()
    sights = (_sight(record, view) for view in scene.views if view.path == view.old_path)
    return next((sight for sight in sights if sight and sight.in_diff), Vanished())


def stand(record: Record, scene: Scene) -> Record:
    """The finding as the code alone tells it: what was fixed is open again when its code is back."""
    match look(record, scene):
        case Sight() as sight:
            waiver = record.waiver if record.waiver and record.waiver.copies == sight.copies else None
            seen = replace(record, path=sight.view.path, line=sight.line, waiver=waiver, closed="")
            return replace(seen, standing=Standing.OPEN)
        case Unseen():
            return replace(record, waiver=None)
        case Vanished():
            return replace(record, standing=Standing.GONE)
        case Absent():
            return _without_code(record)


def _without_code(record: Record) -> Record:
    if record.block is None or not record.standing.is_open:
        return record
    return replace(record, standing=Standing.CHANGED, waiver=None)


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished task's answer, placed on the change as it is now.

    Attributes:
        task_id: whose answer.
        whole: whether it is of the whole change and every selected file, so that it stands for itself.
    """

    task_id: str
    whole: bool
    report: Report
    placed: tuple[Placed, ...]


def absorb(findings: Findings, answer: Answered, scene: Scene) -> Findings:
    """The findings after an answer; doing it twice is doing it once.

    Args:
        findings: as they were remembered.
        answer: placed on the scene.
        scene: the change as it is now.
    """
    known = {record.id: stand(record, scene) for record in findings.records}
    fresh = {record.id: record for record in _reported(answer, known, scene)}
    verdicts = _verdicts(answer.report.previous)
    others = (_judged(record, verdicts.get(record.id)) for key, record in known.items() if key not in fresh)
    stamped = (_stamped(record, answer.task_id) for record in (*fresh.values(), *others))
    return Findings(
        records=worst_first(stamped),
        beyond=() if answer.whole else findings.beyond,
        broken=findings.broken and not answer.whole,
    )


def restand(findings: Findings, scene: Scene) -> Findings:
    """The findings as the code alone tells them, without a new answer."""
    return replace(findings, records=worst_first(stand(record, scene) for record in findings.records))


def _reported(answer: Answered, known: Mapping[str, Record], scene: Scene) -> Iterable[Record]:
    for item in answer.placed:
        if not isinstance(item.placement, DuplicateOf):
            yield _record(item, known.get(item.id), answer.task_id, scene)
    for leftover in answer.report.leftovers:
        record = _leftover(leftover, answer.task_id)
        yield known.get(record.id, record)


def _record(item: Placed, before: Record | None, task_id: str, scene: Scene) -> Record:
    finding = item.finding
    where = item.placement.at or item.placement if isinstance(item.placement, InSummary) else item.placement
    record = Record(
        id=item.id,
        severity=finding.severity,
        category=finding.category,
        title=finding.title[:MAX_TITLE],
        path=item.in_file or finding.path,
        side=item.side,
        line=_first_line(where, finding.line),
        block=item.block,
        in_file=item.in_file is not None,
        in_diff=isinstance(where, OnLines),
        found=before.found if before else task_id,
        text=finding.explanation[:MAX_TEXT] if isinstance(item.placement, InSummary) else "",
    )
    if before is None or before.waiver is None or before.block != record.block:
        return record
    return replace(record, waiver=stand(replace(record, waiver=before.waiver), scene).waiver)


def _first_line(where: object, cited: int | None) -> int | None:
    match where:
        case OnLines(target=target):
            return target.start_line or target.line
        case OnFile(line=line):
            return line
        case _:
            return cited


def _leftover(leftover: Leftover, task_id: str) -> Record:
    """A part of an answer that nobody could read: a person has to, so it is carried as a finding that nobody rated."""
    title = f"A part of the answer could not be read: {leftover.where}"[:MAX_TITLE]
    identifier = finding_id("leftover", leftover.where, leftover.text)
    return Record(
        identifier, Severity.UNRATED, None, title, "", found=task_id, text=leftover.text[:MAX_TEXT], leftover=True
    )


def _verdicts(previous: Iterable[Previous]) -> Mapping[str, Previous]:
    """The reviewer's word by id; of two that contradict each other the one that keeps the finding open."""
    ordered = sorted(previous, key=lambda one: one.state is PreviousState.OPEN)
    return {one.id: one for one in ordered}


def _judged(record: Record, verdict: Previous | None) -> Record:
    if verdict is None or not record.standing.is_open:
        return record
    told = replace(record, note=verdict.note)
    if verdict.state is PreviousState.OPEN:
        return replace(told, standing=Standing.OPEN)
    changed = record.standing is Standing.CHANGED or record.block is None
    return replace(told, standing=Standing.FIXED) if changed else told


def _stamped(record: Record, task_id: str) -> Record:
    """Under which task it was closed: so that a run that comes by again tells the same."""
    if record.standing.is_open:
        return replace(record, closed="")
    return record if record.closed else replace(record, closed=task_id)


def waived(record: Record, by: str, reason: str, scene: Scene) -> Record:
    """The finding with a waiver for its code as it stands."""
    sight = look(record, scene)
    return replace(record, waiver=Waiver(by, reason[:MAX_REASON], sight.copies if isinstance(sight, Sight) else 0))
