"""Choose the phase that follows a step."""

from __future__ import annotations

from datetime import datetime

from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.memory import StoredLedger
from reviewbot.domain.machine import acquire, finish, phases, steps
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.outcome import failed, newer_head
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.errors import ForgeUnreachable


def learn(phase: phases.Phase, result: steps.Result, now: datetime) -> phases.Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    """Return the phase after a step.

    Raises:
        RuntimeError: the result belongs to another step, which is a bug.
    """
    match phase, result:
        case phases.CancelRequested(), StoredLedger():
            return acquire.cancelled(phase, result)
        case phases.CancelRequested(), steps.Failed(error=error):
            return acquire.eligible(phase.known.saying(error.message))

        case phases.Loaded(), Permission():
            return acquire.triaged(phase.known, result)
        case phases.NotDue(), StoredLedger():
            return acquire.with_ledger(phase, result)
        case phases.Due(), steps.ChangeRead():
            return acquire.with_change(phase, result, now)
        case phases.Ready(), steps.Done():
            return acquire.settling(phase, now)

        case phases.LookingUpOlder(), steps.TaskRead():
            return acquire.looked_up(phase, result, now)
        case phases.LookingUpOlder(), steps.Failed(error=error):
            return acquire.not_looked_up(phase, error, now)

        case phases.Resumed(), steps.TaskRead():
            return acquire.resumed_task(phase, result, now)
        case phases.Resumed(), steps.Failed(error=error):
            return acquire.not_resumed(phase, error, now)
        case phases.Reopened(), Known():
            return phases.Waiting(result, phase.bought, phase.task)

        case phases.AwaitingApproval(), Permission():
            return acquire.with_approval(phase.known, phase.candidate, result, now)
        case phases.Approved(), steps.PriceRead(quote=quote):
            return phases.Replacing(phase.known, phase.candidate, phase.awaited, quote)
        case phases.Replacing(), steps.TaskRead():
            return acquire.with_replaced(phase, result, now)
        case phases.Replacing(), steps.Failed():
            return acquire.with_replaced(phase, steps.TaskRead(phase.awaited.task), now)
        case phases.Unchecked(), steps.HeadChecksRead(open_checks=open_checks):
            return acquire.with_head_checks(phase, open_checks, now)
        case phases.Unchecked(), steps.Failed(error=error):
            return acquire.without_head_checks(phase, error, now)
        case phases.DryRunDue(), steps.HeadChecksRead(open_checks=open_checks):
            return acquire.end_dry_run(phase, open_checks)
        case phases.DryRunDue(), steps.Failed(error=error):
            return finish.concluded(phase.known.noting(error.message), phase.outcome)
        case phases.Deferred(), Known():
            return acquire.deferred(phase, result, now)
        case phases.Deferred(), steps.Failed(error=error):
            return acquire.deferred(phase, phase.known.noting(error.message), now)
        case phases.AwaitingOlder(), steps.TaskRead():
            return acquire.with_older_task(phase, result)
        case phases.OlderEnded(), steps.TaskRead():
            return acquire.with_older_result(phase, result, now)
        case phases.Rereading(), Known():
            return acquire.reread(phase, result, now)

        case phases.Scoping(), steps.NewPartRead():
            return acquire.with_new_part(phase, result, now)
        case phases.Pricing(), steps.PriceRead():
            return acquire.with_price(phase, result, now)

        case phases.Quoted(), Known():
            return acquire.recorded(phase, result)
        case phases.Quoted(), steps.Overtaken(known=known, first=first):
            return acquire.overtaken(known, first, now)
        case phases.Racing(), StoredLedger():
            return acquire.raced(phase, result)
        case phases.Intended(), steps.TaskCreated():
            return acquire.created(phase, result, now)
        case phases.Racing(), steps.Failed(error=error):
            return acquire.not_bought(phase, error)
        case phases.Intended(), steps.Failed(error=error):
            return acquire.not_created(phase, error)
        case phases.Submitted(), Known():
            return acquire.waiting(result, phase.bought, phase.task, now)

        case phases.Waiting() | phases.AwaitingOlder(), steps.NotOver(note=note):
            return finish.concluded(phase.known.noting(note), pending(phase.known.judgement.rules))
        case phases.Waiting(), steps.TaskRead():
            return acquire.polled(phase, result, now)
        case phases.Completed(), Report():
            return finish.answered(phase, result, now)

        case phases.Judged(), Known():
            return finish.refreshed(result, phase.outcome)
        case phases.Judged(), steps.Failed(error=error):
            return finish.not_refreshed(phase.known, phase.outcome, error)
        case phases.Refreshed(), Known():
            return finish.written(phase, result)
        case phases.Refreshed(), steps.Failed(error=error):
            return finish.not_written(phase, error)
        case phases.Published(), Outcome():
            return phases.Ended(phase.known, result)

        case ((phases.Rereading() | phases.Deferred()), steps.HeadMoved()):
            return finish.concluded(phase.known, newer_head())
        # A task is open or a purchase waits, so the check stays in progress until a later run continues.
        case ((phases.Reopened() | phases.Submitted() | phases.Rereading()), steps.Failed(error=error)):
            return finish.concluded(phase.known.noting(error.message), pending(phase.known.judgement.rules))
        case phases.Quoted(), steps.HeadMoved():
            return acquire.not_recorded(phase, newer_head())
        case phases.Quoted(), steps.Failed(error=error) if not isinstance(error, ForgeUnreachable):
            return acquire.not_recorded(phase, failed(phase.known, error))
        case (
            phases.Loaded() | phases.NotDue() | phases.Due() | phases.Ready() | phases.AwaitingApproval()
            | phases.Approved() | phases.AwaitingOlder() | phases.OlderEnded() | phases.Scoping() | phases.Pricing()
            | phases.Quoted() | phases.Waiting() | phases.Completed(), steps.Failed(error=error),
        ):  # fmt: skip
            return finish.concluded(phase.known, failed(phase.known, error))
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")
