"""The locations of findings in SARIF and RDJSON.

Code scanning rejects a SARIF file if one result has no location, and reviewdog stops at a diagnostic without one.
Therefore, a finding without a file gets the path of a changed file and a note.
"""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.findings.placement import UNVERIFIED, SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Severity, Side
from reviewbot.domain.selection.selection import WHY_HELD
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import lines
from reviewbot.render.view_models.review import FindingView, SummaryView

_PATH_LIMIT = 4096
"""The longest path on Linux, in bytes."""

_LINE_LIMIT = 2**31 - 1
"""The largest line number in both formats."""

_NOTE_LIMIT = 500

LEVELS = {
    Severity.UNRATED: "error",
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
"""The SARIF level of each severity."""


class Place(Struct, frozen=True):
    """A location in SARIF or RDJSON.

    Attributes:
        path: the path relative to the repository's root, without `..`.
        lines: the first and last line at the head, starting at 1, or None for the whole file.
        notes: sentences that explain the location.
    """

    path: str
    lines: tuple[int, int] | None
    notes: str


def place_of(finding: FindingView, view: SummaryView) -> Place | None:
    """Return the finding's location, or None if neither the finding nor the run has any valid path."""
    if _is_path(finding.path):
        found = _lines_at_head(finding)
        return Place(finding.path, found, "" if found else _elsewhere(finding))
    changed = [path for some in (view.sent, view.held, view.findings) for path in (one.path for one in some)]
    path = next(filter(_is_path, changed), None)
    if path is None:
        return None
    named = visible(finding.path[:200]).replace("\n", " ")
    about = (
        f"The reviewer cited `{named}`, which is not a path in this repository."
        if named.strip()
        else "The reviewer did not cite a file."
    )
    return Place(path, None, about)


def replacement(finding: FindingView, place: Place) -> str | None:
    """Return a suggestion without the final line feed, or None if the suggestion cannot replace the lines unchanged."""
    text = finding.suggestion
    if text is None or place.lines is None or finding.suggestion_state is not SuggestionState.COMMITTABLE:
        return None
    return text.removesuffix("\n") if visible(text) == text else None


def literal_replacement(finding: FindingView, place: Place) -> str | None:
    """Return `replacement` with the line endings of the replaced lines, for tools that do not convert line endings."""
    text = replacement(finding, place)
    return text.replace("\n", "\r\n") if text and finding.crlf else text


def _lines_at_head(finding: FindingView) -> tuple[int, int] | None:
    first, last = finding.first_line, finding.line
    if first is None or last is None or finding.side is Side.LEFT or finding.why in UNVERIFIED:
        return None
    return (first, last) if 1 <= first <= last <= _LINE_LIMIT else None


def _elsewhere(finding: FindingView) -> str:
    """Return a sentence that explains why the location has no lines, or an empty string."""
    if finding.why is Why.FILE_NOT_SENT:
        reason = f": {WHY_HELD[finding.held.reason]}" if finding.held else ""
        return f"The file is part of the change, but it was not sent{reason}."
    words = lines(finding.start_line, finding.line)
    if not words:
        return ""
    if finding.side is Side.LEFT:
        return f"The finding refers to {words} before the change."
    verb = "did" if finding.carried else "does"
    return f"The reviewer cited {words}, but the change {verb} not touch this file."


def _is_path(path: str) -> bool:
    """Return whether the path is valid in a repository, i.e., relative and without `.` and `..`."""
    steps = path.split("/")
    return (
        len(path.encode("utf-8", "replace")) <= _PATH_LIMIT
        and "\0" not in path
        and not any(step in {"", ".", ".."} for step in steps)
    )


def state_sentences(finding: FindingView) -> str:
    """Return sentences about the state of an earlier finding, because the formats have no field for the state."""
    note = " ".join(finding.note.split())
    words = ["An earlier review reported this finding."] if finding.carried else []
    if finding.state is FindingState.CHANGED:
        words.append("Its code has changed since then, but no review has confirmed the fix.")
    if note:
        words.append(f"The reviewer's last note: {shorten_line(note, _NOTE_LIMIT)}")
    return " ".join(words)
