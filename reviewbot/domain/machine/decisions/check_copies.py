"""Decide which copy of a purchase a check run contains, and whose purchase counts if runs race."""

from __future__ import annotations

from collections.abc import Collection

from reviewbot.domain.ledger.ledger import Purchase, PurchaseKey, TaskState
from reviewbot.domain.machine.decisions.outcome import stands_in_summary
from reviewbot.domain.machine.known import Known
from reviewbot.errors import PermissionMissing


def why_unrecorded(known: Known, bought: Purchase) -> PermissionMissing | None:
    """Return an error if a later run could not find the purchase again, else None.

    Several tasks need a summary comment. A run that waits for the answer needs no record.
    """
    is_in_summary = stands_in_summary(known)
    if bought.parts > 1 and not is_in_summary:
        return PermissionMissing(
            "The token cannot write the summary comment, and only this comment has space for the ids of several tasks.",
            hint="Give the token `pull-requests: write`, or set `max-tasks: 1`.",
        )
    if known.wrote.check is None and not is_in_summary and not known.request.waits:
        return PermissionMissing(
            "The token can write neither check runs nor comments, so a later run could not find the review.",
            hint="Give the token `checks: write` or `pull-requests: write`, or set `wait-minutes` above 0.",
        )
    return None


def purchase_to_copy(known: Known, there: Purchase | None) -> Purchase | None:
    """Return the purchase to copy to the check run, or None to keep the existing copy.

    The first purchase of this list is used:

    - `there`, the existing copy, if another run has since bought it as the next attempt of this run's purchase
    - this run's purchase in the state `INTENT` or `OPEN`
    - another intent or open task of this head, unless this run's purchase has an answer
    - a deferred purchase of this head, if this run has no other purchase, because a repository without summaries would
      forget the deferral
    - the open task of an older head, so that the run that ends this task also completes the check
    - this run's finished purchase
    - `there`

    A purchase in `StoredLedger.finished` has its own check run and does not count as open.
    """
    if not known.request.paid:
        return None
    held, ledger = known.purchase, known.ledger
    if held is None or held.state in {TaskState.DEFERRED, TaskState.ENDED}:  # another run may have bought a review
        waiting = next((one for one in ledger.deferred() if one.head_sha == known.head_sha), None)
        underway = (one for one in ledger.underway_on(known.head_sha) if one.key not in known.stored.finished)
        held = next((one for one in underway if not _is_earlier(one, held)), None) or held or waiting
    elif there and _is_next_attempt(there, held):
        held = there
    if known.awaited and (held is None or held.state.is_over):  # so that a later run finds the task
        held = known.awaited.purchase
    held = held or (there and ledger.recorded(there))
    # Another run may have recorded the task of this run's intent.
    return held and (ledger.recorded(held) or held)


def _is_earlier(one: Purchase, held: Purchase | None) -> bool:
    return held is not None and one.identity == held.identity and one.attempt < held.attempt


def _is_next_attempt(copy: Purchase, held: Purchase) -> bool:
    is_underway = copy.state in {TaskState.INTENT, TaskState.OPEN}
    return is_underway and copy.identity == held.identity and copy.attempt > held.attempt


def may_be_bought_otherwise(known: Known, bought: Purchase) -> bool:
    """Return whether another purchase is recorded, so that a concurrent run may set another `since`."""
    return any(one.identity != bought.identity for one in known.ledger.purchases)


def may_be_replaced(known: Known, copy: Purchase) -> bool:
    """Return whether another run may have replaced this copy in the check run since this run read it.

    A run with a purchase knows of every replacement except that of an intent which it does not continue, and the next
    attempt after its own one has ended.
    """
    own = known.purchase
    if own is None or own.state is TaskState.ENDED:
        return True
    is_buying = own.state in {TaskState.INTENT, TaskState.OPEN}
    return copy.state is TaskState.INTENT and not is_buying and own.key != copy.key


def is_only_copy(known: Known, copy: Purchase, new: Purchase, others: Collection[PurchaseKey]) -> bool:
    """Return whether `new` must not replace `copy` in a check run. `others` are the copies in older check runs.

    If the summary is not trusted, replacing the only copy would lose the review's findings. An intent never replaces
    an intent for another scope: GitHub numbers check runs on creation, so both runs find the same first intent, and
    continue with it.
    """
    if new.state is TaskState.INTENT and known.purchase and may_be_bought_otherwise(known, known.purchase):
        return (copy.key, copy.since, copy.state) != (new.key, new.since, new.state)
    return copy.task_id != "" and copy.identity != new.identity and copy.key not in others


def overtaking(known: Known, first: Purchase | None, bought: Purchase) -> Purchase | None:
    """Return `first` if it has another `since` than `bought`, is a later attempt, or is finished, else None."""
    if first is None or first.state is TaskState.DEFERRED or first.attempt < bought.attempt:
        return None
    update = (one for one in known.ledgers.update.purchases if one.state is not TaskState.DEFERRED)
    recorded = (one for one in update if one.identity == bought.identity)
    is_own = (first.attempt, first.since) in {(one.attempt, one.since) for one in (*recorded, bought)}
    return None if is_own and not first.state.is_over else first
