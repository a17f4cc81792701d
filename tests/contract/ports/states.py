"""What the tests post: check runs, reviews, comments, submissions."""

from __future__ import annotations

from decimal import Decimal

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.drafts import (
    CheckState,
    InlineComment,
    LineTarget,
    ReviewDraft,
)
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.ledger.external_id import encode_external_id
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Attachment, Mode, Side, Submission
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.ports import ReviewService
from reviewbot.values import replace
from tests.contract.ports.github_harness import CHECK_NAME, note


def check(
    head: str,
    *,
    number: int = 1,
    done: bool = True,
    conclusion: Conclusion = Conclusion.SUCCESS,
    external_id: str = "copy",
    annotations: int = 0,
) -> CheckState:
    """Return a check run of a pull request, in progress or completed."""
    return CheckState(
        name=CHECK_NAME,
        head_sha=head,
        status=CheckStatus.COMPLETED if done else CheckStatus.IN_PROGRESS,
        conclusion=conclusion if done else None,
        title="Nothing blocks" if done else "Waiting",
        summary="All **good**.",
        external_id=external_id,
        tag=CheckTag(number, conclusion.value if done else ""),
        annotations=tuple(note(index) for index in range(annotations)),
    )


def open_task_copy() -> str:
    """Return what a check run keeps of a purchase whose task is open."""
    purchase = Purchase(
        identity="a" * 32,
        attempt=1,
        state=TaskState.OPEN,
        task_id="task_1",
        head_sha="b" * 40,
        hold=360,
        used=None,
        submitted_at="2026-01-05T12:00:00+00:00",
        coverage=Coverage.FULL,
        missed=0,
        size_tier=0,
        judgement=Judgement(),
        since="",
        base_ref="main",
        merge_base="c" * 40,
        asked=(),
        selection="d" * 64,
        selecting="e" * 64,
    )
    return encode_external_id(purchase, Ledger(forgotten=Decimal(360)), Signer("cvf_test", 1, 1, ""))


def inline(
    line: int, body: str = "Hm.", *, path: str = "app.py", side: Side = Side.RIGHT, start: int | None = None
) -> InlineComment:
    """Return a comment on lines."""
    return InlineComment(LineTarget(path, side, line, start), body)


def review(
    head: str, *comments: InlineComment, event: ReviewKind = ReviewKind.COMMENT, body: str = "Seen."
) -> ReviewDraft:
    """Return a review."""
    return ReviewDraft(head, event, body, comments)


def on_file(body: str = "About it.", *, path: str = "app.py") -> tuple[str, str]:
    """Return the path and the body of a comment on a whole file."""
    return path, body


def submission(service: ReviewService, *, key: int = 0, **changes: object) -> Submission:
    """Return what reviewbot submits; `key` numbers the idempotency keys."""
    made = Submission(
        prompt="Review this change, please.",
        project_id=service.project("acme/parcels"),
        max_credits=240,
        mode=Mode.FAST,
        tag_id=None,
        metadata={"pullRequest": 1, "repository": "acme/parcels"},
        idempotency_key=f"7f8d2c3a-5b1e-4d6f-9a0b-{key:012x}",
        attachments=(Attachment("change.diff", "+ one\n"),),
        response_schema={"type": "object"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a builder
