"""Post review comments without duplicates: the review in one request, and file comments one by one."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import finding_view, summary_view
from reviewbot.domain.findings.markers import FindingMark, answer_id, review_mark
from reviewbot.domain.github.drafts import FileTarget, InlineComment, LineTarget, ReviewDraft
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.outcome import (
    COMMENTS,
    apply_bypass,
    begins_to_block,
    requests,
    requests_changes,
)
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import CommentsPosted, Done
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.comment_diff import CommentGroup, left_to_post, posted_comments
from reviewbot.domain.text.formatting import counted
from reviewbot.errors import ForgeUnreachable, Refused
from reviewbot.render.view_models.review import CommentView
from reviewbot.values import replace

TRIES = 3
"""The number of attempts to post comments if GitHub's response is lost."""


def post_review(run: RunContext, known: Known, outcome: Outcome) -> CommentsPosted:
    """Post the missing comments."""
    left, ids = known.uncommented, known.uncommented_ids
    refused_groups = run.attempt(COMMENTS, _post_until_known, run, known, left, outcome)
    if refused_groups is None:
        return CommentsPosted(frozenset(), ids, 0)
    refused = frozenset(item.id for one in refused_groups for item in one.placed)
    if refused:
        run.note(f"GitHub refused the comments on {counted(len(refused), 'finding')}. See the summary.")
    there = posted_comments(known.snapshot.threads, known.request.instance)
    return CommentsPosted(ids.union(there) - refused, refused, len(left) - len(refused_groups))


def _post_until_known(
    run: RunContext, known: Known, wished: Sequence[CommentGroup], outcome: Outcome
) -> Sequence[CommentGroup]:
    """Post comments, and return the refused groups. After a lost response, first read which comments exist."""
    snapshot, tries = known.snapshot, TRIES
    while True:
        there, tries = posted_comments(snapshot.threads, known.request.instance), tries - 1
        try:
            return _post(run, known, snapshot, left_to_post(wished, there, frozenset()), outcome)
        except ForgeUnreachable:
            if not tries:
                raise
            snapshot = run.read_snapshot()


def _post(
    run: RunContext, known: Known, snapshot: Snapshot, left: Sequence[CommentGroup], outcome: Outcome
) -> Sequence[CommentGroup]:
    _clear_pending(run, snapshot)
    on_lines = [one for one in left if isinstance(one.target, LineTarget)]
    is_open = requests(snapshot, known.request.instance)
    asks = not is_open and requests_changes(known, outcome) and begins_to_block(known)
    refused = list(_post_review(run, known, on_lines, outcome) if on_lines or asks else ())
    for one in left:
        if isinstance(one.target, FileTarget):
            refused += _post_on_file(run, known, one, one.target.path)
    return refused


def _clear_pending(run: RunContext, snapshot: Snapshot) -> None:
    """Delete a pending review of a killed run, because GitHub allows only one pending review per user.

    A pending review without reviewbot's mark is the draft of the person whose token reviewbot uses.
    """
    mark = review_mark(run.settings.instance)
    for review in snapshot.reviews:
        if review.state == "PENDING" and review.body.startswith(mark):
            run.ports.forge.delete_pending_review(snapshot.pull.number, review.id)


def dismiss_requests(run: RunContext, known: Known, outcome: Outcome) -> Done:
    title, _ = run.renderer.check(summary_view(run, known, apply_bypass(known, outcome)))
    number = known.snapshot.pull.number
    for review_id in requests(known.snapshot, known.request.instance):
        run.attempt("Dismissing a review", run.ports.forge.dismiss_review, number, review_id, title)
    return Done()


def _post_review(
    run: RunContext, known: Known, groups: Sequence[CommentGroup], outcome: Outcome
) -> Sequence[CommentGroup]:
    """Post all comments in one review. If GitHub refuses the review, bisect it, and return the refused comments."""
    try:
        _create_review(run, known, _draft(run, known, groups, outcome))
    except Refused as error:
        run.ports.reporter.debug(f"GitHub refused a review with {len(groups)} comments: {error.hint}")
        if len(groups) <= 1:
            return groups
        middle = len(groups) // 2
        halves = groups[:middle], groups[middle:]
        return [one for half in halves for one in _post_review(run, known, half, outcome)]
    return ()


def _draft(run: RunContext, known: Known, groups: Sequence[CommentGroup], outcome: Outcome) -> ReviewDraft:
    view = summary_view(run, known, outcome)
    view = view if groups else replace(view, sum=None)  # without comments, nothing is "on the lines below"
    return ReviewDraft(
        commit_sha=known.snapshot.pull.head_sha,
        event=ReviewKind.REQUEST_CHANGES if requests_changes(known, outcome) else ReviewKind.COMMENT,
        body=run.renderer.review_body(view, review_mark(known.request.instance)),
        comments=tuple(
            InlineComment(one.target, run.renderer.comment(_comment_view(run, known, one)))
            for one in groups
            if isinstance(one.target, LineTarget)
        ),
    )


def _create_review(run: RunContext, known: Known, draft: ReviewDraft) -> None:
    """Post the review. GitHub forbids requests for changes on the token's own pull request, so comment instead."""
    forge, number = run.ports.forge, known.snapshot.pull.number
    try:
        forge.create_review(number, draft)
    except Refused as error:
        if draft.event is ReviewKind.COMMENT or not draft.comments or "own pull request" not in error.hint:
            raise
        forge.create_review(number, replace(draft, event=ReviewKind.COMMENT))


def _comment_view(run: RunContext, known: Known, one: CommentGroup) -> CommentView:
    by_answer = {item.task_id: {found.id for found in item.placed} for item in known.ledgers.update.answers}
    answers = tuple(answer_id(task_id) for task_id, ids in by_answer.items() if not ids.isdisjoint(one.ids))
    mark = FindingMark(known.request.instance, one.ids, answers)
    findings = tuple(finding_view(known, item) for item in one.placed)
    waivable = known.request.paid and known.request.summary_comment  # the summary comment records waivers
    return CommentView(
        str(mark),
        isinstance(one.target, FileTarget),
        findings,
        waivable,
        agent_prompt=run.settings.agent_prompt,
        head_sha=known.snapshot.pull.head_sha,
    )


def _post_on_file(run: RunContext, known: Known, one: CommentGroup, path: str) -> Sequence[CommentGroup]:
    pull, body = known.snapshot.pull, run.renderer.comment(_comment_view(run, known, one))
    try:
        run.ports.forge.create_file_comment(pull.number, pull.head_sha, path, body)
    except Refused as error:
        run.ports.reporter.debug(f"GitHub refused a comment on a file: {error.hint}")
        return (one,)
    return ()
