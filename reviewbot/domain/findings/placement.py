"""Where each finding goes, decided before anything is posted.

A finding is placed `OnLines`, `OnFile`, `InSummary` or is a `DuplicateOf` another: exactly one of them, and no line
outside the diff. What was sent is what is compared with: redacted lines stay redacted here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from reviewbot.domain.diff.parse import unquote
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import Block, quoted_lines, split_lines, strip_gutter
from reviewbot.domain.findings.markers import finding_id
from reviewbot.domain.github.drafts import LineTarget
from reviewbot.domain.model.review import Finding, Severity, Side
from reviewbot.domain.redaction.private_keys import REDACTED
from reviewbot.domain.selection.file_kinds import is_protected
from reviewbot.domain.text.escaping import code_text

MAX_FINGERPRINT_LINES = 20
"""A finding on half a file is told apart by the first lines of that half."""


class Why(StrEnum):
    """Why a finding is not where its reviewer wanted it, or how it was found; the templates have the words."""

    CITED = "cited"
    QUOTED = "quoted"
    OTHER_SIDE = "other-side"
    SHRUNK = "shrunk"
    NO_LINE = "no-line"
    LINE_NOT_IN_DIFF = "line-not-in-diff"
    QUOTE_NOT_FOUND = "quote-not-found"
    FILE_NOT_IN_CHANGE = "file-not-in-change"
    FILE_NOT_SENT = "file-not-sent"
    NO_FILE = "no-file"
    BELOW_THRESHOLD = "below-threshold"
    OVER_LIMIT = "over-limit"
    REFUSED = "refused"
    HEAD_MOVED = "head-moved"
    CLOSED = "closed"


UNVERIFIED = frozenset({Why.FILE_NOT_IN_CHANGE, Why.FILE_NOT_SENT, Why.NO_FILE})
"""The lines are only the reviewer's word: nothing that was sent can confirm them."""


class SuggestionState(StrEnum):
    """What can be done with a suggestion."""

    NONE = "none"
    COMMITTABLE = "committable"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class OnLines:
    """On lines of the diff; `why` says how they were found."""

    target: LineTarget
    why: Why


@dataclass(frozen=True, slots=True)
class OnFile:
    """On the file as a whole; `line` is where the code is at the head, when that is known."""

    path: str
    why: Why
    line: int | None = None


@dataclass(frozen=True, slots=True)
class InSummary:
    """Listed in the summary; `at` is where it would have gone."""

    why: Why
    at: OnLines | OnFile | None = None


@dataclass(frozen=True, slots=True)
class DuplicateOf:
    """Said already by the finding of this id."""

    id: str


Placement = OnLines | OnFile | InSummary | DuplicateOf


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its place, its short id and what its suggestion is worth.

    Attributes:
        side: where its code was found, or what the reviewer said.
        block: its code as sent, None when nothing says which code it is about.
        in_file: the file of the change that it is about, None when it is about none.
        root: the id of its code alone, which other findings there have too.
    """

    id: str
    finding: Finding
    placement: Placement
    suggestion: SuggestionState
    side: Side = Side.RIGHT
    block: Block | None = None
    in_file: str | None = None
    root: str = ""


@dataclass(frozen=True, slots=True)
class PlacementRules:
    """What limits the comments.

    Attributes:
        comment_from: the least severity that gets a comment; unrated always does.
        max_comments: findings with a comment at most, worst first.
    """

    comment_from: Severity = Severity.LOW
    max_comments: int = 30


@dataclass(frozen=True, slots=True)
class _Found:
    """Lines of a side where a finding's code stands.

    Attributes:
        count: how many of them tell the code: those of the quote, when there is one.
    """

    side: Side
    first: int
    last: int
    count: int
    why: Why


@dataclass(slots=True)
class _Seen:
    """Which findings were met.

    Attributes:
        ids: the titles of each code, and their ids: by the code itself, since anybody can make two codes of one id.
        taken: all ids.
    """

    ids: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def take(self, material: tuple[str, ...], title: str) -> str:
        """An id that no other finding has."""
        identifier = finding_id(*material)
        while identifier in self.taken:
            identifier = finding_id(identifier, title)
        self.taken.add(identifier)
        return identifier


def place(findings: Sequence[Finding], views: Sequence[FileView], rules: PlacementRules) -> tuple[Placed, ...]:
    """Every finding with its place, in the order given: as many as came in.

    Of two that say the same the worse one is the original, so that a duplicate never hides what closes the gate.

    Args:
        findings: as read.
        views: the changed files as sent.
        rules: what limits the comments.
    """
    by_path = {view.path: view for view in views}
    by_path |= {view.old_path: view for view in views if view.old_path not in by_path}
    seen = _Seen()
    worst_first = sorted(range(len(findings)), key=lambda index: findings[index].severity.rank)
    placed = {
        index: _identified(findings[index], find_by_path(findings[index].path, by_path), seen) for index in worst_first
    }
    return _limited([placed[index] for index in range(len(findings))], rules)


_Entry = TypeVar("_Entry")


def find_by_path(path: str, by_path: Mapping[str, _Entry]) -> _Entry | None:
    """Look up a reviewer's path, as it is or as git, a diff header or a shell would write it."""
    names = [name.removeprefix(prefix) for name in (path, unquote(path)) for prefix in ("", "./", "/", "a/", "b/")]
    return next((by_path[name] for name in names if name in by_path), None)


def _identified(finding: Finding, view: FileView | None, seen: _Seen) -> Placed:
    found = _locate(finding, view) if view else None
    material = _fingerprint(finding, view, found)
    titles = seen.ids.setdefault(material, {})
    if finding.title in titles:
        original = titles[finding.title]
        return Placed(original, finding, DuplicateOf(original), SuggestionState.NONE)
    identifier = titles[finding.title] = seen.take(material, finding.title)
    code = _code_of(view, found) if view and found else ()
    placement = _placement(finding, view, found)
    return Placed(
        identifier,
        finding,
        placement,
        _suggestion_state(finding, view, placement),
        found.side if found else finding.side,
        # Blank lines are everywhere: they do not say which code it is about.
        Block.of(code) if any(code) else None,
        view.path if view else None,
        finding_id(*material),
    )


def _fingerprint(finding: Finding, view: FileView | None, found: _Found | None) -> tuple[str, ...]:
    """The finding's identity: never the line number, so that a push that moves code does not repeat a comment."""
    category = finding.category.value if finding.category else ""
    path = view.old_path if view else finding.path
    if view and found:
        code = _code_of(view, found)
        ordinal = view.index(found.side).ordinal(found.first, len(code))
        # A line that moves is on both sides; what is said of its deletion is not said of its new place.
        where = str(ordinal) if found.side is Side.RIGHT else f"{found.side.value} {ordinal}"
        return (path, category, "\n".join(code), where)
    quote = "\n".join(quoted_lines(finding.code))
    return (path, category, quote or finding.title, "")


def _code_of(view: FileView, found: _Found) -> tuple[str, ...]:
    """The folded lines that tell the finding's code."""
    return view.index(found.side).block(found.first, min(found.count, MAX_FINGERPRINT_LINES))


def _locate(finding: Finding, view: FileView) -> _Found | None:
    """Where the finding's code stands; None when nothing says so."""
    quote = quoted_lines(finding.code)
    if not quote:
        return _by_number(finding, view)
    if finding.line is not None and view.index(finding.side).starts_with(quote, finding.line):
        last = max(finding.end_line or finding.line, finding.line + len(quote) - 1)
        known = _last_known(view, finding.side, finding.line, last)
        return _Found(finding.side, finding.line, known, len(quote), Why.CITED)
    for side, why in ((finding.side, Why.QUOTED), (finding.side.other, Why.OTHER_SIDE)):
        matches = list(view.index(side).nearest(quote, finding.line or 1))
        in_diff = [first for first in matches if view.part_in_one_hunk(side, first, first + len(quote) - 1)]
        for first in (in_diff or matches)[:1]:
            return _Found(side, first, first + len(quote) - 1, len(quote), why)
    return None


def _by_number(finding: Finding, view: FileView) -> _Found | None:
    if finding.line is None or finding.line not in view.index(finding.side).folded:
        return None
    last = _last_known(view, finding.side, finding.line, finding.end_line or finding.line)
    return _Found(finding.side, finding.line, last, last - finding.line + 1, Why.CITED)


def _last_known(view: FileView, side: Side, first: int, last: int) -> int:
    """The last line of a range that exists: reviewers cite past the end of a file."""
    return max(first, min(last, view.index(side).last))


def _placement(finding: Finding, view: FileView | None, found: _Found | None) -> OnLines | OnFile | InSummary:
    if view is None:
        return InSummary(Why.FILE_NOT_IN_CHANGE if finding.path else Why.NO_FILE)
    if found is None:
        return OnFile(view.path, _why_unplaced(finding))
    part = view.part_in_one_hunk(found.side, found.first, found.last)
    if part is None:
        line = found.first if found.side is Side.RIGHT else None
        return OnFile(view.path, Why.LINE_NOT_IN_DIFF, line)
    first, last = part
    why = found.why if (first, last) == (found.first, found.last) else Why.SHRUNK
    start = first if first < last else None
    return OnLines(LineTarget(path=view.path, side=found.side, line=last, start_line=start), why)


def _why_unplaced(finding: Finding) -> Why:
    if quoted_lines(finding.code):
        return Why.QUOTE_NOT_FOUND
    return Why.NO_LINE if finding.line is None else Why.LINE_NOT_IN_DIFF


def _suggestion_state(finding: Finding, view: FileView | None, placement: Placement) -> SuggestionState:
    """A suggestion is committable only if it replaces exactly what the reviewer says it replaces, as it was sent."""
    if finding.suggestion is None:
        return SuggestionState.NONE
    if not isinstance(placement, OnLines) or view is None or finding.existing_code is None or is_protected(view.path):
        return SuggestionState.SHOWN
    target = placement.target
    if placement.why is Why.SHRUNK or target.side is Side.LEFT or not _is_code(finding.suggestion):
        return SuggestionState.SHOWN
    numbers = range(target.start_line or target.line, target.line + 1)
    if not view.redacted.isdisjoint(numbers):
        return SuggestionState.SHOWN
    there = [view.exact[number].removesuffix("\r") for number in numbers]
    return SuggestionState.COMMITTABLE if _same_code(finding.existing_code, there) else SuggestionState.SHOWN


_UNSEEN = re.compile("[\ufe0e\ufe0f\u2800]")
"""What prose may keep, an emoji's selectors and Braille's blank: in code each makes another name or text, unseen."""


def _is_code(suggestion: str) -> bool:
    """Whether a suggestion can stand in a file: a fence shows it as it is, without redactions or our line numbers."""
    hidden = code_text(suggestion) != suggestion
    lines = split_lines(suggestion)
    return not (hidden or _UNSEEN.search(suggestion) or REDACTED in suggestion or strip_gutter(lines) != lines)


def _same_code(existing: str, there: Sequence[str]) -> bool:
    lines = split_lines(existing)
    return list(lines) == list(there) or list(strip_gutter(lines)) == list(there)


def in_summary(item: Placed, why: Why) -> Placed:
    """The finding listed in the summary instead of where it was; a duplicate stays one."""
    if isinstance(item.placement, OnLines | OnFile):
        return replace(item, placement=InSummary(why, item.placement))
    return item


def _limited(placed: Sequence[Placed], rules: PlacementRules) -> tuple[Placed, ...]:
    """The least severity and the number of comments, worst first; what is over goes to the summary."""
    commented = [index for index, item in enumerate(placed) if isinstance(item.placement, OnLines | OnFile)]
    wanted = [index for index in commented if placed[index].finding.severity.at_least(rules.comment_from)]
    kept = set(sorted(wanted, key=lambda index: (placed[index].finding.severity.rank, index))[: rules.max_comments])
    return tuple(
        item
        if index in kept or not isinstance(item.placement, OnLines | OnFile)
        else replace(
            item,
            placement=InSummary(
                Why.OVER_LIMIT if item.finding.severity.at_least(rules.comment_from) else Why.BELOW_THRESHOLD,
                item.placement,
            ),
        )
        for index, item in enumerate(placed)
    )
