"""Example views. reviewbot tests a repository's own templates with them before it buys a review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from msgspec import Struct

from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.commands.parse import CommandName
from reviewbot.domain.findings import markers
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.ledger.codec import MAX_ENCODED
from reviewbot.domain.policy.verdict import Reason, Status
from reviewbot.domain.publishing.comment_diff import Ending
from reviewbot.render.view_models.command import AnnouncementView, AnswerView, QuestionView
from reviewbot.render.view_models.review import (
    CommentView,
    FindingStateView,
    FindingView,
    PromptView,
    ReplyView,
    SummaryView,
)
from reviewbot.values import replace

V = TypeVar("V")

_TEXTS = {
    "mark": markers.summary_mark(""),
    "ledger": f"<!-- {'x' * MAX_ENCODED} -->",  # about the longest ledger, to detect a template with too much text
    "reviewer": "codevf",
    "fail_on": "critical",
    "status": "processing",
}
"""The values of string fields that need a specific format. All other string fields contain a URL."""

_NEVER_EMPTY = frozenset({"mark", "ledger", "repository", "head_sha", "merge_base", "check_name", "id", "sender"})

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def example_of(kind: type[V], *, full: bool) -> V:
    """Return a view of this type. If `full`, every field has a value; otherwise, as few fields as possible."""
    return cast("V", _made_up(kind, "", full=full))


def _made_up(kind: Any, name: str, *, full: bool) -> Any:  # noqa: ANN401 — any type of a field
    arguments, origin = get_args(kind), get_origin(kind)
    if NoneType in arguments:
        return _made_up(arguments[0], name, full=True) if full else None
    if origin is tuple and ... not in arguments:
        return tuple(_made_up(one, name, full=full) for one in arguments)
    if origin in {tuple, Sequence}:
        return (_made_up(arguments[0], name, full=True),) if full else ()
    return dict.fromkeys(arguments[0], int(full)) if origin is Mapping else _plain(kind, name, full=full)


def _plain(kind: Any, name: str, *, full: bool) -> Any:  # noqa: ANN401 — as above
    if issubclass(kind, Struct):
        hints = get_type_hints(kind)
        return kind(**{one: _made_up(hints[one], one, full=full) for one in kind.__struct_fields__})
    if issubclass(kind, Enum):
        return next(iter(kind))
    if kind is str:
        return _TEXTS.get(name, "https://github.com/o/r") if full or name in _NEVER_EMPTY else ""
    return {bool: full, int: int(full), Decimal: Decimal(full), datetime: _MOMENT}[kind]


def example_views() -> Iterator[Struct]:
    """Yield views of every type that templates render."""
    yield from _summaries()
    for finding in _findings():
        mark = str(markers.FindingMark("", (finding.id,)))
        yield CommentView(mark, on_file=False, findings=(finding, finding), waivable=True, agent_prompt=True)
        yield finding
    closed = tuple(_earlier_findings())
    yield FindingStateView(closed, several=True)
    yield from (FindingStateView((finding,), several=False) for finding in closed)
    answer_mark = str(markers.AnswerMark("", "1", Reaction.YES))
    for word in CommandName:
        answer = replace(
            example_of(AnswerView, full=True), mark=answer_mark, word=word.value, refusal="", reason="pending"
        )
        answer = answer if word is CommandName.STATUS else replace(answer, status=None)
        yield answer if word is CommandName.ASK else replace(answer, reply=None)
        bare = replace(example_of(AnswerView, full=False), mark=answer_mark, word=word.value)
        yield from (replace(bare, refusal=refusal.value) for refusal in Refusal)
    yield replace(example_of(ReplyView, full=True), mark=markers.reply_mark("", markers.finding_id()))
    mark = markers.announcement_mark("", f"{'0' * 16}-1")
    for ending in Ending:
        for full in (True, False):
            yield replace(example_of(AnnouncementView, full=full), mark=mark, ending=ending.value)
    prompt = example_of(PromptView, full=True)
    yield from (prompt, replace(prompt, since=""), replace(prompt, confirms=""), replace(prompt, part=2, parts=2))
    yield from (example_of(QuestionView, full=full) for full in (True, False))


def _findings() -> Iterator[FindingView]:
    for number, why in enumerate(Why):
        finding = example_of(FindingView, full=not number % 2)
        yield replace(finding, why=why, carried=False, waived_by="", closed_at="")


def _earlier_findings() -> Iterator[FindingView]:
    """Yield a waived finding, and findings from earlier reviews in each state."""
    for state in FindingState:
        for full in (True, False):
            yield replace(example_of(FindingView, full=full), state=state, carried=True, waived_by="")
    yield example_of(FindingView, full=True)


def _summaries() -> Iterator[SummaryView]:
    earlier = tuple(_earlier_findings())
    full = replace(example_of(SummaryView, full=True), findings=tuple(_findings()))
    bare = replace(example_of(SummaryView, full=False), reviewer="local")
    yield replace(full, findings=earlier, waived=earlier, closed=earlier)
    for reason in Reason:
        yield replace(full, outcome=replace(full.outcome, reason=reason, status=Status.FAILED))
        yield replace(bare, outcome=replace(bare.outcome, reason=reason, status=Status.PENDING))
