"""A word in the comments that are there already, on findings that are no longer simply open: fixed, gone, waived."""

from __future__ import annotations

from functools import partial

from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.app.views import finding_view
from reviewbot.domain.plan import (
    EditComment,
    HideComment,
    Operation,
    ResolveThread,
    ShowComment,
    Told,
    UnresolveThread,
    marked_threads,
    tidied,
)
from reviewbot.domain.publication import Hidden
from reviewbot.domain.records import Record, Standing
from reviewbot.domain.snapshot import Snapshot
from reviewbot.domain.views import StandingView


def tell_standing(run: Run, story: Story, snapshot: Snapshot) -> None:
    """Edit the comments whose findings stand elsewhere than they say, and put away the threads that are done."""
    told = []
    for thread, mark in marked_threads(snapshot.threads, run.settings.instance):
        found = (story.ledger.findings.find(one) for one in mark.ids)
        records = tuple(record for record in found if record is not None)
        told.append(Told(thread, records, _word(run, story, records, several=len(mark.ids) > 1)))
    for operation in tidied(told):
        run.attempt("A word on a finding's comment", partial(_carry_out, run, operation))


def _word(run: Run, story: Story, records: tuple[Record, ...], *, several: bool) -> str:
    """What to say of a comment's findings; empty while all of them are simply open."""
    told = [one for one in records if one.waiver is not None or one.standing is not Standing.OPEN]
    views = tuple(finding_view(run, story, None, record) for record in told)
    return run.renderer.standing(StandingView(views, several)) if views else ""


def _carry_out(run: Run, operation: Operation) -> None:
    forge = run.world.forge
    match operation:
        case EditComment(comment_id=comment_id, body=body):
            forge.update_review_comment(comment_id, body)
        case ResolveThread(thread_id=thread_id):
            forge.resolve_thread(thread_id)
        case UnresolveThread(thread_id=thread_id):
            forge.unresolve_thread(thread_id)
        case ShowComment(node_id=node_id):
            forge.show_comment(node_id)
        case HideComment(node_id=node_id):
            forge.hide_comment(node_id, Hidden.OUTDATED)
