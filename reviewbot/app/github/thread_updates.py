"""A word in the comments that are there already, on findings that are no longer simply open: fixed, gone, waived."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import finding_view
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding
from reviewbot.domain.machine.known import Known
from reviewbot.domain.publishing.comment_diff import (
    EditComment,
    HideComment,
    Operation,
    ResolveThread,
    ShowComment,
    Told,
    UnresolveThread,
    marked_threads,
    thread_operations,
)
from reviewbot.render.view_models.review import FindingStateView


def update_threads(run: RunContext, known: Known) -> Known:
    """Edit the comments whose findings stand elsewhere than they say, and put away the threads that are done."""
    told = []
    for thread, mark in marked_threads(known.snapshot.threads, run.settings.instance):
        found = (known.ledger.findings.find(one) for one in mark.ids)
        records = tuple(record for record in found if record is not None)
        told.append(Told(thread, records, _word(run, known, records, several=len(mark.ids) > 1)))
    for operation in thread_operations(told):
        run.attempt("A word on a finding's comment", partial(_carry_out, run, operation))
    return replace(known, denied=frozenset(run.degraded.denied))


def _word(run: RunContext, known: Known, records: tuple[TrackedFinding, ...], *, several: bool) -> str:
    """What to say of a comment's findings; empty while all of them are simply open."""
    told = [one for one in records if one.waiver is not None or one.standing is not FindingState.OPEN]
    views = tuple(finding_view(known, None, record) for record in told)
    return run.renderer.standing(FindingStateView(views, several)) if views else ""


def _carry_out(run: RunContext, operation: Operation) -> None:
    forge = run.ports.forge
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
            forge.hide_comment(node_id)
