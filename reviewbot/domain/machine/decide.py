"""Choose the next step of a run from the current phase."""

from __future__ import annotations

from typing import assert_never

from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.known import Candidate, Known
from reviewbot.domain.machine.record import only, record_deferral, record_intent, record_task
from reviewbot.domain.policy.verdict import pending


def decide(phase: phases.Phase) -> steps.Step | steps.Finish:  # noqa: C901, PLR0911, PLR0912 — the whole course of a run, on one screen
    match phase:
        # Should tasks be cancelled?
        case phases.CancelRequested():
            return steps.ReadLedger(must_read=False)
        case phases.SelectingToCancel(left=left):
            return steps.ReadTask(left[0])
        case phases.Cancelling(left=left):
            return steps.CancelTask(left[0])
        # Is a review due?
        case phases.Loaded(login=login):
            return steps.ReadPermission(login)
        case phases.NotDue():
            return steps.ReadLedger()
        case phases.Due():
            return steps.ReadChange()
        case phases.DryRunDue():
            return steps.ReadHeadChecks()
        case phases.Ready():
            return steps.OpenReviewer()
        # In which state are the tasks of older heads?
        case phases.LookingUpOlder(left=left):
            return steps.LookUpTask(left[0])
        # An earlier run bought a review of this change.
        case phases.Labeled():
            return steps.RemoveLabel()
        case phases.Resumed(before=before):
            return steps.ReadTask(before.task_id)
        # Is the purchase approved? Does the purchase wait for checks or for the review of an older head?
        case phases.AwaitingApproval(login=login):
            return steps.ReadPermission(login)
        case phases.Unchecked():
            return steps.ReadHeadChecks()
        case phases.Deferred(outcome=outcome):
            return record_deferral(phase, outcome)
        case phases.DeferredForOlder(known=known):
            return record_deferral(phase, pending(known.judgement.rules))
        case phases.AwaitingOlder(awaited=awaited, waited=waited):
            return steps.PollTask(awaited.task, waited)
        case phases.OlderEnded(awaited=awaited):
            return steps.LookUpTask(awaited.purchase)
        case phases.Rereading():
            return steps.ReadAgain(identity="")
        case phases.PricingReplacement():
            return steps.ReadTerms()
        case phases.PricedReplacement():
            return steps.FindProject()
        case phases.Replacing(awaited=awaited):
            return steps.CancelTask(awaited.purchase.task_id)
        case phases.Replaced(awaited=awaited):
            return steps.LookUpTask(awaited.purchase)
        # What is bought, and at what price?
        case phases.Scoping(known=known, candidate=candidate):
            return _read_new_part(known, candidate)
        case phases.Pricing():
            return steps.ReadTerms()
        case phases.Priced():
            return steps.FindProject()
        # Record the purchase, then buy and wait.
        case phases.Quoted():
            return record_intent(phase)
        case phases.Recorded(bought=bought):
            return steps.ReadAgain(bought.purchase.identity)
        case phases.Intended(bought=bought, candidate=candidate):
            return steps.CreateTask(bought, candidate)
        case phases.Reopened(bought=bought):
            return steps.WriteCheckRun(pending(bought.purchase.judgement.rules))
        case phases.Submitted():
            return record_task(phase)
        case phases.SubmittedForOlderHead(newer=newer, bought=bought):
            return steps.RecordKeepingText(only(newer, bought.purchase))
        case phases.Waiting(task=task, waited=waited):
            return steps.PollTask(task, waited)
        case phases.Completed(bought=bought, task=task):
            return steps.ReadResult(bought.purchase, task)
        # The outcome is known.
        case phases.Judged():
            return steps.Refresh()
        case phases.Publishing(outcome=outcome, left=left):
            return left[0](outcome)
        case phases.Published(outcome=outcome):
            return steps.WriteOutput(outcome)
        case phases.Ended(outcome=outcome):
            return steps.Finish(outcome)
        case unknown:
            assert_never(unknown)


def _read_new_part(known: Known, candidate: Candidate) -> steps.ReadNewPart:
    since = candidate.identity.since
    return steps.ReadNewPart(since, known.ledger.last_reviewed(since), compares=candidate.intent is None)
