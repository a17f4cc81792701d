"""Transitions between phases that find an earlier purchase, or decide whether and when to buy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from reviewbot.domain.codevf.idempotency import is_forgotten, is_given_up
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.buy import Scoped, end_without_result, fail_purchase, may_race, scope
from reviewbot.domain.machine.decisions.check_copies import overtaking
from reviewbot.domain.machine.decisions.merge import merge
from reviewbot.domain.machine.decisions.outcome import (
    by_findings,
    failure,
    head_has_moved,
    newer_head,
    not_asked_for,
    without_review,
)
from reviewbot.domain.machine.decisions.purchase import (
    apply_deferred_settings,
    check_race,
    deferral_of,
    dropped,
    quote,
    resume,
    selection_of,
)
from reviewbot.domain.machine.finish import finish
from reviewbot.domain.machine.known import Candidate, Known, OpenTask, OwnReview
from reviewbot.domain.machine.record import FOR_DEFERRAL, again, left_after
from reviewbot.domain.machine.steps import Reread, TaskRead, TermsRead
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import ReviewOn
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.eligibility import (
    SKIP_LABEL,
    Asked,
    AtTerminal,
    approval_login,
    is_requested,
    not_approved,
    tries_again,
)
from reviewbot.domain.policy.readiness import waits_for
from reviewbot.domain.policy.verdict import Coverage, Reason, Verdict, incomplete_history, pending
from reviewbot.domain.policy.verdict import deferred as deferred_outcome
from reviewbot.errors import (
    ChecksNotGreen,
    NoKey,
    NotApproved,
    NothingSendable,
    OverBudget,
    PermissionMissing,
    ReviewbotError,
    ServiceRefused,
    ServiceUnreachable,
    TaskEnded,
)
from reviewbot.values import replace

MAX_ATTEMPTS = 3
"""The number of attempts without a result after which pull request events request no further attempt."""

InTurn = phases.PricingReplacement | phases.DeferredForOlder | Scoped
Checked = phases.Unchecked | phases.Deferred | InTurn | phases.Concluded
Buying = phases.AwaitingApproval | Checked
Resuming = phases.Labeled | phases.Resumed
Looked = phases.LookingUpOlder | Resuming | Buying
"""Return types. Each union also contains the phases that can follow."""


def cancelled(known: Known, task_id: str) -> Known:
    return _with_cancelled(known, task_id).saying(f"reviewbot asked CodeVF to cancel the task {task_id}.")


def not_cancelled(known: Known, task_id: str, error: ReviewbotError) -> Known:
    """Return the state after a failed cancellation, which CodeVF may have executed."""
    known = _with_cancelled(known, task_id)
    return known.saying(f"reviewbot could not cancel the task {task_id}: {error.clause}")


def _with_cancelled(known: Known, task_id: str) -> Known:
    return replace(known, wrote=replace(known.wrote, cancelled=known.wrote.cancelled | {task_id}))


# In which state are the tasks of older heads?


def after_opening(at: phases.Ready, now: datetime) -> Looked:
    """Look up every open task except that of the last attempt for this change, and a review to be repeated.

    Deferred purchases of other changes are dropped. A collection keeps a deferred purchase of this head, because the
    run that deferred the purchase may have other settings.

    CodeVF returns the task for an idempotency key only if the same change is submitted, so an intent of another change
    cannot be looked up. Such an intent keeps its hold until CodeVF has forgotten the key. An intent of this head that
    only a check run contains is not recorded, because another run may be recording the task.
    """
    known, own, before = at.known, "", None
    if isinstance(at.then, phases.ReviewChange):
        before = at.then.before
        own = before.identity if before else known.identity.digest()
    request, head = known.request, known.snapshot.pull.head_sha
    for deferred in known.ledger.deferred() if request.paid else ():
        if deferred.identity != own and (deferred.head_sha != head or request.may_buy):
            known = known.noted(dropped(deferred))
    for intent in known.ledger.intents() if request.paid else ():
        if intent.identity != own and is_forgotten(intent.submitted_at, now):
            known = known.noted(replace(intent, state=TaskState.ENDED))
        elif intent.identity != own and (intent.base_ref or intent.head_sha != head):
            known = known.noted(intent)
    tasks = known.ledger.open_tasks() if request.paid else ()
    last = before.attempt if before else 0  # earlier attempts may be open because an older summary was restored
    left = tuple(one for one in tasks if one.identity != own or one.attempt < last)
    return _next_task(known, (*left, *_to_read_again(known, before)), at.then, now)


def _to_read_again(known: Known, before: Purchase | None) -> Iterator[Purchase]:
    """Yield the last review of this change if another one is requested and only CodeVF has its findings."""
    if before is not None and before.state is TaskState.DONE and not before.base_ref and _asks_again(known):
        yield before


def _next_task(known: Known, left: tuple[Purchase, ...], then: phases.Then, now: datetime) -> Looked:
    return phases.LookingUpOlder(known, left, then) if left else proceed(known, then, now)


def after_lookup(at: phases.LookingUpOlder, got: TaskRead, now: datetime) -> Looked:
    purchase, rest = at.left[0], at.left[1:]
    return _next_task(_end_older(at.known, purchase, got, now), rest, at.then, now)


def after_failed_lookup(at: phases.LookingUpOlder, error: ReviewbotError, now: datetime) -> Looked:
    """Keep the purchase open after an error.

    A purchase whose task CodeVF does not find stays open for `PATIENCE`, because one response may be wrong. A new
    purchase does not wait for such a task.
    """
    purchase, rest = at.left[0], at.left[1:]
    known = at.known.noting(f"reviewbot could not look up the review of {_named(purchase)}: {error.clause}")
    if isinstance(error, ServiceRefused) and error.is_not_found:
        is_over = purchase.state is TaskState.DONE or is_given_up(purchase.submitted_at, now)
        known = _end_without_answer(known, purchase, purchase.used, now) if is_over else known
    elif purchase.state is not TaskState.DONE:
        unknown = OpenTask(purchase, Task(purchase.task_id, TaskStatus.UNKNOWN, "unknown"))
        known = replace(known, others=(*known.others, unknown))
    return _next_task(known, rest, at.then, now)


def _end_older(known: Known, purchase: Purchase, got: TaskRead, now: datetime) -> Known:
    if not _has_ended(got.task, purchase, now):
        return replace(known, others=(*known.others, OpenTask(purchase, got.task)))
    if got.answer is None:
        known = known.saying(f"The review of {_named(purchase)} ended without a result.")
        return _end_without_answer(known, purchase, got.task.credits_used, now)
    known = known.saying(
        f"The review of {_named(purchase)} is finished. reviewbot adds its findings where their code is now."
    )
    seen_whole = not got.task.unseen and purchase.coverage is Coverage.FULL
    closed = purchase.over(TaskState.DONE, got.task.credits_used, now)
    closed = closed.answered(readable=got.answer.report.readable, seen_whole=seen_whole, now=now)
    closed = closed if got.task.is_completed else closed.without_tolerance()
    return known.with_answer(closed, replace(got.answer, whole=closed.is_whole))


def _has_ended(task: Task, purchase: Purchase, now: datetime) -> bool:
    """Return whether a task has ended. An unknown status may be final, so it counts as running for `PATIENCE`."""
    is_unknown = task.status is TaskStatus.UNKNOWN
    return task.status.is_over or (is_unknown and is_given_up(purchase.submitted_at, now))


def _end_without_answer(known: Known, purchase: Purchase, used: Decimal | None, now: datetime) -> Known:
    known = known.noted(purchase.over(TaskState.ENDED, used, now))
    if purchase.key not in known.stored.finished:
        return known
    return known.with_update(replace(known.ledgers.update, is_incomplete=True))  # its published findings are lost


def _named(purchase: Purchase) -> str:
    return purchase.head_sha[:7] or "an older head"


def proceed(known: Known, then: phases.Then, now: datetime) -> Resuming | Buying:
    match then:
        case phases.NothingToSend():
            return nothing_to_send(known)
        case phases.ReviewChange(before=before):
            return _choose_purchase(known, before, now)
        case _:
            return finish(known, then)


_NOTHING_TO_REVIEW = (
    "No selected file has changed, so a new review cannot restore the missing findings. A maintainer can set the label "
    f"`{SKIP_LABEL}` instead."
)


def nothing_to_send(known: Known) -> phases.Concluded:
    if known.change.missed and known.request.is_due:
        unsendable = NothingSendable(
            "None of the selected files could be reviewed.",
            hint=f"See the reason next to each file. To exclude files that need no review:{known.change.to_leave_out}",
        )
        return finish(known, failure(known, unsendable))
    rules = known.request.judgement.rules
    if known.awaited is not None:
        return finish(known, pending(rules))
    outcome = by_findings(known, rules, readable=True)
    if outcome.verdict is Verdict.PASS and known.may_lack_history and known.request.is_keyless:
        error = NoKey(
            "reviewbot cannot read earlier reviews of this pull request without the CodeVF API key.",
            hint="Set the secret, pass it as `codevf-api-key`, and start a new run.",
        )
        return finish(known, failure(known, error))
    if outcome.verdict is Verdict.PASS:
        outcome = incomplete_history(outcome, rules) if known.may_lack_history else without_review(known)
    if outcome.reason is Reason.MEMORY and not known.change.sendables:
        outcome = replace(outcome, hint=_NOTHING_TO_REVIEW)
    return finish(known, outcome)


# Did an earlier run buy a review of this change?


def bought_before(known: Known, now: datetime) -> Purchase | None:
    """Return the latest purchase of this change, or None.

    An open or answered attempt takes precedence over a later attempt without a result, unless a command requests a
    review, and over an attempt that a concurrent run deferred without a command. Free reviews are not resumed, because
    anyone can forge their ledger, which is signed with an empty secret.
    """
    request, ledger, digest = known.request, known.ledger, known.identity.digest()
    before = ledger.find(digest) if request.paid else None
    if before is None:
        return _bought_otherwise(known, now) if request.paid and not request.may_buy else None
    is_in_vain = before.state is TaskState.ENDED and not isinstance(request.trigger, Asked)
    if is_in_vain or (before.state is TaskState.DEFERRED and not before.asked):
        found = (ledger.find(digest, state) for state in (TaskState.OPEN, TaskState.DONE))
        return max(filter(None, found), key=lambda one: one.attempt, default=before)
    return before


def _bought_otherwise(known: Known, now: datetime) -> Purchase | None:
    """Return a purchase of this head with other settings, or None if no such purchase can be resumed."""
    before = known.ledger.on_head(known.snapshot.pull.head_sha, known.change.change.merge_base)
    if before is None or before.state is TaskState.DEFERRED:
        return None
    # The intent has another key, so submitting this change would not return the intent's task.
    return None if before.state is TaskState.INTENT and not is_forgotten(before.submitted_at, now) else before


def _choose_purchase(known: Known, before: Purchase | None, now: datetime) -> Resuming | Buying:
    if before is not None and before.is_unknown and (before.state.is_over or is_forgotten(before.submitted_at, now)):
        # The task may exist but can no longer be found by its key, so another attempt could pay twice.
        before = replace(before, state=TaskState.ENDED)
        known = known.noted(before)
        if isinstance(known.request.trigger, ReviewEvent | AtTerminal) or not known.request.may_buy:
            error = TaskEnded(
                "A run stopped while buying this review, and reviewbot can no longer resume the purchase.",
                hint="Check the tasks in the CodeVF account. To buy another review, comment `/reviewbot review` "
                "(at a terminal, add `--again`).",
            )
            return finish(known, failure(known, error))
    return _acquire(known, before, now)


def _acquire(known: Known, before: Purchase | None, now: datetime) -> Resuming | Buying:
    attempt = before.attempt + before.state.is_over if before else 1
    candidate = Candidate(replace(known.identity, attempt=attempt), before)
    if before and (before.state is TaskState.OPEN or (before.state is TaskState.DONE and not _asks_again(known))):
        known = known.saying(
            f"reviewbot already bought a review of this change (task {before.task_id}). You are not charged again."
        )
        known, bought = resume(known, before, now)
        is_labeled = known.approval_label and known.request.may_buy
        return phases.Labeled(known, bought, before) if is_labeled else phases.Resumed(known, bought, before)
    # The run that recorded the intent may have created the task.
    is_begun = candidate.intent is not None or _was_deferred(known, before)
    is_wanted = is_begun or _wants_another(known, before)
    if not is_begun and is_wanted and (error := _tried_in_vain(known, before)):
        return finish(known, failure(known, error))
    if is_wanted:
        return _awaiting_approval(known, candidate, now)
    if before and before.state is TaskState.DEFERRED and _is_outdated(known, before):
        known = known.noted(dropped(before))
    known = known.saying(f"reviewbot buys no review, because {_why_unwanted(known, before)}.")
    return finish(known, not_asked_for(known))


def _why_unwanted(known: Known, before: Purchase | None) -> str:
    request = known.request
    if not request.may_buy:
        return "this run requests no review"
    if before is not None and before.state is TaskState.ENDED and not tries_again(request.policy, request.trigger):
        return "the last attempt ended without a result, and this event does not start another one"
    return f"this event does not request one (`review-on: {request.policy.review_on}`)"


def _asks_again(known: Known) -> bool:
    trigger = known.request.trigger
    return isinstance(trigger, Asked) and not known.ledger.was_asked(trigger.comment_id)


def _was_deferred(known: Known, before: Purchase | None) -> bool:
    """Return whether an earlier run deferred this purchase for this head. A collection also compares the selection."""
    if before is None or before.state is not TaskState.DEFERRED or _is_outdated(known, before):
        return False
    if known.request.may_buy:
        return True
    # A copy in `external_id` has a digest of the selected files, but none of the selection rules.
    return before.selecting == known.request.selecting if before.selecting else before.selection == selection_of(known)


def _is_outdated(known: Known, deferred: Purchase) -> bool:
    """Return whether the head has moved or another run has bought the only automatic review (`review-on: ready`)."""
    if not deferred.is_deferred_on(known.snapshot.pull.head_sha):
        return True
    is_automatic = not (deferred.requested_by or deferred.asked)  # a copy in `external_id` has only `asked`
    is_only = known.request.policy.review_on is ReviewOn.READY
    return is_automatic and is_only and _is_reviewed(known, deferred)


def _is_reviewed(known: Known, before: Purchase | None) -> bool:
    """Return whether a review of another change of this pull request is answered or open."""
    unbought = {TaskState.ENDED, TaskState.DEFERRED, TaskState.INTENT}
    bought = (one.identity for one in known.ledger.purchases if one.state not in unbought)
    return any(identity != (before.identity if before else "") for identity in bought)


def _wants_another(known: Known, before: Purchase | None) -> bool:
    """Return whether this event requests a purchase."""
    request = known.request
    has_ended = before is not None and before.state is TaskState.ENDED
    if not request.may_buy or (has_ended and not tries_again(request.policy, request.trigger)):
        return False
    return is_requested(request.policy, request.trigger, reviewed_before=_is_reviewed(known, before))


def _tried_in_vain(known: Known, before: Purchase | None) -> TaskEnded | None:
    """Return an error if an event requests yet another attempt after too many attempts without a result."""
    ended = before if before and before.state is TaskState.ENDED else None
    tried = known.ledger.ended(ended.identity) if ended else 0
    if tried < MAX_ATTEMPTS or not isinstance(known.request.trigger, ReviewEvent):
        return None
    return TaskEnded(
        f"{tried} attempts to review this change ended without a result.",
        hint="To try again, start the workflow manually. If it fails again, contact CodeVF.",
    )


# What is the state of the bought task?


def after_resumed_task(
    at: phases.Resumed, got: TaskRead, now: datetime
) -> Resuming | phases.Reopened | phases.Completed | Buying:
    task = got.task
    if task.status is not TaskStatus.COMPLETED and _has_recorded_findings(at.before):
        return _judge_recorded(at, f"CodeVF no longer has the answer of the task {task.id}.")
    known = replace(at.known, own=OwnReview(at.bought, task))
    if not _has_ended(task, at.before, now):
        return phases.Reopened(known, at.bought, task)
    if task.status is not TaskStatus.COMPLETED:
        ended = at.before.over(TaskState.ENDED, task.credits_used, now)
        return (
            _buy_another(known, ended, now)
            if _wants_another(known, ended)
            else end_without_result(known, at.bought, task, now)
        )
    return phases.Completed(known, at.bought, task)


def _buy_another(known: Known, ended: Purchase, now: datetime) -> Resuming | Buying:
    return _acquire(replace(known.noted(ended), own=None), ended, now)


def after_unread_task(at: phases.Resumed, error: ReviewbotError, now: datetime) -> Resuming | Buying:
    """Use the recorded purchase if CodeVF does not return the task."""
    known, before, request = at.known, at.before, at.known.request
    if not isinstance(error, ServiceUnreachable | ServiceRefused):
        return finish(known, failure(known, error))
    refused = isinstance(error, ServiceRefused)
    not_found = isinstance(error, ServiceRefused) and error.is_not_found
    if not_found and isinstance(request.trigger, Asked):
        # A task that CodeVF does not know never ends, so a command buys another task.
        return _buy_another(known, before.over(TaskState.ENDED, before.used, now), now)
    rules = at.bought.purchase.judgement.rules
    if before.state is TaskState.OPEN and not (refused and (request.may_buy or not_found)):
        known = known.noting(f"{error.message} The task continues, and a later run checks it again.")
        return finish(known, pending(rules))
    if _has_recorded_findings(before):
        return _judge_recorded(at, error.message)
    return finish(known, failure(known, error))


def _has_recorded_findings(before: Purchase) -> bool:
    return before.state is TaskState.DONE and before.base_ref != ""  # an `external_id` has no base and no findings


def _judge_recorded(at: phases.Resumed, why: str) -> phases.Concluded:
    known = at.known.noting(
        f"{why} The verdict uses the recorded findings, and the report files do not contain the answer."
    )
    return finish(known, by_findings(known, at.bought.purchase.judgement.rules, readable=not at.before.unread))


# Is the purchase approved?


def _awaiting_approval(known: Known, candidate: Candidate, now: datetime) -> Buying:
    request, pull, before = known.request, known.snapshot.pull, candidate.before
    if before is not None and before.state is TaskState.DEFERRED and not request.may_buy:
        known = replace(known, request=apply_deferred_settings(request, before))
    deferred = known.ledgers.written.find(candidate.identity.digest())
    approved = deferred is not None and deferred.is_deferred_on(pull.head_sha)
    if not request.paid or candidate.intent or approved:
        return _check_pause(known, candidate, now)
    login = approval_login(pull, request.policy, request.trigger)
    return (
        phases.AwaitingApproval(known, candidate, login)
        if login
        else check_approval(known, candidate, Permission.NONE, now)
    )


def check_approval(known: Known, candidate: Candidate, permission: Permission, now: datetime) -> Checked:
    """Decide whether the purchase is approved, given the permission of the user who requested the purchase."""
    error = not_approved(known.snapshot.pull, known.request.policy, known.request.trigger, permission)
    return finish(known, failure(known, error)) if error else _check_pause(known, candidate, now)


# Does the purchase wait for a pause between pushes, or for other checks of the head?


def _check_pause(known: Known, candidate: Candidate, now: datetime) -> Checked:
    """Check whether an automatic purchase must wait. Explicit requests and intents of earlier runs do not wait."""
    if not known.request.paid or candidate.intent or known.request.is_explicit:
        return _wait_for_older(known, candidate, now)
    deferred = deferral_of(known, candidate, now)
    there = known.ledgers.written.recorded(deferred)
    # Recording the deferral again removes a label that a killed run has left.
    recorded = there is not None and there.is_deferred_on(deferred.head_sha) and not known.approval_label
    return _check_readiness(phases.Unchecked(known, candidate, deferred, recorded), now)


def _check_readiness(at: phases.Unchecked, now: datetime) -> Checked:
    rules = at.known.request.wait_rules
    if not rules.is_quiet(_seen_at(at.known, at.deferred), now):
        return _defer_for_checks(at, rules.too_young)
    return at if rules.checks else _wait_for_older(at.known, at.candidate, now)


def _seen_at(known: Known, deferred: Purchase) -> datetime:
    """Return the time of the first run on this head or of the last force-push, whichever is later.

    A force-push may have restored an older head. Authors can choose neither time.
    """
    first, forced = datetime.fromisoformat(deferred.submitted_at), known.snapshot.pull.forced_at
    return first if forced is None else max(first, forced)


def _defer_for_checks(at: phases.Unchecked, message: str) -> phases.Deferred | phases.Concluded:
    outcome = deferred_outcome(at.known.request.judgement.rules, message)
    if at.recorded:
        return finish(at.known, outcome)
    return phases.Deferred(at.known.noted(at.deferred), at.candidate, at.deferred, outcome, FOR_DEFERRAL)


def after_head_checks(at: phases.Unchecked, open_checks: tuple[str, ...], now: datetime) -> Checked:
    known, rules = at.known, at.known.request.wait_rules
    if not open_checks:
        return _wait_for_older(known, at.candidate, now)
    if not rules.is_over(_seen_at(known, at.deferred), now):
        return _defer_for_checks(at, waits_for(open_checks))
    error = ChecksNotGreen(
        f"{waits_for(open_checks)} reviewbot stopped waiting after {rules.hours} hours (`wait-for-checks-hours`).",
        hint="Fix the checks and push.",
    )
    return finish(known.noted(dropped(at.deferred)), failure(known, error))


def after_unread_head_checks(at: phases.Unchecked, error: ReviewbotError, now: datetime) -> Checked:
    """Buy without waiting if the token cannot read checks, because the wait would never end."""
    if isinstance(error, PermissionMissing):
        note = "This run ignores `wait-for-checks`, because the token cannot read the checks on the head commit."
        known = at.known.noting(f"{note} {error.hint}")
        return _wait_for_older(known, at.candidate, now)
    return _defer_for_checks(
        replace(at, known=at.known.noting(error.message)), "reviewbot cannot read the checks on the commit."
    )


# Does the purchase wait for the review of an older head?


def _wait_for_older(known: Known, candidate: Candidate, now: datetime) -> InTurn:
    awaited = known.awaited
    if candidate.intent or awaited is None:
        return scope(known, candidate, now)
    if known.request.supersede.replaces(awaited.task.status):
        return phases.PricingReplacement(known, candidate, awaited)
    return _defer_for_older(known, candidate, awaited, now)


def after_terms_of_replacement(
    at: phases.PricingReplacement, got: TermsRead
) -> phases.PricedReplacement | phases.Concluded:
    try:
        agreed = quote(at.known, at.candidate, got.tag, got.balance, freed=at.awaited.purchase.hold)
    except (OverBudget, NotApproved) as error:
        return finish(at.known, failure(at.known, error))
    return phases.PricedReplacement(at.known, at.candidate, at.awaited, agreed)


def after_project(at: phases.PricedReplacement, project_id: int) -> phases.Replacing:
    return phases.Replacing(at.known, at.candidate, at.awaited, replace(at.quote, project_id=project_id))


def after_cancellation(at: phases.Replacing) -> phases.Replaced:
    known = cancelled(at.known, at.awaited.purchase.task_id)
    return phases.Replaced(known, at.candidate, at.awaited, at.quote)


def after_failed_cancellation(at: phases.Replacing, error: ReviewbotError) -> phases.Replaced:
    known = not_cancelled(at.known, at.awaited.purchase.task_id, error)
    return phases.Replaced(known, at.candidate, at.awaited, at.quote)


def after_replacement(at: phases.Replaced, got: TaskRead, now: datetime) -> InTurn:
    others = tuple(one for one in at.known.others if one.purchase is not at.awaited.purchase)
    known = replace(at.known, others=others)
    if not got.task.status.is_over:
        kept = OpenTask(at.awaited.purchase, got.task)
        return _defer_for_older(replace(known, others=(*others, kept)), at.candidate, kept, now)
    if got.answer is None:
        known = known.saying(
            f"reviewbot cancelled the review of {_named(at.awaited.purchase)} because a newer commit was pushed."
        )
    known = _end_older(known, at.awaited.purchase, got, now)
    # A task that finished before it was cancelled frees no credits.
    return _wait_for_older(known, replace(at.candidate, quote=at.quote if got.answer is None else None), now)


def _defer_for_older(known: Known, candidate: Candidate, awaited: OpenTask, now: datetime) -> phases.DeferredForOlder:
    deferred = deferral_of(known, candidate, now)
    return phases.DeferredForOlder(known.noted(deferred), awaited, deferred, FOR_DEFERRAL)


def after_recording_deferral(
    at: phases.Deferred | phases.DeferredForOlder, known: Known, now: datetime
) -> phases.AwaitingOlder | Checked:
    left = left_after(at, known)
    if head_has_moved(at.known, known):
        return finish(at.known, newer_head())
    return replace(at, known=known, left=left) if left else _after_deferral(at, known, now)


def after_unrecorded_deferral(
    at: phases.Deferred | phases.DeferredForOlder, error: ReviewbotError, now: datetime
) -> phases.AwaitingOlder | Checked:
    if left := again(at.left, error):
        return replace(at, left=left)
    return _after_deferral(at, at.known.noting(error.message), now)


def _after_deferral(
    at: phases.Deferred | phases.DeferredForOlder, known: Known, now: datetime
) -> phases.AwaitingOlder | Checked:
    """Wait for the older task, or decide again whether to wait for checks.

    A check may have finished before the deferral was recorded. The run that this check started then found no purchase.
    """
    if isinstance(at, phases.DeferredForOlder):
        return phases.AwaitingOlder(known, at.awaited, at.deferred)
    return _check_readiness(phases.Unchecked(known, at.candidate, at.deferred, recorded=True), now)


def after_older_poll(at: phases.AwaitingOlder, got: TaskRead) -> phases.AwaitingOlder | phases.OlderEnded:
    awaited = replace(at.awaited, task=got.task)
    known = replace(at.known, others=(*at.known.others[:-1], awaited))
    if got.task.status.is_over:
        return phases.OlderEnded(known, awaited, at.deferred)
    return phases.AwaitingOlder(known, awaited, at.deferred, at.waited + got.seconds)


def after_older_result(at: phases.OlderEnded, got: TaskRead, now: datetime) -> phases.Rereading:
    """Add the findings of the older head, so that the review of this head can confirm these findings."""
    known = replace(at.known, others=at.known.others[:-1])
    return phases.Rereading(_end_older(known, at.awaited.purchase, got, now), at.deferred)


def after_reread(at: phases.Rereading, got: Reread, now: datetime) -> Resuming | Buying:
    """Decide again whether to buy, because a command may have cancelled the purchase meanwhile."""
    known = merge(at.known, got)
    if head_has_moved(at.known, known):
        return finish(at.known, newer_head())
    deferred = known.ledger.recorded(at.deferred)
    if deferred is not None and deferred.state is TaskState.ENDED:
        known = known.saying("reviewbot buys no review, because another run has cancelled the deferred purchase.")
        return finish(known, not_asked_for(known))
    return _acquire(known, bought_before(known, now), now)


def after_purchases(at: phases.Recorded, got: Reread, now: datetime) -> phases.Intended | Resuming | Buying:
    """Continue with another run's purchase of this change if it was recorded first, or check the limit again."""
    known, bought = at.known, at.bought
    found = filter(None, (got.first, known.stored.ledger.recorded(bought.purchase)))
    first = max(found, key=lambda one: (one.attempt, one.progress), default=None)
    if overtaken_by := overtaking(known, first, bought.purchase):
        return _continue_with(overtaken_by, at, merge(known, got), now)
    try:
        if may_race(at):
            check_race(known, got.stored.ledger)
    except OverBudget as error:
        return fail_purchase(at, error)
    return phases.Intended(known, bought, at.candidate)


def _continue_with(first: Purchase, at: phases.Recorded, known: Known, now: datetime) -> Resuming | Buying:
    if head_has_moved(at.known, known):
        return finish(at.known, newer_head())
    known = replace(known.noted(first), own=None)
    return _choose_purchase(known, known.ledger.recorded(first), now)
