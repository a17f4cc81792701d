"""Choose the phase that follows a step."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import acquire, buy, due, finish, phases, steps
from reviewbot.domain.machine.decisions.merge import merge
from reviewbot.domain.machine.decisions.outcome import failure
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.errors import ReviewbotError


def learn(phase: phases.Phase, result: steps.Result, now: datetime) -> phases.Phase:
    """Return the phase after a step.

    Raises:
        RuntimeError: the result belongs to another step, which is a bug.
    """
    if isinstance(result, steps.Failed):
        return _after_failure(phase, result.error, now)
    return _after_success(phase, result, now)


def _after_success(phase: phases.Phase, result: steps.Result, now: datetime) -> phases.Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    match phase, result:
        case phases.CancelRequested(), StoredLedger():
            return due.select_to_cancel(phase.known, result.ledger.open_task_ids())
        case phases.SelectingToCancel(), steps.TaskRead(task=task):
            return due.after_task_to_cancel(phase, task)
        case phases.Cancelling(), steps.Done():
            return due.after_cancellation(phase)

        case phases.Loaded(), Permission():
            return due.after_permission(phase.known, result)
        case phases.NotDue(), StoredLedger():
            return due.after_ledger(phase, result)
        case phases.Due(), steps.ChangeRead():
            return due.after_change(phase, result, now)
        case phases.DryRunDue(), steps.HeadChecksRead(open_checks=open_checks):
            return due.after_dry_run_checks(phase, open_checks)
        case phases.Ready(), steps.Done():
            return acquire.after_opening(phase, now)

        case phases.LookingUpOlder(), steps.TaskRead():
            return acquire.after_lookup(phase, result, now)
        case phases.Labeled(), steps.Done():
            return phases.Resumed(phase.known, phase.bought, phase.before)
        case phases.Resumed(), steps.TaskRead():
            return acquire.after_resumed_task(phase, result, now)

        case phases.AwaitingApproval(), Permission():
            return acquire.check_approval(phase.known, phase.candidate, result, now)
        case phases.Unchecked(), steps.HeadChecksRead(open_checks=open_checks):
            return acquire.after_head_checks(phase, open_checks, now)
        case (
            (phases.Deferred() | phases.DeferredForOlder()),
            (steps.Reread() | steps.CheckRunWritten() | steps.SummaryWritten() | steps.Done()),
        ):
            return acquire.after_recording_deferral(phase, merge(phase.known, result), now)
        case phases.AwaitingOlder(), steps.TaskRead():
            return acquire.after_older_poll(phase, result)
        case phases.OlderEnded(), steps.TaskRead():
            return acquire.after_older_result(phase, result, now)
        case phases.Rereading(), steps.Reread():
            return acquire.after_reread(phase, result, now)
        case phases.PricingReplacement(), steps.TermsRead():
            return acquire.after_terms_of_replacement(phase, result)
        case phases.PricedReplacement(), steps.ProjectFound(project_id=project_id):
            return acquire.after_project(phase, project_id)
        case phases.Replacing(), steps.Done():
            return acquire.after_cancellation(phase)
        case phases.Replaced(), steps.TaskRead():
            return acquire.after_replacement(phase, result, now)

        case phases.Scoping(), steps.NewPartRead():
            return buy.after_new_part(phase, result, now)
        case phases.Pricing(), steps.TermsRead():
            return buy.after_terms(phase, result)
        case phases.Priced(), steps.ProjectFound(project_id=project_id):
            return buy.after_project(phase, project_id, now)

        case phases.Quoted(), (steps.Reread() | steps.CheckRunWritten() | steps.SummaryWritten() | steps.Done()):
            return buy.after_recording_intent(phase, merge(phase.known, result))
        case phases.Recorded(), steps.Reread():
            return acquire.after_purchases(phase, result, now)
        case phases.Intended(), steps.TaskCreated():
            return buy.after_creation(phase, result, now)

        case phases.Reopened(), (steps.CheckRunWritten() | steps.Done()):
            return phases.Waiting(merge(phase.known, result), phase.bought, phase.task)
        case phases.SubmittedForOlderHead(), steps.Done():
            return phases.Submitted(phase.known, phase.bought, phase.task, (steps.RecordInCheckRun,))
        case phases.Submitted(), (steps.Reread() | steps.CheckRunWritten() | steps.SummaryWritten() | steps.Done()):
            return buy.after_recording_task(phase, merge(phase.known, result), now)
        case phases.Waiting(), steps.TaskRead():
            return buy.after_poll(phase, result, now)
        case ((phases.Waiting() | phases.AwaitingOlder()), steps.NotOver(note=note)):
            return finish.finish(phase.known.noting(note), pending(phase.known.judgement.rules))
        case phases.Completed(), Report():
            return finish.after_answer(phase, result, now)

        case phases.Judged(), (steps.Reread() | steps.NewHead()):
            return finish.after_refresh(merge(phase.known, result), phase.outcome)
        case phases.Publishing(), (
            steps.Reread()
            | steps.NewHead()
            | steps.CheckRunWritten()
            | steps.SummaryWritten()
            | steps.CommentsPosted()
            | steps.DuplicatesDeleted()
            | steps.Announced()
            | steps.ThreadsUpdated()
            | steps.Done()
        ):
            return finish.after_write(phase, merge(phase.known, result))
        case phases.Published(), Outcome():
            return phases.Ended(phase.known, result)
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


def _after_failure(phase: phases.Phase, error: ReviewbotError, now: datetime) -> phases.Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    match phase:
        case phases.CancelRequested():
            return due.begin(phase.known.saying(error.message))
        case phases.SelectingToCancel():
            return due.select_to_cancel(phase.known, phase.left[1:])
        case phases.Cancelling():
            return due.after_failed_cancellation(phase, error)
        case phases.DryRunDue():
            return finish.finish(phase.known.noting(error.message), phase.outcome)
        case phases.LookingUpOlder():
            return acquire.after_failed_lookup(phase, error, now)
        case phases.Resumed():
            return acquire.after_unread_task(phase, error, now)
        case phases.Unchecked():
            return acquire.after_unread_head_checks(phase, error, now)
        case phases.Deferred() | phases.DeferredForOlder():
            return acquire.after_unrecorded_deferral(phase, error, now)
        case phases.Replacing():
            return acquire.after_failed_cancellation(phase, error)
        case phases.Replaced():
            return acquire.after_replacement(phase, steps.TaskRead(phase.awaited.task), now)
        case phases.Quoted():
            return buy.after_failed_record(phase, error)
        case phases.Recorded():
            return buy.fail_purchase(phase, error)
        case phases.Intended():
            return buy.after_failed_creation(phase, error)
        case phases.Submitted():
            return buy.after_unrecorded_task(phase, error)
        case phases.SubmittedForOlderHead():
            return buy.record_in_check_run(phase, phase.known.noting(error.message))
        # A task is open or a purchase waits, so the check stays in progress until a later run continues.
        case phases.Rereading() | phases.Reopened():
            return finish.finish(phase.known.noting(error.message), pending(phase.known.judgement.rules))
        case phases.Judged():
            return finish.after_failed_refresh(phase.known, phase.outcome, error)
        case phases.Publishing():
            return finish.after_failed_write(phase, error)
        case (
            phases.Loaded() | phases.NotDue() | phases.Due() | phases.Ready() | phases.AwaitingApproval()
            | phases.AwaitingOlder() | phases.OlderEnded() | phases.PricingReplacement() | phases.PricedReplacement()
            | phases.Scoping() | phases.Pricing() | phases.Priced() | phases.Waiting() | phases.Completed()
        ):  # fmt: skip
            return finish.finish(phase.known, failure(phase.known, error))
        case phases.Labeled() | phases.Published() | phases.Ended():
            raise RuntimeError(f"{type(phase).__name__} has no step that can fail") from error
        case unknown:
            assert_never(unknown)
