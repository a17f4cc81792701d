"""Record a purchase on GitHub before its task is created, and again before the task is polled."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.github.check_run import write_check_run
from reviewbot.app.github.refresh import head_has_moved, read_ledger_again
from reviewbot.app.github.summary_comment import keep_text, write_summary
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.decisions.check_copies import check_recorded, comes_in_summary
from reviewbot.domain.machine.decisions.outcome import SUMMARY, stands_in_summary
from reviewbot.domain.machine.known import Bought, Known
from reviewbot.domain.machine.steps import HeadMoved
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.errors import ForgeError, ForgeUnreachable, NotFound, ReviewbotError
from reviewbot.values import replace


def record_intent(run: RunContext, known: Known, bought: Bought) -> Known | HeadMoved:
    """Record the intent to buy in the check run, or in the summary if there is no check run. Remove the approval label.

    An intent for several tasks is recorded in both.

    Raises:
        PermissionMissing: the purchase cannot be recorded, and a later run would need the record.
    """
    known, purchase = known.with_own(bought), bought.purchase
    if purchase.parts == 1:  # several tasks are recorded in the summary first
        known = _in_check_run(run, known, purchase)
    if comes_in_summary(known, purchase):
        now = _in_summary(run, known, purchase)
        if head_has_moved(known, now):
            return HeadMoved()
        known = now
    check_recorded(known, purchase)
    if purchase.parts > 1:
        known = _in_check_run(run, known, purchase)
    remove_label(run, known, known.approval_label)
    return known


def record_task(run: RunContext, known: Known, purchase: Purchase) -> Known:
    """Record the task's id before the task is polled.

    The summary is read again first, because other runs may write commands while the task is created. If reading fails
    or the head has moved, the check run gets the id. Without check runs, only the summary can get it.
    """
    try:
        now = _in_summary(run, known, purchase)
        if head_has_moved(known, now):
            _beside_text(run, now, purchase)
        elif stands_in_summary(now):
            return now
        else:
            known = now
    except ReviewbotError as error:
        run.note(error.message)
        if not known.request.check_run:
            _beside_text(run, known, purchase)
    return _in_check_run(run, known, purchase)


def record_deferral(run: RunContext, known: Known, deferred: Purchase, outcome: Outcome) -> Known | HeadMoved:
    """Record a deferred purchase in the check run and the summary. `outcome` states what the purchase waits for."""
    now = read_ledger_again(run, known)
    if head_has_moved(known, now):
        return HeadMoved()
    now = _in_check_run(run, now, deferred, outcome)
    recorded = _written(run, now, deferred, outcome)
    if head_has_moved(now, recorded):
        return HeadMoved()
    remove_label(run, recorded, recorded.approval_label)
    return recorded


def remove_label(run: RunContext, known: Known, label: str) -> None:
    """Remove the approval label, if any. It approves only the head in its own event, so an error is only noted."""
    if not label:
        return
    try:
        run.attempt(f"Removing the label {label}", run.ports.forge.remove_label, known.snapshot.pull.number, label)
    except ForgeError as error:
        run.note(error.message)


def _in_check_run(run: RunContext, known: Known, purchase: Purchase, outcome: Outcome | None = None) -> Known:
    outcome = outcome or pending(known.request.judgement.rules)
    return _keeping(known, write_check_run(run, _only(known, purchase), outcome))


def _in_summary(run: RunContext, known: Known, purchase: Purchase) -> Known:
    """Read an existing summary again and write it. If the head has moved, only read."""
    now = read_ledger_again(run, known) if known.summary else known
    moved = head_has_moved(known, now)
    return now if moved else _written(run, now, purchase, pending(now.request.judgement.rules))


def _beside_text(run: RunContext, now: Known, purchase: Purchase) -> None:
    """Update the ledger in the summary but keep the text, which may be about the newer head."""
    if now.summary and now.request.summary_comment:
        ledger = _only(now, purchase).ledger.written_for(now.snapshot, now.request.instance)
        run.attempt(SUMMARY, keep_text, run, now.summary, ledger)


def _written(run: RunContext, known: Known, purchase: Purchase, outcome: Outcome) -> Known:
    """Write the summary. If that fails, read it again, and write it again unless the head has moved."""
    try:
        return _keeping(known, write_summary(run, _only(known, purchase), outcome))
    except (ForgeUnreachable, NotFound):
        now = read_ledger_again(run, known)
    moved = head_has_moved(known, now)
    return now if moved else _keeping(now, write_summary(run, _only(now, purchase), outcome))


def _only(known: Known, purchase: Purchase) -> Known:
    """Keep only this purchase in the ledger update. Other updates are written after the comments are posted."""
    return known.with_update(known.memory.update.only(purchase.key))


def _keeping(known: Known, written: Known) -> Known:
    return replace(written, memory=known.memory.stored(written.ledger))
