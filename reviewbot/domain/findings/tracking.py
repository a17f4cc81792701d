"""Track findings across pushes by their code and by the reviewer's answers.

A finding is looked up by its code, never by its line number. An answer that omits a finding does not close the finding.
If a push restores an earlier change, the findings that were open in that change are open again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.codevf.idempotency import change_digest
from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, FileStatus
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import Block, digest, outward
from reviewbot.domain.findings.markers import finding_id, is_finding_id
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    assign_ids,
    find_by_path,
    remembered,
)
from reviewbot.domain.findings.tracked_finding import (
    MAX_REASON,
    MAX_TEXT,
    MAX_TITLE,
    NOT_REVIEWED,
    EarlierReviews,
    Findings,
    FindingState,
    TrackedFinding,
    Waiver,
    worst_first,
)
from reviewbot.domain.model.review import Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor, has_redaction
from reviewbot.domain.selection.places import place_of
from reviewbot.values import replace

SHORT_CHANGE = 32
"""The number of hex digits of `ChangeIndex.change`."""


class ChangeIndex(Struct, frozen=True, dict=True):
    """The current change, indexed to look up findings.

    Attributes:
        views: all changed files. Files that are sent are redacted.
        removed: the names of the deleted files.
        files: the digest of each file's blob, followed by the file mode, by name.
        sides: the digest of both sides of each file's diff, by name.
        kept: the names of the changed files that exist at the head, except media.
        change: the first `SHORT_CHANGE` digits of `idempotency.change_digest`, used to detect a restored change.
        unsent: the files that are not sent, by name.
        redactor: the redactor of the sent files.
    """

    views: tuple[FileView, ...]
    removed: frozenset[str]
    files: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    change: str = ""
    unsent: Mapping[str, ChangedFile] = field(default_factory=dict)
    redactor: Redactor = Redactor()

    @classmethod
    def of(
        cls,
        change: ChangeSet,
        views: Sequence[FileView],
        media: Collection[str] = (),
        redactor: Redactor = Redactor(),  # noqa: B008 — immutable
    ) -> ChangeIndex:
        """Index a change. `views` are the files that are sent. `media` names files without code, e.g., images."""
        sent = {view.path: view for view in views}
        seen = (
            sent.get(file.path)
            or FileView(file.path, file.diff.old_path, file.diff.hunks, file.text, whole=file.diff.whole)
            for file in change.files
        )
        removed = frozenset(file.path for file in change.files if file.diff.status is FileStatus.REMOVED)
        files = {file.path: _file_digest(file) for file in change.files}
        sides = {file.path: _sides_digest(file) for file in change.files}
        digest_of_all = change_digest(change.files)[:SHORT_CHANGE]
        kept = frozenset(files) - removed - frozenset(media)
        unsent = {file.path: file for file in change.files if file.path not in sent}
        return cls(tuple(seen), removed, files, sides, kept, digest_of_all, unsent, redactor)

    @cached_property
    def hidden(self) -> tuple[FileView, ...]:
        """The files that are not sent, as they may have been sent, for findings with redacted code.

        They are redacted at the first lookup, because a redaction takes a second per megabyte.
        """
        return tuple(view for file in self.unsent.values() for view in _as_sent(file, self.redactor))

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by name. An old name also maps to its view, unless another file now has that name."""
        return {view.old_path: view for view in self.views} | {view.path: view for view in self.views}

    def file(self, path: str) -> str:
        """Return the file's entry in `files`, or an empty string if the file is not in the change."""
        return self.files.get(self._name(path), "")

    def exactly(self, path: str) -> str:
        """Return the file's entry in `sides`, or else `change`. A waiver ends when this value changes."""
        return self.sides.get(self._name(path), "") or self.change

    def version(self, path: str) -> str:
        """Return the file's entry in `files`, or else `change`. A fix requires a different value."""
        return self.file(path) or self.change

    def _name(self, path: str) -> str:
        view = self.by_path.get(path)
        return view.path if view else path


def _as_sent(file: ChangedFile, redactor: Redactor) -> Iterator[FileView]:
    """Yield a file with each text that its lines can have had in a file that was sent.

    The kind of that file determines what was redacted. A value may also have been redacted because of another line.
    """
    texts = {file.text: None}
    if file.text is not None:
        places = dict.fromkeys((place_of(file), Place.CODE, Place.DATA))
        texts |= dict.fromkeys(redactor.redact(file.text, place).text for place in places)
    for text in texts:
        yield FileView(file.path, file.diff.old_path, file.diff.hunks, text, whole=file.diff.whole)


def _file_digest(file: ChangedFile) -> str:
    """Return the entry in `ChangeIndex.files`. For a deleted file, use the version at the merge base."""
    side, entry = ("head", file.new) if file.new else ("base", file.old)
    return f"{digest(f'{side} {entry.oid}')}-{entry.mode}" if entry else ""


def _has_content(version: str, other: str) -> bool:
    """Return whether two entries of `ChangeIndex.files` have the same blob. The file modes may differ."""
    return version.partition("-")[0] == other.partition("-")[0] != ""


def _sides_digest(file: ChangedFile) -> str:
    return digest(change_digest([file]))


class Match(Struct, frozen=True):
    """The position of a finding's code. `touched` is whether the change adds or deletes a line of any copy."""

    view: FileView
    line: int
    touched: bool
    copies: int


class NoMatch(Enum):
    """The reason why the code of a finding was not found."""

    UNSEEN = "the changed file is not text, or is too large"
    ABSENT = "the file does not contain the code"
    VANISHED = "the change no longer touches the code"


def _view_of(record: TrackedFinding, change_index: ChangeIndex) -> FileView | None:
    return change_index.by_path.get(record.path) or change_index.by_path.get(record.old_path)


def _is_unknown(record: TrackedFinding) -> bool:
    """Return whether a finding has no quoted code, or only a quote that was never found in a change."""
    return record.block is None or not record.copies


def find_match(record: TrackedFinding, change_index: ChangeIndex) -> Match | NoMatch:
    view = _view_of(record, change_index)
    if view is None or (record.side is Side.RIGHT and view.path in change_index.removed):
        elsewhere = _elsewhere(record, change_index)
        is_guess = view is not None and record.block is not None and _is_unknown(record)
        return NoMatch.ABSENT if is_guess and not isinstance(elsewhere, Match) else elsewhere
    if record.block is None:
        return NoMatch.ABSENT
    if view.text is None and not view.hunks:
        return NoMatch.UNSEEN
    own = (view, *(one for one in _hidden(record, change_index) if one.path == view.path))
    found = next(filter(None, (_match_in(record, record.block, one) for one in own)), None)
    # The base now contains the same lines, or the author reverted the deletion. If fewer copies than before are left,
    # the remaining copy may be the base's, and the finding's own copy may have changed.
    is_base = found and record.touched and not found.touched and found.copies >= record.copies
    if found and not is_base:
        return found
    other = _under_former_name(record, record.block, change_index) or _unsent_copy(record, record.block, change_index)
    return other or (NoMatch.VANISHED if is_base else NoMatch.ABSENT)


def _hidden(record: TrackedFinding, change_index: ChangeIndex) -> Sequence[FileView]:
    """Return the files that are not sent, in which a finding's code is looked up as it was sent."""
    if record.side is Side.LEFT:
        return ()
    return (
        change_index.hidden if record.masked else [one for one in change_index.views if one.path in change_index.unsent]
    )


def _match_in(record: TrackedFinding, block: Block, view: FileView) -> Match | None:
    places = view.places(record.side, block)
    lines = outward(places.touched or places.every, record.line or 1)
    return Match(view, lines[0], bool(places.touched), len(places.every)) if lines else None


def _under_former_name(record: TrackedFinding, block: Block, change_index: ChangeIndex) -> Match | None:
    """Return a match on changed lines of the file with the former name of the finding's file."""
    view = find_by_path(record.old_path, change_index.by_path)
    found = _match_in(record, block, view) if view else None
    return found if found and found.touched else None


def _unsent_copy(record: TrackedFinding, block: Block, change_index: ChangeIndex) -> Match | None:
    """Return a match on changed lines of a file that is not sent. Such a match prevents the state `FIXED`."""
    matches = (_match_in(record, block, view) for view in _hidden(record, change_index))
    return next((one for one in matches if one and one.touched), None)


def _elsewhere(record: TrackedFinding, change_index: ChangeIndex) -> Match | NoMatch:
    # If the file is no longer in the change, its code may be in a renamed file.
    missing = NoMatch.VANISHED if record.in_file else NoMatch.ABSENT
    if record.block is None or record.side is Side.LEFT:
        return missing
    sent = (view for view in change_index.views if view.path not in change_index.unsent)
    matches = (_match_in(record, record.block, view) for view in (*sent, *_hidden(record, change_index)))
    is_moved = not record.touched  # a renamed file also moves lines that the change does not touch
    moved = (one for one in matches if one and (one.touched or (is_moved and one.view.path != one.view.old_path)))
    return next(moved, missing)


def update_state(
    record: TrackedFinding, change_index: ChangeIndex, reviews: EarlierReviews = NOT_REVIEWED
) -> TrackedFinding:
    """Update a finding from the current code and the earlier reviews of this change. End an outdated waiver."""
    if record.waiver and record.waiver.file != _what_is_waived(record, change_index):
        record = replace(record, waiver=None)
    before = FindingState.OPEN if _is_back(record, change_index) else reviews.open.get(record.id)
    if before is None:
        return _by_code(record, change_index, reviews)
    note = record.note if record.standing.is_open else ""
    seen = _by_code(replace(record, standing=before, closed="", note=note), change_index)
    # The lookup may fail, because the code was last found under another file name or next to other copies.
    return replace(seen, standing=before) if before is FindingState.OPEN or not seen.standing.is_open else seen


def _by_code(
    record: TrackedFinding, change_index: ChangeIndex, reviews: EarlierReviews = NOT_REVIEWED
) -> TrackedFinding:
    """Update a finding from the code alone. A fixed finding reopens when its code returns.

    This change may contain a finding that was reported after the review of this change and fixed in another change.
    """
    matched = find_match(record, change_index)
    is_later, is_in = record.found in reviews.bought_since, _may_be_in(record, change_index)
    is_unconfirmed = record.standing is FindingState.FIXED and is_later and record.closed not in reviews.tasks
    if is_unconfirmed and is_in and (_is_unknown(record) or matched is NoMatch.UNSEEN):
        record = replace(record, standing=FindingState.CHANGED, closed="")
    if record.standing is FindingState.GONE and is_in and (_is_unknown(record) or matched in _UNKNOWN):
        # The change did not contain the file for some time, e.g., because of another base. No review confirmed a fix.
        record = replace(record, standing=FindingState.OPEN, closed="")
    if matched is NoMatch.UNSEEN:
        return record
    if matched is NoMatch.VANISHED:
        # The code may have moved to another file with other lines, or git may now align new code with the base's code.
        # Neither is possible in a change that was reviewed before the finding was reported, unless the change contains
        # the finding's file or another file that the finding's text mentions.
        is_elsewhere = record.category is None and _names_another(record, change_index)
        is_gone = not change_index.kept or (is_later and not is_in and not is_elsewhere)
        standing = FindingState.GONE if is_gone else FindingState.CHANGED
        return replace(record, standing=standing) if record.standing.is_open else record
    if isinstance(matched, NoMatch):
        standing = record.standing if _is_unknown(record) else FindingState.CHANGED
        return replace(record, standing=standing) if record.standing.is_open else record
    # If fewer copies than before are left, the changed copy may be the finding's.
    fewer = matched.copies < record.copies
    is_here = is_unconfirmed or matched.view.path in change_index.unsent
    if record.standing is FindingState.FIXED and (fewer or record.side is Side.LEFT) and not is_here:
        return record
    note = record.note if record.standing.is_open else ""
    is_same = matched.view.path == record.path or matched.view.old_path == record.old_path
    former = record.old_path if is_same else record.path
    seen = replace(record, old_path=former, path=matched.view.path, line=matched.line, closed="", note=note)
    if fewer:
        return replace(seen, standing=FindingState.CHANGED)
    touched = record.touched if record.copies else matched.touched
    return replace(seen, standing=FindingState.OPEN, copies=matched.copies, touched=touched, in_file=True)


def _names_another(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether a finding's text names another file. A name without a dot or capital letter can be any word."""
    names = {path.rpartition("/")[2] for path in change_index.kept - {record.path}}
    words = re.split(r"[^\w.-]+", f"{record.title} {record.text}")
    return any(word.rstrip(".") in names and re.search(r"[A-Z.]", word.rstrip(".")) for word in words)


_UNKNOWN = frozenset({NoMatch.UNSEEN, NoMatch.ABSENT})


def _may_be_in(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether a file in the change has the name, unless deleted, or the content of the finding's file."""
    view = _view_of(record, change_index)
    has_name = view is not None and view.path not in change_index.removed
    return has_name or any(_has_content(record.file, one) for one in change_index.files.values())


def _is_back(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether the file of a closed finding without code at the head is the same as when it was reported."""
    is_closed = not record.standing.is_open and (_is_unknown(record) or record.side is Side.LEFT)
    return is_closed and record.file != "" and record.file == change_index.file(record.path)


class PlacedAnswer(Struct, frozen=True):
    """A finished task's answer, placed on the current change.

    Attributes:
        whole: whether the answer covers the whole change and every selected file.
        here: whether the answer reviews the current change with the current mode and expertise. The head may differ.
            In the answer to another change, "fixed" may be outdated.
    """

    task_id: str
    whole: bool
    here: bool
    report: Report
    placed: tuple[Placed, ...]
    instance: str = ""


def merge_answer(
    findings: Findings,
    answer: PlacedAnswer,
    change_index: ChangeIndex,
    reviews: EarlierReviews = NOT_REVIEWED,
) -> Findings:
    """Update the findings from an answer. This is idempotent."""
    known = {record.id: record for record in _updated(findings.records, change_index, reviews)}
    placed = assign_ids(answer.placed, remembered(findings.records))
    answered = {record.id: record for record in _reported(replace(answer, placed=placed), change_index)}
    # If an answer contradicts itself about a finding, the finding stays open.
    previous = sorted(answer.report.previous, key=lambda one: one.state is PreviousState.OPEN)
    verdicts = {one.id: one for one in previous}
    notes = {one.id: one.note for one in previous if one.state is PreviousState.OPEN}
    reported = ((key, _beside(one, known.get(key), change_index, here=answer.here)) for key, one in answered.items())
    said = {item.id: item.finding.explanation for item in placed if not isinstance(item.placement, DuplicateOf)}
    last = (
        (one, notes.get(key) or one.note or _last_word(one, known.get(key), said.get(key, ""))) for key, one in reported
    )
    fresh = (replace(record, note=note) for record, note in last)
    others = (
        _judged(record, verdicts.get(key), change_index=change_index, here=answer.here, reviews=reviews)
        for key, record in known.items()
        if key not in answered
    )
    stamped = (_stamped(record, answer.task_id) for record in (*fresh, *others))
    stands, own = answer.whole and answer.here, reviews.tasks
    # If the answer calls an unknown finding open, the ledger from which the reviewer was asked is lost. Text that
    # cannot be an id is ignored.
    unknown = (one for key, one in verdicts.items() if key not in {*known, *answered} and is_finding_id(key))
    forgotten = any(one.state is PreviousState.OPEN for one in unknown)
    return Findings(
        records=worst_first(stamped),
        # The reviewer was not asked about these findings. A whole review reports them again if they still exist.
        beyond=tuple(one for one in findings.beyond if one[0] != answer.task_id and not (stands and one[0] not in own)),
        broken=forgotten or (findings.broken and not stands),
    )


def update_states(findings: Findings, change_index: ChangeIndex, reviews: EarlierReviews = NOT_REVIEWED) -> Findings:
    """Update findings from their current code and the earlier reviews of this change."""
    return replace(findings, records=worst_first(_updated(findings.records, change_index, reviews)))


def _updated(
    before: Sequence[TrackedFinding], change_index: ChangeIndex, reviews: EarlierReviews
) -> tuple[TrackedFinding, ...]:
    """Update findings. If n copies of equal lines are gone, at most n findings on these lines become `CHANGED`."""
    after = {one.id: update_state(one, change_index, reviews) for one in before}
    groups: defaultdict[tuple[object, ...], list[TrackedFinding]] = defaultdict(list)
    for one in before:
        if after[one.id].standing.is_open and one.block is not None:
            groups[one.path, one.side, one.block].append(one)
    for group in (those for those in groups.values() if len(those) > 1):
        matched = find_match(after[group[0].id], change_index)
        changed = [one for one in group if after[one.id].standing is FindingState.CHANGED]
        if changed and isinstance(matched, Match):
            gone = max(one.copies for one in group) - matched.copies
            changed.sort(key=lambda one: abs((one.line or 0) - (after[one.id].line or 0)))
            for one in changed[: max(len(changed) - gone, 0)]:
                left = replace(after[one.id], standing=FindingState.OPEN)
                after[one.id] = replace(left, copies=matched.copies, touched=matched.touched)
    return tuple(after.values())


def _reported(answer: PlacedAnswer, change_index: ChangeIndex) -> Iterable[TrackedFinding]:
    for item in answer.placed:
        if not isinstance(item.placement, DuplicateOf):
            yield _record(item, answer.task_id, change_index)
    for leftover in answer.report.leftovers:
        yield _leftover(leftover, answer)


def _record(item: Placed, task_id: str, change_index: ChangeIndex) -> TrackedFinding:
    finding, is_deleted = item.finding, item.in_file in change_index.removed
    # Without a quote, a finding on a deleted file is about the text at the base.
    side = Side.LEFT if item.block is None and is_deleted else item.side
    record = TrackedFinding(
        id=item.id,
        severity=finding.severity,
        category=finding.category,
        title=finding.title[:MAX_TITLE],
        path=item.in_file or finding.path,
        side=side,
        line=_first_line(item),
        block=item.block,
        in_file=item.in_file is not None,
        old_path=_old_path(item.in_file, change_index),
        found=task_id,
        # A finding in prose may be about more than its title, so the reviewer who confirms a fix needs the whole text.
        text=finding.explanation[:MAX_TEXT] if isinstance(item.placement, InSummary) or not finding.category else "",
        file="" if is_deleted and side is Side.RIGHT else change_index.version(item.in_file or ""),
        said=digest(finding.explanation)[:_SHORT],
    )
    matched = find_match(record, change_index)
    if not isinstance(matched, Match):
        return replace(record, masked=has_redaction(finding.code))
    code = matched.view.index[side].block(matched.line, record.block.count if record.block else 1)
    return replace(record, touched=matched.touched, copies=matched.copies, masked=any(map(has_redaction, code)))


def _old_path(path: str | None, change_index: ChangeIndex) -> str:
    view = change_index.by_path.get(path or "")
    return view.old_path if view and view.old_path != path else ""


def _beside(
    record: TrackedFinding, before: TrackedFinding | None, change_index: ChangeIndex, *, here: bool
) -> TrackedFinding:
    if not here:  # the code may have changed since this answer
        record = _by_code(record, change_index)
    if before is None:
        return record
    # A waiver holds only for the same file.
    waiver = before.waiver
    is_waived = _is_waived(before, record if here or not before.standing.is_open else replace(record, said=before.said))
    holds = waiver and is_waived and waiver.file == _what_is_waived(record, change_index)
    # A finding's severity never improves, because a harmless copy can take over the id, and a push can restore an
    # earlier change.
    worse = min(before.severity, record.severity, key=_gravity)
    if not here and before.standing.is_open:
        record = before
    return replace(record, found=before.found, severity=worse, waiver=waiver if holds else None)


def _is_waived(before: TrackedFinding, now: TrackedFinding) -> bool:
    """Return whether a waiver still applies to a finding that is reported again.

    A waiver ends if the severity rises. Without a category, as in prose, it also ends if the text differs, because the
    text may describe a second problem.
    """
    is_same = now.category is not None or now.said == before.said
    return is_same and _gravity(before.severity) <= _gravity(now.severity)


def _gravity(severity: Severity) -> int:
    """Return the rank of a severity for waivers: critical comes before unrated."""
    return -1 if severity is Severity.CRITICAL else severity.rank


def _last_word(record: TrackedFinding, before: TrackedFinding | None, explanation: str) -> str:
    """Return the explanation of a finding that is reported again, if the comment shows a different one."""
    if before is None or not before.said:
        return ""
    is_merged_again = before.note != "" and explanation.startswith(before.note)
    return explanation if before.said != record.said or is_merged_again else ""


_SHORT = 8


def _first_line(item: Placed) -> int | None:
    match item.placement:
        case OnLines(target=target) | InSummary(at=OnLines(target=target)):
            return target.start_line or target.line
        case OnFile(line=line) | InSummary(at=OnFile(line=line)):
            return line
        case _:
            return item.finding.line


def _leftover(leftover: Leftover, answer: PlacedAnswer) -> TrackedFinding:
    # A person must read the text that could not be parsed, so the text becomes an unrated finding.
    title = f"Part of the answer could not be read: {leftover.where}"[:MAX_TITLE]
    identifier = finding_id("leftover", leftover.where, leftover.text, *filter(None, (answer.instance,)))
    return TrackedFinding(
        identifier,
        Severity.UNRATED,
        None,
        title,
        "",
        found=answer.task_id,
        text=leftover.text[:MAX_TEXT],
        leftover=True,
    )


def _judged(
    record: TrackedFinding, verdict: Previous | None, *, change_index: ChangeIndex, here: bool, reviews: EarlierReviews
) -> TrackedFinding:
    if verdict is None or not (record.standing.is_open or (here and verdict.state is PreviousState.OPEN)):
        return record
    answered = replace(record, note=verdict.note)
    if not record.standing.is_open:
        return _reopened(answered, change_index)
    if verdict.state is PreviousState.OPEN:
        return replace(answered, standing=FindingState.OPEN)
    # If a finding was open when this change was judged, another review of this change cannot call the finding fixed.
    has_changed = _has_changed(record, change_index)
    if here and reviews.open.get(record.id) is not FindingState.OPEN and has_changed:
        return replace(answered, standing=FindingState.FIXED)
    return replace(answered, note=f"{UNCHANGED} {verdict.note}".strip()) if here and not has_changed else answered


UNCHANGED = "Says that this is fixed, but the code is unchanged. It stays open until the code changes or it is waived."


def _reopened(record: TrackedFinding, change_index: ChangeIndex) -> TrackedFinding:
    """Reopen a closed finding. Forget code that the change no longer touches, or the finding would close again."""
    open_again = replace(record, standing=FindingState.OPEN, closed="", waiver=None)
    is_gone = find_match(record, change_index) is NoMatch.VANISHED
    return replace(open_again, line=None, block=None, in_file=False) if is_gone else open_again


def _has_changed(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    version = change_index.version(record.path if record.in_file else "")
    # Other lines can undo a deletion, so a finding on deleted lines can be fixed although its own code is unchanged.
    has_other_code = _is_unknown(record) or record.side is Side.LEFT or record.standing is FindingState.CHANGED
    if record.block is not None and _unsent_copy(record, record.block, change_index):
        return False
    return (record.leftover or record.file != version) and has_other_code


def _stamped(record: TrackedFinding, task_id: str) -> TrackedFinding:
    if record.standing.is_open:
        return replace(record, closed="")
    return record if record.closed else replace(record, closed=task_id)


def waived(
    record: TrackedFinding, by: str, reason: str, change_index: ChangeIndex, base_ref: str = ""
) -> TrackedFinding:
    """Waive a finding for the current version of its file, or for this change if the file lacks the code."""
    return replace(record, waiver=Waiver(by, reason[:MAX_REASON], _what_is_waived(record, change_index), base_ref))


def _what_is_waived(record: TrackedFinding, change_index: ChangeIndex) -> str:
    is_there = record.in_file and (record.block is None or isinstance(find_match(record, change_index), Match))
    return change_index.exactly(record.path) if is_there else change_index.change
