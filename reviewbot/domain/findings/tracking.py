"""Track findings across reviews: merge the answers of finished tasks into the findings of the pull request.

An answer that omits a finding does not close the finding.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from reviewbot.domain.diff.text_index import digest
from reviewbot.domain.findings.lookup import ChangeIndex, Match, NoMatch, find_match, unsent_copy
from reviewbot.domain.findings.markers import finding_id, is_finding_id
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    assign_ids,
    remembered,
)
from reviewbot.domain.findings.states import update_state, update_states, waived_version
from reviewbot.domain.findings.tracked_finding import (
    MAX_TEXT,
    MAX_TITLE,
    NOT_REVIEWED,
    EarlierReviews,
    Findings,
    FindingState,
    TrackedFinding,
    worst_first,
)
from reviewbot.domain.model.review import Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.redaction.redactor import has_redaction
from reviewbot.values import replace


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
    known = {record.id: record for record in update_states(findings, change_index, reviews).records}
    placed = assign_ids(answer.placed, remembered(findings.records))
    reported = {record.id: record for record in _reported(replace(answer, placed=placed), change_index)}
    said = {item.id: item.finding.explanation for item in placed if not isinstance(item.placement, DuplicateOf)}
    # If an answer contradicts itself about a finding, the finding stays open.
    verdicts = {one.id: one for one in sorted(answer.report.previous, key=lambda one: one.state is PreviousState.OPEN)}
    notes = {key: one.note for key, one in verdicts.items() if one.state is PreviousState.OPEN}
    after = []
    for key, one in reported.items():
        record = _combined(one, known.get(key), change_index, here=answer.here)
        note = notes.get(key) or record.note or _changed_explanation(record, known.get(key), said.get(key, ""))
        after.append(replace(record, note=note))
    for key, record in known.items():
        if key not in reported:
            verdict = verdicts.get(key)
            after.append(_judged(record, verdict, change_index=change_index, here=answer.here, reviews=reviews))
    stands, own = answer.whole and answer.here, reviews.tasks
    # If the answer calls an unknown finding open, the ledger from which the reviewer was asked is lost. Text that
    # cannot be an id is ignored.
    forgotten = any(is_finding_id(key) for key in notes if key not in {*known, *reported})
    return Findings(
        records=worst_first(_stamped(record, answer.task_id) for record in after),
        # The reviewer was not asked about these findings. A whole review reports them again if they still exist.
        beyond=tuple(one for one in findings.beyond if one[0] != answer.task_id and not (stands and one[0] not in own)),
        broken=forgotten or (findings.broken and not stands),
    )


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


def _combined(
    record: TrackedFinding, before: TrackedFinding | None, change_index: ChangeIndex, *, here: bool
) -> TrackedFinding:
    """Combine a reported finding with its earlier record."""
    now = record if here else update_state(record, change_index)  # the code may have changed since this answer
    if before is None:
        return now
    kept = before if before.state.is_open and not here else now
    # A finding's severity never improves, because a harmless copy can take over the id, and a push can restore an
    # earlier change.
    worse = min(before.severity, now.severity, key=_waiver_rank)
    # Without a category, as in prose, a different text may describe a second problem.
    is_same = now.category is not None or kept.said == before.said
    is_worse = _waiver_rank(now.severity) < _waiver_rank(before.severity)
    is_waived = before.waiver and before.waiver.file == waived_version(now, change_index) and is_same and not is_worse
    return replace(kept, found=before.found, severity=worse, waiver=before.waiver if is_waived else None)


def _waiver_rank(severity: Severity) -> int:
    """Return the rank of a severity for waivers: critical comes before unrated."""
    return -1 if severity is Severity.CRITICAL else severity.rank


def _changed_explanation(record: TrackedFinding, before: TrackedFinding | None, explanation: str) -> str:
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
    """Apply the reviewer's verdict on a finding that the answer does not report again."""
    if verdict is None:
        return record
    answered = replace(record, note=verdict.note)
    match record.state.is_open, verdict.state:
        case True, PreviousState.OPEN:
            after = replace(answered, state=FindingState.OPEN)
        case False, PreviousState.OPEN if here:
            after = _reopened(answered, change_index)
        case False, _:
            # It is closed. An answer to another change that calls it open may be outdated.
            after = record
        case _ if here and not _has_changed(record, change_index):
            after = replace(answered, note=f"{UNCHANGED} {verdict.note}".strip())
        case _ if here and reviews.open.get(record.id) is not FindingState.OPEN:
            after = replace(answered, state=FindingState.FIXED)
        case _:
            # An answer to another change cannot close the finding. Nor can another review of this change, if the
            # finding was open when this change was judged.
            after = answered
    return after


UNCHANGED = "Says that this is fixed, but the code is unchanged. It stays open until the code changes or it is waived."


def _reopened(record: TrackedFinding, change_index: ChangeIndex) -> TrackedFinding:
    """Reopen a closed finding. Forget code that the change no longer touches, or the finding would close again."""
    open_again = replace(record, state=FindingState.OPEN, closed="", waiver=None)
    is_gone = find_match(record, change_index) is NoMatch.VANISHED
    return replace(open_again, line=None, block=None, in_file=False) if is_gone else open_again


def _has_changed(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether the change can contain a fix: other code, or another file if the code cannot show a fix."""
    version = change_index.version(record.path if record.in_file else "")
    # Other lines can undo a deletion, so a finding on deleted lines can be fixed although its own code is unchanged.
    has_other_code = not record.has_code or record.side is Side.LEFT or record.state is FindingState.CHANGED
    is_other_file = record.leftover or record.file != version
    return has_other_code and is_other_file and not unsent_copy(record, change_index)


def _stamped(record: TrackedFinding, task_id: str) -> TrackedFinding:
    if record.state.is_open:
        return replace(record, closed="")
    return record if record.closed else replace(record, closed=task_id)
