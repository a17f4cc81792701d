"""What a run knows so far, as a value that grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reviewbot.app.read_change import Prepared
from reviewbot.domain.codevf.attachments import Packing, Sendable
from reviewbot.domain.findings.placement import Placed
from reviewbot.domain.findings.tracking import Answered
from reviewbot.domain.github.pull_request import CheckRun, Comment, Snapshot
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.update import LedgerUpdate, applied, told_apart
from reviewbot.domain.model.review import Balance, Report, Tag, Task
from reviewbot.domain.policy.verdict import Coverage


@dataclass(frozen=True, slots=True)
class Awaited:
    """The open task of an older head."""

    purchase: Purchase
    task: Task


@dataclass(frozen=True, slots=True)
class Story:
    """What is known at some point of a run; everything is None or empty until it is.

    Attributes:
        written: the ledger as it was read.
        changes: what this run adds to it.
        ledger: both together, as it should stand on GitHub.
        purchase: of this change.
        awaited: the open task of an older head, whose answer has to come in first.
        check: our check run on the head.
        summary: our summary comment.
        claimed: credits that a ledger names which is not believed otherwise.
        lost: whether there was a review here of which nothing says what it cost.
        comment_urls: addresses of the comments by finding id.
        there: the pull request as it was when publishing began.
        reviewed_sha: the head that was reviewed, when the pull request has left it meanwhile.
        neighbour: an open pull request with the same head and no green verdict on it, 0 when there is none.
        superseded: whether a newer head has a review of its own.
        frozen: whether the purchase is collected, so that what was selected then counts and not what is today.
        reselected: whether other files are selected by now than were handed in.
        ended: whether this run is at its end, and waits no longer.
    """

    written: Ledger = field(default_factory=Ledger)
    changes: LedgerUpdate = field(default_factory=LedgerUpdate)
    ledger: Ledger = field(default_factory=Ledger)
    prepared: Prepared | None = None
    packing: Packing | None = None
    purchase: Purchase | None = None
    awaited: Awaited | None = None
    tag: Tag | None = None
    balance: Balance | None = None
    task: Task | None = None
    report: Report | None = None
    check: CheckRun | None = None
    summary: Comment | None = None
    comment_urls: Mapping[str, str] = field(default_factory=dict)
    posted: int = 0
    claimed: Decimal = Decimal(0)
    lost: bool = False
    there: Snapshot | None = None
    reviewed_sha: str = ""
    neighbour: int = 0
    superseded: bool = False
    frozen: bool = False
    reselected: bool = False
    ended: bool = False

    @property
    def read(self) -> Prepared:
        """The change, in the part of a run that has read it."""
        if self.prepared is None:
            raise TypeError(self)
        return self.prepared

    @property
    def own(self) -> Purchase:
        """The purchase of this change, in the part of a run that has one."""
        if self.purchase is None:
            raise TypeError(self)
        return self.purchase

    @property
    def sendables(self) -> tuple[Sendable, ...]:
        """The selected files, redacted."""
        return self.prepared.sendables if self.prepared else ()

    @property
    def selected(self) -> tuple[str, ...]:
        """The names of the selected files, those that are held back among them."""
        held = (one.path for one in self.prepared.held if one.missed) if self.prepared else ()
        return tuple(dict.fromkeys((*(one.path for one in self.sendables), *held)))

    @property
    def coverage(self) -> Coverage:
        """Whether the reviewer saw every selected file; of a frozen purchase every one that was selected then."""
        return Coverage.PARTIAL if self.reselected or self.is_short else Coverage.FULL

    @property
    def is_short(self) -> bool:
        """Whether the reviewer did not see all that was selected when it was handed in."""
        bought = self.purchase
        missed = bought is not None and (bought.missed > 0 or bought.coverage is Coverage.PARTIAL)
        unseen = self.task.unseen if self.task else ()
        held = self.prepared.held if self.prepared and not self.frozen else ()
        return missed or bool(unseen) or any(item.missed for item in held)

    @property
    def task_id(self) -> str:
        """The task of this change's purchase, empty while there is none."""
        return self.purchase.task_id if self.purchase else ""

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The findings of this change's answer, duplicates included."""
        return next((one.placed for one in self.changes.answers if one.task_id == self.task_id), ())

    @property
    def to_comment(self) -> tuple[Placed, ...]:
        """The findings of every answer that this run has read."""
        return tuple(item for answer in self.changes.answers for item in answer.placed)

    @property
    def has_news(self) -> bool:
        """Whether this run knows something that was not written down when it began."""
        return self.changes != LedgerUpdate()

    def learned(self, changes: LedgerUpdate, *, written: Ledger | None = None) -> Story:
        """The story with these changes in place of the ones before, their findings under ids of their own.

        Args:
            changes: all that this run adds.
            written: the ledger as it was read again, None when it was not.
        """
        base = self.written if written is None else written
        changes = told_apart(base, changes)
        return replace(self, written=base, changes=changes, ledger=applied(base, changes, self.read.change_index))

    def noted(self, purchase: Purchase) -> Story:
        """The story with a purchase as it stands now."""
        return self.learned(self.changes.with_purchase(purchase))

    def bought(self, purchase: Purchase) -> Story:
        """The story with this change's purchase as it stands now."""
        return replace(self.noted(purchase), purchase=purchase)

    def replaced(self, place: Callable[[Placed], Placed]) -> Story:
        """The story with other places for the findings of every answer."""
        answers = (replace(one, placed=tuple(map(place, one.placed))) for one in self.changes.answers)
        return self.learned(replace(self.changes, answers=tuple(answers)))


def answered(purchase: Purchase, report: Report, placed: tuple[Placed, ...], *, here: bool) -> Answered:
    """An answer with what it stands for; `here` is whether it was given to the change as it is now."""
    whole = not purchase.since and purchase.coverage is Coverage.FULL and report.readable
    return Answered(purchase.task_id, whole, here, report, placed)
