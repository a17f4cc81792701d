"""Making a view smaller until its text fits: worst findings first, nothing cut in silence.

GitHub refuses a body that is too long, after the review was paid for. So what is long is cut *before* it is written
down: whole findings become one line, lines become a number, and a long text ends at a line's end and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from reviewbot.domain.model import Leftover
from reviewbot.domain.placement import SuggestionState, Why
from reviewbot.domain.views import (
    CommentView,
    DuplicateView,
    FileGroup,
    FindingView,
    HeldView,
    SentView,
    SummaryView,
)

_LINE_LIMIT = 500
"""Characters of a title or a path at most: more is no title."""


def _units(text: str) -> int:
    """UTF-16 units: the narrower way to count characters."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _bytes(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Room:
    """How long a text may be where it goes, and what counts."""

    limit: int
    size: Callable[[str], int]


COMMENT = Room(65_000, _units)
"""A comment or a review's body; GitHub takes 65,536 characters."""

CHECK = Room(65_000, _bytes)
"""The check's page; GitHub takes 65,535."""

MESSAGE = Room(60_000, _bytes)
"""An annotation's message; GitHub takes 64 KB."""

PAGE = Room(900_000, _bytes)
"""The job summary; GitHub takes a mebibyte a step."""

REPORT = Room(6_000_000, _bytes)
"""The page of HTML: what a browser still opens at once."""

STANDING = Room(60_000, _units)
"""A word in a comment that is there; `publication.COMMENT_LIMIT` holds for both together."""

PROMPT = Room(10_000, _units)
"""What CodeVF takes."""


class Cut(str):  # noqa: SLOT000 — a slot needs a fixed layout, and a str's is not
    """A text that was cut.

    Attributes:
        omitted: how many characters are missing at the end.
    """

    omitted: int

    @classmethod
    def of(cls, text: str, omitted: int) -> Self:
        """The text that is left, and how much is not."""
        cut = cls(text)
        cut.omitted = omitted
        return cut


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, ending at a line's end where one is near; a `Cut` when something is missing."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n", limit // 2, limit + 1)
    kept = text[: limit if end < 0 else end]
    return Cut.of(kept, len(text) - len(kept))


def shorten_line(text: str, limit: int) -> str:
    """At most `limit` characters of a title or a path, with an ellipsis for the rest."""
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is shown.

    Attributes:
        full: findings in full at most.
        lines: findings as one line at most.
        rows: entries of any other list at most.
        text: characters of a free text or a piece of code at most.
    """

    full: int
    lines: int
    rows: int
    text: int

    @property
    def line(self) -> int:
        """Characters of a title or a path at most."""
        return min(self.text, _LINE_LIMIT)


COMMENT_LADDER = (
    Detail(30, 1000, 300, 20_000),
    Detail(30, 300, 100, 4000),
    Detail(30, 150, 60, 1500),
    Detail(15, 100, 40, 1000),
    Detail(5, 60, 20, 600),
    Detail(0, 40, 10, 300),
    Detail(0, 10, 5, 150),
    Detail(0, 0, 0, 80),
)
"""From the whole story down to its figures, for a comment and the check's page."""

PAGE_LADDER = (
    Detail(2000, 5000, 5000, 60_000),
    Detail(500, 2000, 1000, 8000),
    Detail(200, 2000, 500, 3000),
    Detail(100, 1000, 200, 2000),
    *COMMENT_LADDER,
)
"""The same for the job summary, which has room for everything most of the time."""


REPORT_LADDER = (Detail(2000, 5000, 5000, 60_000), Detail(1000, 2000, 2000, 8000), *PAGE_LADDER[2:])
"""The same for the page of HTML, which has more room."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How many entries of each list are not shown."""

    commented: int = 0
    uncommented: int = 0
    leftovers: int = 0
    duplicates: int = 0
    sent: int = 0
    held: int = 0

    @property
    def findings(self) -> int:
        """Findings and parts of the answer that are only counted."""
        return self.commented + self.uncommented + self.leftovers


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a summary is shown, and how.

    Attributes:
        commented: findings with a comment of their own, one line each, by file.
        full: findings without one, in full, worst first.
        quiet: the same for those under the threshold for comments: in full, and folded away.
        folded: findings without a comment that are one line each.
        missed: files that were selected and could not be sent, a few of them by name.
        rest: what is only counted.
    """

    commented: tuple[FileGroup, ...]
    full: tuple[FindingView, ...]
    quiet: tuple[FindingView, ...]
    folded: tuple[FindingView, ...]
    leftovers: tuple[Leftover, ...]
    duplicates: tuple[DuplicateView, ...]
    sent: tuple[SentView, ...]
    held: tuple[HeldView, ...]
    missed: tuple[HeldView, ...]
    rest: Rest


def every_finding(groups: Iterable[FileGroup]) -> tuple[FindingView, ...]:
    """All findings, worst first, in the order of the files where they are equally bad."""
    return tuple(
        sorted((finding for group in groups for finding in group.findings), key=lambda finding: finding.severity.rank)
    )


def thin_finding(finding: FindingView, detail: Detail) -> FindingView:
    """A finding with its long texts cut. A suggestion that is cut is no longer one to commit."""
    suggestion = None if finding.suggestion is None else shorten(finding.suggestion, detail.text)
    cut = isinstance(suggestion, Cut)
    return replace(
        finding,
        title=shorten_line(finding.title, detail.line),
        path=shorten_line(finding.path, detail.line),
        explanation=shorten(finding.explanation, detail.text),
        code=shorten(finding.code, detail.text),
        references=tuple(shorten_line(text, detail.line) for text in finding.references[: detail.rows]),
        suggestion=suggestion,
        suggestion_state=SuggestionState.SHOWN if cut else finding.suggestion_state,
    )


def thin_comment(view: CommentView, detail: Detail) -> tuple[CommentView, int]:
    """A comment with its long texts cut, and the number of its findings that are left out."""
    kept = max(1, detail.full)
    findings = tuple(thin_finding(finding, detail) for finding in view.findings[:kept])
    return replace(view, findings=findings), max(0, len(view.findings) - kept)


def thin_summary(view: SummaryView, detail: Detail) -> Shown:
    """What of a summary is shown at this level of detail."""
    findings = every_finding(view.files)
    commented = [finding for finding in findings if finding.comment_url is not None]
    loud = [finding for finding in findings if finding.comment_url is None and finding.why is not Why.BELOW_THRESHOLD]
    quiet = [finding for finding in findings if finding.comment_url is None and finding.why is Why.BELOW_THRESHOLD]
    quiet_room = max(0, detail.full - len(loud))
    one_line = loud[detail.full :] + quiet[quiet_room:]
    leftovers = max(1, detail.full // 3)
    rest = Rest(
        commented=max(0, len(commented) - detail.lines),
        uncommented=max(0, len(one_line) - detail.lines),
        leftovers=max(0, len(view.leftovers) - leftovers),
        duplicates=max(0, len(view.duplicates) - detail.rows),
        sent=max(0, len(view.sent) - detail.rows),
        held=max(0, len(view.held) - detail.rows),
    )
    return Shown(
        commented=_grouped([thin_finding(finding, detail) for finding in commented[: detail.lines]]),
        full=tuple(thin_finding(finding, detail) for finding in loud[: detail.full]),
        quiet=tuple(thin_finding(finding, detail) for finding in quiet[:quiet_room]),
        folded=tuple(thin_finding(finding, detail) for finding in one_line[: detail.lines]),
        leftovers=tuple(_thin_leftover(item, detail) for item in view.leftovers[:leftovers]),
        duplicates=tuple(
            replace(item, title=shorten_line(item.title, detail.line), path=shorten_line(item.path, detail.line))
            for item in view.duplicates[: detail.rows]
        ),
        sent=tuple(replace(item, path=shorten_line(item.path, detail.line)) for item in view.sent[: detail.rows]),
        held=tuple(_thin_held(item, detail) for item in view.held[: detail.rows]),
        missed=tuple(_thin_held(item, detail) for item in view.held if item.missed)[:_NAMED],
        rest=rest,
    )


_NAMED = 5
"""Files that a sentence names; the list below has them all."""


def thin_texts(view: SummaryView, detail: Detail) -> SummaryView:
    """The same view with its sentences cut; its lists are `thin_summary`'s."""
    outcome = replace(
        view.outcome, message=shorten(view.outcome.message, detail.text), hint=shorten(view.outcome.hint, detail.text)
    )
    rows = max(1, detail.rows)
    return replace(
        view,
        outcome=outcome,
        reviewer_summary=shorten(view.reviewer_summary, detail.text),
        notices=tuple(shorten_line(text, detail.line) for text in view.notices[:rows]),
        degraded=tuple(shorten_line(text, detail.line) for text in view.degraded[:rows]),
        task_id=shorten_line(view.task_id, _LINE_LIMIT // 4),
        check_name=shorten_line(view.check_name, _LINE_LIMIT // 4),
    )


def _thin_leftover(item: Leftover, detail: Detail) -> Leftover:
    return Leftover(
        shorten_line(item.where, detail.line), shorten_line(item.why, detail.line), shorten(item.text, detail.text)
    )


def _thin_held(item: HeldView, detail: Detail) -> HeldView:
    return replace(
        item,
        path=shorten_line(item.path, detail.line),
        reason=shorten_line(item.reason, detail.line),
        detail=shorten_line(item.detail, detail.line),
    )


def _grouped(findings: Sequence[FindingView]) -> tuple[FileGroup, ...]:
    """By file, the file with the worst finding first."""
    groups: dict[str, list[FindingView]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return tuple(FileGroup(path, tuple(items)) for path, items in groups.items())
