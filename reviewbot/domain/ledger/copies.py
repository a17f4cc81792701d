"""Update the ledger from the copies of purchases in check runs and from duplicate summary comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from reviewbot.domain.findings.tracked_finding import LOST
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, PurchaseKey, TaskState
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.values import replace


def latest_copies(found: Sequence[ExternalId]) -> tuple[ExternalId, ...]:
    """Return the copy with the most advanced state of each purchase, oldest purchase first."""
    # While newer heads wait, their check runs contain the same copy.
    bought_for = {one.purchase.key: one.purchase.head_sha for one in reversed(found)}
    latest = {one.purchase.key: one for one in sorted(found, key=lambda one: one.purchase.progress)}
    placed = (
        # A deferred purchase belongs to one head. A rebase without changes defers it again on another head.
        one
        if one.purchase.state is TaskState.DEFERRED
        else replace(one, purchase=replace(one.purchase, head_sha=bought_for[key]))
        for key, one in latest.items()
    )
    return tuple(sorted(placed, key=lambda one: (one.purchase.submitted_at, one.purchase.attempt)))


def finished_in(copies: Iterable[ExternalId], ledger: Ledger) -> Iterator[PurchaseKey]:
    """Yield the keys of finished purchases. A task in the ledger takes precedence over a copy without a task."""
    for one in (copy.purchase for copy in copies if copy.purchase.state.is_over):
        known = ledger.recorded(one)
        if one.task_id or known is None or not known.task_id:
            yield one.key


def with_copies(
    ledger: Ledger, copies: Sequence[ExternalId], *, head_sha: str, digest: str, judgement: Judgement
) -> Ledger:
    """Add the purchases and states that only check runs contain.

    `digest` is the identity of the change, or empty if the change is not read. `judgement` contains the current
    settings, because a copy contains only `rules`.
    """
    every = (*ledger.purchases, *(one.purchase for one in copies))
    remembered = {one.head_sha for one in every}
    last = max((one.attempt for one in every if one.identity == digest), default=0)
    for copy in (one.purchase for one in copies):
        known = ledger.recorded(copy)
        if known is None:
            found = adopted(copy, head_sha=head_sha, digest=digest, judgement=judgement)
            # Only the answer of the last attempt is read, so earlier attempts are reopened.
            is_read = found.identity != digest or found.attempt == last
            ledger = ledger.with_purchase(found if is_read else replace(found, state=_state(copy, is_own=False)))
            broken = ledger.findings.broken or bool(copy.since and copy.since not in remembered)
            ledger = replace(ledger, findings=replace(ledger.findings, broken=broken))
        elif not known.task_id and (copy.task_id or _begins(known, copy)):
            caught_up = _caught_up(known, copy)
            ledger = replace(ledger, purchases=tuple(caught_up if one is known else one for one in ledger.purchases))
    return ledger


def adopted(copy: Purchase, *, head_sha: str, digest: str, judgement: Judgement) -> Purchase:
    """Return the purchase in a copy. Reviews with another identity are reopened to read their findings again."""
    is_own = copy.identity == digest
    return replace(
        copy,
        state=_state(copy, is_own=is_own),
        # The approval and the waiting time of a deferred purchase apply to exactly one head.
        head_sha=head_sha if is_own and copy.state is not TaskState.DEFERRED else copy.head_sha,
        judgement=replace(judgement, rules=copy.judgement.rules),
    )


def _state(copy: Purchase, *, is_own: bool) -> TaskState:
    if not copy.task_id:
        return copy.state if copy.state in {TaskState.ENDED, TaskState.DEFERRED} else TaskState.INTENT
    kept = copy.state is TaskState.ENDED or (copy.state is TaskState.DONE and is_own)
    return copy.state if kept else TaskState.OPEN


def _begins(known: Purchase, copy: Purchase) -> bool:
    """Return whether a run has begun to buy a purchase that is recorded as deferred, or that another run dropped."""
    return copy.state is TaskState.INTENT and (known.state is TaskState.DEFERRED or known.is_dropped)


def _caught_up(known: Purchase, copy: Purchase) -> Purchase:
    state = TaskState.OPEN if copy.task_id else TaskState.INTENT
    coverage = Coverage.PARTIAL if copy.missed else known.coverage
    caught_up = replace(copy, state=state, coverage=coverage).with_details(known)
    return replace(caught_up, confirms=known.confirms or copy.confirms, selection=copy.selection)


def with_claims(ledger: Ledger, signed: Sequence[ExternalId]) -> Ledger:
    """Add to an untrusted ledger the blocking findings and the credits that signed copies record."""
    for copy in (one.purchase for one in signed):
        known = ledger.recorded(copy)
        if known and copy.is_carried and not known.is_carried:
            ledger = ledger.with_purchase(replace(known, judged=(*known.judged, LOST)))
    spent = max((one.spent for one in signed), default=Decimal(0))
    return replace(ledger, forgotten=ledger.forgotten + max(spent - ledger.spent, Decimal(0)))


def only_in_duplicates(ledger: Ledger, duplicates: Sequence[Ledger]) -> Iterator[Purchase]:
    """Yield the purchases in duplicate summaries that the ledger lacks or records without a task."""
    for one in (one for double in duplicates for one in double.purchases):
        known = ledger.recorded(one)
        if known is None or (one.task_id and not known.task_id):
            yield one


def with_duplicates(ledger: Ledger, duplicates: Sequence[Ledger], others: Iterable[Purchase]) -> Ledger:
    """Add the purchases, questions and `last_edit` of duplicate summaries. Reopen reviews to read their findings."""
    for other in others:
        state = TaskState.OPEN if other.state is TaskState.DONE else other.state
        ledger = ledger.with_purchase(replace(other, state=state))
    for double in duplicates:
        ledger = replace(ledger, last_edit=max(ledger.last_edit, double.last_edit))
        for question in double.questions.records:
            ledger = ledger.with_question(question)
    return ledger
