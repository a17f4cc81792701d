"""What a run knows after a step: the next phase."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reviewbot.domain.machine import acquire, finish
from reviewbot.domain.machine.judge import failed, newer_head
from reviewbot.domain.machine.state import (
    Approved,
    AwaitingOlder,
    CancellingOther,
    CancellingOwn,
    Completed,
    Deferred,
    Due,
    Ended,
    Intended,
    Judged,
    Loaded,
    NotDue,
    OlderOver,
    Phase,
    Priced,
    Pricing,
    Published,
    Quoted,
    Ready,
    Refreshed,
    Reopened,
    Replaced,
    Replacing,
    Reported,
    Rereading,
    Resumed,
    Scoping,
    Settling,
    Submitted,
    Waiting,
    Wanted,
)
from reviewbot.domain.machine.steps import (
    BasesCompared,
    ChangeRead,
    Done,
    Failed,
    HeadMoved,
    LedgerRead,
    NotOver,
    OutputWritten,
    PermissionRead,
    PriceRead,
    ProjectFound,
    Result,
    ResultRead,
    TaskCreated,
    TaskRead,
    TooLarge,
    Updated,
)
from reviewbot.domain.policy.verdict import pending


def learn(phase: Phase, result: Result, now: datetime) -> Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    """The phase after a step.

    Args:
        phase: before it.
        result: of the step that `decide` asked for in this phase.
        now: in UTC.

    Raises:
        RuntimeError: the result is of another step, which is a bug.
    """
    match phase, result:
        case Loaded(), PermissionRead(permission=permission):
            return acquire.triaged(phase.known, permission)
        case NotDue(), LedgerRead():
            return acquire.with_ledger(phase, result)
        case Due(), ChangeRead():
            return acquire.with_change(phase, result, now)
        case Ready(), Done():
            return acquire.settling(phase, now)

        case Settling(), TaskRead():
            return acquire.looked_up(phase, result, now)
        case Settling(), Failed(error=error):
            return acquire.not_looked_up(phase, error, now)
        case CancellingOther(), Done() | Failed():
            return replace(phase.settling, cancelled=True)

        case Resumed(), Done():
            return replace(phase, label="")
        case Resumed(), TaskRead():
            return acquire.resumed_task(phase, result, now)
        case Resumed(label=""), Failed(error=error):
            return acquire.not_resumed(phase, error, now)
        case CancellingOwn(), Done() | Failed():
            return replace(phase.resumed, cancelled=True)
        case Reopened(), Updated(known=known):
            return Waiting(known, phase.underway)

        case Wanted(), PermissionRead(permission=permission):
            return acquire.with_approval(phase.known, phase.wish, permission, now)
        case Approved(), PriceRead():
            return acquire.with_price_to_replace(phase, result)
        case Replacing(), Done() | Failed():
            return Replaced(phase.known, phase.wish, phase.awaited, phase.quote)
        case Replaced(), TaskRead():
            return acquire.with_replaced(phase, result, now)
        case Replaced(), Failed():
            return acquire.with_replaced(phase, TaskRead(phase.awaited.task), now)
        case Deferred(), Done():
            return replace(phase, label="")
        case Deferred(), Updated(known=known):
            return AwaitingOlder(known, phase.wish, phase.awaited, phase.wanted)
        case AwaitingOlder(), TaskRead():
            return acquire.with_older_task(phase, result)
        case OlderOver(), TaskRead():
            return acquire.with_older_result(phase, result, now)
        case Rereading(), Updated(known=known):
            return acquire.reread(phase, known, now)

        case Scoping(), BasesCompared(only_moved_on=only_moved_on):
            return acquire.compared(phase, only_moved_on=only_moved_on, now=now)
        case Pricing(), PriceRead():
            return acquire.with_price(phase, result, now)
        case Priced(), ProjectFound(project_id=project_id):
            return acquire.in_project(phase.known, phase.wish, phase.quote, project_id, now)

        case Quoted(), Updated(known=known):
            return Intended(known, phase.bought, phase.order)
        case Intended(), Done():
            return replace(phase, order=replace(phase.order, label=""))
        case Intended(), TaskCreated():
            return acquire.created(phase, result, now)
        case Intended(), TooLarge(error=too_large):
            return acquire.too_large(phase, too_large)
        case Intended(order=order), Failed(error=error) if not order.label:
            return acquire.not_created(phase, error)
        case Submitted(), Updated(known=known):
            return acquire.waiting(known, phase.underway, now)

        case Waiting() | AwaitingOlder(), NotOver(note=note):
            return finish.concluded(phase.known.noting(note), pending(phase.known.judgement.rules))
        case Waiting(), TaskRead():
            return acquire.polled(phase, result, now)
        case Completed(), ResultRead(report=report):
            return finish.reported(phase, report, now)

        case Reported(), Done():
            return finish.concluded(phase.known, phase.outcome)
        case Judged(), Updated(known=known):
            return finish.refreshed(known, phase.outcome)
        case Judged(), Failed(error=error):
            return finish.not_refreshed(phase.known, phase.outcome, error)
        case Refreshed(), Updated(known=known):
            return finish.written(phase, known)
        case Refreshed(), Failed(error=error):
            return finish.not_written(phase, error)
        case Published(), OutputWritten(outcome=outcome):
            return Ended(outcome)

        case ((Rereading() | Quoted() | Deferred()), HeadMoved()):
            return finish.concluded(phase.known, newer_head())
        case (
            (
                Loaded()
                | NotDue()
                | Due()
                | Ready()
                | Resumed()
                | Reopened()
                | Wanted()
                | Approved()
                | Deferred()
                | AwaitingOlder()
                | OlderOver()
                | Rereading()
                | Scoping()
                | Pricing()
                | Priced()
                | Quoted()
                | Intended()
                | Submitted()
                | Waiting()
                | Completed()
            ),
            Failed(error=error),
        ):
            return finish.concluded(phase.known, failed(phase.known, error))
        case _:
            raise RuntimeError(f"{type(phase).__name__} does not ask for what {type(result).__name__} answers")
