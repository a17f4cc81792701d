"""Transitions between phases, from the answer to the published outcome."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from reviewbot.domain.findings.placement import Why, in_summary, place
from reviewbot.domain.findings.redacted_lines import redacted_lines
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.ledger.edits import Exemption
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.machine.decisions.late_answers import announcing
from reviewbot.domain.machine.decisions.merge import list_in_summary
from reviewbot.domain.machine.decisions.outcome import (
    COMMENTS,
    SUMMARY,
    by_findings,
    ends_requests,
    failed_to_write,
    final_outcome,
    is_contradicted,
    newer_head,
)
from reviewbot.domain.machine.decisions.routes import apply_routes
from reviewbot.domain.machine.known import Known, OwnReview
from reviewbot.domain.machine.phases import Completed, Judged, Published, Publishing
from reviewbot.domain.machine.steps import (
    Announce,
    CloseOlderChecks,
    DeleteDuplicates,
    DismissRequests,
    PostReview,
    PublishingStep,
    ReadPosted,
    ReadSummary,
    RewriteSummary,
    UpdateThreads,
    WriteCheckRun,
    WriteSummary,
)
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, Reason, Verdict, not_due
from reviewbot.domain.publishing.comment_diff import reply_drafts
from reviewbot.errors import ForgeUnreachable, NotFound, PermissionMissing, ReviewbotError
from reviewbot.values import replace

_NO_SUMMARY = PermissionMissing(
    "The token cannot write the summary comment.", hint="Give the token `pull-requests: write`."
)
_RULES_DIFFER = (
    "The pull request changed during this run, and now needs a review. The run that the change started does the review."
)


def after_answer(at: Completed, report: Report, now: datetime) -> Judged | Publishing | Published:
    bought = at.bought.over(TaskState.DONE, at.task, now)
    known = at.known.with_own(bought, at.task)
    report = replace(report, findings=(*report.findings, *redacted_lines(known.change.views)))
    purchase = bought.purchase.answered(readable=report.readable, seen_whole=not known.why_short, now=now)
    purchase = purchase if at.task.is_completed else purchase.without_tolerance()
    instance = known.request.instance
    placed = place(report.findings, known.change.views, purchase.judgement.placement, instance)
    answer = PlacedAnswer(purchase.task_id, purchase.is_whole, True, report, placed, instance)  # noqa: FBT003 — `here`
    own = OwnReview(bought.with_purchase(purchase), at.task, report)
    known = replace(known, own=own).with_answer(purchase, answer)
    return finish(known, by_findings(known, purchase.judgement.rules, readable=report.readable))


def finish(known: Known, outcome: Outcome) -> Judged | Publishing | Published:
    """Publish an outcome. If the summary or an announcement may be written, first read the pull request again."""
    if known.request.dry_run:
        return Published(known, outcome)
    writes = known.has_news or not known.request.is_due or is_contradicted(known, outcome)
    if known.is_read and (writes or known.duplicates or announcing(known, outcome)):
        return Judged(known, outcome)
    return _publish(known, outcome)


def publish_for_group(known: Known, outcome: Outcome) -> Publishing | Published:
    return Published(known, outcome) if known.request.dry_run else _write(known, outcome, (WriteCheckRun,))


def after_refresh(known: Known, outcome: Outcome) -> Publishing | Published:
    """Judge again after the pull request was read again, because a finding may have been waived meanwhile."""
    is_unread = known.report is None and known.task is not None and known.task.status.is_over
    if known.reviewed and (is_unread or not known.request.is_due):
        outcome = newer_head()
    elif not known.request.is_due and apply_routes(known).request.is_due:
        return _publish(known, not_due(Reason.NOT_REQUESTED, _RULES_DIFFER), is_fresh=True)
    return _publish(known, _judge_again(known, outcome), is_fresh=True)


def _judge_again(known: Known, outcome: Outcome) -> Outcome:
    if known.reviewed:
        return outcome
    readable = known.report.readable if known.report else not (known.purchase and known.purchase.unread)
    found = by_findings(known, known.judgement.rules, readable=readable)
    if outcome.reason in {Reason.NOT_PUBLISHED, Reason.GITHUB}:
        passes = outcome.verdict is Verdict.PASS
        return replace(outcome, verdict=found.verdict, conclusion=found.conclusion) if passes else outcome
    if known.report:
        return found
    is_green = outcome.reason in {Reason.NOTHING_SELECTED, Reason.ROUTE, Reason.REVIEWED}
    return found if is_green and found.verdict is not Verdict.PASS else outcome


def after_failed_refresh(known: Known, outcome: Outcome, error: ReviewbotError) -> Publishing | Published:
    """Publish without comments on findings, because the pull request could not be read again."""
    known, edits = known.noting(error.message), known.ledgers.update.edits if _is_blind(known) else ()
    if edits:
        known, outcome = _without_exemptions(known, outcome, error)
    elif known.ledgers.update.answers:
        outcome = failed_to_write(outcome, error)
    if _may_hide_task(known):
        return _write(known, outcome, (), refused=True)
    if known.ledgers.update.answers:
        known = _move_to_summary(known)
        if _is_blind(known):
            return _write(_leave_to_next_run(known), outcome, (WriteCheckRun,), refused=True)
        return _write(known, outcome, (Announce, WriteSummary, WriteCheckRun), refused=True)
    if _is_blind(known):
        return _write(_leave_to_next_run(known), outcome, (WriteCheckRun, CloseOlderChecks))
    if known.summary is None or announcing(known, outcome):
        return _publish(known, outcome)
    return _write(known, outcome, _VERDICT_ONLY)


def _without_exemptions(known: Known, outcome: Outcome, error: ReviewbotError) -> tuple[Known, Outcome]:
    """Judge without the edits that could not be recorded, because a green check must not rest on them."""
    kept = tuple(one for one in known.ledgers.update.edits if not isinstance(one, Exemption))
    known = known.with_update(replace(known.ledgers.update, edits=kept))
    outcome = _judge_again(known, outcome)
    if isinstance(error, ForgeUnreachable):
        return known, failed_to_write(outcome, error, Reason.GITHUB)
    return known, failed_to_write(outcome, error) if known.ledgers.update.answers else outcome


def _may_hide_task(known: Known) -> bool:
    """Return whether another run may have recorded a task in the check run in which this run recorded its intent.

    The check run then stays in progress, and the next run continues.
    """
    return known.wrote.check is not None and known.purchase is not None and known.purchase.state is TaskState.INTENT


def _is_blind(known: Known) -> bool:
    """Return whether this run must update a summary that it could not read again."""
    return known.has_news and known.summary is not None


def _move_to_summary(known: Known) -> Known:
    """Move the findings of all answers to the summary, because comments could not be posted."""
    place_in_summary = partial(in_summary, why=Why.REFUSED)
    return known.with_update(known.ledgers.update.moved(place_in_summary))


_Left = tuple[type[PublishingStep], ...]

_ANSWERS: _Left = (PostReview, WriteSummary, WriteCheckRun, DismissRequests, CloseOlderChecks)
"""The order of publishing with answers. `after_write` inserts the steps that depend on what was posted."""
_RECORD = (WriteSummary, WriteCheckRun, DismissRequests, CloseOlderChecks)
"""The order without answers. The check run needs the counter of the written ledger."""
_VERDICT = (WriteCheckRun, WriteSummary, DismissRequests, CloseOlderChecks)
"""The order if the ledger does not change. A correct summary is not written if a check run shows the verdict."""


_VERDICT_ONLY = (WriteCheckRun, DismissRequests, CloseOlderChecks)
"""The order if the ledger does not change, and the summary could not be read again."""


def _publish(known: Known, outcome: Outcome, *, is_fresh: bool = False) -> Publishing | Published:
    """Publish an outcome. Delete duplicates of comments only after the pull request was read again."""
    first: _Left = (DeleteDuplicates,) if is_fresh else (ReadPosted,) if known.duplicates else ()
    if known.ledgers.update.answers and known.snapshot.pull.is_open:
        return _write(known, outcome, (*first, *_ANSWERS))
    known = list_in_summary(known, known.uncommented_ids, Why.CLOSED)
    if known.has_news or announcing(known, outcome):
        return _write(known, outcome, (*first, Announce, *_RECORD))
    return _write(known, outcome, (*first, *_VERDICT))


def _write(known: Known, outcome: Outcome, left: _Left, *, refused: bool = False) -> Publishing | Published:
    if refused:
        left = tuple(one for one in left if one is not CloseOlderChecks)
    while left and not _is_needed(left[0], known, outcome):
        left = left[1:]
    if left:
        return Publishing(known, outcome, left, refused)
    return Published(known, final_outcome(known, outcome, refused=refused))


def _is_needed(step: type[PublishingStep], known: Known, outcome: Outcome) -> bool:
    if step is Announce:
        return bool(announcing(known, outcome))
    if step is DeleteDuplicates:
        return bool(known.duplicates)
    return step is not DismissRequests or ends_requests(known, outcome)


def _leave_to_next_run(known: Known) -> Known:
    """Record finished purchases as open, so that the next run publishes the results.

    Writing the summary now could overwrite what users and other runs have written since this run began.
    """
    own, update, purchase = known.own, known.ledgers.update, known.purchase
    if own and purchase and purchase.task_id and purchase.state.is_over:
        own = replace(own, bought=own.bought.with_purchase(replace(purchase, state=TaskState.OPEN, used=None)))
    begun = tuple(one for one in update.purchases if not one.state.is_over)
    return replace(known, own=own).with_update(replace(update, purchases=begun))


def after_write(at: Publishing, known: Known) -> Publishing | Published:
    done, left, outcome = at.left[0], at.left[1:], at.outcome
    if done in {WriteSummary, RewriteSummary} and known.ledgers.update.edits and SUMMARY in known.wrote.denied:
        known, outcome = _without_exemptions(known, outcome, _NO_SUMMARY)
    if done in {ReadPosted, ReadSummary}:
        outcome = _judge_again(known, outcome)
        left = left if outcome == at.outcome or WriteCheckRun in left else _RECORD
    if done is ReadPosted:
        left = (DeleteDuplicates, *left)
    if done is WriteCheckRun and not at.refused and _may_be_withdrawn(known, outcome):
        left = (ReadPosted, *left)  # a concurrent run may have withdrawn a waiver
    if done is PostReview:
        posted = (ReadPosted,) if known.wrote.posted > at.known.wrote.posted else ()
        threads = (UpdateThreads,) if known.snapshot.pull.is_open and COMMENTS not in known.wrote.denied else ()
        left = (*(posted + threads if _follow_comments(known) else threads + posted), Announce, *left)
    replied = done is UpdateThreads and known.wrote.replies > at.known.wrote.replies and ReadPosted not in left
    announced = done is Announce and known.ledgers.update.posted != at.known.ledgers.update.posted
    if replied or announced:
        left = (ReadPosted, *left)  # another run may have posted the same text
    return _write(known, outcome, left, refused=at.refused)


def _follow_comments(known: Known) -> bool:
    """Return whether new comments may lack a note or a reply, which are added once they are read."""
    found = (known.ledger.findings.find(one.id) for one in known.ledgers.placed)
    is_noted = any(record is not None and record.note for record in found)
    return is_noted or any(reply_drafts(known.ledgers.update.answers))


def _may_be_withdrawn(known: Known, outcome: Outcome) -> bool:
    """Return whether this run has written a check that passes although an open finding is waived."""
    is_new = known.report is not None and known.wrote.check not in known.snapshot.checks
    return is_new and outcome.verdict is Verdict.PASS and any(one.waiver for one in known.ledger.findings.open())


def after_failed_write(at: Publishing, error: ReviewbotError) -> Publishing | Published:
    """Note the error. If the run has an answer, the outcome becomes `not-published`.

    If GitHub does not respond to an announcement, the purchase stays open, because later runs announce only purchases
    that were open before.
    """
    known, outcome, left = at.known.noting(error.message), at.outcome, at.left[1:]
    if at.left[0] is WriteSummary and isinstance(error, ForgeUnreachable | NotFound):
        return Publishing(at.known, outcome, (ReadSummary, RewriteSummary, *left), at.refused)
    if at.left[0] is ReadSummary:
        left = left[1:]  # it may contain what this run has not read
    if at.left[0] in {WriteSummary, ReadSummary, RewriteSummary} and known.ledgers.update.edits:
        known, outcome = _without_exemptions(known, outcome, error)
        return _write(known, outcome, left, refused=True)
    if at.left[0] in {ReadPosted, DeleteDuplicates, DismissRequests}:
        return _write(known, outcome, left, refused=at.refused)
    if at.left[0] is Announce:
        if not isinstance(error, ForgeUnreachable):
            return _write(known, outcome, left, refused=at.refused)
        known, left = _leave_to_next_run(known), (WriteCheckRun,)
    if at.left[0] is PostReview:
        known = _move_to_summary(known)
        left = (ReadPosted, Announce, *left) if announcing(known, outcome) else left
    if known.ledgers.update.answers or outcome.reason is Reason.MERGE_GROUP:
        outcome = failed_to_write(outcome, error)
    return _write(known, outcome, left, refused=True)
