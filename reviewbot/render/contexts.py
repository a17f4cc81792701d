"""Build each template's context: counts and a truncated view, whose trusted fields are marked as escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from msgspec import Struct, structs

from reviewbot.domain.commands.parse import MAX_QUESTION
from reviewbot.domain.github.drafts import MOST_ANNOTATIONS
from reviewbot.domain.policy.verdict import Verdict
from reviewbot.domain.text import formatting
from reviewbot.domain.text.bounds import bounded, first_lines, shorten, shorten_line
from reviewbot.domain.text.escaping import mention
from reviewbot.domain.text.size_limits import SHORTEST_LINE, Detail
from reviewbot.render.dialects import Markdown, Written, address
from reviewbot.render.view_models.command import AnnouncementView, AnswerView, QuestionView
from reviewbot.render.view_models.exclusions import excludable, exclusion_command, exclusion_setting
from reviewbot.render.view_models.review import (
    CommentView,
    FindingStateView,
    ProgressView,
    PromptView,
    ReplyView,
    SummaryView,
)
from reviewbot.render.view_models.truncation import (
    truncate_finding,
    truncate_finding_state,
    truncate_summary,
    truncate_texts,
)
from reviewbot.values import replace

_MOST_MENTIONED = 5

V = TypeVar("V", bound=Struct)


def linked(view: V, link: Callable[[str | None], Written | None] = address) -> V:
    """Replace each URL of the view and its findings with a URL that is safe in a link, or with None."""
    changed: dict[str, object] = {}
    for name in view.__struct_fields__:
        value = getattr(view, name)
        if name.endswith("_url"):
            changed[name] = link(value)
        elif name in {"findings", "waived", "closed"}:
            changed[name] = tuple(linked(one, link) for one in value)
    return structs.replace(view, **changed)


def of_summary(view: SummaryView, detail: Detail) -> dict[str, object]:
    """Return the context of the templates that describe a run. The view must be a result of `linked`."""
    truncated, missed = truncate_texts(view, detail), excludable(view.missed)
    exclusion = exclusion_setting(missed) if view.pull_number else exclusion_command(view.command, missed)
    return {
        "view": replace(truncated, mark=Markdown(view.mark), ledger=Markdown(view.ledger)),
        "shown": truncate_summary(view, detail),
        "message": truncated.outcome.message,
        "hint": truncated.outcome.hint,
        "paid": view.reviewer == "codevf",
        "threshold": f"fail-on: {truncated.fail_on}" if truncated.fail_on else "",
        "whole": True,
        "head": formatting.short(view.head_sha),
        "ask": f"/reviewbot review {truncated.head_sha}",
        "apply_bypass": f"/reviewbot bypass {truncated.head_sha} REASON",
        "total": None if view.counts is None else sum(view.counts.values()),
        "closing": view.closing,
        "annotations": MOST_ANNOTATIONS,
        "bytes_sent": sum(item.bytes for item in view.sent),
        "redactions": sum(item.redactions for item in view.sent),
        "context": first_lines([one.name for one in view.context], max(1, detail.rows), detail.line),
        "context_bytes": sum(item.bytes for item in view.context),
        "context_redactions": sum(item.redactions for item in view.context),
        "missed": len(view.missed),
        "exclusion": f"  {exclusion}" if exclusion and not view.pull_number else exclusion,
        "branch": not view.pull_number,
        "followed": _is_followed(view.progress),
        "beyond": view.progress.beyond if view.progress else 0,
        "beyond_blocks": view.closing > sum(one.blocks for one in view.findings),
    }


def _is_followed(progress: ProgressView | None) -> bool:
    if progress is None:
        return False
    earlier = progress.carried, progress.fixed, progress.gone, progress.waived, progress.beyond
    return bool(progress.since or any(earlier))


def of_agent_prompt(view: SummaryView, detail: Detail) -> dict[str, object]:
    shown = truncate_summary(view, detail)
    return {
        "prompted": shown.listed,
        "repository": view.repository,
        "head_sha": view.head_sha,
        "leftovers": shown.leftovers,
        "more": shown.rest["findings"],
        "passed": view.outcome.verdict is Verdict.PASS,
    }


def of_comment(view: CommentView, detail: Detail) -> dict[str, object]:
    kept = max(1, detail.full)
    truncated = linked(replace(view, findings=tuple(truncate_finding(one, detail) for one in view.findings[:kept])))
    return {
        "view": replace(truncated, mark=Markdown(view.mark)),
        "left_out": max(0, len(view.findings) - kept),
        "on_file": view.on_file,
        "waivable": view.waivable,
        "several": len(view.findings) > 1,
        "resolvable": not any(finding.blocks for finding in view.findings),
        "branch": False,
        # The prompt for a coding agent
        "prompted": tuple(one for one in truncated.findings if one.blocks) if view.agent_prompt else (),
        "head_sha": view.head_sha,
        "repository": "",
        "leftovers": (),
        "more": 0,
        "passed": False,
    }


def of_finding_state(view: FindingStateView) -> Iterator[dict[str, object]]:
    """Yield contexts of decreasing size for a comment's state: first with shorter texts, then without findings."""
    for words, rows in ((300, 10), (100, 10), (0, 10), (0, 0)):
        truncated, more = truncate_finding_state(view, words, rows)
        yield {"view": truncated, "more": more}


def of_answer(view: AnswerView, detail: Detail) -> dict[str, object]:
    truncated = bounded(view, detail)
    finding = "ID" if view.choices or (view.word in {"waive", "unwaive"} and not truncated.target) else truncated.target
    target = truncated.head_sha if view.word in {"review", "bypass"} else finding
    reason = {"waive": "REASON", "bypass": "REASON", "ask": "QUESTION"}.get(view.word, "")
    if reason and truncated.said and view.refusal in {"own", "newer-head", "newer-answer"}:
        reason = truncated.said
    return {
        "view": replace(truncated, mark=Markdown(view.mark), in_reply_to=address(truncated.in_reply_to)),
        "head": formatting.short(view.head_sha),
        "ask": f"/reviewbot review {truncated.head_sha}",
        "again": " ".join(word for word in ("/reviewbot", truncated.word, target, reason) if word),
        "total": sum(view.status.counts.values()) if view.status else 0,
        "mention": Markdown(mention(view.reply.asker)) or view.reply.asker if view.reply else "",
        "asked_at": address(view.reply.url) if view.reply else None,
    }


def of_reply(view: ReplyView, detail: Detail) -> dict[str, object]:
    return {"view": replace(bounded(view, detail), mark=Markdown(view.mark))}


def of_announcement(view: AnnouncementView, detail: Detail) -> dict[str, object]:
    """Return the context of an announcement. Only people in `mentions` are notified."""
    return {
        "view": replace(linked(bounded(view, detail)), mark=Markdown(view.mark)),
        "mentions": Markdown(" ".join(filter(None, map(mention, view.mentions[:_MOST_MENTIONED])))),
        "reviewed": formatting.short(view.reviewed_sha),
        "head": formatting.short(view.head_sha),
        "total": sum(view.counts.values()),
    }


def of_question(view: QuestionView) -> Iterator[dict[str, object]]:
    """Yield contexts of decreasing size for a question's prompt."""
    for times in (1, 2, 4, 16, 64):
        line = partial(shorten_line, limit=500 // times)
        truncated = replace(
            view,
            repository=line(view.repository),
            head_sha=shorten_line(view.head_sha, SHORTEST_LINE),
            finding_id=shorten_line(view.finding_id, SHORTEST_LINE // 4),
            question=shorten(_without(view.question, view.boundary), MAX_QUESTION // times),
            instructions=shorten(view.instructions, 3000 // times),
            file_names=tuple((line(name), line(text)) for name, text in view.file_names),
        )
        yield {"view": truncated}


class _PromptLimits(Struct, frozen=True):
    """The maximum number of characters of each string in a prompt.

    The owners' texts are `text` and `pattern`, and `rules` is the number of patterns. `rows` limits the lists of files.
    """

    body: int = 0
    title: int = 500
    path: int = 300
    rows: int = 200
    text: int = 10_000
    pattern: int = 300
    rules: int = 200


_PROMPT_LIMITS = (
    *(_PromptLimits(body=body) for body in (10_000, 8000, 6000, 4500, 3000, 2000, 1200, 600, 300, 0)),
    _PromptLimits(title=120),
    _PromptLimits(title=60),
    _PromptLimits(title=60, rows=25, path=200),
    _PromptLimits(title=60, rows=6, path=100),
    _PromptLimits(title=40, rows=6, path=40),
    _PromptLimits(title=40, rows=6, path=40, rules=60),
    _PromptLimits(title=40, rows=6, path=40, rules=25, text=4000),
    _PromptLimits(title=40, rows=6, path=40, rules=10, text=4000, pattern=150),
    _PromptLimits(title=40, rows=6, path=40, rules=6, text=600, pattern=100),
    _PromptLimits(title=40, rows=2, path=40, rules=2, text=200, pattern=60),
    _PromptLimits(title=20, rows=0, path=40, rules=0, text=80, pattern=40),
)
"""The author's texts are truncated before those of the owners."""


def of_prompt(view: PromptView) -> Iterator[dict[str, object]]:
    """Yield contexts of decreasing size for the prompt. The body is truncated first, then the title, then the lists."""
    for limits in _PROMPT_LIMITS:
        path, pattern = partial(shorten_line, limit=limits.path), partial(shorten_line, limit=limits.pattern)
        rows, rules, text = limits.rows, limits.rules, partial(shorten, limit=limits.text)
        truncated = replace(
            view,
            title=shorten_line(_without(view.title, view.boundary), limits.title),
            body=shorten(_without(view.body, view.boundary), limits.body),
            instructions=text(view.instructions),
            path_instructions=tuple((pattern(one), text(value)) for one, value in view.path_instructions[:rules]),
            file_names=tuple((path(name), path(value)) for name, value in view.file_names[:rows]),
            omitted=tuple(map(path, view.omitted[:rows])),
            repository=path(view.repository),
            since=shorten_line(view.since, SHORTEST_LINE),
            confirms=shorten_line(view.confirms, SHORTEST_LINE),
        )
        yield {
            "view": truncated,
            "more_patterns": max(0, len(view.path_instructions) - rules),
            "more_files": max(0, len(view.file_names) - rows),
            "more_omitted": max(0, len(view.omitted) - rows),
        }


def _without(text: str, boundary: str) -> str:
    return text.replace(boundary, "[…]") if boundary else text
