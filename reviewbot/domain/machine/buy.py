"""Transitions between phases from the scope of a purchase to the end of its task."""

from __future__ import annotations

from datetime import datetime

from reviewbot.domain.codevf.attachments import size_tiers
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.decisions.check_copies import may_be_bought_otherwise, overtaking, why_unrecorded
from reviewbot.domain.machine.decisions.outcome import failure, head_has_moved, newer_head, stands_in_summary
from reviewbot.domain.machine.decisions.purchase import (
    dropped,
    make_intent,
    may_exceed_together,
    price,
    quote,
    record_submission,
)
from reviewbot.domain.machine.finish import finish
from reviewbot.domain.machine.known import Bought, Candidate, Known, OwnReview, Quote
from reviewbot.domain.machine.record import (
    again,
    for_intent,
    in_summary,
    is_in_summary,
    left_after,
    with_intent,
)
from reviewbot.domain.machine.steps import (
    NewPartRead,
    RecordInCheckRun,
    TaskCreated,
    TaskRead,
    TermsRead,
)
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.size import sized_by
from reviewbot.domain.policy.verdict import Outcome, pending
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import number
from reviewbot.errors import (
    ForgeUnreachable,
    NotApproved,
    OverBudget,
    PayloadTooLarge,
    ReviewbotError,
    TaskEnded,
    leaves_no_task,
)
from reviewbot.values import replace

Intending = phases.Quoted | phases.Recorded | phases.Intended
Scoped = phases.Scoping | phases.Pricing | Intending


def end_without_result(known: Known, bought: Bought, task: Task, now: datetime) -> phases.Concluded:
    error = TaskEnded(
        f"CodeVF ended the task {task.id} without a result: {visible(task.status_text)}. It does not report the cost.",
        hint="Run this job again to buy another review.",
    )
    known = known.with_own(bought.over(TaskState.ENDED, task, now), task)
    return finish(known, failure(known, error))


# What is bought, and at what price?


def scope(known: Known, candidate: Candidate, now: datetime) -> Scoped:
    since = candidate.intent.since if candidate.intent else _last_reviewed(known, candidate)
    candidate = replace(candidate, identity=replace(candidate.identity, since=since))
    return phases.Scoping(known, candidate) if since else _price_scope(known, candidate, now)


def _last_reviewed(known: Known, candidate: Candidate) -> str:
    """Return the head of the last review if that review was complete, or an empty string to review the whole change."""
    request, before = known.request, candidate.before
    again = before is not None and before.state is TaskState.DONE
    last = known.ledger.builds_on(known.change.base_ref, request.selecting)
    builds_on = request.incremental and request.paid and not again
    return last.head_sha if builds_on and last is not None and last.merge_base else ""


def after_new_part(at: phases.Scoping, got: NewPartRead, now: datetime) -> phases.Pricing | Intending:
    """Size the new part, or the whole change if the base branch was moved back, because this adds unreviewed lines."""
    candidate = at.candidate
    if not got.only_moved_on:
        return _price_scope(at.known, replace(candidate, identity=replace(candidate.identity, since="")), now)
    candidate = replace(candidate, new_parts=got.parts)
    if whole := candidate.quote:  # the new part costs at most as much
        new = price(at.known, candidate, whole.tag, whole.parts)
        candidate = replace(candidate, quote=replace(new, project_id=whole.project_id))
    return _price_scope(at.known, candidate, now)


def _price_scope(known: Known, candidate: Candidate, now: datetime) -> phases.Pricing | Intending:
    if candidate.quote is None:
        return phases.Pricing(known, candidate)
    return _intend(known, candidate, candidate.quote, now)


def after_terms(at: phases.Pricing, got: TermsRead) -> phases.Priced | phases.Concluded:
    known = at.known
    try:
        agreed = quote(known, at.candidate, got.tag, got.balance, freed=0)
    except (OverBudget, NotApproved) as error:
        return finish(known, failure(known, error))
    if got.balance is not None:
        held, available = number(agreed.hold), number(got.balance.available)
        known = known.saying(f"This review would reserve {held} credits, and {available} are available.")
    if agreed.lines is not None:
        size = sized_by(known.request.auto_size, known.request.mode, agreed.lines, agreed.parts, agreed.max_credits)
        known = known.saying(f"Size: {size}.")
    return phases.Priced(known, at.candidate, agreed)


def after_project(at: phases.Priced, project_id: int, now: datetime) -> Intending:
    return _intend(at.known, at.candidate, replace(at.quote, project_id=project_id), now)


def _intend(known: Known, candidate: Candidate, agreed: Quote, now: datetime) -> Intending:
    """Return `Quoted` for a paid review, because the intent is recorded first. Return `Intended` for a free review."""
    bought = make_intent(known, candidate, agreed, now)
    if known.request.paid:
        return phases.Quoted(known, bought, candidate, for_intent(bought.purchase, known))
    return phases.Intended(known.with_own(bought), bought, candidate)


# The task


def after_recording_intent(at: phases.Quoted, known: Known) -> Intending | phases.Concluded:
    """Record the intent in the summary if it is not in the check run, and continue once it is recorded."""
    left = left_after(at, known)
    if head_has_moved(at.known, known):
        return after_unrecorded_intent(at, newer_head())
    purchase = at.bought.purchase
    if is_in_summary(at.left) and (error := why_unrecorded(known, purchase)):
        return after_failed_record(replace(at, known=known), error)
    if at.left[0] is RecordInCheckRun and purchase.parts == 1 and known.wrote.check is None:
        left = (*in_summary(known), *left)
    return replace(at, known=known, left=left) if left else _after_intent(at, with_intent(known, at.bought))


def after_failed_record(at: phases.Quoted, error: ReviewbotError) -> phases.Quoted | phases.Concluded:
    """Fail. If GitHub did not respond, it may have recorded the intent, so the intent is kept."""
    if left := again(at.left, error):
        return replace(at, left=left)
    outcome = failure(at.known, error)
    if isinstance(error, ForgeUnreachable):
        return finish(at.known, outcome)
    return after_unrecorded_intent(at, outcome)


def after_unrecorded_intent(at: phases.Quoted, outcome: Outcome) -> phases.Concluded:
    """End without a task. If CodeVF rejected a larger request, drop the recorded intent, which holds credits."""
    return finish(_drop_intent(at) if at.known.own else at.known, outcome)


def _after_intent(at: phases.Quoted, known: Known) -> phases.Recorded | phases.Intended:
    """Read other runs' purchases if there may be any that this run must continue with, or that exceed the limit."""
    recorded, purchase = phases.Recorded(known, at.bought, at.candidate), at.bought.purchase
    is_in_check = known.wrote.check is not None and may_be_bought_otherwise(known, purchase)
    is_overtaken = overtaking(known, known.stored.ledger.recorded(purchase), purchase) is not None
    may_differ = is_in_check or is_overtaken or may_race(recorded)
    return recorded if may_differ else phases.Intended(known, at.bought, at.candidate)


def may_race(at: phases.Recorded) -> bool:
    """Return whether the limit is checked again. An intent of an earlier run may already have a task."""
    return may_exceed_together(at.known) and not at.candidate.intent


def after_failed_creation(
    at: phases.Intended, error: ReviewbotError
) -> phases.Quoted | phases.Intended | phases.Concluded:
    """Submit a smaller request if CodeVF rejects the size, or fail."""
    tiers = size_tiers(at.known.request.attachment_bytes)
    if isinstance(error, PayloadTooLarge) and at.bought.purchase.size_tier < len(tiers) - 1:
        return _submit_smaller(at, error)
    return fail_purchase(at, error)


def fail_purchase(at: phases.Recorded | phases.Intended, error: ReviewbotError) -> phases.Concluded:
    """Fail, and drop the intent unless the task may exist. The next run sends the key of a remaining intent again."""
    known = _drop_intent(at) if leaves_no_task(error) else at.known
    return finish(known, failure(known, error))


def _drop_intent(at: Intending) -> Known:
    """Drop the intent of this run. An intent of an earlier run may have a task."""
    if at.candidate.intent:
        return at.known
    return at.known.with_own(at.bought.with_purchase(dropped(at.bought.purchase)))


def _submit_smaller(at: phases.Intended, error: PayloadTooLarge) -> phases.Quoted | phases.Intended:
    purchase = at.bought.purchase
    bought = at.bought.with_purchase(replace(purchase, size_tier=purchase.size_tier + 1))
    known = at.known.with_own(bought).saying(f"{error.message} reviewbot retries with smaller attachments.")
    if known.request.paid:
        return phases.Quoted(known, bought, at.candidate, for_intent(bought.purchase, known))
    return phases.Intended(known, bought, at.candidate)


def after_creation(
    at: phases.Intended, got: TaskCreated, now: datetime
) -> phases.Submitted | phases.Waiting | phases.Completed | phases.Concluded:
    bought = record_submission(at.known, at.bought, got, now, again=at.candidate.intent is not None)
    known = at.known.with_own(bought, got.task)
    if not known.request.paid:
        return wait_for_task(known, bought, got.task, now)
    return phases.Submitted(known.saying(f"The CodeVF task is {got.task.id}."), bought, got.task, in_summary(known))


def after_recording_task(
    at: phases.Submitted, known: Known, now: datetime
) -> phases.Submitted | phases.SubmittedForOlderHead | phases.Waiting | phases.Completed | phases.Concluded:
    """Record the task in the summary, or in the check run if this run cannot write the summary of this head."""
    left = left_after(at, known)
    if head_has_moved(at.known, known):
        return phases.SubmittedForOlderHead(at.known, at.bought, at.task, known)
    if is_in_summary(at.left) and not stands_in_summary(known):
        left = (RecordInCheckRun,)
    return replace(at, known=known, left=left) if left else wait_for_task(known, at.bought, at.task, now)


def after_unrecorded_task(at: phases.Submitted, error: ReviewbotError) -> phases.Submitted | phases.Concluded:
    if left := again(at.left, error):
        return replace(at, left=left)
    return record_in_check_run(at, at.known.noting(error.message))


def record_in_check_run(
    at: phases.Submitted | phases.SubmittedForOlderHead, known: Known
) -> phases.Submitted | phases.Concluded:
    """Record the task in the check run. If this fails, too, CodeVF returns the task for its key to the next run."""
    is_last = isinstance(at, phases.Submitted) and at.left[0] is RecordInCheckRun
    if is_last or not known.request.check_run:
        return finish(known, pending(known.judgement.rules))
    return phases.Submitted(known, at.bought, at.task, (RecordInCheckRun,))


def wait_for_task(
    known: Known, bought: Bought, task: Task, now: datetime, waited: float = 0
) -> phases.Waiting | phases.Completed | phases.Concluded:
    if not task.status.is_over:
        return phases.Waiting(known, bought, task, waited)
    if task.status is TaskStatus.COMPLETED:
        return phases.Completed(known, bought, task)
    return end_without_result(known, bought, task, now)


def after_poll(
    at: phases.Waiting, got: TaskRead, now: datetime
) -> phases.Waiting | phases.Completed | phases.Concluded:
    known = replace(at.known, own=OwnReview(at.bought, got.task))
    return wait_for_task(known, at.bought, got.task, now, at.waited + got.seconds)
