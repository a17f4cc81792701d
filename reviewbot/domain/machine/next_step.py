"""What a run does about the change that it has read: the one decision from which everything that costs follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.model.options import Supersede
from reviewbot.domain.model.review import TaskStatus
from reviewbot.domain.policy.verdict import Coverage

KEY_MEMORY = timedelta(hours=23)
"""How long a key may be sent again; the service remembers it for 24 hours."""


class Step(Enum):
    """What to do next.

    `DEFER` waits for the review of an older head that somebody is writing already: what is new since that head is
    bought when it is there, and nothing is reviewed twice.
    """

    RESUME = "go on with the task that there is"
    BUY = "buy a review"
    DEFER = "wait for the older review first"
    LEAVE = "nothing is asked for"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What the decision hangs on.

    Attributes:
        known: the latest purchase of this very change.
        head_sha: of the pull request.
        wanted: whether this event asks for a purchase.
        again: whether it asks for another one beside a finished one.
        awaited: whether a task of an older head goes on.
        reads_otherwise: whether other rules select the files by now than when it was asked for.
    """

    known: Purchase | None
    head_sha: str
    wanted: bool
    again: bool
    awaited: bool
    reads_otherwise: bool = False


def next_step(at: Standpoint) -> Step:
    """The next step. An intent is always gone on with: whoever had it may have come to create the task."""
    known = at.known
    if known is not None and (known.state is TaskState.OPEN or (known.state is TaskState.DONE and not at.again)):
        return Step.RESUME
    if known is not None and known.state is TaskState.INTENT:
        return Step.BUY
    postponed = known is not None and known.state is TaskState.DEFERRED and known.head_sha == at.head_sha
    if not (at.wanted or (postponed and not at.reads_otherwise)):
        return Step.LEAVE
    return Step.DEFER if at.awaited else Step.BUY


def is_replaced(status: TaskStatus, supersede: Supersede) -> bool:
    """Whether an open task of an older head is cancelled for the newer one."""
    if status.is_over or supersede is Supersede.KEEP:
        return False
    return supersede is Supersede.ALWAYS_REPLACE or status is TaskStatus.PENDING


def builds_on(ledger: Ledger, base_ref: str, selecting: str) -> Purchase | None:
    """The review since whose head another one can be bought, None when that has to be of the whole change.

    It was whole itself, of files that the same rules selected, of a pull request against the same branch, with every
    finding of it remembered. Its merge base must be in the history of today's, which the caller asks of GitHub: a
    branch that was moved back under the head brings lines into the change that nobody has seen in one.
    """
    last = ledger.last_reviewed()
    findings = ledger.findings
    if last is None or findings.beyond or findings.broken:
        return None
    whole = last.coverage is Coverage.FULL and (last.base_ref, last.selecting) == (base_ref, selecting)
    return last if whole else None


def is_forgotten(purchase: Purchase, now: datetime) -> bool:
    """Whether it is an intent so old that the same key would create a second task, if there was a first one."""
    if purchase.state is not TaskState.INTENT:
        return False
    return now - datetime.fromisoformat(purchase.submitted_at) > KEY_MEMORY


def next_attempt(known: Purchase | None) -> int:
    """The number of the next attempt: it rises after one that is over, and stays while nobody knows."""
    if known is None:
        return 1
    return known.attempt + (known.state in {TaskState.DONE, TaskState.ENDED})
