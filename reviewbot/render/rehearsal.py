"""A repository's own templates are tried on made-up views first: a mistake in one is told before a review is bought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.commands.parse import CommandName
from reviewbot.domain.findings.markers import AnswerMark, FindingMark, review_mark, summary_mark
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.ledger.codec import MAX_ENCODED
from reviewbot.domain.model.review import Category, Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.render.view_models.command import AnswerView, StatusView
from reviewbot.render.view_models.review import (
    AuthorText,
    BypassView,
    CommentView,
    CostView,
    DuplicateView,
    FileGroup,
    FindingStateView,
    FindingView,
    HeldView,
    ProgressView,
    PromptView,
    SentView,
    SummaryView,
    SumView,
    WaitView,
)


class Writer(Protocol):
    """What writes views down."""

    def summary(self, view: SummaryView) -> str: ...  # noqa: D102 — as in `Renderer`
    def comment(self, view: CommentView) -> str: ...  # noqa: D102 — as in `Renderer`
    def standing(self, view: FindingStateView) -> str: ...  # noqa: D102 — as in `Renderer`
    def review_body(self, view: SummaryView, mark: str) -> str: ...  # noqa: D102 — as in `Renderer`
    def check(self, view: SummaryView) -> tuple[str, str]: ...  # noqa: D102 — as in `Renderer`
    def job_summary(self, view: SummaryView) -> str: ...  # noqa: D102 — as in `Renderer`
    def terminal(self, view: SummaryView) -> str: ...  # noqa: D102 — as in `Renderer`
    def html(self, view: SummaryView) -> str: ...  # noqa: D102 — as in `Renderer`
    def answer(self, view: AnswerView) -> str: ...  # noqa: D102 — as in `Renderer`
    def annotation(self, finding: FindingView) -> tuple[str, str]: ...  # noqa: D102 — as in `Renderer`
    def prompt(self, view: PromptView) -> str: ...  # noqa: D102 — as in `Renderer`


def rehearse(writer: Writer) -> None:
    """Write down one of everything.

    Raises:
        TemplateError: as it would be raised when the review is there.
    """
    for view in _stories():
        writer.summary(view)
        writer.check(view)
        writer.job_summary(view)
        writer.terminal(view)
        writer.html(view)
        writer.review_body(view, review_mark(""))
    for finding in _findings():
        writer.comment(
            CommentView(str(FindingMark("", (finding.id,))), on_file=False, findings=(finding, finding), waivable=True)
        )
        writer.annotation(finding)
    for answer in _answers():
        writer.answer(answer)
    closed = tuple(_moved_on())
    writer.standing(FindingStateView(closed, several=True))
    for finding in closed:
        writer.standing(FindingStateView((finding,), several=False))
    for prompt in (
        _PROMPT,
        replace(_PROMPT, since="0" * 40),
        replace(_PROMPT, since="0" * 40, confirms="so-far.txt"),
        replace(_PROMPT, part=2, parts=2),
    ):
        writer.prompt(prompt)


_FINDING = FindingView(
    id="0123456789",
    severity=Severity.CRITICAL,
    category=Category.SECURITY,
    title="A title",
    explanation="An explanation.",
    references=("A reference",),
    path="src/a.py",
    side=Side.RIGHT,
    start_line=1,
    line=2,
    why=Why.CITED,
    code="a\nb",
    language="python",
    suggestion="c",
    suggestion_state=SuggestionState.COMMITTABLE,
    blocks=True,
    comment_url="https://github.com/o/r/pull/1#discussion_r1",
    blob_url="https://github.com/o/r/blob/HEAD/src/a.py#L1-L2",
)

_PROMPT = PromptView(
    repository="o/r",
    pull_number=1,
    author=AuthorText("A title", "A body."),
    boundary="boundary-0123456789",
    instructions="An instruction.",
    path_instructions=(("**", "An instruction."),),
    file_names=(("change.diff", "the change"),),
    files_changed=1,
    lines_added=2,
    lines_deleted=1,
    omitted=("src/b.py",),
)


def _answers() -> Iterator[AnswerView]:
    """One per command and one per refusal."""
    mark = str(AnswerMark("", 1, Reaction.YES))
    counts = dict.fromkeys(Severity, 1)
    status = StatusView(("0" * 40,), True, counts, 1, Decimal(360), BypassView("hubot", "A reason."), "A problem.")  # noqa: FBT003
    plain = AnswerView(mark, "", "", "hubot", "write", "0123", "0" * 40, "A title", "A finding", "0123456789")
    full = replace(plain, said="A reason.", reason="pending", message="A message.", hint="- A hint.")
    for word in CommandName:
        yield replace(full, word=word.value, status=status if word is CommandName.STATUS else None)
        for refusal in Refusal:
            yield replace(plain, word=word.value, refusal=refusal.value)


def _findings() -> Iterator[FindingView]:
    """One per way of being placed, with as little as a finding can have for every second one."""
    for number, why in enumerate(Why):
        finding = replace(_FINDING, why=why)
        bare = replace(finding, category=None, path="", start_line=None, line=None, suggestion=None, references=())
        yield replace(bare, explanation="", code="", comment_url=None, blob_url=None) if number % 2 else finding


def _moved_on() -> Iterator[FindingView]:
    """Carried findings: one per standing, with much and with little to tell, and waived ones."""
    told = replace(_FINDING, carried=True, note="A note.", closed_at="0" * 40)
    for standing in FindingState:
        yield replace(told, standing=standing)
        yield replace(told, standing=standing, title="", path="", note="", closed_at="", comment_url=None)
    yield replace(told, waived_by="octocat", waived_for="A reason.")
    yield replace(told, waived_by="octocat", note="")


def _stories() -> Iterator[SummaryView]:
    """One per reason and conclusion, full and bare, and one with every way in which a finding has moved on."""
    full, moved_on = _full(), tuple(_moved_on())
    yield replace(full, files=(FileGroup("src/a.py", moved_on),), waived=moved_on, closed=moved_on)
    bare = replace(
        full, counts=None, sum=None, files=(), leftovers=(), duplicates=(), sent=(), held=(), notices=(), degraded=(),
        cost=None, wait=None, task_id="", run_url=None, summary_url=None, reviewer="local", reviewer_summary="",
        progress=None, bypass=None, awaited="",
    )  # fmt: skip
    for reason in Reason:
        outcome = Outcome(Status.FAILED, Verdict.NONE, reason, Conclusion.ACTION_REQUIRED, 3, "A message.", "- A hint.")
        yield replace(full, outcome=outcome)
        yield replace(bare, outcome=Outcome(Status.PENDING, Verdict.NONE, reason, None, 0))


def _full() -> SummaryView:
    findings = tuple(_findings())
    return SummaryView(
        mark=summary_mark(""),
        ledger=f"<!-- {'x' * MAX_ENCODED} -->",  # the longest, so that text beside it is too long here already
        instance="",
        check_name="CodeVF review",
        reviewer="codevf",
        pull_number=1,
        repository="o/r",
        head_sha="0" * 40,
        merge_base="1" * 40,
        outcome=Outcome(Status.COMPLETED, Verdict.PASS, Reason.REVIEWED, Conclusion.SUCCESS, 0),
        counts=dict.fromkeys(Severity, 1),
        files=(FileGroup("src/a.py", findings),),
        leftovers=(Leftover("files[0]", "A reason", "{}"),),
        duplicates=(DuplicateView("A title", "src/a.py", "0123456789"),),
        sum=SumView(5, 1, 1, 1, 1, 1),
        reviewer_summary="A summary.",
        coverage=Coverage.PARTIAL,
        sent=(SentView("src/a.py", 1000, whole=True, redactions=1),),
        held=(HeldView("src/b.py", "too-large", "2 MB", missed=True),),
        notices=("A notice.",),
        degraded=("A degradation.",),
        cost=CostView("fast", 240, Decimal("1.5"), "Engineer", Decimal("1.7"), 612, Decimal(100)),
        wait=WaitView("processing", datetime(2026, 1, 1, tzinfo=UTC), 60, 8),
        task_id="task",
        run_url="https://github.com/o/r/actions/runs/1",
        summary_url="https://github.com/o/r/pull/1#issuecomment-1",
        progress=ProgressView("0" * 40, new=1, fixed=1, gone=1, carried=1, changed=1, waived=1, beyond=1),
        bypass=BypassView("octocat", "A reason."),
        awaited="0" * 40,
        fail_on="critical",
        minutes=23,
        approved_by="a label",
    )
