"""Transitions between phases, from reading the pull request to the end of the task."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from reviewbot.domain.codevf.attachments import size_tiers
from reviewbot.domain.codevf.idempotency import is_forgotten
from reviewbot.domain.findings.states import update_states
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.edits import CancelDeferrals, redacted
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.memory import StoredLedger, purchase_key
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.finish import conclude
from reviewbot.domain.machine.known import Bought, Candidate, Known, OpenTask, OwnReview, Quote
from reviewbot.domain.machine.outcome import (
    answer_of,
    by_findings,
    contradicts,
    failure,
    newer_head,
    not_asked_for,
    without_review,
)
from reviewbot.domain.machine.purchase import (
    apply_deferred_settings,
    apply_routes,
    check_race,
    deferral_of,
    make_intent,
    may_be_bought_otherwise,
    may_exceed_together,
    overtaking,
    plan,
    price,
    record_submission,
    resume,
    selection_of,
    stopped_by_limit,
)
from reviewbot.domain.machine.steps import (
    ChangeRead,
    NewPartRead,
    PriceRead,
    PurchasesRead,
    TaskCreated,
    TaskRead,
    TasksCancelled,
)
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import ReviewOn
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.policy.eligibility import (
    SKIP_LABEL,
    Asked,
    AtTerminal,
    approval_login,
    is_pushed_by_bot,
    is_requested,
    not_approved,
    not_due_for,
    skip_label,
    skip_label_login,
    tries_again,
)
from reviewbot.domain.policy.readiness import waits_for
from reviewbot.domain.policy.size import sized_by
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, Verdict, incomplete_history, not_due, pending
from reviewbot.domain.policy.verdict import deferred as deferred_outcome
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import number
from reviewbot.errors import (
    ChecksNotGreen,
    ForgeUnreachable,
    NoKey,
    NothingSendable,
    OverBudget,
    PayloadTooLarge,
    PermissionMissing,
    ReviewbotError,
    ServiceRefused,
    ServiceUnreachable,
    TaskEnded,
    leaves_no_task,
)
from reviewbot.values import replace

MAX_ATTEMPTS = 3
"""The number of attempts without a result after which pull request events request no further attempt."""

Concluded = phases.Concluded
Priced = phases.Quoted | phases.Recorded | phases.Intended
Scoped = phases.Scoping | phases.Pricing | Priced
InTurn = phases.PricingReplacement | phases.DeferredForOlder | Scoped
Checked = phases.Unchecked | phases.Deferred | InTurn | Concluded
Buying = phases.AwaitingApproval | Checked
Looked = phases.LookingUpOlder | phases.Resumed | Buying
"""Return types. Each union also contains the phases that can follow."""


# Is a review due?


def start(known: Known) -> phases.CancelRequested | phases.Loaded | phases.Due | phases.NotDue | Concluded:
    if known.request.remembers and known.request.cancels:
        return phases.CancelRequested(known)
    return begin(known)


def after_cancellations(
    at: phases.CancelRequested, got: TasksCancelled
) -> phases.Loaded | phases.Due | phases.NotDue | Concluded:
    return begin(_note_cancelled(at.known, *got.task_ids))


def _note_cancelled(known: Known, *task_ids: str) -> Known:
    return replace(known, cancelled=known.cancelled.union(task_ids))


def begin(known: Known) -> phases.Loaded | phases.Due | phases.NotDue | Concluded:
    request, pull = known.request, known.snapshot.pull
    if not (request.may_buy or pull.is_open):
        return phases.Due(known, None)  # paid reviews are also published on a closed pull request
    login = "" if _is_recorded(known, known.proof.skip_record) else skip_label_login(pull, request.trigger)
    return phases.Loaded(known, login) if login else after_permission(known, Permission.NONE)


def _is_recorded(known: Known, record: str) -> bool:
    return bool(record) and any(check.tag is not None and check.tag.skip == record for check in known.snapshot.checks)


def _is_bots(known: Known) -> bool:
    """Return whether the bot that opened the pull request pushed the head.

    If `check-run` is off, reviewbot cannot record pushes and assumes that the bot pushed.
    """
    pull = known.snapshot.pull
    is_known = not known.request.check_run or _is_recorded(known, known.proof.push_record)
    return pull.author_is_bot and (is_known or is_pushed_by_bot(pull, known.request.trigger))


_LABEL_IGNORED = (
    f"reviewbot ignores the label `{SKIP_LABEL}` on this commit. Possible reasons: it was set on another head or base, "
    "the user who set it lacks the maintain role, or reviewbot did not run when it was set. With the local reviewer, "
    "reviewbot also ignores an author's label. To skip the review, a maintainer must set the label again."
)
_LABEL_OF_AUTHOR = (
    f"reviewbot ignores the label `{SKIP_LABEL}`, because an author may have set it after a review was bought. Fix the "
    "findings, or ask a maintainer who is not an author to set the label again."
)


def _is_authors(known: Known) -> bool:
    """Return whether an author of the pull request set the label `skip-review`, or True if unknown."""
    pull, label = known.snapshot.pull, skip_label(known.snapshot.pull)
    return label is None or label.actor is None or pull.people is None or label.actor.casefold() in pull.people


def after_permission(known: Known, permission: Permission) -> phases.Due | phases.NotDue | Concluded:
    """Decide whether a review is due, given the permission of the user who set `skip-review`."""
    pull = known.snapshot.pull
    skips = _is_recorded(known, known.proof.skip_record) or permission.at_least(Permission.MAINTAIN)
    skips = skips and (known.request.remembers or not _is_authors(known))
    known = replace(known, proof=replace(known.proof, skips=skips, is_bots=_is_bots(known)))
    if SKIP_LABEL in pull.labels and pull.is_open and not known.proof.skips:
        known = known.noting(_LABEL_IGNORED).saying(_LABEL_IGNORED)
    skipped = not_due_for(pull, known.request.policy, skips=known.proof.skips, is_bots=known.proof.is_bots)
    if skipped is None:
        return phases.Due(known, None)
    return phases.NotDue(known, skipped) if known.request.remembers else conclude(known, skipped)


def after_ledger(at: phases.NotDue, stored: StoredLedger) -> phases.Due | Concluded:
    """Read the change if the summary must be written or an earlier purchase is unfinished.

    Also read the change of a bot's pull request with an open finding, task or intent, because users may have added
    commits. Once a review may have been bought, an author's label `skip-review` does not count.
    """
    ledger, outcome, known = stored.ledger, at.outcome, at.known
    if outcome.reason is Reason.BOT and _may_find(ledger):
        return phases.Due(known, None)
    bought = any(one.state is not TaskState.DEFERRED for one in ledger.purchases)
    if outcome.reason is Reason.LABEL and (bought or stored.lost or known.request.is_keyless) and _is_authors(known):
        known = replace(known, proof=replace(known.proof, skips=False))
        known = known.noting(_LABEL_OF_AUTHOR).saying(_LABEL_OF_AUTHOR)
        otherwise = not_due_for(known.snapshot.pull, known.request.policy, skips=False, is_bots=known.proof.is_bots)
        return after_ledger(phases.NotDue(known, otherwise), stored) if otherwise else phases.Due(known, None)
    writes = at.known.request.edits or stored.doubled or contradicts(ledger, at.outcome)
    if writes or ledger.open_tasks() or ledger.intents():
        return phases.Due(at.known, at.outcome)
    # The check of an older head that passed with a bypass is withdrawn without reading the change.
    return conclude(replace(at.known, stored=stored) if stored.ended else at.known, at.outcome)


def _may_find(ledger: Ledger) -> bool:
    return bool(ledger.open_tasks() or ledger.intents() or ledger.findings.open())


def after_change(at: phases.Due, got: ChangeRead, now: datetime) -> phases.DryRunDue | phases.Ready | Looked:
    called_off = () if at.known.snapshot.pull.is_open else (CancelDeferrals(),)
    edits = (redacted(one, lambda text: got.change.redactor.redact(text).text) for one in at.known.request.edits)
    update = LedgerUpdate(edits=(*edits, *called_off)).withdrawing(got.stored.withdrawn)
    known = apply_routes(at.known.reading(got.change, got.stored, update).noting(got.stored.problem))
    known = known.noting(*_ended_waivers(known))
    if at.skipped is not None:
        return _skip(known, at.skipped, now)
    if known.request.dry_run and not known.change.sendables:
        return _nothing_to_send(known)
    if not (known.change.sendables and known.request.is_due):
        return _settle_all(known, phases.NothingToSend(), now)
    if known.request.dry_run and at.known.request.paid:
        return _dry_run_due(plan(known, now))
    return phases.Ready(known, phases.ReviewChange(_bought_before(known, now)))


def _ended_waivers(known: Known) -> Iterator[str]:
    """Yield a message for each waiver that this change ends. Otherwise, the author would see only a red check."""
    before = known.stored.ledger.findings
    after = update_states(before, known.change.index)
    for one in before.records:
        if one.waiver is not None and (now := after.find(one.id)) is not None and now.counts:
            what = "the pull request" if known.stored.ledger.is_of_change(one.waiver) else "its file"
            yield f"The waiver of `{one.id}` by `{one.waiver.by}` no longer applies, because {what} has changed."


def _dry_run_due(known: Known) -> phases.DryRunDue | Concluded:
    rules, outcome = known.request.wait_rules, not_due(Reason.DRY_RUN)
    known = known.noting(stopped_by_limit(known))
    if known.packing is not None and not known.packing.sent:
        known = known.noting("All selected files are too large to send, so a review would fail. It would cost nothing.")
    if known.request.is_explicit:
        return conclude(known, outcome)
    if rules.quiet_minutes:
        known = known.noting(
            f"reviewbot buys a review {rules.quiet_minutes} minutes after the last push (`quiet-minutes`)."
        )
    return phases.DryRunDue(known, outcome) if rules.checks else conclude(known, outcome)


def after_dry_run_checks(at: phases.DryRunDue, open_checks: tuple[str, ...]) -> Concluded:
    would = (
        f"reviewbot would now wait before buying a review. {waits_for(open_checks)}"
        if open_checks
        else "All checks in `wait-for-checks` have passed."
    )
    return conclude(at.known.noting(would), at.outcome)


def _skip(known: Known, outcome: Outcome, now: datetime) -> phases.Ready | Looked:
    """End without a review. For a draft or closed pull request, still read the open task of this change."""
    own = known.ledger.find(known.identity.digest())
    if outcome.conclusion is None and own is not None and own.state is TaskState.OPEN:
        known = replace(known, request=replace(known.request, may_buy=False))
        return phases.Ready(known, phases.ReviewChange(_bought_before(known, now)))
    return _settle_all(known, outcome, now)


def _settle_all(known: Known, then: phases.Then, now: datetime) -> phases.Ready | Looked:
    ledger = known.ledger
    left = known.request.paid and (ledger.open_tasks() or ledger.intents() or ledger.deferred())
    return phases.Ready(known, then) if left else _settle(known, then, now)


# In which state are the tasks of older heads?


def after_opening(at: phases.Ready, now: datetime) -> Looked:
    """Look up every open task except that of the last attempt for this change.

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
            known = known.noted(_dropped(deferred))
    for intent in known.ledger.intents() if request.paid else ():
        if intent.identity != own and is_forgotten(intent.submitted_at, now):
            known = known.noted(replace(intent, state=TaskState.ENDED))
        elif intent.identity != own and not intent.base_ref and intent.head_sha != head:
            known = known.noted(intent)
    tasks = known.ledger.open_tasks() if request.paid else ()
    last = before.attempt if before else 0  # earlier attempts may be open because an older summary was restored
    left = tuple(one for one in tasks if one.identity != own or one.attempt < last)
    return _next_task(known, (*left, *_to_read_again(known, before)), at.then, now)


def _to_read_again(known: Known, before: Purchase | None) -> Iterator[Purchase]:
    """Yield the last review of this change if another one is requested and only CodeVF has its findings."""
    if before is not None and before.state is TaskState.DONE and not before.base_ref and _asks_again(known):
        yield before


def _dropped(purchase: Purchase) -> Purchase:
    return replace(purchase, state=TaskState.ENDED, used=Decimal(0))


def _next_task(known: Known, left: tuple[Purchase, ...], then: phases.Then, now: datetime) -> Looked:
    return phases.LookingUpOlder(known, left, then) if left else _settle(known, then, now)


def after_lookup(at: phases.LookingUpOlder, got: TaskRead, now: datetime) -> Looked:
    purchase, rest = at.left[0], at.left[1:]
    return _next_task(_end_older(at.known, purchase, got, now), rest, at.then, now)


def after_failed_lookup(at: phases.LookingUpOlder, error: ReviewbotError, now: datetime) -> Looked:
    """End the purchase if CodeVF does not know the task. After any other error, keep the purchase open."""
    purchase, rest = at.left[0], at.left[1:]
    known = at.known.noting(f"reviewbot could not look up the review of {_named(purchase)}: {error.clause}")
    if isinstance(error, ServiceRefused) and error.is_not_found:
        known = _end_without_answer(known, purchase, purchase.used, now)
    else:
        unknown = OpenTask(purchase, Task(purchase.task_id, TaskStatus.UNKNOWN, "unknown"))
        known = replace(known, others=(*known.others, unknown))
    return _next_task(known, rest, at.then, now)


def _end_older(known: Known, purchase: Purchase, got: TaskRead, now: datetime) -> Known:
    if not got.task.status.is_over:
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
    return known.with_answer(closed, replace(got.answer, whole=closed.is_whole))


def _end_without_answer(known: Known, purchase: Purchase, used: Decimal | None, now: datetime) -> Known:
    known = known.noted(purchase.over(TaskState.ENDED, used, now))
    if purchase_key(purchase) not in known.stored.finished:
        return known
    return known.with_update(replace(known.memory.update, is_incomplete=True))  # its published findings are lost


def _named(purchase: Purchase) -> str:
    return purchase.head_sha[:7] or "an older head"


def _settle(known: Known, then: phases.Then, now: datetime) -> phases.Resumed | Buying:
    match then:
        case phases.NothingToSend():
            return _nothing_to_send(known)
        case phases.ReviewChange(before=before):
            return _choose_purchase(known, before, now)
        case _:
            return conclude(known, then)


_NOTHING_TO_REVIEW = (
    "No selected file has changed, so a new review cannot restore the missing findings. A maintainer can set the label "
    f"`{SKIP_LABEL}` instead."
)


def _nothing_to_send(known: Known) -> Concluded:
    if known.change.missed and known.request.is_due:
        unsendable = NothingSendable(
            "None of the selected files could be reviewed.",
            hint=f"See the reason next to each file. To exclude files that need no review:{known.change.to_leave_out}",
        )
        return conclude(known, failure(known, unsendable))
    rules = known.request.judgement.rules
    if known.awaited is not None:
        return conclude(known, pending(rules))
    outcome = by_findings(known, rules, readable=True)
    if outcome.verdict is Verdict.PASS and known.may_lack_history and known.request.is_keyless:
        error = NoKey(
            "reviewbot cannot read earlier reviews of this pull request without the CodeVF API key.",
            hint="Set the secret, pass it as `codevf-api-key`, and start a new run.",
        )
        return conclude(known, failure(known, error))
    if outcome.verdict is Verdict.PASS:
        outcome = incomplete_history(outcome, rules) if known.may_lack_history else without_review(known)
    if outcome.reason is Reason.MEMORY and not known.change.sendables:
        outcome = replace(outcome, hint=_NOTHING_TO_REVIEW)
    return conclude(known, outcome)


# Did an earlier run buy a review of this change?


def _bought_before(known: Known, now: datetime) -> Purchase | None:
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


def _choose_purchase(known: Known, before: Purchase | None, now: datetime) -> phases.Resumed | Buying:
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
            return conclude(known, failure(known, error))
    return _acquire(known, before, now)


def _acquire(known: Known, before: Purchase | None, now: datetime) -> phases.Resumed | Buying:
    attempt = before.attempt + before.state.is_over if before else 1
    candidate = Candidate(replace(known.identity, attempt=attempt), before)
    if before and (before.state is TaskState.OPEN or (before.state is TaskState.DONE and not _asks_again(known))):
        known = known.saying(
            f"reviewbot already bought a review of this change (task {before.task_id}). You are not charged again."
        )
        known, bought = resume(known, before, now)
        return phases.Resumed(known, bought, before)
    # The run that recorded the intent may have created the task.
    wanted = candidate.intent or _was_deferred(known, before) or _wants_another(known, before)
    if isinstance(wanted, TaskEnded):
        return conclude(known, failure(known, wanted))
    if wanted:
        return _awaiting_approval(known, candidate, now)
    if before and before.state is TaskState.DEFERRED and _is_outdated(known, before):
        known = known.noted(_dropped(before))
    known = known.saying(f"reviewbot buys no review, because {_why_unwanted(known, before)}.")
    return conclude(known, not_asked_for(known))


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
    is_automatic = not (deferred.requested_by or deferred.asked)  # a copy in `external_id` has only the latter
    is_only = known.request.policy.review_on is ReviewOn.READY
    return is_automatic and is_only and _is_reviewed(known, deferred)


def _is_reviewed(known: Known, before: Purchase | None) -> bool:
    """Return whether a review of another change of this pull request is answered or open."""
    unbought = {TaskState.ENDED, TaskState.DEFERRED, TaskState.INTENT}
    bought = (one.identity for one in known.ledger.purchases if one.state not in unbought)
    return any(identity != (before.identity if before else "") for identity in bought)


def _wants_another(known: Known, before: Purchase | None) -> bool | TaskEnded:
    """Return whether this event requests a purchase, or an error after too many attempts without a result."""
    request = known.request
    if not request.may_buy:
        return False
    has_ended = before is not None and before.state is TaskState.ENDED
    if has_ended and not tries_again(request.policy, request.trigger):
        return False
    tried = known.ledger.ended(before.identity) if before is not None and has_ended else 0
    if tried >= MAX_ATTEMPTS and isinstance(request.trigger, ReviewEvent):
        return TaskEnded(
            f"{tried} attempts to review this change ended without a result.",
            hint="To try again, start the workflow manually. If it fails again, contact CodeVF.",
        )
    return is_requested(request.policy, request.trigger, reviewed_before=_is_reviewed(known, before))


# What is the state of the bought task?


def after_resumed_task(
    at: phases.Resumed, got: TaskRead, now: datetime
) -> phases.Resumed | phases.Reopened | phases.Completed | Buying:
    task = got.task
    known = replace(at.known, own=OwnReview(at.bought, task))
    if not task.status.is_over:
        return phases.Reopened(known, at.bought, task)
    if task.status is not TaskStatus.COMPLETED:
        ended = at.before.over(TaskState.ENDED, task.credits_used, now)
        return (
            _buy_another(known, ended, now)
            if _wants_another(known, ended)
            else end_without_result(known, at.bought, task, now)
        )
    return phases.Completed(known, at.bought, task)


def _buy_another(known: Known, ended: Purchase, now: datetime) -> phases.Resumed | Buying:
    return _acquire(replace(known.noted(ended), own=None), ended, now)


def after_unread_task(at: phases.Resumed, error: ReviewbotError, now: datetime) -> phases.Resumed | Buying:
    """Use the recorded purchase if CodeVF does not return the task."""
    known, before, request = at.known, at.before, at.known.request
    if not isinstance(error, ServiceUnreachable | ServiceRefused):
        return conclude(known, failure(known, error))
    refused = isinstance(error, ServiceRefused)
    not_found = isinstance(error, ServiceRefused) and error.is_not_found
    if not_found and isinstance(request.trigger, Asked):
        # A task that CodeVF does not know never ends, so a command buys another task.
        return _buy_another(known, before.over(TaskState.ENDED, before.used, now), now)
    rules = at.bought.purchase.judgement.rules
    if before.state is TaskState.OPEN and not (refused and (request.may_buy or not_found)):
        known = known.noting(f"{error.message} The task continues, and a later run checks it again.")
        return conclude(known, pending(rules))
    if before.state is TaskState.DONE and before.base_ref:  # an `external_id` has no base and no findings
        known = known.noting(
            f"{error.message} The verdict uses the recorded findings, and the report files do not contain the answer."
        )
        known = replace(known, keeps_text=known.stored.ledger.stated == answer_of(before.task_id))
        return conclude(known, by_findings(known, rules, readable=not before.unread))
    return conclude(known, failure(known, error))


def end_without_result(known: Known, bought: Bought, task: Task, now: datetime) -> Concluded:
    error = TaskEnded(
        f"CodeVF ended the task {task.id} without a result: {visible(task.status_text)}. It does not report the cost.",
        hint="Run this job again to buy another review.",
    )
    known = known.with_own(bought.over(TaskState.ENDED, task, now), task)
    return conclude(known, failure(known, error))


# Is the purchase approved?


def _awaiting_approval(known: Known, candidate: Candidate, now: datetime) -> Buying:
    request, pull, before = known.request, known.snapshot.pull, candidate.before
    if before is not None and before.state is TaskState.DEFERRED and not request.may_buy:
        known = replace(known, request=apply_deferred_settings(request, before))
    deferred = known.memory.written.find(candidate.identity.digest())
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
    return conclude(known, failure(known, error)) if error else _check_pause(known, candidate, now)


# Does the purchase wait for a pause between pushes, or for other checks of the head?


def _check_pause(known: Known, candidate: Candidate, now: datetime) -> Checked:
    """Check whether an automatic purchase must wait. Explicit requests and intents of earlier runs do not wait."""
    if not known.request.paid or candidate.intent or known.request.is_explicit:
        return _wait_for_older(known, candidate, now)
    deferred = deferral_of(known, candidate, now)
    there = known.memory.written.recorded(deferred)
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


def _defer_for_checks(at: phases.Unchecked, message: str) -> phases.Deferred | Concluded:
    outcome = deferred_outcome(at.known.request.judgement.rules, message)
    if at.recorded:
        return conclude(at.known, outcome)
    return phases.Deferred(at.known.noted(at.deferred), at.candidate, at.deferred, outcome)


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
    return conclude(known.noted(_dropped(at.deferred)), failure(known, error))


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
        return _scope(known, candidate, now)
    if known.request.supersede.replaces(awaited.task.status):
        return phases.PricingReplacement(known, candidate, awaited)
    return _defer_for_older(known, candidate, awaited, now)


def after_replacement(at: phases.Replacing, got: TaskRead, now: datetime) -> InTurn:
    others = tuple(one for one in at.known.others if one.purchase is not at.awaited.purchase)
    known = _note_cancelled(replace(at.known, others=others), at.awaited.purchase.task_id)
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
    return phases.DeferredForOlder(known.noted(deferred), awaited, deferred)


def after_deferral(at: phases.Deferred, known: Known, now: datetime) -> Checked:
    """Decide again whether to wait for checks.

    A check may have finished before the deferral was recorded. The run that this check started then found no purchase.
    """
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


def after_reread(at: phases.Rereading, known: Known, now: datetime) -> phases.Resumed | Buying:
    """Decide again whether to buy, because a command may have cancelled the purchase meanwhile."""
    deferred = known.ledger.recorded(at.deferred)
    if deferred is not None and deferred.state is TaskState.ENDED:
        known = known.saying("reviewbot buys no review, because another run has cancelled the deferred purchase.")
        return conclude(known, not_asked_for(known))
    return _acquire(known, _bought_before(known, now), now)


# What is bought, and at what price?


def _scope(known: Known, candidate: Candidate, now: datetime) -> Scoped:
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


def after_new_part(at: phases.Scoping, got: NewPartRead, now: datetime) -> phases.Pricing | Priced:
    """Size the new part, or the whole change if the base branch was moved back, because this adds unreviewed lines."""
    candidate = at.candidate
    if not got.only_moved_on:
        return _price_scope(at.known, replace(candidate, identity=replace(candidate.identity, since="")), now)
    candidate = replace(candidate, new_parts=got.parts)
    if whole := candidate.quote:  # the new part costs at most as much
        new = price(at.known, candidate, whole.tag, whole.parts)
        candidate = replace(candidate, quote=replace(new, project_id=whole.project_id))
    return _price_scope(at.known, candidate, now)


def _price_scope(known: Known, candidate: Candidate, now: datetime) -> phases.Pricing | Priced:
    if candidate.quote is None:
        return phases.Pricing(known, candidate)
    return _intend(known, candidate, candidate.quote, now)


def after_price(at: phases.Pricing, got: PriceRead, now: datetime) -> Priced:
    known, agreed = at.known, got.quote
    if got.balance is not None:
        held, available = number(agreed.hold), number(got.balance.available)
        known = known.saying(f"This review would reserve {held} credits, and {available} are available.")
    if agreed.lines is not None:
        size = sized_by(known.request.auto_size, known.request.mode, agreed.lines, agreed.parts, agreed.max_credits)
        known = known.saying(f"Size: {size}.")
    return _intend(known, at.candidate, agreed, now)


def _intend(known: Known, candidate: Candidate, agreed: Quote, now: datetime) -> Priced:
    """Return `Quoted` for a paid review, because the intent is recorded first. Return `Intended` for a free review."""
    bought = make_intent(known, candidate, agreed, now)
    if known.request.paid:
        return phases.Quoted(known, bought, candidate)
    return phases.Intended(known.with_own(bought), bought, candidate)


# The task


def after_failed_record(at: phases.Quoted, error: ReviewbotError) -> Concluded:
    """Fail. If GitHub did not respond, it may have recorded the intent, so the intent is kept."""
    outcome = failure(at.known, error)
    if isinstance(error, ForgeUnreachable):
        return conclude(at.known, outcome)
    return after_unrecorded_intent(at, outcome)


def after_unrecorded_intent(at: phases.Quoted, outcome: Outcome) -> Concluded:
    """End without a task. If CodeVF rejected a larger request, drop the recorded intent, which holds credits."""
    known = at.known
    if known.own and not at.candidate.intent:
        known = known.with_own(at.bought.with_purchase(_dropped(at.bought.purchase)))
    return conclude(known, outcome)


def after_intent(at: phases.Quoted, known: Known) -> phases.Recorded | phases.Intended:
    """Read other runs' purchases if there may be any that this run must continue with, or that exceed the limit."""
    recorded, purchase = phases.Recorded(known, at.bought, at.candidate), at.bought.purchase
    is_in_check = known.wrote.check is not None and may_be_bought_otherwise(known, purchase)
    is_overtaken = overtaking(known, known.stored.ledger.recorded(purchase), purchase) is not None
    may_differ = is_in_check or is_overtaken or _may_race(recorded)
    return recorded if may_differ else phases.Intended(known, at.bought, at.candidate)


def _may_race(at: phases.Recorded) -> bool:
    """Return whether the limit is checked again. An intent of an earlier run may already have a task."""
    return may_exceed_together(at.known) and not at.candidate.intent


def after_purchases(
    at: phases.Recorded, got: PurchasesRead, now: datetime
) -> phases.Intended | phases.Resumed | Buying:
    """Continue with another run's purchase of this change if it was recorded first, or check the limit again."""
    known, bought = at.known, at.bought
    first = got.first or known.stored.ledger.recorded(bought.purchase)
    if overtaken_by := overtaking(known, first, bought.purchase):
        return _continue_with(overtaken_by, at, got.known, now)
    try:
        if _may_race(at):
            check_race(known, got.known.stored.ledger)
    except OverBudget as error:
        return fail_purchase(at, error)
    return phases.Intended(known, bought, at.candidate)


def _continue_with(first: Purchase, at: phases.Recorded, known: Known, now: datetime) -> phases.Resumed | Buying:
    if known.snapshot.pull.head_sha != at.known.snapshot.pull.head_sha:
        return conclude(at.known, newer_head())
    known = replace(known.noted(first), own=None)
    return _choose_purchase(known, known.ledger.recorded(first), now)


def after_failed_creation(at: phases.Intended, error: ReviewbotError) -> phases.Quoted | phases.Intended | Concluded:
    """Submit a smaller request if CodeVF rejects the size, or fail."""
    tiers = size_tiers(at.known.request.attachment_bytes)
    if isinstance(error, PayloadTooLarge) and at.bought.purchase.size_tier < len(tiers) - 1:
        return _submit_smaller(at, error)
    return fail_purchase(at, error)


def fail_purchase(at: phases.Recorded | phases.Intended, error: ReviewbotError) -> Concluded:
    """Fail, and drop the intent unless the task may exist. The next run then reuses the idempotency key."""
    known = at.known
    if leaves_no_task(error) and not at.candidate.intent:
        known = known.with_own(at.bought.with_purchase(_dropped(at.bought.purchase)))
    return conclude(known, failure(known, error))


def _submit_smaller(at: phases.Intended, error: PayloadTooLarge) -> phases.Quoted | phases.Intended:
    purchase = at.bought.purchase
    bought = at.bought.with_purchase(replace(purchase, size_tier=purchase.size_tier + 1))
    known = at.known.with_own(bought).saying(f"{error.message} reviewbot retries with smaller attachments.")
    kind = phases.Quoted if known.request.paid else phases.Intended
    return kind(known, bought, at.candidate)


def after_creation(
    at: phases.Intended, got: TaskCreated, now: datetime
) -> phases.Submitted | phases.Waiting | phases.Completed | Concluded:
    bought = record_submission(at.known, at.bought, got, now, again=at.candidate.intent is not None)
    known = at.known.with_own(bought, got.task)
    if not known.request.paid:
        return wait_for_task(known, bought, got.task, now)
    return phases.Submitted(known.saying(f"The CodeVF task is {got.task.id}."), bought, got.task)


def wait_for_task(
    known: Known, bought: Bought, task: Task, now: datetime, waited: float = 0
) -> phases.Waiting | phases.Completed | Concluded:
    if not task.status.is_over:
        return phases.Waiting(known, bought, task, waited)
    if task.status is TaskStatus.COMPLETED:
        return phases.Completed(known, bought, task)
    return end_without_result(known, bought, task, now)


def after_poll(at: phases.Waiting, got: TaskRead, now: datetime) -> phases.Waiting | phases.Completed | Concluded:
    known = replace(at.known, own=OwnReview(at.bought, got.task))
    return wait_for_task(known, at.bought, got.task, now, at.waited + got.seconds)
