"""The phases of a run. Each phase contains the values that are known at that point."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.known import Bought, Candidate, Known, OpenTask, Quote
from reviewbot.domain.machine.steps import PublishingStep, RecordingStep
from reviewbot.domain.model.review import Task
from reviewbot.domain.policy.verdict import Outcome


class ReviewChange(Struct, frozen=True):
    """Review this change."""

    before: Purchase | None


class NothingToSend(Struct, frozen=True):
    """Judge by the ledger, because no file of this change is sent."""


Then = ReviewChange | NothingToSend | Outcome


class _Running(Struct, frozen=True):
    known: Known


class CancelRequested(_Running, frozen=True):
    """A cancellation was requested. It comes first, before anything else can fail, so the ledger is read next."""


class SelectingToCancel(_Running, frozen=True):
    """The open tasks are read one by one, to see whether the request selects them for cancellation."""

    left: tuple[str, ...]


class Cancelling(_Running, frozen=True):
    """The request selects the first task, which is cancelled next."""

    left: tuple[str, ...]


class Loaded(_Running, frozen=True):
    """The pull request is read. The permission of the user who set `skip-review` decides whether the label counts."""

    login: str


class NotDue(_Running, frozen=True):
    """No review is due, but an earlier purchase may still be open. The ledger is read next."""

    outcome: Outcome


class Due(_Running, frozen=True):
    """A review may be due. The change is read next."""

    skipped: Outcome | None


class DryRunDue(_Running, frozen=True):
    """In a dry run, the checks of the head are read to show whether a purchase would wait."""

    outcome: Outcome


class Ready(_Running, frozen=True):
    """The change and the ledger are read. The reviewer is opened next."""

    then: Then


class LookingUpOlder(_Running, frozen=True):
    """The open tasks of older heads and earlier attempts, and a review to be repeated, are looked up one by one."""

    left: tuple[Purchase, ...]
    then: Then


class Labeled(_Running, frozen=True):
    """A review of this change was bought before, and the approval label is set again. The label is removed next."""

    bought: Bought
    before: Purchase


class Resumed(_Running, frozen=True):
    """A review of this change was bought before. Its task is read next."""

    bought: Bought
    before: Purchase


class AwaitingApproval(_Running, frozen=True):
    """The permission of the user who requested the purchase decides whether it is approved."""

    candidate: Candidate
    login: str


class Unchecked(_Running, frozen=True):
    """The checks that the purchase waits for are read next."""

    candidate: Candidate
    deferred: Purchase
    recorded: bool  # whether the deferral is recorded on GitHub


class Deferred(_Running, frozen=True):
    """The purchase waits for checks or for a pause between pushes. The deferral is recorded next."""

    candidate: Candidate
    deferred: Purchase
    outcome: Outcome
    left: tuple[type[RecordingStep], ...]


class DeferredForOlder(_Running, frozen=True):
    """The purchase waits for the task of an older head. The deferral is recorded before that task is polled."""

    awaited: OpenTask
    deferred: Purchase
    left: tuple[type[RecordingStep], ...]


class AwaitingOlder(_Running, frozen=True):
    """The purchase waits for the task of an older head, which is polled."""

    awaited: OpenTask
    deferred: Purchase
    waited: float = 0


class OlderEnded(_Running, frozen=True):
    """The task of the older head is over. Its result is read next."""

    awaited: OpenTask
    deferred: Purchase


class Rereading(_Running, frozen=True):
    """The pull request is read again before anything is bought, because minutes have passed."""

    deferred: Purchase


class PricingReplacement(_Running, frozen=True):
    """The approved purchase replaces the open task of an older head if it can be paid for. The terms are read next."""

    candidate: Candidate
    awaited: OpenTask


class PricedReplacement(_Running, frozen=True):
    """The purchase that replaces the task of an older head can be paid for. The project is found next."""

    candidate: Candidate
    awaited: OpenTask
    quote: Quote


class Replacing(_Running, frozen=True):
    """The open task of an older head is cancelled next, because the newer head replaces it."""

    candidate: Candidate
    awaited: OpenTask
    quote: Quote


class Replaced(_Running, frozen=True):
    """The task of an older head was cancelled. It is looked up next, because it may have finished before."""

    candidate: Candidate
    awaited: OpenTask
    quote: Quote


class Scoping(_Running, frozen=True):
    """Only the new part will be reviewed, unless the base was moved back. The new part is determined next."""

    candidate: Candidate


class Pricing(_Running, frozen=True):
    """The scope of the review is decided. The terms are read next."""

    candidate: Candidate


class Priced(_Running, frozen=True):
    """The price is within the limits. The project is found next."""

    candidate: Candidate
    quote: Quote


class Quoted(_Running, frozen=True):
    """The purchase is ready. The intent is recorded on GitHub before the task is created."""

    bought: Bought
    candidate: Candidate
    left: tuple[type[RecordingStep], ...]


class Recorded(_Running, frozen=True):
    """The intent is recorded. The purchases that other runs have recorded meanwhile are read next."""

    bought: Bought
    candidate: Candidate


class Intended(_Running, frozen=True):
    """The purchase is within the limits, and its intent is recorded unless it is free. The task is created next."""

    bought: Bought
    candidate: Candidate


class Reopened(_Running, frozen=True):
    """The task is still open. It is shown in the check run of this head before it is polled."""

    bought: Bought
    task: Task


class Submitted(_Running, frozen=True):
    """The task exists. Its id is recorded before the first poll."""

    bought: Bought
    task: Task
    left: tuple[type[RecordingStep], ...]


class SubmittedForOlderHead(_Running, frozen=True):
    """The head moved while the task was created. Its id is recorded in the summary, which is about the newer head.

    `newer` is the state with the newer head and its ledger.
    """

    bought: Bought
    task: Task
    newer: Known


class Waiting(_Running, frozen=True):
    """The task is polled."""

    bought: Bought
    task: Task
    waited: float = 0  # seconds since this run began to wait


class Completed(_Running, frozen=True):
    """The task has a result, which is read next."""

    bought: Bought
    task: Task


class Judged(_Running, frozen=True):
    """The outcome is known. The pull request is read again before the outcome is published."""

    outcome: Outcome


class Publishing(_Running, frozen=True):
    """The outcome is decided. The remaining parts are written in order."""

    outcome: Outcome
    left: tuple[type[PublishingStep], ...]
    refused: bool = False  # True after a failed request to GitHub


class Published(_Running, frozen=True):
    """Everything on GitHub is written. The runner's output is written next."""

    outcome: Outcome


class Ended(_Running, frozen=True):
    """Everything is written."""

    outcome: Outcome


Cancellation = CancelRequested | SelectingToCancel | Cancelling
Starting = Loaded | NotDue | Due | DryRunDue | Ready | LookingUpOlder | Labeled | Resumed
Approving = AwaitingApproval | Unchecked | Deferred
AfterOlder = DeferredForOlder | AwaitingOlder | OlderEnded | Rereading
Replacement = PricingReplacement | PricedReplacement | Replacing | Replaced
Purchasing = Scoping | Pricing | Priced | Quoted | Recorded | Intended
Reviewing = Reopened | Submitted | SubmittedForOlderHead | Waiting | Completed
Concluded = Judged | Publishing | Published

Phase = Cancellation | Starting | Approving | AfterOlder | Replacement | Purchasing | Reviewing | Concluded | Ended
