"""Post one comment about each late answer."""

from __future__ import annotations

from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import summary_view
from reviewbot.domain.findings.markers import announcement_mark
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.late_answers import announcing
from reviewbot.domain.machine.decisions.outcome import apply_bypass, current_check
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Announced, DuplicatesDeleted
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.comment_diff import Announcement, left_to_announce, mentioned
from reviewbot.render.view_models.command import AnnouncementView


def announce(run: RunContext, known: Known, outcome: Outcome) -> Announced:
    """Post the missing announcements."""
    posts, outcome, posted = announcing(known, outcome), apply_bypass(known, outcome), set[str]()
    for one in posts:
        body = run.renderer.post(_view(run, known, one, outcome))
        post = partial(run.ports.forge.create_comment, run.signer.pull_number, body)
        if run.attempt("Announcing a late answer", run.post_once, post, partial(_is_announced, run, one)):
            posted.add(one.key)
    return Announced(frozenset(posted))


def delete_duplicates(run: RunContext, known: Known) -> DuplicatesDeleted:
    """Delete comments that concurrent runs posted twice, in the conversation and in threads."""
    forge, extra = run.ports.forge, known.duplicates
    for delete, ids in ((forge.delete_comment, extra.in_conversation), (forge.delete_review_comment, extra.in_threads)):
        for comment_id in ids:
            run.attempt("Deleting a duplicate comment", delete, comment_id)
    return DuplicatesDeleted()


def _is_announced(run: RunContext, announcement: Announcement, snapshot: Snapshot) -> bool:
    return not left_to_announce([announcement], snapshot.comments, run.settings.instance, frozenset())


def _view(run: RunContext, known: Known, one: Announcement, outcome: Outcome) -> AnnouncementView:
    check = current_check(known.snapshot)
    return AnnouncementView(
        mark=announcement_mark(known.request.instance, one.key),
        mentions=mentioned(known.snapshot.pull, one.purchase),
        ending=one.ending.value,
        reviewed_sha=one.purchase.head_sha,
        head_sha=known.head_sha,
        check_title=run.renderer.words(summary_view(run, known, outcome))[0],
        counts=known.ledger.findings.by_severity(known.task_id),
        summary_url=known.summary.url if known.summary else None,
        check_url=check.url if check else None,
    )
