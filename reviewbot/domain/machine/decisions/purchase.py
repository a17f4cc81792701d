"""Prepare and record the purchase of a review, check the credit limits, and apply the rules of `routes`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from reviewbot.domain.codevf import budget
from reviewbot.domain.codevf.attachments import room_for_more, size_tiers, together, with_context
from reviewbot.domain.codevf.batches import TaskBatches, split_ids
from reviewbot.domain.codevf.idempotency import Identity, renames_digest, selection_digest
from reviewbot.domain.github.context import ContextText, context_text
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import ANOTHER_KEY
from reviewbot.domain.machine.decisions.outcome import current_check
from reviewbot.domain.machine.decisions.routes import bought_of_change, strictest_of
from reviewbot.domain.machine.known import Bought, Candidate, Known, OwnReview, Quote, Request
from reviewbot.domain.machine.steps import TaskCreated
from reviewbot.domain.model.options import AnswerForm, Auto, Tolerance
from reviewbot.domain.model.review import Balance, Tag
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, requesters
from reviewbot.domain.policy.routes import strictest
from reviewbot.domain.policy.size import REVIEWS_PER_PULL, lines_each
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.selection.file_kinds import is_lock_file
from reviewbot.errors import NotApproved, OverBudget
from reviewbot.values import replace


def dropped(purchase: Purchase) -> Purchase:
    return replace(purchase, state=TaskState.ENDED, used=Decimal(0))


def _asked_by(purchase: Purchase, request: Request) -> Purchase:
    comments = (request.trigger.comment_id,) if isinstance(request.trigger, Asked) else ()
    logins = (*purchase.requested_by, *requesters(request.trigger, request.policy))
    asked = tuple(dict.fromkeys((*purchase.asked, *comments)))
    return replace(purchase, asked=asked, requested_by=tuple(dict.fromkeys(logins)))


def selection_of(known: Known) -> str:
    """Return the digest of the selected files and of `attachment_bytes`, for a purchase without a task."""
    return selection_digest([*known.change.selected, f"in {known.request.attachment_bytes} bytes"])


def purchase_of(known: Known, identity: Identity, state: TaskState, now: datetime) -> Purchase:
    """Return a purchase without a task. Keep the comments and logins that are recorded for the same attempt."""
    request, pull = known.request, known.snapshot.pull
    before = known.ledger.named((identity.digest(), identity.attempt))
    made = Purchase(
        identity=identity.digest(),
        attempt=identity.attempt,
        state=state,
        head_sha=pull.head_sha,
        submitted_at=now.isoformat(timespec="seconds"),
        judgement=replace(request.judgement, answer=_answer_form(known, request.judgement.answer)),
        since=identity.since,
        base_ref=known.change.base_ref,
        merge_base=known.change.change.merge_base,
        asked=before.asked if before else (),
        requested_by=before.requested_by if before else (),
        selection=selection_of(known),
        selecting=request.selecting,
        change=known.change.index.change,
        mode=identity.mode,
        expertise=identity.expertise,
        renames=renames_digest(known.change.change.files),
    )
    made = _asked_by(made, request)
    seen = before if before and before.head_sha == pull.head_sha else made
    return replace(made, head_at=seen.head_at).seen_on(pull.head_sha, now)


def deferral_of(known: Known, candidate: Candidate, now: datetime) -> Purchase:
    """Return a deferred purchase. `submitted_at` is the time at which a run first deferred this head."""
    whole = price(known, candidate, None, parts=1)
    deferred = purchase_of(known, candidate.identity, TaskState.DEFERRED, now)
    deferred = replace(deferred, hold=whole.max_credits, lines=whole.lines)
    before = known.ledger.recorded(deferred)
    if before is None or not before.is_deferred_on(deferred.head_sha):
        return deferred
    return replace(deferred, submitted_at=before.submitted_at)


def batches_of(known: Known, bought: Purchase) -> TaskBatches:
    limits = size_tiers(known.request.attachment_bytes)[bought.size_tier]
    return TaskBatches.of(known.change.sendables, limits, bought.parts, confirms=bought.confirms)


def resume(known: Known, before: Purchase, now: datetime) -> tuple[Known, Bought]:
    """Resume the purchase of an earlier run, with the settings frozen at submission except at a terminal."""
    request = known.request
    packing = together(batches_of(known, before).packed(), len(split_ids(before.task_id)))
    packing = replace(packing, context=before.context)
    judgement = request.judgement if isinstance(request.trigger, AtTerminal) else _frozen(known, before)
    purchase = replace(
        _asked_by(before, request).seen_on(known.snapshot.pull.head_sha, now),
        judgement=replace(judgement, answer=_answer_form(known, judgement.answer)),
        base_ref=before.base_ref and known.change.base_ref,
        merge_base=known.change.change.merge_base,
        change=known.change.index.change,
    )
    # A collection may have other settings, so it compares the selections only if the check is `action_required`.
    check = current_check(known.snapshot)
    is_kept = before.state is TaskState.DONE and check and check.verdict == Conclusion.ACTION_REQUIRED
    judges = request.may_buy or bool(is_kept)
    reselected = judges and before.selection not in {"", selection_digest(known.change.selected)}
    if reselected:
        known = known.noting(
            "The file selection has changed since this change was submitted, so some files may not have been reviewed."
        )
    bought = Bought(purchase, packing=packing, reselected=reselected)
    return known.with_own(bought), bought


def _answer_form(known: Known, frozen: AnswerForm | None) -> AnswerForm | None:
    return None if known.change.has_ambiguous_names else frozen


def _frozen(known: Known, before: Purchase) -> Judgement:
    """Return the frozen settings. The current settings and other purchases of this change only make them stricter."""
    rules = before.judgement.rules
    now = known.request.judgement.rules if known.request.may_buy else rules
    fail_on = strictest_of(bought_of_change(known), strictest((now.fail_on, rules.fail_on)))
    on_partial = now.on_partial if rules.on_partial is Tolerance.PASS else rules.on_partial
    return replace(before.judgement, rules=replace(rules, fail_on=fail_on, on_partial=on_partial))


def plan(known: Known, now: datetime) -> Known:
    """Return `known` with the purchase of a dry run, computed without requests to CodeVF."""
    request, limits = known.request, size_tiers(known.request.attachment_bytes)[0]
    packings = TaskBatches.of(known.change.sendables, limits, request.max_tasks, confirms=False).packed()
    left = [room_for_more(one, 0, request.attachment_bytes, confirms=False) for one in packings]
    packings = [with_context(one, context_of(known, size)) for one, size in zip(packings, left, strict=True)]
    whole = price(known, Candidate(known.identity, None), None, len(packings))
    purchase = _with_quote(purchase_of(known, known.identity, TaskState.INTENT, now), whole)
    return replace(known, own=OwnReview(Bought(purchase, packing=together(packings, len(packings)))))


def context_of(known: Known, room: int) -> ContextText:
    """Return the redacted project context, at most `room` bytes long."""
    return context_text(known.change.context, room, known.change.redactor.counted) if room else ContextText()


def quote(known: Known, candidate: Candidate, tag: Tag | None, balance: Balance | None, *, freed: int) -> Quote:
    """Return the price of the review after checking the balance and the limits.

    If an earlier run recorded the intent, the task may exist, so only the limit of the pull request is checked. The
    earlier run may have missed purchases of other runs. `freed` is the hold of the task that this purchase replaces.

    Raises:
        OverBudget: the price exceeds the balance or a limit.
        NotApproved: the record of earlier purchases is lost, and only an event requests the review.
    """
    intent = candidate.intent
    agreed = price(known, candidate, tag, intent.parts if intent else _parts(known))
    if balance is None:
        return agreed
    if intent:
        others = known.spent - intent.hold - _freed_for(known.ledger, intent)
        budget.check(_spending(known, known.ledger, agreed.hold, others), None)
        return agreed
    _check_history(known, candidate)
    after = replace(balance, available=balance.available + freed)
    budget.check(_spending(known, known.ledger, agreed.hold, known.spent - freed), after)
    return agreed


def _freed_for(ledger: Ledger, intent: Purchase) -> int:
    """Return the hold of the cancelled task that an intent replaced, or 0. The first limit check ignored this hold."""
    before = [one for one in ledger.purchases if one.task_id and one.submitted_at <= intent.submitted_at]
    last = max(before, key=lambda one: one.submitted_at, default=intent)
    is_other = last.key[0] != intent.key[0]
    return last.hold if is_other and last.state is TaskState.ENDED and last.used is None else 0


def stopped_by_limit(known: Known) -> str:
    """Return the error text if `max-credits-per-pr` stops the planned purchase, or an empty string."""
    hold = known.purchase.hold if known.purchase else 0
    try:
        budget.check(_spending(known, known.ledger, hold, known.spent), None)
    except OverBudget as error:
        return f"{error.message} {error.hint}"
    return ""


def price(known: Known, candidate: Candidate, tag: Tag | None, parts: int) -> Quote:
    """Return the price of the review in `parts` tasks without checking the limits."""
    request, intent = known.request, candidate.intent
    most, lines = request.max_credits, None
    if most is Auto.AUTO:
        new = sum(one.lines for one in candidate.new_parts if not is_lock_file(one.path))
        lines = new if candidate.identity.since else known.change.changed_lines
        most = request.auto_size.credits_for(lines_each(lines, parts), request.mode)
    times = tag.multiplier if tag else Decimal(1)
    if intent:  # a missing task is created at its original price
        most = budget.credits_again(most, intent.hold // parts, request.mode, times)
    hold = budget.hold(most, request.mode, times) * parts if request.paid else 0
    return Quote(hold, tag, parts, most, lines)


def _spending(known: Known, ledger: Ledger, hold: int, spent: Decimal) -> budget.Spending:
    request, trigger = known.request, known.request.trigger
    at_terminal = isinstance(trigger, AtTerminal) or (isinstance(trigger, Asked) and trigger.at_terminal)
    return budget.Spending(
        hold=hold,
        spent=spent,
        max_per_pr=request.max_credits_per_pr,
        min_balance=request.min_balance,
        first_hold=ledger.first_hold,
        at_terminal=at_terminal,
    )


def may_exceed_together(known: Known) -> bool:
    """Return whether concurrent purchases together could exceed `max-credits-per-pr`.

    An automatic limit has room for `REVIEWS_PER_PULL` first reviews with equal holds.
    """
    request, pull = known.request, known.snapshot.pull
    if request.max_credits_per_pr is not Auto.AUTO:
        return request.max_credits_per_pr > 0
    written = known.ledgers.written
    is_first = not (written.purchases or written.questions.records)
    sizes_differ = request.max_credits is Auto.AUTO or request.max_tasks > 1 or bool(request.routes)
    was_replaced = pull.forced_at is not None or pull.retargeted_at is not None
    return sizes_differ or not is_first or was_replaced or pull.commit_count > REVIEWS_PER_PULL


def check_race(known: Known, now: Ledger) -> None:
    """Raise `OverBudget` if this intent and the costs that other runs have recorded meanwhile exceed the limit.

    Each run records its intent before reading the intents of other runs. If two intents together exceed the limit, at
    least the later intent is therefore withdrawn.
    """
    mine, written = known.purchase, known.ledger
    before = {one: written.recorded(one) for one in now.purchases}
    more = sum((max(one.cost - (old.cost if old else 0), Decimal(0)) for one, old in before.items()), Decimal(0))
    more += max(now.questions.cost - written.questions.cost, Decimal(0))
    if mine is not None and more:
        budget.check(_spending(known, now, mine.hold, known.ledger.spent - mine.hold + more), None)


def _parts(known: Known) -> int:
    limits, confirms = size_tiers(known.request.attachment_bytes)[0], bool(known.ledger.purchases)
    return len(TaskBatches.of(known.change.sendables, limits, known.request.max_tasks, confirms=confirms).files)


def _check_history(known: Known, candidate: Candidate) -> None:
    is_asked = known.request.is_explicit or (candidate.before is not None and candidate.before.asked)
    if known.stored.lost and not is_asked:
        replaced = "was signed with another CodeVF key, for example because the key was replaced"
        why = replaced if ANOTHER_KEY in known.stored.problem else "is missing, not trusted or incomplete"
        raise NotApproved(
            f"The record of earlier reviews of this pull request {why}. reviewbot does not know whether a "
            "review of this change was already bought, or how much of the budget is left.",
            hint=f"Ask a collaborator with write access to comment `/reviewbot review {known.snapshot.pull.head_sha}`.",
        )


def make_intent(known: Known, candidate: Candidate, agreed: Quote, now: datetime) -> Bought:
    fresh = purchase_of(known, candidate.identity, TaskState.INTENT, now)
    intent = _with_quote(fresh, agreed)
    before = known.ledger.recorded(intent)
    if before is None or before.state is not TaskState.INTENT:
        confirms = bool(candidate.identity.since) or bool(known.ledger.findings.open())
        return Bought(replace(intent, confirms=confirms), agreed.tag, agreed.project_id)
    # The first record of the intent determines the age of the idempotency key and the files in the task.
    again = replace(
        intent,
        submitted_at=before.submitted_at,
        hold=before.hold,
        size_tier=before.size_tier,
        selection=before.selection or intent.selection,
        confirms=before.confirms,
    )
    reselected = before.selection not in {"", intent.selection}
    return Bought(again, agreed.tag, agreed.project_id, reselected=reselected)


def _with_quote(intent: Purchase, agreed: Quote) -> Purchase:
    return replace(intent, hold=agreed.hold, parts=agreed.parts, max_credits=agreed.max_credits, lines=agreed.lines)


def record_submission(known: Known, bought: Bought, got: TaskCreated, now: datetime, *, again: bool) -> Bought:
    """Return the purchase with the task. Keep the submission time if an earlier run may have created the task."""
    packing = got.packing
    missed = len(packing.omitted) + len([one for one in known.change.held if one.missed])
    purchase = replace(
        bought.purchase,
        state=TaskState.OPEN,
        task_id=got.task.id,
        submitted_at=bought.purchase.submitted_at if again else now.isoformat(timespec="seconds"),
        # The task of a repeated intent contains the files that the earlier run sent, which may be fewer.
        coverage=Coverage.PARTIAL if missed or bought.reselected else Coverage.FULL,
        missed=missed,
        selection=selection_digest(known.change.selected),
        context=packing.context,
    )
    purchase = purchase if got.is_whole else purchase.without_tolerance()
    return replace(bought, purchase=purchase, packing=packing)


def apply_deferred_settings(request: Request, deferred: Purchase) -> Request:
    """Apply the settings of the run that deferred the purchase to the request of a collection."""
    max_credits = deferred.hold if deferred.lines is None else Auto.AUTO
    return replace(request, judgement=deferred.judgement, max_credits=max_credits)
