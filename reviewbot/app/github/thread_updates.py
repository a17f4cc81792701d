"""Update existing threads: post the reviewer's replies, and edit comments whose findings have changed."""

from __future__ import annotations

from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import tracked_view
from reviewbot.domain.findings.markers import reply_mark
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import ThreadsUpdated
from reviewbot.domain.publishing import comment_diff
from reviewbot.errors import NotFound, Refused
from reviewbot.render.view_models.review import FindingStateView, ReplyView


def update_threads(run: RunContext, known: Known) -> ThreadsUpdated:
    """Post replies, edit comments whose findings have changed, and resolve threads or hide comments."""
    threads, instance = known.snapshot.threads, known.request.instance
    replies = comment_diff.left_to_reply(
        comment_diff.reply_drafts(known.ledgers.update.answers), threads, known.ledger.posted, instance
    )
    updates, fail_on = [], known.judgement.rules.fail_on
    for thread, mark in comment_diff.marked_threads(threads, instance):
        found = (known.ledger.findings.find(one) for one in mark.ids)
        records = tuple(record for record in found if record is not None)
        note = _note(run, known, records, several=len(mark.ids) > 1)
        updates.append(comment_diff.ThreadUpdate(thread, records, note, fail_on, replies[thread.id]))
    posted = {key for key, _ in comment_diff.replies_there(threads, instance)}
    count = 0
    for operation in comment_diff.thread_operations(updates):
        done = run.attempt("Updating a finding's comment", _carry_out, run, operation)
        if done and isinstance(operation, comment_diff.PostReply):
            posted.add(operation.draft.key)
            count += 1
    return ThreadsUpdated(frozenset(posted), count)


def _note(run: RunContext, known: Known, records: tuple[TrackedFinding, ...], *, several: bool) -> str:
    noted = [one for one in records if one.waiver or one.note or one.state is not FindingState.OPEN]
    views = tuple(tracked_view(known, record) for record in noted)
    return run.renderer.finding_state(FindingStateView(views, several)) if views else ""


def _carry_out(run: RunContext, operation: comment_diff.Operation) -> bool:
    forge = run.ports.forge
    match operation:
        case comment_diff.PostReply():
            return _reply(run, operation)
        case comment_diff.EditComment(comment_id=comment_id, body=body):
            forge.update_review_comment(comment_id, body)
        case comment_diff.ChangeNode(node_id=node_id, change=change):
            forge.change_node(node_id, change)
    return True


def _reply(run: RunContext, operation: comment_diff.PostReply) -> bool:
    draft, instance = operation.draft, run.settings.instance
    body = run.renderer.post(ReplyView(reply_mark(instance, draft.key), draft.text))
    post = partial(run.ports.forge.create_reply, run.signer.pull_number, operation.comment_id, body)
    try:
        run.post_once(post, lambda now: draft.key in dict(comment_diff.replies_there(now.threads, instance)))
    except (Refused, NotFound) as error:
        run.ports.reporter.debug(f"reviewbot could not post a reply: {error.clause}")
        return False
    return True
