"""Choose the phase that follows a step."""

from __future__ import annotations

from datetime import datetime

from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.memory import StoredLedger
from reviewbot.domain.machine import acquire, finish, phases, steps
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.outcome import failure, newer_head
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.errors import ForgeUnreachable


def learn(phase: phases.Phase, result: steps.Result, now: datetime) -> phases.Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    """Return the phase after a step.

    Raises:
        RuntimeError: the result belongs to another step, which is a bug.
    """
    match phase, result:
        case phases.CancelRequested(), steps.TasksCancelled():
            return acquire.after_cancellations(phase, result)
        case phases.CancelRequested(), steps.Failed(error=error):
            return acquire.begin(phase.known.saying(error.message))

        case phases.Loaded(), Permission():
            return acquire.after_permission(phase.known, result)
        case phases.NotDue(), StoredLedger():
            return acquire.after_ledger(phase, result)
        case phases.Due(), steps.ChangeRead():
            return acquire.after_change(phase, result, now)
        case phases.Ready(), steps.Done():
            return acquire.after_opening(phase, now)

        case phases.LookingUpOlder(), steps.TaskRead():
            return acquire.after_lookup(phase, result, now)
        case phases.LookingUpOlder(), steps.Failed(error=error):
            return acquire.after_failed_lookup(phase, error, now)

        case phases.Resumed(), steps.TaskRead():
            return acquire.after_resumed_task(phase, result, now)
        case phases.Resumed(), steps.Failed(error=error):
            return acquire.after_unread_task(phase, error, now)
        case phases.Reopened(), Known():
            return phases.Waiting(result, phase.bought, phase.task)

        case phases.AwaitingApproval(), Permission():
            return acquire.check_approval(phase.known, phase.candidate, result, now)
        case phases.PricingReplacement(), steps.PriceRead(quote=quote):
            return phases.Replacing(phase.known, phase.candidate, phase.awaited, quote)
        case phases.Replacing(), steps.TaskRead():
            return acquire.after_cancellation(phase, result, now)
        case phases.Replacing(), steps.Failed():
            return acquire.after_cancellation(phase, steps.TaskRead(phase.awaited.task), now)
        case phases.Unchecked(), steps.HeadChecksRead(open_checks=open_checks):
            return acquire.after_head_checks(phase, open_checks, now)
        case phases.Unchecked(), steps.Failed(error=error):
            return acquire.after_unread_head_checks(phase, error, now)
        case phases.DryRunDue(), steps.HeadChecksRead(open_checks=open_checks):
            return acquire.after_dry_run_checks(phase, open_checks)
        case phases.DryRunDue(), steps.Failed(error=error):
            return finish.conclude(phase.known.noting(error.message), phase.outcome)
        case phases.Deferred(), Known():
            return acquire.after_deferral(phase, result, now)
        case phases.Deferred(), steps.Failed(error=error):
            return acquire.after_deferral(phase, phase.known.noting(error.message), now)
        case phases.AwaitingOlder(), steps.TaskRead():
            return acquire.after_older_poll(phase, result)
        case phases.OlderEnded(), steps.TaskRead():
            return acquire.after_older_result(phase, result, now)
        case phases.Rereading(), Known():
            return acquire.after_reread(phase, result, now)

        case phases.Scoping(), steps.NewPartRead():
            return acquire.after_new_part(phase, result, now)
        case phases.Pricing(), steps.PriceRead():
            return acquire.after_price(phase, result, now)

        case phases.Quoted(), Known():
            return acquire.after_intent(phase, result)
        case phases.Quoted(), steps.Overtaken(known=known, first=first):
            return acquire.after_overtaking(known, first, now)
        case phases.Racing(), StoredLedger():
            return acquire.after_purchases(phase, result)
        case phases.Intended(), steps.TaskCreated():
            return acquire.after_creation(phase, result, now)
        case phases.Racing(), steps.Failed(error=error):
            return acquire.fail_purchase(phase, error)
        case phases.Intended(), steps.Failed(error=error):
            return acquire.after_failed_creation(phase, error)
        case phases.Submitted(), Known():
            return acquire.wait_for_task(result, phase.bought, phase.task, now)

        case phases.Waiting() | phases.AwaitingOlder(), steps.NotOver(note=note):
            return finish.conclude(phase.known.noting(note), pending(phase.known.judgement.rules))
        case phases.Waiting(), steps.TaskRead():
            return acquire.after_poll(phase, result, now)
        case phases.Completed(), Report():
            return finish.after_answer(phase, result, now)

        case phases.Judged(), Known():
            return finish.after_refresh(result, phase.outcome)
        case phases.Judged(), steps.Failed(error=error):
            return finish.after_failed_refresh(phase.known, phase.outcome, error)
        case phases.Refreshed(), Known():
            return finish.after_write(phase, result)
        case phases.Refreshed(), steps.Failed(error=error):
            return finish.after_failed_write(phase, error)
        case phases.Published(), Outcome():
            return phases.Ended(phase.known, result)

        case ((phases.Rereading() | phases.Deferred()), steps.HeadMoved()):
            return finish.conclude(phase.known, newer_head())
        # A task is open or a purchase waits, so the check stays in progress until a later run continues.
        case ((phases.Reopened() | phases.Submitted() | phases.Rereading()), steps.Failed(error=error)):
            return finish.conclude(phase.known.noting(error.message), pending(phase.known.judgement.rules))
        case phases.Quoted(), steps.HeadMoved():
            return acquire.after_unrecorded_intent(phase, newer_head())
        case phases.Quoted(), steps.Failed(error=error) if not isinstance(error, ForgeUnreachable):
            return acquire.after_unrecorded_intent(phase, failure(phase.known, error))
        case (
            phases.Loaded() | phases.NotDue() | phases.Due() | phases.Ready() | phases.AwaitingApproval()
            | phases.PricingReplacement() | phases.AwaitingOlder() | phases.OlderEnded() | phases.Scoping()
            | phases.Pricing() | phases.Quoted() | phases.Waiting() | phases.Completed(), steps.Failed(error=error),
        ):  # fmt: skip
            return finish.conclude(phase.known, failure(phase.known, error))
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")
