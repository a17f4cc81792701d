"""Whether to resume, buy, defer or leave the review of a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.model.options import Supersede
from reviewbot.domain.model.review import TaskStatus

KEY_MEMORY = timedelta(hours=23)
"""How long a key may be reused; CodeVF remembers it for 24 hours."""


class Step(Enum):
    """What to do about this change.

    `DEFER` waits for the review of an older head that is in progress. The run then buys only what is new since that
    head.
    """

    RESUME = "resume the existing task"
    BUY = "buy a review"
    DEFER = "wait for the older review first"
    LEAVE = "no review is requested"


def next_step(
    known: Purchase | None, head_sha: str, *, wanted: bool, again: bool, awaited: bool, reads_otherwise: bool = False
) -> Step:
    """Return what to do about a change. An intent is always resumed, since its run may have created the task.

    `known` is its latest purchase. `wanted` is whether this event requests a purchase, `again` whether it requests
    another one after a finished one, `awaited` whether a task of an older head is open, `reads_otherwise` whether the
    rules that select files have changed since it was requested.
    """
    if known is not None and (known.state is TaskState.OPEN or (known.state is TaskState.DONE and not again)):
        return Step.RESUME
    if known is not None and known.state is TaskState.INTENT:
        return Step.BUY
    postponed = known is not None and known.state is TaskState.DEFERRED and known.head_sha == head_sha
    if not (wanted or (postponed and not reads_otherwise)):
        return Step.LEAVE
    return Step.DEFER if awaited else Step.BUY


def is_replaced(status: TaskStatus, supersede: Supersede) -> bool:
    if status.is_over or supersede is Supersede.KEEP:
        return False
    return supersede is Supersede.ALWAYS_REPLACE or status is TaskStatus.PENDING


def builds_on(ledger: Ledger, base_ref: str, selecting: str) -> Purchase | None:
    """Return the review that an incremental one can build on, None if the whole change must be reviewed.

    It covers every file that the current rules select, against the same base, and all of its findings are recorded. The
    caller must check that its merge base is an ancestor of the current one: moving a base branch back adds unreviewed
    lines to the change.
    """
    last = ledger.last_reviewed()
    findings = ledger.findings
    if last is None or findings.beyond or findings.broken:
        return None
    whole = last.is_complete and (last.base_ref, last.selecting) == (base_ref, selecting)
    return last if whole else None


def is_forgotten(purchase: Purchase, now: datetime) -> bool:
    """Return whether an intent is so old that its key would create a second task."""
    if purchase.state is not TaskState.INTENT:
        return False
    return now - datetime.fromisoformat(purchase.submitted_at) > KEY_MEMORY


def next_attempt(known: Purchase | None) -> int:
    """Return the number of the next attempt: one more than that of a purchase that is over."""
    if known is None:
        return 1
    return known.attempt + (known.state in {TaskState.DONE, TaskState.ENDED})
