"""Choose the steps that record a purchase on GitHub: an intent, a deferral or the id of a task."""

from __future__ import annotations

from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.known import Bought, Known, OwnReview
from reviewbot.domain.machine.phases import Deferred, DeferredForOlder, Quoted, Submitted
from reviewbot.domain.machine.steps import (
    ReadAgain,
    RecordInCheckRun,
    RecordingStep,
    RecordInSummary,
    RecordInSummaryAgain,
    RemoveLabel,
)
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.errors import ForgeUnreachable, NotFound, ReviewbotError
from reviewbot.values import replace

Left = tuple[type[RecordingStep], ...]
"""The remaining steps, in order."""

Recording = Quoted | Deferred | DeferredForOlder | Submitted

FOR_DEFERRAL: Left = (ReadAgain, RecordInCheckRun, RecordInSummary, RemoveLabel)
"""The check run and the summary state what the purchase waits for."""


def for_intent(purchase: Purchase, known: Known) -> Left:
    """Record an intent in the check run. Record several tasks in the summary first, which has space for their ids."""
    if purchase.parts > 1:
        return (*in_summary(known), RecordInCheckRun, RemoveLabel)
    return (RecordInCheckRun, RemoveLabel)


def in_summary(known: Known) -> Left:
    """Read an existing summary again before it is written, because other runs may have written commands."""
    return (ReadAgain, RecordInSummary) if known.summary else (RecordInSummary,)


def record_intent(at: Quoted) -> RecordingStep:
    return _step(at.left[0], with_intent(at.known, at.bought), at.bought.purchase, _pending(at.known))


def record_deferral(at: Deferred | DeferredForOlder, outcome: Outcome) -> RecordingStep:
    return _step(at.left[0], at.known, at.deferred, outcome)


def record_task(at: Submitted) -> RecordingStep:
    return _step(at.left[0], at.known, at.bought.purchase, _pending(at.known))


def _pending(known: Known) -> Outcome:
    return pending(known.request.judgement.rules)


def _step(kind: type[RecordingStep], known: Known, purchase: Purchase, outcome: Outcome) -> RecordingStep:
    if issubclass(kind, ReadAgain):
        return kind(known.purchase.identity if known.purchase else "")
    if issubclass(kind, RemoveLabel):
        return kind()
    return kind(only(known, purchase), outcome)


def only(known: Known, purchase: Purchase) -> Known:
    """Return the state with only one purchase in the update. Other updates are written after the comments."""
    return known.with_update(known.ledgers.update.only(purchase.key))


def left_after(at: Recording, known: Known) -> Left:
    """Return the steps that remain after the first one."""
    left = at.left[1:]
    return left if known.approval_label else tuple(one for one in left if one is not RemoveLabel)


def with_intent(known: Known, bought: Bought) -> Known:
    """Return the state with this intent, unless another run has advanced the recorded purchase."""
    there = known.stored.ledger.recorded(bought.purchase)
    is_behind = there is not None and there.progress > bought.purchase.progress
    return replace(known, own=OwnReview(bought)) if is_behind else known.with_own(bought)


def is_in_summary(left: Left) -> bool:
    return left[0] in {RecordInSummary, RecordInSummaryAgain}


def again(left: Left, error: ReviewbotError) -> Left:
    """Return the steps after a lost response or for a deleted comment: read the summary and write it once more.

    Return an empty tuple after any other failure.
    """
    is_unclear = left[0] is RecordInSummary and isinstance(error, ForgeUnreachable | NotFound)
    return (ReadAgain, RecordInSummaryAgain, *left[1:]) if is_unclear else ()
