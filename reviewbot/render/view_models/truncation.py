"""Truncate views so that their text fits: the worst findings first, with a note where text is missing.

GitHub rejects a body that is too long, although the review has been paid for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from msgspec import Struct

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.findings.placement import SuggestionState
from reviewbot.domain.model.review import Leftover
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.selection.selection import Held
from reviewbot.domain.text.bounds import Cut, bounded, first_lines
from reviewbot.domain.text.mapped import Mapped
from reviewbot.domain.text.size_limits import Detail
from reviewbot.render.view_models.review import (
    DuplicateView,
    FindingStateView,
    FindingView,
    SummaryView,
)
from reviewbot.values import replace

V = TypeVar("V")


class Shown(Struct, frozen=True):
    """The parts of a summary that are shown. Long texts are truncated when they are read.

    Attributes:
        blocking: blocking findings with a comment, one line each, worst first.
        full: blocking findings without a comment, in full, worst first.
        others: other findings with a comment, one line each, worst first.
        quiet: other findings without a comment, in full.
        folded: findings without a comment that do not fit in full, one line each.
        missed: the first `NAMED` files that were selected but not fully reviewed.
        listed: all shown findings except waived and closed findings, worst first.
        rest: the number of omitted entries of each list. `findings` includes unreadable parts of the answer.
    """

    blocking: Sequence[FindingView]
    full: Sequence[FindingView]
    others: Sequence[FindingView]
    quiet: Sequence[FindingView]
    folded: Sequence[FindingView]
    leftovers: Sequence[Leftover]
    duplicates: Sequence[DuplicateView]
    sent: Sequence[Sent]
    held: Sequence[Held]
    missed: Sequence[Held]
    waived: Sequence[FindingView]
    closed: Sequence[FindingView]
    listed: Sequence[FindingView]
    rest: Mapping[str, int]


def worst_first(findings: Iterable[FindingView]) -> Sequence[FindingView]:
    """Return the findings sorted by severity, worst first."""
    return sorted(findings, key=lambda finding: finding.severity.rank)


def truncate_finding(finding: FindingView, detail: Detail) -> FindingView:
    """Limit the texts of a finding. A truncated suggestion cannot be committed."""
    small = replace(bounded(finding, detail), references=first_lines(finding.references, detail.rows, detail.line))
    return replace(small, suggestion_state=SuggestionState.SHOWN) if isinstance(small.suggestion, Cut) else small


def truncate_finding_state(view: FindingStateView, words: int, rows: int) -> tuple[FindingStateView, int]:
    """Limit the findings to `rows` and their texts to `words` characters. Return the number of omitted findings."""
    detail = Detail(full=0, lines=0, rows=0, text=words)
    findings = tuple(_without_comment_start(bounded(finding, detail), words) for finding in view.findings[:rows])
    return replace(view, findings=findings), max(0, len(view.findings) - rows)


def _without_comment_start(finding: FindingView, words: int) -> FindingView:
    """Return the finding without `<!--`, because a hidden comment marks the end of the state."""
    return replace(
        finding,
        title=_escape_comment_start(finding.title) if words else "",
        note=_escape_comment_start(finding.note) if words else "",
        waived_by=_escape_comment_start(finding.waived_by),
        closed_at=_escape_comment_start(finding.closed_at),
        waived_for=_escape_comment_start(finding.waived_for) if words else "",
    )


def _escape_comment_start(text: str) -> str:
    return text.replace("<!--", "<! --")


def truncate_summary(view: SummaryView, detail: Detail) -> Shown:
    findings = worst_first(view.findings)
    passed = view.outcome.reason is Reason.BYPASS  # nothing blocks a bypassed head

    def is_blocking(finding: FindingView) -> bool:
        return finding.blocks and not passed

    rest: dict[str, int] = {}

    def first(name: str, items: Sequence[V], most: int) -> Sequence[V]:
        rest[name] = max(0, len(items) - most)
        return items[:most]

    by_urgency = sorted(findings, key=lambda finding: not is_blocking(finding))
    commented = [finding for finding in by_urgency if finding.comment_url is not None]
    bare = [finding for finding in findings if finding.comment_url is None]
    blocking = [finding for finding in bare if is_blocking(finding)]
    quiet = [finding for finding in bare if not is_blocking(finding)]
    quiet_left = max(0, detail.full - len(blocking))
    lines = first("commented", commented, detail.lines)
    folded = first("uncommented", blocking[detail.full :] + quiet[quiet_left:], detail.lines)
    listed = [*lines, *blocking[: detail.full], *quiet[:quiet_left], *folded]

    def truncated_finding(finding: FindingView) -> FindingView:
        small = truncate_finding(finding, detail)
        return replace(small, blocks=small.blocks and not passed)

    def truncated(findings: Sequence[FindingView]) -> Sequence[FindingView]:
        return Mapped(truncated_finding, findings)

    def small(items: Sequence[V]) -> Sequence[V]:
        return Mapped(partial(bounded, detail=detail), items)

    return Shown(
        blocking=truncated([finding for finding in lines if is_blocking(finding)]),
        full=truncated(blocking[: detail.full]),
        others=truncated([finding for finding in lines if not is_blocking(finding)]),
        quiet=truncated(quiet[:quiet_left]),
        folded=truncated(folded),
        leftovers=small(first("leftovers", view.leftovers, max(1, detail.full // 3))),
        duplicates=small(first("duplicates", view.duplicates, detail.rows)),
        sent=small(first("sent", view.sent, detail.rows)),
        held=small(first("held", view.held_back, detail.rows)),
        missed=small(view.missed[:NAMED]),
        waived=truncated(first("waived", view.waived, detail.rows)),
        closed=truncated(first("closed", view.closed, detail.rows)),
        listed=truncated(worst_first(listed)),
        rest=rest | {"findings": rest["commented"] + rest["uncommented"] + rest["leftovers"]},
    )


def shows_everything(view: SummaryView, detail: Detail) -> bool:
    """Return whether a summary in this size tier shows every finding and every unreadable part in full."""
    shown = truncate_summary(view, detail)
    if shown.folded or any(shown.rest[name] for name in ("findings", "waived", "closed", "duplicates")):
        return False
    findings = (*view.findings, *view.waived, *view.closed)
    return all(truncate_finding(one, detail) == one for one in findings) and all(
        bounded(one, detail) == one for one in view.leftovers
    )


NAMED = 5
"""The maximum number of missed files that are listed with their reasons."""


def truncate_texts(view: SummaryView, detail: Detail) -> SummaryView:
    """Limit the texts, the notices and `degraded` of a view. `truncate_summary` limits the other lists."""
    rows = max(1, detail.rows)
    return replace(
        bounded(view, detail),
        notices=first_lines(view.notices, rows, detail.line),
        degraded=first_lines(view.degraded, rows, detail.line),
    )
