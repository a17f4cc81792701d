"""Making a view smaller until its text fits: worst findings first, nothing cut in silence.

GitHub refuses a body that is too long, after the review was paid for. So what is long is cut *before* it is written
down: whole findings become one line, lines become a number, and a long text ends at a line's end and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Self

from reviewbot.domain.mapped import Mapped
from reviewbot.domain.model import Leftover
from reviewbot.domain.placement import SuggestionState, Why
from reviewbot.domain.rooms import LINE_LIMIT, Detail
from reviewbot.domain.views import (
    BypassView,
    CommentView,
    DuplicateView,
    FileGroup,
    FindingView,
    HeldView,
    SentView,
    StandingView,
    SummaryView,
)

_LOGIN_LIMIT = 100
"""Characters of a login at most; GitHub's have 39."""


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


def shorten_title(text: str, limit: int) -> str:
    """The same, counted in UTF-16 units as GitHub may count them: no character is cut in two."""
    units = text.encode("utf-16-le", "replace")
    if len(units) // 2 <= limit:
        return text
    return units[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"


@dataclass(frozen=True, slots=True)
class Rest:
    """How many entries of each list are not shown."""

    commented: int = 0
    uncommented: int = 0
    leftovers: int = 0
    duplicates: int = 0
    sent: int = 0
    held: int = 0
    waived: int = 0
    closed: int = 0

    @property
    def findings(self) -> int:
        """Findings and parts of the answer that are only counted."""
        return self.commented + self.uncommented + self.leftovers


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a summary is shown, and how. What may be long is cut when it is looked at.

    Attributes:
        commented: findings with a comment of their own, one line each, by file.
        full: findings without one, in full, worst first.
        quiet: the same for those that are less urgent: under the threshold for comments, or of an earlier review and
            not closing the gate. In full, and folded away.
        folded: findings without a comment that are one line each.
        missed: files that were selected and could not be sent, a few of them by name.
        waived: findings that somebody took the responsibility for, one line each.
        closed: findings of earlier reviews that are fixed or gone, likewise.
        listed: every finding that is shown and counts, worst first, wherever it is shown.
        rest: what is only counted.
    """

    commented: Sequence[FileGroup]
    full: Sequence[FindingView]
    quiet: Sequence[FindingView]
    folded: Sequence[FindingView]
    leftovers: Sequence[Leftover]
    duplicates: tuple[DuplicateView, ...]
    sent: tuple[SentView, ...]
    held: tuple[HeldView, ...]
    missed: tuple[HeldView, ...]
    waived: Sequence[FindingView]
    closed: Sequence[FindingView]
    listed: Sequence[FindingView]
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
        note=shorten_line(finding.note, detail.line),
        waived_by=shorten_line(finding.waived_by, _LOGIN_LIMIT),
        waived_for=shorten_line(finding.waived_for, detail.line),
    )


def thin_comment(view: CommentView, detail: Detail) -> tuple[CommentView, int]:
    """A comment with its long texts cut, and the number of its findings that are left out."""
    kept = max(1, detail.full)
    findings = tuple(thin_finding(finding, detail) for finding in view.findings[:kept])
    return replace(view, findings=findings), max(0, len(view.findings) - kept)


def thin_standing(view: StandingView, words: int, rows: int) -> tuple[StandingView, int]:
    """A word on findings with so many characters of other people's, and the number of findings that are left out."""
    findings = tuple(
        replace(
            finding,
            title=_worded(finding.title, words),
            note=_worded(finding.note, words),
            waived_by=_worded(finding.waived_by, _LOGIN_LIMIT),
            closed_at=_worded(finding.closed_at, _LOGIN_LIMIT),
            waived_for=_worded(finding.waived_for, words),
        )
        for finding in view.findings[:rows]
    )
    return replace(view, findings=findings), max(0, len(view.findings) - rows)


def _worded(text: str, limit: int) -> str:
    """A text on one line in a comment that is there; what would begin one of our hidden lines does not."""
    return shorten_line(text.replace("<!--", "<! --"), limit) if limit else ""


def thin_summary(view: SummaryView, detail: Detail) -> Shown:
    """What of a summary is shown at this level of detail."""
    findings = every_finding(view.files)
    commented = [finding for finding in findings if finding.comment_url is not None]
    bare = [finding for finding in findings if finding.comment_url is None]
    loud = [finding for finding in bare if not _is_quiet(finding)]
    quiet = [finding for finding in bare if _is_quiet(finding)]
    quiet_room = max(0, detail.full - len(loud))
    one_line = loud[detail.full :] + quiet[quiet_room:]
    leftovers = max(1, detail.full // 3)
    groups = _grouped(commented[: detail.lines], detail)
    by_file = [FileGroup(path, items) for path, items in groups.items()]
    others = FileGroup("", [*loud[: detail.full], *quiet[:quiet_room], *one_line[: detail.lines]])
    thin = partial(_thinned, detail=detail)
    return Shown(
        commented=tuple(replace(group, findings=thin(group.findings)) for group in by_file),
        full=thin(loud[: detail.full]),
        quiet=thin(quiet[:quiet_room]),
        folded=thin(one_line[: detail.lines]),
        leftovers=Mapped(partial(_thin_leftover, detail=detail), view.leftovers[:leftovers]),
        duplicates=tuple(_thin_duplicate(item, detail) for item in view.duplicates[: detail.rows]),
        sent=tuple(replace(item, path=shorten_line(item.path, detail.line)) for item in view.sent[: detail.rows]),
        held=tuple(_thin_held(item, detail) for item in view.held[: detail.rows]),
        missed=tuple(_thin_held(item, detail) for item in islice((one for one in view.held if one.missed), _NAMED)),
        waived=thin(view.waived[: detail.rows]),
        closed=thin(view.closed[: detail.rows]),
        listed=thin(every_finding((*by_file, others))),
        rest=Rest(
            commented=max(0, len(commented) - detail.lines),
            uncommented=max(0, len(one_line) - detail.lines),
            leftovers=max(0, len(view.leftovers) - leftovers),
            duplicates=max(0, len(view.duplicates) - detail.rows),
            sent=max(0, len(view.sent) - detail.rows),
            held=max(0, len(view.held) - detail.rows),
            waived=max(0, len(view.waived) - detail.rows),
            closed=max(0, len(view.closed) - detail.rows),
        ),
    )


def _is_quiet(finding: FindingView) -> bool:
    """Whether a finding without a comment is folded away."""
    return finding.why is Why.BELOW_THRESHOLD or (finding.carried and not finding.closes_gate)


def _thinned(findings: Sequence[FindingView], detail: Detail) -> Sequence[FindingView]:
    return Mapped(partial(thin_finding, detail=detail), findings)


_NAMED = 5
"""Files that a sentence names; the list below has them all."""


def thin_texts(view: SummaryView, detail: Detail) -> SummaryView:
    """The same view with its sentences cut; its lists are `thin_summary`'s."""
    outcome = replace(
        view.outcome, message=shorten(view.outcome.message, detail.text), hint=shorten(view.outcome.hint, detail.text)
    )
    rows, bypass = max(1, detail.rows), view.bypass
    return replace(
        view,
        outcome=outcome,
        reviewer_summary=shorten(view.reviewer_summary, detail.text),
        notices=tuple(shorten_line(text, detail.line) for text in view.notices[:rows]),
        degraded=tuple(shorten_line(text, detail.line) for text in view.degraded[:rows]),
        bypass=bypass and BypassView(shorten_line(bypass.by, _LOGIN_LIMIT), shorten_line(bypass.reason, detail.line)),
        task_id=shorten_line(view.task_id, LINE_LIMIT // 4),
        check_name=shorten_line(view.check_name, LINE_LIMIT // 4),
        approved_by=shorten_line(view.approved_by, LINE_LIMIT // 4),
    )


def _thin_leftover(item: Leftover, detail: Detail) -> Leftover:
    return Leftover(
        shorten_line(item.where, detail.line), shorten_line(item.why, detail.line), shorten(item.text, detail.text)
    )


def _thin_duplicate(item: DuplicateView, detail: Detail) -> DuplicateView:
    return replace(item, title=shorten_line(item.title, detail.line), path=shorten_line(item.path, detail.line))


def _thin_held(item: HeldView, detail: Detail) -> HeldView:
    return replace(
        item,
        path=shorten_line(item.path, detail.line),
        reason=shorten_line(item.reason, detail.line),
        detail=shorten_line(item.detail, detail.line),
    )


def _grouped(findings: Iterable[FindingView], detail: Detail) -> Mapping[str, Sequence[FindingView]]:
    """The findings by file, its path cut, the file with the worst finding first."""
    groups: dict[str, list[FindingView]] = {}
    for finding in findings:
        groups.setdefault(shorten_line(finding.path, detail.line), []).append(finding)
    return groups
