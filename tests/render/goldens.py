"""Every text that has a golden file: its name, the template that writes it, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reviewbot.domain.commands import Word
from reviewbot.domain.deeds import Refusal
from reviewbot.domain.gate import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.domain.placement import Why
from reviewbot.domain.snapshot import Conclusion
from reviewbot.domain.views import CommentView, SummaryView
from reviewbot.errors import NoKey, PermissionMissing, Problem, ReviewbotError, ServiceRefused, SettingsError, TaskEnded
from reviewbot.render import Renderer
from reviewbot.render.overrides import lost_mark
from tests.render.view_builders import (
    ANSWER,
    AWAITING,
    BYPASSED,
    CLEAN,
    CLOSED_GATE,
    COMMENT,
    COST,
    FOLLOW_UP,
    FOLLOWED,
    INJECTION,
    LOCAL,
    MENDED,
    NAMING,
    NO_COUNTS,
    PROMPT,
    QUEUED,
    QUIET,
    RACE,
    STANDINGS,
    STATUS,
    WAITING,
)


@dataclass(frozen=True, slots=True)
class Golden:
    """One text.

    Attributes:
        template: the file that writes it.
        write: with the shipped templates.
    """

    template: str
    write: Callable[[Renderer], str]


V = TypeVar("V")


def _written(template: str, write: Callable[[Renderer, V], str], view: V) -> Golden:
    return Golden(template, lambda renderer: write(renderer, view))


STORIES = {
    "clean": CLEAN,
    "quiet": QUIET,
    "never": replace(QUIET, fail_on="never"),
    "gate": CLOSED_GATE,
    "queued": QUEUED,
    "waiting": WAITING,
    "local": LOCAL,
    "followed": FOLLOWED,
    "mended": MENDED,
    "bypassed": BYPASSED,
    "awaiting": AWAITING,
    "dry-run": replace(
        CLEAN,
        outcome=Outcome(Status.SKIPPED, Verdict.NONE, Reason.DRY_RUN, None, 0),
        counts=None, sum=None, progress=None, cost=COST, minutes=None, task_id="",
    ),
}  # fmt: skip

OF_A_DECISION = {
    Reason.DRY_RUN, Reason.DRAFT, Reason.BOT, Reason.CLOSED, Reason.LABEL, Reason.NOTHING_SELECTED,
    Reason.NOT_REQUESTED, Reason.EVENT, Reason.MERGE_GROUP, Reason.COMMAND,
}  # fmt: skip
FIGURES = "The task would hold 612 credits and 120 are available."

ERRORS: Mapping[str, ReviewbotError] = {
    "settings": SettingsError(
        (
            Problem("fail-on", "`criticl` is no severity", "critical, high, medium, low, info, never"),
            Problem(".github/reviewbot.yml: max-credits", "47 is too few for `fast`", "240 to 115200"),
        )
    ),
    "template": lost_mark("comment.md.j2"),
    "no-key": NoKey("A review is due and there is no CodeVF API key.", hint="Set `codevf-api-key` from a secret."),
    "permission": PermissionMissing(
        "The token may not do this: reading the pull request (403).",
        hint="Add `pull-requests: write` to the job's `permissions:`. GitHub says: Resource not accessible",
    ),
    "cancelled": TaskEnded("CodeVF ended the task task_8Jd2 without a result: expired.", hint="Run the job again."),
    "refused": ServiceRefused("CodeVF has no active expertise `Wizard`.", hint="`expertise` may be `Engineer`."),
}
"""What errors say of themselves: then the templates do not guess what it usually means."""


def of_reason(reason: Reason) -> SummaryView:
    """A run that came to this."""
    whole = {
        Reason.REVIEWED: CLEAN, Reason.GATE: CLOSED_GATE, Reason.PENDING: WAITING, Reason.BYPASS: BYPASSED
    }  # fmt: skip
    if reason in whole:
        return whole[reason]
    if reason in {Reason.UNREADABLE, Reason.PARTIAL}:
        outcome = Outcome(Status.COMPLETED, Verdict.FAIL, reason, Conclusion.ACTION_REQUIRED, 3)
        return replace(CLOSED_GATE, outcome=outcome, coverage=Coverage.PARTIAL)
    if reason in OF_A_DECISION:
        return _without_answer(Outcome(Status.SKIPPED, Verdict.NONE, reason, Conclusion.SKIPPED, 0))
    message, hint = (FIGURES, "Lower `max-credits` to 47.") if reason is Reason.OVER_BUDGET else ("", "")
    return _without_answer(Outcome(Status.FAILED, Verdict.NONE, reason, Conclusion.ACTION_REQUIRED, 3, message, hint))


def of_error(error: ReviewbotError) -> SummaryView:
    """A run that an error ended."""
    reason, status = Reason(error.reason), error.exit_status
    return _without_answer(
        Outcome(Status.FAILED, Verdict.NONE, reason, Conclusion.ACTION_REQUIRED, status, error.message, error.hint)
    )


def _without_answer(outcome: Outcome) -> SummaryView:
    return replace(CLEAN, outcome=outcome, counts=None, sum=None, cost=None, minutes=None, task_id="", sent=())


def check(renderer: Renderer, view: SummaryView) -> str:
    """The check's title and its page."""
    title, page = renderer.check(view)
    return f"{title}\n\n{page}"


def _stories() -> Iterator[tuple[str, Golden]]:
    for name, view in STORIES.items():
        yield f"summary-{name}.md", _written("summary.md.j2", Renderer.summary, view)
        yield f"check-{name}.md", _written("check.md.j2", check, view)
        yield f"terminal-{name}.txt", _written("terminal.txt.j2", Renderer.terminal, view)
    yield "job-summary.md", _written("job-summary.md.j2", Renderer.job_summary, CLOSED_GATE)
    mark = "<!-- reviewbot:review -->"
    yield "review.md", Golden("review.md.j2", lambda renderer: renderer.review_body(CLOSED_GATE, mark))


def _outcomes() -> Iterator[tuple[str, Golden]]:
    views = {f"reason-{reason.value}.md": of_reason(reason) for reason in Reason}
    views |= {f"error-{name}.md": of_error(error) for name, error in ERRORS.items()}
    for name, view in views.items():
        yield name, _written("outcomes.md.j2", check, view)


def _comments() -> Iterator[tuple[str, Golden]]:
    views = {f"comment-{why.value}.md": CommentView(COMMENT.mark, True, (replace(NAMING, why=why),)) for why in Why}  # noqa: FBT003
    views["comment.md"] = COMMENT
    views["comment-several.md"] = replace(COMMENT, findings=(INJECTION, replace(RACE, why=Why.SHRUNK)))
    for name, view in views.items():
        yield name, _written("comment.md.j2", Renderer.comment, view)
    for name, word in STANDINGS.items():
        yield f"standing-{name}.md", _written("standing.md.j2", Renderer.standing, word)
    annotation = Golden("annotation.txt.j2", lambda renderer: "\n\n".join(renderer.annotation(INJECTION)))
    yield "annotation.txt", annotation


def _answers() -> Iterator[tuple[str, Golden]]:
    views = {
        f"answer-{word.value}.md": replace(ANSWER, word=word.value, status=STATUS if word is Word.STATUS else None)
        for word in Word
        if word is not Word.UNKNOWN
    }
    quiet = replace(
        STATUS, waiting=(), counts=NO_COUNTS, waived=0, bypass=None, problem="The ledger cannot be read."
    )  # fmt: skip
    told = replace(ANSWER, word="status", check_title="", paid=False, status=quiet)
    views["answer-status-quiet.md"] = told
    views["answer-status-postponed.md"] = replace(told, status=replace(quiet, postponed=True))
    asked = {Refusal.OWN: Word.BYPASS, Refusal.NO_REASON: Word.WAIVE, Refusal.NO_FINDING: Word.WAIVE}
    for refusal in Refusal:
        word = asked.get(refusal, Word.REVIEW)
        refused = replace(ANSWER, word=word.value, refusal=refusal.value, reason="")
        if refusal is Refusal.NOT_DONE:
            refused = replace(refused, reason="over-budget", message=FIGURES, hint="Lower `max-credits` to 47.")
        views[f"refusal-{refusal.value}.md"] = refused
    for name, view in views.items():
        yield name, _written("command.md.j2", Renderer.answer, view)


def _prompts() -> Iterator[tuple[str, Golden]]:
    for name, view in {"prompt.txt": PROMPT, "prompt-follow-up.txt": FOLLOW_UP}.items():
        yield name, _written("prompt.txt.j2", Renderer.prompt, view)


GOLDENS: Mapping[str, Golden] = dict([*_stories(), *_outcomes(), *_comments(), *_answers(), *_prompts()])
