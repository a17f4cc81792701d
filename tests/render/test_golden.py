"""What people read, as files that can be reviewed: one per story and one per reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reviewbot.domain.commands import Word
from reviewbot.domain.deeds import Refusal
from reviewbot.domain.gate import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.domain.model import Severity
from reviewbot.domain.placement import Why
from reviewbot.domain.snapshot import Conclusion
from reviewbot.domain.views import CommentView, SummaryView
from reviewbot.render import Renderer
from tests.render.view_builders import (
    ANSWER,
    AWAITING,
    BYPASSED,
    CLEAN,
    CLOSED_GATE,
    COMMENT,
    FOLLOW_UP,
    FOLLOWED,
    INJECTION,
    LOCAL,
    MENDED,
    NAMING,
    PROMPT,
    RACE,
    STANDINGS,
    STATUS,
    WAITING,
)

Golden = Callable[[str, str], None]

STORIES = {
    "clean": CLEAN,
    "gate": CLOSED_GATE,
    "waiting": WAITING,
    "local": LOCAL,
    "followed": FOLLOWED,
    "mended": MENDED,
    "bypassed": BYPASSED,
    "awaiting": AWAITING,
}

OF_A_DECISION = {
    Reason.DRY_RUN, Reason.DRAFT, Reason.BOT, Reason.CLOSED, Reason.LABEL, Reason.NOTHING_SELECTED,
    Reason.NOT_REQUESTED, Reason.EVENT, Reason.MERGE_GROUP, Reason.COMMAND,
}  # fmt: skip
OF_AN_ANSWER = {Reason.REVIEWED, Reason.GATE, Reason.PENDING, Reason.UNREADABLE, Reason.PARTIAL}
FIGURES = "The task would hold 612 credits and 120 are available."


@pytest.mark.parametrize("name", STORIES)
def test_the_summary_comment(renderer: Renderer, golden: Golden, name: str) -> None:
    golden(f"summary-{name}.md", renderer.summary(STORIES[name]))


@pytest.mark.parametrize("name", STORIES)
def test_the_check(renderer: Renderer, golden: Golden, name: str) -> None:
    title, page = renderer.check(STORIES[name])
    golden(f"check-{name}.md", f"{title}\n\n{page}")


@pytest.mark.parametrize("name", STORIES)
def test_the_log(renderer: Renderer, golden: Golden, name: str) -> None:
    golden(f"terminal-{name}.txt", renderer.terminal(STORIES[name]))


def test_the_job_summary(renderer: Renderer, golden: Golden) -> None:
    golden("job-summary.md", renderer.job_summary(CLOSED_GATE))


def test_a_comment_on_lines(renderer: Renderer, golden: Golden) -> None:
    golden("comment.md", renderer.comment(COMMENT))


def test_a_comment_with_several_findings(renderer: Renderer, golden: Golden) -> None:
    both = replace(COMMENT, findings=(INJECTION, replace(RACE, why=Why.SHRUNK)))
    golden("comment-several.md", renderer.comment(both))


@pytest.mark.parametrize("why", Why)
def test_a_comment_says_how_it_was_placed(renderer: Renderer, golden: Golden, why: Why) -> None:
    on_file = CommentView(COMMENT.mark, on_file=True, findings=(replace(NAMING, why=why),))
    text = renderer.comment(on_file)
    assert (" · " in text.rpartition("<sub>")[2]) == (why is not Why.CITED)
    golden(f"comment-{why.value}.md", text)


@pytest.mark.parametrize("word", [word for word in Word if word is not Word.UNKNOWN])
def test_the_answer_to_a_command(renderer: Renderer, golden: Golden, word: Word) -> None:
    status = STATUS if word is Word.STATUS else None
    golden(f"answer-{word.value}.md", renderer.answer(replace(ANSWER, word=word.value, status=status)))


def test_the_answer_of_a_quiet_pull_request(renderer: Renderer, golden: Golden) -> None:
    counts = dict.fromkeys(Severity, 0)
    quiet = replace(STATUS, waiting=(), counts=counts, waived=0, bypass=None, problem="The ledger cannot be read.")
    view = replace(ANSWER, word="status", check_title="", paid=False)
    golden("answer-status-quiet.md", renderer.answer(replace(view, status=quiet)))
    golden("answer-status-postponed.md", renderer.answer(replace(view, status=replace(quiet, postponed=True))))


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_says_why_and_what_to_do(renderer: Renderer, golden: Golden, refusal: Refusal) -> None:
    word = {Refusal.OWN: Word.BYPASS, Refusal.NO_REASON: Word.WAIVE, Refusal.NO_FINDING: Word.WAIVE}.get(refusal)
    view = replace(ANSWER, word=(word or Word.REVIEW).value, refusal=refusal.value, reason="")
    if refusal is Refusal.NOT_DONE:
        view = replace(view, reason="over-budget", message=FIGURES, hint="Lower `max-credits` to 47.")
    golden(f"refusal-{refusal.value}.md", renderer.answer(view))


def test_no_two_refusals_say_the_same(renderer: Renderer) -> None:
    texts = {renderer.answer(replace(ANSWER, refusal=refusal.value)) for refusal in Refusal}
    assert len(texts) == len(Refusal)


def test_the_line_above_a_review(renderer: Renderer, golden: Golden) -> None:
    golden("review.md", renderer.review_body(CLOSED_GATE, "<!-- reviewbot:review -->"))


def test_an_annotation(renderer: Renderer, golden: Golden) -> None:
    golden("annotation.txt", "\n\n".join(renderer.annotation(INJECTION)))


def test_the_prompt(renderer: Renderer, golden: Golden) -> None:
    golden("prompt.txt", renderer.prompt(PROMPT))


def test_the_prompt_of_a_follow_up(renderer: Renderer, golden: Golden) -> None:
    golden("prompt-follow-up.txt", renderer.prompt(FOLLOW_UP))


@pytest.mark.parametrize("name", STANDINGS)
def test_the_word_on_where_a_comments_findings_stand(renderer: Renderer, golden: Golden, name: str) -> None:
    golden(f"standing-{name}.md", renderer.standing(STANDINGS[name]))


def of_reason(reason: Reason) -> SummaryView:
    """A run that came to this."""
    if reason in OF_A_DECISION:
        outcome = Outcome(Status.SKIPPED, Verdict.NONE, reason, Conclusion.SKIPPED, 0)
    elif reason in OF_AN_ANSWER:
        return of_answer(reason)
    elif reason is Reason.BYPASS:
        return BYPASSED
    else:
        message, hint = (FIGURES, "Lower `max-credits` to 47.") if reason is Reason.OVER_BUDGET else ("", "")
        outcome = Outcome(Status.FAILED, Verdict.NONE, reason, Conclusion.ACTION_REQUIRED, 3, message, hint)
    return replace(CLEAN, outcome=outcome, counts=None, sum=None, cost=None, task_id="", sent=())


def of_answer(reason: Reason) -> SummaryView:
    """A run that has an answer, or waits for one."""
    if reason in {Reason.REVIEWED, Reason.GATE, Reason.PENDING}:
        return {Reason.REVIEWED: CLEAN, Reason.GATE: CLOSED_GATE, Reason.PENDING: WAITING}[reason]
    outcome = Outcome(Status.COMPLETED, Verdict.FAIL, reason, Conclusion.ACTION_REQUIRED, 3)
    return replace(CLOSED_GATE, outcome=outcome, coverage=Coverage.PARTIAL)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_in_its_own_words(renderer: Renderer, golden: Golden, reason: Reason) -> None:
    title, page = renderer.check(of_reason(reason))
    golden(f"reason-{reason.value}.md", f"{title}\n\n{page}")


def test_no_two_reasons_share_a_title(renderer: Renderer) -> None:
    titles = [renderer.check(of_reason(reason))[0] for reason in Reason]
    assert all(titles)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("reason", Reason)
def test_the_local_reviewer_never_talks_of_money_unless_the_reason_is_money(renderer: Renderer, reason: Reason) -> None:
    of_money = {Reason.NO_KEY, Reason.OVER_BUDGET, Reason.NOT_APPROVED, Reason.CANCELLED, Reason.REFUSED}
    if reason in of_money | {Reason.UNREACHABLE}:
        pytest.skip("only the paid reviewer comes to this")
    view = replace(of_reason(reason), reviewer="local", cost=None, task_id="")
    text = renderer.summary(view) + renderer.terminal(view)
    said = text.replace(view.check_name, "")
    assert not [word for word in ("credit", "CodeVF", "bought", "buy", "paid", "pays", "spen") if word in said]


@pytest.mark.parametrize(("count", "words"), [(1, "1 finding,"), (2, "2 findings,")])
def test_one_finding_is_not_findings(renderer: Renderer, count: int, words: str) -> None:
    counts = {**(CLEAN.counts or {}), RACE.severity: count}
    assert words in renderer.check(replace(CLEAN, counts=counts))[0]
