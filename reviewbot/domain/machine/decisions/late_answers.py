"""Select late answers to announce. A late answer arrives after the end of the run that bought the review."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reviewbot.domain.findings.markers import answer_id
from reviewbot.domain.ledger.ledger import Purchase, PurchaseKey, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.policy.eligibility import AtTerminal
from reviewbot.domain.policy.verdict import Outcome, Reason, Status
from reviewbot.domain.publishing.comment_diff import (
    Announcement,
    Ending,
    commented_answers,
    left_to_announce,
)

_LASTING = frozenset(
    {Reason.OVER_BUDGET, Reason.REFUSED, Reason.CANCELLED, Reason.CHECKS, Reason.NOT_APPROVED, Reason.PARTIAL}
)
"""The reasons for a failure that another run repeats unless a person changes something."""

_OPEN = (TaskState.OPEN,)
_UNBOUGHT = (TaskState.DEFERRED, TaskState.INTENT)


def announcing(known: Known, outcome: Outcome) -> tuple[Announcement, ...]:
    """Return the late answers to announce. A run at a terminal shows late answers and announces none."""
    request = known.request
    if not request.remembers or request.is_keyless or isinstance(request.trigger, AtTerminal):
        return ()
    return left_to_announce(_late(known, outcome), known.snapshot.comments, request.instance, known.ledger.posted)


def _late(known: Known, outcome: Outcome) -> Iterator[Announcement]:
    """Yield an announcement for each purchase of an earlier run that has ended or cannot be made.

    A purchase that this run deferred for a missed command counts too, because the reply to the command says that the
    purchase waits.
    """
    has_failed = outcome.status is Status.FAILED and outcome.reason in _LASTING
    last = {one.key: one for one in known.ledgers.update.purchases}
    for key, purchase in last.items():
        ending = _ending(known, purchase, has_failed=has_failed)
        is_late = key not in known.request.bought_before and _is_left(known, key, _OPEN)
        if ending and is_late and not _is_shown(known, purchase):
            yield Announcement(purchase, ending)
    for one in (*known.found.deferred(), *known.found.intents()) if has_failed else ():
        key = one.key
        is_left = _is_left(known, key, _UNBOUGHT) and not last.get(key, one).task_id
        if one.head_sha == known.head_sha and is_left and not _is_shown(known, one):
            yield Announcement(one, Ending.NOT_BOUGHT)


def _is_left(known: Known, key: PurchaseKey, states: Collection[TaskState]) -> bool:
    """Return whether an earlier run left the purchase in one of `states` and no run has finished it since."""
    before = known.found.named(key)
    now = known.stored.ledger.named(key) or before
    if before is None or now is None or before.state not in states or key in known.stored.finished:
        return False
    # A concurrent run may have overwritten the record with an older one.
    return now.state in states or now.state.rank < before.state.rank


def _is_shown(known: Known, purchase: Purchase) -> bool:
    """Return whether this run posted comments, or GitHub has a comment that was posted for the answer.

    Any comment of this run counts, because the comments may not have been read back. A comment for another answer does
    not count, even if it contains the same finding.
    """
    shown = commented_answers(known.snapshot.threads, known.request.instance)
    return known.wrote.posted > 0 or answer_id(purchase.task_id) in shown


def _ending(known: Known, purchase: Purchase, *, has_failed: bool) -> Ending | None:
    """Return how a purchase ended, or None. If a collection fails, an open task of this head counts as ended."""
    if purchase.state is TaskState.DONE:
        return Ending.ANSWERED
    if purchase.state is TaskState.ENDED:
        return None if purchase.task_id in known.wrote.cancelled else Ending.WITHOUT_RESULT
    is_unknown = not known.request.may_buy and has_failed and purchase.head_sha == known.head_sha
    return Ending.WITHOUT_RESULT if is_unknown else None
