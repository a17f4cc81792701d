"""Decide the states of findings after a push, from their code and the earlier reviews of the change.

`Evidence` contains the facts, `state_after` decides, and `update_state` updates the record. If a push restores an
earlier change, the findings that were open in that change are open again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from reviewbot.domain.findings.lookup import ChangeIndex, Match, NoMatch, find_match
from reviewbot.domain.findings.tracked_finding import (
    MAX_REASON,
    NOT_REVIEWED,
    EarlierReviews,
    Findings,
    FindingState,
    TrackedFinding,
    Waiver,
    worst_first,
)
from reviewbot.domain.model.review import Side
from reviewbot.values import replace


class Code(Enum):
    """What the current change shows about a finding's code."""

    FOUND = "there are as many copies as before, or more"
    FEWER = "there are fewer copies than before"
    MISSING = "the file does not contain the code, but another file may contain it"
    UNKNOWN = "the code is not known, or its file cannot be read"
    IMPOSSIBLE = "no file of the change can contain the code"


class Evidence(Struct, frozen=True):
    """The facts that decide the state of a finding.

    Attributes:
        restored: the state that the finding had in an earlier review of this change, or of this version of its file.
        allows_fix: whether the code that was found does not contradict a confirmed fix.
        is_back: whether the file of a closed finding is in the change, and nothing shows that it is fixed there.
    """

    code: Code
    restored: FindingState | None
    allows_fix: bool
    is_back: bool

    @classmethod
    def of(
        cls, record: TrackedFinding, matched: Match | NoMatch, change_index: ChangeIndex, reviews: EarlierReviews
    ) -> Evidence:
        restored = _restored(record, change_index, reviews)
        return cls(
            code=_code(record, matched, change_index, reviews),
            restored=restored,
            allows_fix=_allows_fix(record, matched, change_index, reviews),
            is_back=restored is None and _is_back(record, matched, change_index, reviews),
        )


def state_after(before: FindingState, seen: Evidence) -> FindingState | None:  # noqa: C901, PLR0911 — a table
    """Return the new state of a finding, or None if a closed finding stays closed."""
    match before, seen.code:
        case _ if seen.restored is FindingState.OPEN:
            # Even if the lookup failed: the code may last have been found under another name or next to other copies.
            return FindingState.OPEN
        case _ if seen.restored:
            # It was `CHANGED`, and no review of this change has closed it.
            return FindingState.OPEN if seen.code is Code.FOUND else FindingState.CHANGED
        case FindingState.FIXED, Code.FOUND | Code.FEWER if seen.allows_fix:
            # A review has confirmed the fix, and this code can remain after it.
            return None
        case _, Code.FOUND:
            # Also for a closed finding, whose code has returned.
            return FindingState.OPEN
        case _, Code.FEWER:
            # The copy that is gone may be the finding's.
            return FindingState.CHANGED
        case FindingState.FIXED | FindingState.GONE, _ if not seen.is_back:
            # Nothing shows that the finding is in the change again.
            return None
        case FindingState.FIXED, Code.UNKNOWN:
            # The fix was confirmed for another change, and this one may lack it.
            return FindingState.CHANGED
        case FindingState.GONE, Code.UNKNOWN:
            # The file has returned, and no review has confirmed a fix.
            return FindingState.OPEN
        case _, Code.UNKNOWN:
            # Nothing shows a change of the code.
            return before
        case _, Code.MISSING:
            # The code has changed or moved. Only a review can confirm a fix.
            return FindingState.CHANGED
        case _:
            # There is no file left that a review could check.
            return FindingState.GONE


def update_state(
    record: TrackedFinding, change_index: ChangeIndex, reviews: EarlierReviews = NOT_REVIEWED
) -> TrackedFinding:
    """Update a finding from the current code and the earlier reviews of this change. End an outdated waiver."""
    if record.waiver and record.waiver.file != waived_version(record, change_index):
        record = replace(record, waiver=None)
    matched = find_match(record, change_index)
    seen = Evidence.of(record, matched, change_index, reviews)
    state = state_after(record.state, seen)
    if state is None:
        return record
    # The last remark on a closed finding is about other code, unless only its file is back.
    note = record.note if record.state.is_open or seen.is_back else ""
    return replace(_located(record, matched), state=state, closed="", note=note)


def _located(record: TrackedFinding, matched: Match | NoMatch) -> TrackedFinding:
    """Record where a finding's code is. If fewer copies are left, keep the former number for the next comparison."""
    if not isinstance(matched, Match):
        return record
    view = matched.view
    is_same_file = view.path == record.path or view.old_path == record.old_path
    old_path = record.old_path if is_same_file else record.path
    located = replace(record, path=view.path, line=matched.line, old_path=old_path)
    if matched.copies < record.copies:
        return located
    touched = record.touched if record.copies else matched.touched
    return replace(located, copies=matched.copies, touched=touched, in_file=True)


# --- Evidence ---------------------------------------------------------------------------------------------------------


def _code(record: TrackedFinding, matched: Match | NoMatch, change_index: ChangeIndex, reviews: EarlierReviews) -> Code:
    match matched:
        case Match(copies=copies):
            return Code.FEWER if copies < record.copies else Code.FOUND
        case NoMatch.VANISHED:
            return Code.IMPOSSIBLE if _is_impossible(record, change_index, reviews) else Code.MISSING
        case NoMatch.ABSENT if record.has_code:
            return Code.MISSING
        case _:
            return Code.UNKNOWN


def _is_impossible(record: TrackedFinding, change_index: ChangeIndex, reviews: EarlierReviews) -> bool:
    """Return whether no file can contain the code of a finding whose code has vanished from the change.

    The code may have moved to another file with other lines, or git may now align new code with the base's code.
    Neither is possible in a change that was reviewed before the finding was reported, unless the change contains the
    finding's file or another file that the finding's text mentions.
    """
    if not change_index.kept:
        return True
    is_elsewhere = record.category is None and _names_another(record, change_index)
    return record.found in reviews.bought_since and not is_elsewhere and not _may_be_in(record, change_index)


def _names_another(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether a finding's text names another file. A name without a dot or capital letter can be any word."""
    names = {path.rpartition("/")[2] for path in change_index.kept - {record.path}}
    words = re.split(r"[^\w.-]+", f"{record.title} {record.text}")
    return any(word.rstrip(".") in names and re.search(r"[A-Z.]", word.rstrip(".")) for word in words)


def _restored(record: TrackedFinding, change_index: ChangeIndex, reviews: EarlierReviews) -> FindingState | None:
    """Return the state that a finding had in this change when it was judged.

    A closed finding was open in the version of its file with which it was reported. The file decides only if the code
    at the head cannot.
    """
    has_code_at_head = record.has_code and record.side is Side.RIGHT
    is_same_file = record.file != "" and record.file == change_index.file(record.path)
    if is_same_file and not has_code_at_head and not record.state.is_open:
        return FindingState.OPEN
    return reviews.open.get(record.id)


def _allows_fix(
    record: TrackedFinding, matched: Match | NoMatch, change_index: ChangeIndex, reviews: EarlierReviews
) -> bool:
    """Return whether the code that was found does not contradict a confirmed fix.

    Other lines can fix deleted code, and other copies of the code can remain. A fix in another change, or code in a
    file that the reviewer did not see, proves nothing.
    """
    if not isinstance(matched, Match) or matched.view.path in change_index.unsent:
        return False
    can_remain = record.side is Side.LEFT or matched.copies < record.copies
    return can_remain and not _was_fixed_elsewhere(record, reviews)


def _is_back(
    record: TrackedFinding, matched: Match | NoMatch, change_index: ChangeIndex, reviews: EarlierReviews
) -> bool:
    """Return whether the file of a closed finding is in the change, and no review has confirmed a fix there."""
    can_compare = record.has_code and matched is not NoMatch.UNSEEN
    match record.state:
        case FindingState.FIXED if _was_fixed_elsewhere(record, reviews):
            return not can_compare and _may_be_in(record, change_index)
        case FindingState.GONE:
            # The change did not contain the file for some time, e.g., because of another base.
            return (not can_compare or matched is NoMatch.ABSENT) and _may_be_in(record, change_index)
        case _:
            return False


def _was_fixed_elsewhere(record: TrackedFinding, reviews: EarlierReviews) -> bool:
    """Return whether a finding was reported after the first review of this change, and fixed in another change."""
    return record.found in reviews.bought_since and record.closed not in reviews.tasks


def _may_be_in(record: TrackedFinding, change_index: ChangeIndex) -> bool:
    """Return whether a file in the change has the name, unless deleted, or the content of the finding's file."""
    view = change_index.view_of(record)
    has_name = view is not None and view.path not in change_index.removed
    # The file modes, after the blobs, may differ.
    blob = record.file.partition("-")[0]
    return has_name or (blob != "" and blob in {one.partition("-")[0] for one in change_index.files.values()})


# --- Several findings -------------------------------------------------------------------------------------------------


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
        if after[one.id].state.is_open:
            groups[one.path, one.side, one.block].append(one)
    for group in groups.values():
        if len(group) > 1:
            after |= _unchanged(group, after, change_index)
    return tuple(after.values())


def _unchanged(
    group: Sequence[TrackedFinding], after: Mapping[str, TrackedFinding], change_index: ChangeIndex
) -> dict[str, TrackedFinding]:
    """Return the findings on equal lines that stay open, because the other findings account for the missing copies."""
    matched = find_match(after[group[0].id], change_index)
    if not isinstance(matched, Match):
        return {}
    changed = [one for one in group if after[one.id].state is FindingState.CHANGED]
    changed.sort(key=lambda one: abs((one.line or 0) - (after[one.id].line or 0)))
    missing = max(one.copies for one in group) - matched.copies
    nearest = (after[one.id] for one in changed[: max(len(changed) - missing, 0)])
    opened = (replace(one, state=FindingState.OPEN, copies=matched.copies) for one in nearest)
    return {one.id: replace(one, touched=matched.touched) for one in opened}


# --- Waivers ----------------------------------------------------------------------------------------------------------


def waived(
    record: TrackedFinding, by: str, reason: str, change_index: ChangeIndex, base_ref: str = ""
) -> TrackedFinding:
    """Waive a finding for the current version of its file, or for this change if the file lacks the code."""
    return replace(record, waiver=Waiver(by, reason[:MAX_REASON], waived_version(record, change_index), base_ref))


def waived_version(record: TrackedFinding, change_index: ChangeIndex) -> str:
    """Return the value of `Waiver.file` for a finding that is waived in this change."""
    is_there = record.in_file and (record.block is None or isinstance(find_match(record, change_index), Match))
    return change_index.exactly(record.path) if is_there else change_index.change
