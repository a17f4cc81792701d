"""Review comments: one review in one request, files one by one, nothing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.app.refresh import refresh
from reviewbot.app.story import Story
from reviewbot.app.thread_updates import update_threads
from reviewbot.app.view_models import finding_view, summary_view
from reviewbot.domain.findings.markers import FindingMark, read_finding_mark, review_mark
from reviewbot.domain.findings.placement import Why, in_summary
from reviewbot.domain.github.drafts import (
    FileComment,
    FileTarget,
    InlineComment,
    LineTarget,
    PostedComment,
    ReviewDraft,
    ReviewEvent,
)
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.policy.verdict import Outcome, Verdict
from reviewbot.domain.publishing.comment_diff import CommentGroup, duplicates, group, left_to_post, posted_comments
from reviewbot.errors import ForgeUnreachable, Refused, ReviewbotError
from reviewbot.render.view_models.review import CommentView

TRIES = 3
"""How often comments are posted when GitHub's answer is lost, each time after reading what it has recorded."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """What posting came to: addresses by finding id, and the groups that GitHub refuses."""

    urls: Mapping[str, str]
    refused: tuple[CommentGroup, ...]


def publish_comments(run: RunContext, story: Story, outcome: Outcome) -> Story:
    """Post what is left to post; what cannot be posted moves to the summary, so that nothing is lost.

    The comments that are there get a word on findings that are no longer simply open.
    """
    snapshot = _without_doubles(run, story.there or run.snapshot)
    there = posted_comments(snapshot.threads, run.settings.instance)
    left = left_to_post(group(story.to_comment), there, story.ledger.posted)
    if not run.snapshot.pull.is_open:
        return replace(_listed(story, {item.id for one in left for item in one.placed}, Why.CLOSED), comment_urls=there)
    posted = run.attempt("Review comments", lambda: _post_until_known(run, story, snapshot, left, outcome))
    run.attempt("The dismissal of a review", lambda: _dismiss(run, story, snapshot, outcome))
    if posted is None:
        denied = {item.id for one in left for item in one.placed}
        return replace(_listed(story, denied, Why.REFUSED), comment_urls=there)
    refused = {item.id for one in posted.refused for item in one.placed}
    if refused:
        run.degraded.say(f"GitHub refused {len(refused)} of the comments; the summary has them.")
    new = frozenset(item.id for one in left for item in one.placed) - refused
    posted_ids = story.changes.posted | frozenset(there) | new
    story = _listed(story, refused, Why.REFUSED)
    story = story.learned(replace(story.changes, posted=posted_ids))
    story = replace(story, comment_urls={**there, **posted.urls}, posted=story.posted + len(left) - len(posted.refused))
    update_threads(run, story, snapshot)
    return story


def _listed(story: Story, ids: set[str], why: Why) -> Story:
    """The findings of these ids in the summary, since they have no comments."""
    return story.replaced(lambda item: in_summary(item, why) if item.id in ids else item) if ids else story


def look_back(run: RunContext, story: Story) -> tuple[RunContext, Story]:
    """Read what is there after posting, before the summary is written.

    It tells the addresses of the comments, another run's at the same time among them, of which the doubles go; and what
    people have asked for meanwhile, which is not to be written over.
    """
    try:
        run, story = refresh(run, story)
    except ReviewbotError as error:
        run.degraded.say(f"The comments were posted; where they stand is not known: {error.message}")
        return run, story
    snapshot = _without_doubles(run, story.there or run.snapshot)
    urls = posted_comments(snapshot.threads, run.settings.instance)
    return run, replace(story, there=snapshot, comment_urls={**story.comment_urls, **urls})


def _without_doubles(run: RunContext, snapshot: Snapshot) -> Snapshot:
    """Delete what two runs at the same time have posted twice."""
    extra = duplicates(snapshot.threads, run.settings.instance)
    for comment_id in extra:
        run.attempt("The deletion of a double", partial(run.ports.forge.delete_review_comment, comment_id))
    if not extra:
        return snapshot
    return replace(snapshot, threads=tuple(one for one in snapshot.threads if one.comments[0].id not in extra))


def _post_until_known(
    run: RunContext, story: Story, snapshot: Snapshot, wished: Sequence[CommentGroup], outcome: Outcome
) -> _Posted:
    """Post, and after a lost answer read what GitHub has recorded, so that nothing is posted twice or left out."""
    for tries in range(1, TRIES + 1):
        there = posted_comments(snapshot.threads, run.settings.instance)
        try:
            posted = _post(run, story, snapshot, left_to_post(wished, there, frozenset()), outcome)
        except ForgeUnreachable:
            if tries == TRIES:
                raise
            snapshot = run.read_again()
        else:
            return replace(posted, urls={**there, **posted.urls})
    raise AssertionError  # pragma: no cover — the last try returns or raises


def _post(run: RunContext, story: Story, snapshot: Snapshot, left: Sequence[CommentGroup], outcome: Outcome) -> _Posted:
    _clear_pending(run, snapshot)
    on_lines = [one for one in left if isinstance(one.target, LineTarget)]
    urls: dict[str, str] = {}
    refused: list[CommentGroup] = []
    _post_review(run, story, on_lines, outcome, refused)
    for one in left:
        if isinstance(one.target, FileTarget):
            comment = _post_file_comment(run, story, one, one.target)
            if comment is None:
                refused.append(one)
            else:
                urls |= _urls([comment])
    return _Posted(urls, tuple(refused))


def _clear_pending(run: RunContext, snapshot: Snapshot) -> None:
    """A killed run can leave a pending review, and GitHub takes one of each user at a time."""
    for review in snapshot.reviews:
        if review.ours and review.state == "PENDING":
            run.ports.forge.delete_pending_review(snapshot.pull.number, review.id)


def _dismiss(run: RunContext, story: Story, snapshot: Snapshot, outcome: Outcome) -> None:
    """Take back our requests for changes once the gate is open: a review of ours would block the merge for ever."""
    mark = review_mark(run.settings.instance)
    asking = [one.id for one in snapshot.reviews if one.state == "CHANGES_REQUESTED" and one.body.startswith(mark)]
    if outcome.verdict is not Verdict.PASS or not asking:
        return
    title, _ = run.renderer.check(summary_view(run, story, outcome))
    for review_id in asking:
        run.ports.forge.dismiss_review(snapshot.pull.number, review_id, title)


def _post_review(
    run: RunContext, story: Story, groups: Sequence[CommentGroup], outcome: Outcome, refused: list[CommentGroup]
) -> None:
    """One review with all comments; when GitHub refuses it for one bad line, halves, until that line stands alone."""
    if not groups:
        return
    try:
        _create_review(run, _draft(run, story, groups, outcome))
    except Refused as error:
        run.ports.reporter.debug(f"GitHub refused a review of {len(groups)} comments: {'; '.join(error.details)}")
        if len(groups) == 1:
            refused.extend(groups)
            return
        middle = len(groups) // 2
        _post_review(run, story, groups[:middle], outcome, refused)
        _post_review(run, story, groups[middle:], outcome, refused)


def _draft(run: RunContext, story: Story, groups: Sequence[CommentGroup], outcome: Outcome) -> ReviewDraft:
    return ReviewDraft(
        commit_sha=run.snapshot.pull.head_sha,
        event=_event(story, outcome),
        body=run.renderer.review_body(summary_view(run, story, outcome), review_mark(run.settings.instance)),
        comments=tuple(_inline(run, story, one) for one in groups),
    )


def _create_review(run: RunContext, draft: ReviewDraft) -> None:
    """Post it; on a pull request of the token's own, for which GitHub takes no request for changes, a comment."""
    forge, number = run.ports.forge, run.snapshot.pull.number
    try:
        forge.create_review(number, draft)
    except Refused as error:
        if draft.event is ReviewEvent.COMMENT or "own pull request" not in " ".join(error.details):
            raise
        forge.create_review(number, replace(draft, event=ReviewEvent.COMMENT))


def _event(story: Story, outcome: Outcome) -> ReviewEvent:
    closed = outcome.verdict is Verdict.FAIL
    wanted = story.purchase is not None and story.purchase.judgement.review_kind is ReviewKind.REQUEST_CHANGES
    return ReviewEvent.REQUEST_CHANGES if closed and wanted else ReviewEvent.COMMENT


def _inline(run: RunContext, story: Story, one: CommentGroup) -> InlineComment:
    if not isinstance(one.target, LineTarget):
        raise TypeError(one)
    return InlineComment(one.target, run.renderer.comment(_comment_view(run, story, one)))


def _comment_view(run: RunContext, story: Story, one: CommentGroup) -> CommentView:
    mark = FindingMark(run.settings.instance, one.ids)
    findings = tuple(finding_view(run, story, item) for item in one.placed)
    waivable = run.paid and run.settings.summary_comment  # which is where a waiver is written down
    return CommentView(str(mark), isinstance(one.target, FileTarget), findings, waivable)


def _post_file_comment(run: RunContext, story: Story, one: CommentGroup, target: FileTarget) -> PostedComment | None:
    comment = FileComment(target, run.renderer.comment(_comment_view(run, story, one)))
    try:
        return run.ports.forge.create_file_comment(run.snapshot.pull.number, run.snapshot.pull.head_sha, comment)
    except Refused as error:
        run.ports.reporter.debug(f"GitHub refused a comment on a file: {'; '.join(error.details)}")
        return None


def _urls(comments: Sequence[PostedComment]) -> dict[str, str]:
    urls: dict[str, str] = {}
    for comment in comments:
        if mark := read_finding_mark(comment.body):
            urls |= dict.fromkeys(mark.ids, comment.url)
    return urls
