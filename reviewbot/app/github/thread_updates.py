"""Update existing comments whose findings are fixed, gone, changed or waived."""

from __future__ import annotations

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
    ThreadUpdate,
    UnresolveThread,
    marked_threads,
    thread_operations,
)
from reviewbot.render.view_models.review import FindingStateView
from reviewbot.values import replace


def update_threads(run: RunContext, known: Known) -> Known:
    """Edit the comments whose findings have changed state, and resolve or hide those that are done."""
    updates = []
    for thread, mark in marked_threads(known.snapshot.threads, run.settings.instance):
        found = (known.ledger.findings.find(one) for one in mark.ids)
        records = tuple(record for record in found if record is not None)
        updates.append(ThreadUpdate(thread, records, _note(run, known, records, several=len(mark.ids) > 1)))
    for operation in thread_operations(updates):
        run.attempt("The update of a finding's comment", partial(_carry_out, run, operation))
    return replace(known, denied=frozenset(run.degraded.denied))


def _note(run: RunContext, known: Known, records: tuple[TrackedFinding, ...], *, several: bool) -> str:
    """Return the note for a comment's findings; empty while all are open and not waived."""
    noted = [one for one in records if one.waiver is not None or one.standing is not FindingState.OPEN]
    views = tuple(finding_view(known, None, record) for record in noted)
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
