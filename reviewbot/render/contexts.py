"""What each template is given: a view made smaller, its trusted fields marked as such, and counts for the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reviewbot.domain import wording
from reviewbot.domain.command_views import AnswerView
from reviewbot.domain.gate import Reason
from reviewbot.domain.mapped import Mapped
from reviewbot.domain.rooms import Detail
from reviewbot.domain.selection import HeldBecause
from reviewbot.domain.thinning import (
    Shown,
    every_finding,
    shorten,
    shorten_line,
    thin_comment,
    thin_finding,
    thin_standing,
    thin_summary,
    thin_texts,
)
from reviewbot.domain.views import (
    AuthorText,
    CommentView,
    FileGroup,
    FindingView,
    ProgressView,
    PromptView,
    StandingView,
    SummaryView,
)
from reviewbot.render.dialects import Markdown, address


def of_summary(view: SummaryView, detail: Detail) -> dict[str, object]:
    """For everything that tells the whole story."""
    findings = every_finding(view.files)
    thin = thin_texts(view, detail)
    return {
        "view": replace(
            thin,
            mark=Markdown(view.mark),
            ledger=Markdown(view.ledger),
            run_url=address(view.run_url),
            summary_url=address(view.summary_url),
        ),
        "shown": _linked(thin_summary(view, detail), let_through=view.outcome.reason is Reason.BYPASS),
        "detail": detail,
        "message": thin.outcome.message,
        "hint": thin.outcome.hint,
        "paid": view.reviewer == "codevf",
        "threshold": f"fail-on: {view.fail_on}" if view.fail_on else "",
        "waivable": False,
        "head": wording.short(view.head_sha),
        "ask": f"/reviewbot review {view.head_sha}",
        "total": None if view.counts is None else sum(view.counts.values()),
        "closing": view.closing,
        "commented": sum(finding.comment_url is not None for finding in findings),
        "bytes_sent": sum(item.bytes for item in view.sent),
        "redactions": sum(item.redactions for item in view.sent),
        "missed": sum(item.missed for item in view.held),
        "unread": sum(item.reason == HeldBecause.UNSEEN for item in view.held),
        "branch": not view.pull_number,
        "followed": _is_followed(view.progress),
        "beyond": view.progress.beyond if view.progress else 0,
    }


def _is_followed(progress: ProgressView | None) -> bool:
    """Whether there is more to tell than a first review of the whole change."""
    earlier = progress and (progress.carried, progress.fixed, progress.gone, progress.waived, progress.beyond)
    return progress is not None and bool(progress.since or any(earlier or ()))


def of_comment(view: CommentView, detail: Detail) -> dict[str, object]:
    """For one comment."""
    thin, left_out = thin_comment(view, detail)
    findings = tuple(addressed(finding) for finding in thin.findings)
    return {
        "view": replace(thin, mark=Markdown(view.mark), findings=findings),
        "left_out": left_out,
        "on_file": view.on_file,
        "waivable": view.waivable,
        "branch": False,
    }


def of_standing(view: StandingView) -> Iterator[dict[str, object]]:
    """For a word on the findings of a comment: fewer words of others when there is no room, then fewer findings."""
    for words, rows in ((300, 10), (100, 10), (0, 10), (0, 0)):
        thin, more = thin_standing(view, words, rows)
        yield {"view": thin, "more": more}


def of_answer(view: AnswerView) -> dict[str, object]:
    """For the answer to a command."""
    thin = replace(
        view,
        mark=Markdown(view.mark),
        check_title=shorten_line(view.check_title, 255),
        finding=shorten_line(view.finding, 200),
        message=shorten_line(view.message, 1000),
        hint=shorten(view.hint, 4000),
    )
    target = view.head_sha if view.word in {"review", "bypass"} else view.target
    return {
        "view": thin,
        "head": wording.short(view.head_sha),
        "again": f"/reviewbot {view.word} {target}".strip(),
        "total": sum(view.status.counts.values()) if view.status else 0,
    }


def of_annotation(finding: FindingView, detail: Detail) -> dict[str, object]:
    """For one annotation of the check."""
    return {"finding": addressed(thin_finding(finding, detail))}


def of_prompt(view: PromptView) -> Iterator[dict[str, object]]:
    """For the reviewer, smaller and smaller: the author's body gives way first, then the title, then the lists."""
    for body in _BODIES:
        yield _prompt(view, _Room(body=body))
    for room in _ROOMS:
        yield _prompt(view, room)


@dataclass(frozen=True, slots=True)
class _Room:
    """How many characters of each text a prompt takes, and how many rows of each list."""

    body: int = 0
    title: int = 500
    text: int = 10_000
    path: int = 300
    rows: int = 200


_BODIES = (10_000, 8000, 6000, 4500, 3000, 2000, 1200, 600, 300, 0)
_ROOMS = (
    _Room(title=120),
    _Room(title=60),
    _Room(title=60, rows=60),
    _Room(title=60, rows=25, path=200),
    _Room(title=60, rows=10, path=150, text=4000),
    _Room(title=60, rows=6, path=100, text=600),
    _Room(title=40, rows=2, path=60, text=200),
    _Room(title=20, rows=0, path=40, text=80),
)


def _prompt(view: PromptView, room: _Room) -> dict[str, object]:
    author = AuthorText(
        shorten_line(_without(view.author.title, view.boundary), room.title),
        shorten(_without(view.author.body, view.boundary), room.body),
    )
    thin = replace(
        view,
        author=author,
        instructions=shorten(view.instructions, room.text),
        path_instructions=tuple(
            (shorten_line(pattern, room.path), shorten(text, room.text))
            for pattern, text in view.path_instructions[: room.rows]
        ),
        file_names=tuple(
            (shorten_line(name, room.path), shorten_line(text, room.path))
            for name, text in view.file_names[: room.rows]
        ),
        omitted=tuple(shorten_line(path, room.path) for path in view.omitted[: room.rows]),
        repository=shorten_line(view.repository, room.path),
    )
    return {
        "view": thin,
        "more_patterns": max(0, len(view.path_instructions) - room.rows),
        "more_files": max(0, len(view.file_names) - room.rows),
        "more_omitted": max(0, len(view.omitted) - room.rows),
    }


def _without(text: str, boundary: str) -> str:
    """The text without the word that ends its fence."""
    return text.replace(boundary, "[…]") if boundary else text


def addressed(finding: FindingView) -> FindingView:
    """With links that can stand in Markdown."""
    return replace(finding, comment_url=address(finding.comment_url), blob_url=address(finding.blob_url))


def _linked(shown: Shown, *, let_through: bool) -> Shown:
    """With links that can stand in Markdown; of a head that a person let through, nothing closes the gate."""
    linked = _passed if let_through else addressed
    return replace(
        shown,
        commented=tuple(FileGroup(group.path, Mapped(linked, group.findings)) for group in shown.commented),
        full=Mapped(linked, shown.full),
        quiet=Mapped(linked, shown.quiet),
        folded=Mapped(linked, shown.folded),
        waived=Mapped(linked, shown.waived),
        closed=Mapped(linked, shown.closed),
        listed=Mapped(linked, shown.listed),
    )


def _passed(finding: FindingView) -> FindingView:
    return replace(addressed(finding), closes_gate=False)
