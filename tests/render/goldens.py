"""Every text with a golden file: its name, its template and its view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from random import SystemRandom
from typing import Any, TypeVar

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf.errors import ErrorContent, error_of
from reviewbot.adapters.github.errors import Intent, Reply, judge
from reviewbot.cli.bootstrap import FORK_HINT, Reviewers
from reviewbot.cli.commands.review import WITHOUT_KEY
from reviewbot.domain.codevf import budget
from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.commands.parse import CommandName
from reviewbot.domain.findings.markers import AnswerMark, finding_id, review_mark
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.options import AnswerForm, Auto
from reviewbot.domain.model.review import Balance, Mode, Severity
from reviewbot.domain.policy.readiness import waits_for
from reviewbot.domain.policy.size import AutoSize, sized_by
from reviewbot.domain.policy.verdict import (
    Coverage,
    Outcome,
    Reason,
    Rules,
    Status,
    Verdict,
    deferred,
    did_not_happen,
    not_due,
)
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.errors import NoKey, ReviewbotError, TaskEnded, TemplateError
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.command import AnswerView
from reviewbot.render.view_models.review import FindingView, SummaryView, SumView
from reviewbot.settings import read_settings
from reviewbot.settings.environment import read_desktop
from reviewbot.values import replace
from tests.render.view_builders import (
    ANNOUNCED,
    ANSWER,
    ASKED,
    AWAITING,
    BYPASSED,
    CLEAN,
    CLOSED_GATE,
    COMMENT,
    COST,
    FINDING_STATES,
    FIXED_REVIEW,
    FOLLOW_UP,
    FOLLOWED,
    INJECTION,
    LOCAL,
    NAMING,
    NO_COUNTS,
    PROMPT,
    QUESTION,
    QUEUED,
    QUIET,
    RACE,
    REPLY,
    STATUS,
    SUBMITTED,
    THIRTEEN,
    UNRATED,
    WAITING,
    comment_of,
)


@dataclass(frozen=True, slots=True)
class Golden:
    """One text.

    Attributes:
        template: the template file.
        write: renders it with the shipped templates.
    """

    template: str
    write: Callable[[Renderer], str]


V = TypeVar("V")


ON_LINES = (Why.CITED, Why.QUOTED, Why.OTHER_SIDE, Why.SHRUNK)
ON_FILES = (Why.NO_LINE, Why.LINE_NOT_IN_DIFF, Why.QUOTE_NOT_FOUND)
"""Reasons for a comment's place. The others explain why there is no comment."""

NOWHERE = [why for why in Why if why not in {*ON_LINES, *ON_FILES}]


HELD = Held("web/app.min.js", HeldBecause.MINIFIED, "", missed=False)


def _nowhere(why: Why) -> FindingView:
    """Return a finding without a comment; findings without a file have no lines."""
    alone = replace(RACE, id=finding_id(why.value), why=why, comment_url=None)
    unknown = {
        Why.FILE_NOT_IN_CHANGE: replace(alone, blob_url=None),
        Why.FILE_NOT_SENT: replace(alone, path=HELD.path, blob_url=None, held=HELD),
        Why.NO_FILE: replace(UNRATED, severity=RACE.severity, blocks=False),
    }
    return unknown.get(why, alone)


UNCOMMENTED = replace(
    QUIET,
    findings=tuple(map(_nowhere, NOWHERE)),
    counts=NO_COUNTS | {RACE.severity: len(NOWHERE)},
    sum=SumView(len(NOWHERE), 0, 0, len(NOWHERE), 0, 0),
)


def _written(template: str, write: Callable[[Renderer, V], str], view: V) -> Golden:
    return Golden(template, lambda renderer: write(renderer, view))


STORIES = {
    "clean": CLEAN,
    "quiet": QUIET,
    "never": replace(QUIET, fail_on="never"),
    "gate": CLOSED_GATE,
    "thirteen": THIRTEEN,
    "queued": QUEUED,
    "submitted": SUBMITTED,
    "waiting": WAITING,
    "local": LOCAL,
    "followed": FOLLOWED,
    "fixed": FIXED_REVIEW,
    "bypassed": BYPASSED,
    "awaiting": AWAITING,
    "dry-run": replace(
        CLEAN,
        outcome=not_due(Reason.DRY_RUN),
        counts=None, sum=None, progress=None, cost=replace(COST, tag_multiplier=None, hold=360),
        minutes=None, task_id="",
    ),
    "sized": replace(
        CLEAN,
        cost=replace(
            COST, max_credits=420, hold=1_071, used=Decimal(660), spent=Decimal(1_020), limit=3_672,
            size=sized_by(AutoSize(120, 60, 1_200), Mode.FAST, 437, 1, 420),
        ),
    ),
}  # fmt: skip

OF_A_DECISION = {
    Reason.DRY_RUN, Reason.DRAFT, Reason.BOT, Reason.CLOSED, Reason.LABEL, Reason.NOTHING_SELECTED, Reason.ROUTE,
    Reason.NOT_REQUESTED, Reason.EVENT, Reason.MERGE_GROUP, Reason.COMMAND,
}  # fmt: skip

MORE: Mapping[Reason, Mapping[str, Any]] = {
    Reason.NOT_REQUESTED: {"approved_by": "review-it"},
    Reason.ROUTE: {"route": "docs"},
    Reason.NOTHING_SELECTED: {"summary_url": None, "notices": CLOSED_GATE.notices},
}
"""Additional fields of some decisions."""


def raised(call: Callable[[], object]) -> ReviewbotError:
    """Return the error that a call raises, with its real message."""
    try:
        call()
    except ReviewbotError as error:
        return error
    raise AssertionError(call)


def _without_key() -> None:
    now, network = SystemClock(), read_desktop({}, "").network
    reviewers = Reviewers(network, now, SystemRandom(), ExitStack(), FORK_HINT)
    reviewers.open(read_settings({}, None))


OVER_BUDGET = raised(
    lambda: budget.check(budget.Spending(4_590, Decimal(0), 0, 0), Balance(Decimal(1_120), Decimal(0)))
)
OVER_LIMIT = raised(
    lambda: budget.check(
        budget.Spending(360, Decimal(1_980), Auto.AUTO, 0, 360),
        None,
    )
)
NOT_ALLOWED = Reply(
    403,
    "Resource not accessible by integration",
)
ERRORS: Mapping[str, ReviewbotError] = {
    "settings": raised(lambda: read_settings({"fail-on": "criticl"}, "max-credits: 47\nmode: fats\n")),
    "template": TemplateError.lost_mark("comment.md.j2"),
    "no-key": raised(_without_key),
    "permission": judge(
        NOT_ALLOWED, Intent("posting the review", "pull-requests: write"), datetime(2026, 11, 24, tzinfo=UTC)
    ).error,
    "cancelled": TaskEnded(
        "CodeVF ended the task task_8Jd2 without a result: expired. It does not report the cost.",
        hint="Run this job again to buy another review.",
    ),
    "refused": error_of(401, ErrorContent(message="Invalid API key"), str, buys=True),
    "over-budget": OVER_BUDGET,
    "over-limit": OVER_LIMIT,
}
"""Errors with their own explanation, to which the templates add no usual cause."""


def of_reason(reason: Reason) -> SummaryView:
    """Return a run with this outcome."""
    whole = {
        Reason.REVIEWED: CLEAN, Reason.GATE: CLOSED_GATE, Reason.PENDING: WAITING, Reason.BYPASS: BYPASSED
    }  # fmt: skip
    if reason in whole:
        return whole[reason]
    if reason in {Reason.UNREADABLE, Reason.PARTIAL}:
        outcome = Outcome(Status.COMPLETED, Verdict.FAIL, reason, Conclusion.ACTION_REQUIRED, 3)
        return replace(CLOSED_GATE, outcome=outcome, coverage=Coverage.PARTIAL)
    if reason is Reason.DEFERRED:
        return _without_answer(deferred(Rules(), waits_for(("`CI` is running", "`lint` is missing"))))
    if reason in OF_A_DECISION:
        return replace(_without_answer(not_due(reason)), **MORE.get(reason, {}))
    return _without_answer(replace(did_not_happen(NoKey("")), reason=reason))


def of_error(error: ReviewbotError) -> SummaryView:
    """Return a run that an error ended."""
    return _without_answer(did_not_happen(error))


def _without_answer(outcome: Outcome) -> SummaryView:
    return replace(CLEAN, outcome=outcome, counts=None, sum=None, cost=None, minutes=None, task_id="", sent=())


def at_a_branch(view: SummaryView) -> SummaryView:
    """Return the view as at a terminal, without a pull request."""
    findings = tuple(replace(one, comment_url=None, blob_url=None) for one in view.findings)
    return replace(view, pull_number=0, findings=findings, run_url=None, summary_url=None, degraded=())


UNPARSED = replace(
    LOCAL,
    outcome=Outcome(Status.COMPLETED, Verdict.FAIL, Reason.PARTIAL, Conclusion.ACTION_REQUIRED, 3),
    coverage=Coverage.PARTIAL,
    held=(Held("src/shop/stock.py", HeldBecause.UNSEEN, "ruff: the file could not be parsed to its end", missed=True),),
)
AT_A_BRANCH = {
    "gate": LOCAL,
    "clean": CLEAN,
    "waiting": WAITING,
    "dry-run": STORIES["dry-run"],
    "unparsed": UNPARSED,
    "unreadable": of_reason(Reason.UNREADABLE),
    "memory": of_reason(Reason.MEMORY),
    "nothing-selected": of_reason(Reason.NOTHING_SELECTED),
    "route": of_reason(Reason.ROUTE),
    "no-key": of_error(NoKey("A review is due, but there is no CodeVF API key.", hint=WITHOUT_KEY)),
}
"""Results of `reviewbot review --format markdown`."""


def summary(renderer: Renderer, view: SummaryView) -> str:
    return renderer.summary(view).text


def check(renderer: Renderer, view: SummaryView) -> str:
    """Return the check's title and its page."""
    title, page = renderer.check(view)
    return f"{title}\n\n{page}"


def _stories() -> Iterator[tuple[str, Golden]]:
    for name, view in STORIES.items():
        yield f"summary-{name}.md", _written("summary.md.j2", summary, view)
        yield f"check-{name}.md", _written("check.md.j2", check, view)
        yield f"terminal-{name}.txt", _written("terminal.txt.j2", Renderer.terminal, view)
    yield "summary-uncommented.md", _written("summary.md.j2", summary, UNCOMMENTED)
    yield "summary-unparsed.md", _written("summary.md.j2", summary, UNPARSED)
    for name, view in AT_A_BRANCH.items():
        yield f"branch-{name}.md", _written("job-summary.md.j2", Renderer.job_summary, at_a_branch(view))
    yield "job-summary-thirteen.md", _written("job-summary.md.j2", Renderer.job_summary, THIRTEEN)
    yield "job-summary.md", _written("job-summary.md.j2", Renderer.job_summary, CLOSED_GATE)
    yield "review.md", Golden("review.md.j2", lambda renderer: renderer.review_body(CLOSED_GATE, review_mark("")))


def _outcomes() -> Iterator[tuple[str, Golden]]:
    views = {f"reason-{reason.value}.md": of_reason(reason) for reason in Reason}
    views |= {f"error-{name}.md": of_error(error) for name, error in ERRORS.items()}
    for name, view in views.items():
        yield name, _written("outcomes.md.j2", check, view)


def _comments() -> Iterator[tuple[str, Golden]]:
    views = {f"comment-{why.value}.md": comment_of(replace(RACE, why=why)) for why in ON_LINES}
    views |= {f"comment-{why.value}.md": comment_of(replace(NAMING, why=why), on_file=True) for why in ON_FILES}
    views["comment.md"] = COMMENT
    views["comment-several.md"] = comment_of(INJECTION, replace(RACE, why=Why.SHRUNK))
    views["comment-agent-prompt.md"] = replace(comment_of(INJECTION, RACE), agent_prompt=True, head_sha=CLEAN.head_sha)
    views["comment-local.md"] = comment_of(INJECTION, RACE, waivable=False)
    for name, view in views.items():
        yield name, _written("comment.md.j2", Renderer.comment, view)
    for name, word in FINDING_STATES.items():
        yield f"state-{name}.md", _written("finding-state.md.j2", Renderer.finding_state, word)
    prompts = {"": CLOSED_GATE, "-followed": FOLLOWED, "-clean": CLEAN, "-waiting": WAITING}
    for name, page in prompts.items():
        yield f"agent-prompt{name}.md", _written("agent-prompt.md.j2", Renderer.agent_prompt, page)
    yield "reply.md", _written("reply.md.j2", Renderer.post, REPLY)
    annotation = Golden("annotation.txt.j2", lambda renderer: "\n\n".join(renderer.annotation(INJECTION)))
    yield "annotation.txt", annotation


def _answers() -> Iterator[tuple[str, Golden]]:
    views = {
        f"answer-{word.value}.md": replace(
            ANSWER, word=word.value, status=STATUS if word is CommandName.STATUS else None
        )
        for word in CommandName
        if word not in {CommandName.UNKNOWN, CommandName.ASK}
    }
    views["answer-waive-until-push.md"] = replace(ANSWER, word="waive", until_push=True)
    quiet = replace(
        STATUS, waiting=(), counts=NO_COUNTS, waived=0, bypass=None, problem="The ledger cannot be read."
    )  # fmt: skip
    quiet_answer = replace(ANSWER, word="status", check_title="", paid=False, status=quiet)
    views["answer-status-quiet.md"] = quiet_answer
    views["answer-status-deferred.md"] = replace(quiet_answer, status=replace(quiet, deferred=True))
    asked = replace(ANSWER, word="ask", reason="", check_title="")
    views["answer-ask.md"] = replace(asked, reply=ASKED)
    views["answer-ask-edited.md"] = replace(asked, finding_id="", finding="", reply=replace(ASKED, is_edited=True))
    views["answer-ask-cancelled.md"] = replace(asked, reply=replace(ASKED, text="", state="cancelled", used=None))
    views["answer-ask-unbought.md"] = replace(
        asked, reply=replace(ASKED, text="", state="", url=None, asker="a b", used=None)
    )
    meant = {
        Refusal.OWN: CommandName.BYPASS,
        Refusal.UNKNOWN_AUTHORS: CommandName.WAIVE,
        Refusal.BY_WORKFLOW: CommandName.WAIVE,
        Refusal.NO_COMMIT: CommandName.BYPASS,
        Refusal.SUPERSEDED: CommandName.WAIVE,
        Refusal.OTHER_BASE: CommandName.BYPASS,
        Refusal.NO_REASON: CommandName.WAIVE,
        Refusal.NO_FINDING: CommandName.WAIVE,
        Refusal.NOT_OPEN: CommandName.WAIVE,
        Refusal.SEVERAL_FINDINGS: CommandName.WAIVE,
        Refusal.OTHER_FINDING: CommandName.WAIVE,
        Refusal.NO_QUESTION: CommandName.ASK,
        Refusal.TOO_OLD: CommandName.ASK,
        Refusal.MANY_QUESTIONS: CommandName.ASK,
    }
    for refusal in Refusal:
        word = meant.get(refusal, CommandName.REVIEW)
        mark = str(AnswerMark("", "812", refusal.reaction))
        refused = replace(ANSWER, mark=mark, word=word.value, needs=word.needs.value, refusal=refusal.value, reason="")
        if refusal in {Refusal.SEVERAL_FINDINGS, Refusal.OTHER_FINDING}:
            refused = replace(refused, choices=tuple((one.id, one.title) for one in (INJECTION, RACE)))
        if refusal is Refusal.UNKNOWN:
            refused = replace(refused, target="waive")
        if refusal is Refusal.NOT_DONE:
            refused = replace(refused, reason="over-budget", message=OVER_BUDGET.message, hint=OVER_BUDGET.hint)
        views[f"refusal-{refusal.value}.md"] = refused
    unknown = replace(asked, refusal=Refusal.NO_FINDING.value, target="0123456789", finding_id="", finding="")
    views["refusal-no-finding-ask.md"] = unknown
    views["refusal-no-id.md"] = replace(unknown, word="waive", target="")
    views["refusal-no-id-and-reason.md"] = replace(unknown, word="waive", target="", refusal=Refusal.NO_REASON.value)
    views["refusal-no-finding-in-thread.md"] = replace(views["refusal-no-id.md"], in_thread=True)
    for name, wrong in (("cancel", "now"), ("unwaive", "it"), ("review", "main")):
        refused = replace(ANSWER, word=name, target="", said=wrong, refusal=Refusal.ARGUMENTS.value)
        views[f"refusal-arguments-{name}.md"] = refused
    views["answer-help-local.md"] = replace(asked, word="help", paid=False)
    for name, target in (("waive", ANSWER.target), ("accept", "")):
        refused = replace(views["refusal-newer-head.md"], word=name, target=target)
        views[f"refusal-newer-head-{name}.md"] = refused
    views["refusal-newer-answer-waive.md"] = replace(
        ANSWER, word="waive", refusal=Refusal.NEWER_ANSWER.value, said="It is fine.", reason=""
    )
    views["refusal-other-base-accept.md"] = replace(
        ANSWER, word="accept", needs="maintain", refusal=Refusal.OTHER_BASE.value, target="", reason=""
    )
    for name, view in views.items():
        yield name, Golden("command.md.j2", partial(_answer, view))


def _answer(view: AnswerView, renderer: Renderer) -> str:
    """Return the answer to a command, with what the check then says."""
    said = {"bypass": BYPASSED, "review": WAITING, "cancel": of_reason(Reason.CANCELLED)}.get(view.word, CLOSED_GATE)
    after = of_error(OVER_BUDGET) if view.message else said
    return renderer.post(replace(view, check_title=renderer.check(after)[0]) if view.check_title else view)


def _announcements() -> Iterator[tuple[str, Golden]]:
    some = replace(ANNOUNCED, counts=NO_COUNTS | {Severity.LOW: 2}, check_title="2 findings, none blocking")
    views = {
        "announcement.md": ANNOUNCED,
        "announcement-in-summary.md": some,
        "announcement-without-summary.md": replace(some, summary_url=None),
        "announcement-older-head.md": replace(some, reviewed_sha="e" * 40, mentions=("octocat",)),
        "announcement-without-result.md": replace(ANNOUNCED, ending="without-result", check_title="No review"),
        "announcement-not-bought.md": replace(ANNOUNCED, ending="not-bought", check_title="No review: over budget"),
        "announcement-of-a-bot.md": replace(ANNOUNCED, mentions=("dependabot[bot]",)),
    }
    for name, view in views.items():
        yield name, _written("announcement.md.j2", Renderer.post, view)


def _prompts() -> Iterator[tuple[str, Golden]]:
    for name, view in {
        "prompt.txt": PROMPT,
        "prompt-follow-up.txt": FOLLOW_UP,
        "prompt-words.txt": replace(FOLLOW_UP, answer=AnswerForm.WORDS),
    }.items():
        yield name, _written("prompt.txt.j2", Renderer.prompt, view)
    yield "question.txt", _written("question.txt.j2", Renderer.question, QUESTION)
    whole = replace(QUESTION, finding_id="", instructions="")
    yield "question-whole.txt", _written("question.txt.j2", Renderer.question, whole)


GOLDENS: Mapping[str, Golden] = dict(
    [*_stories(), *_outcomes(), *_comments(), *_answers(), *_announcements(), *_prompts()]
)
