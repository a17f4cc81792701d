"""What a run does next: one step for each phase."""

from __future__ import annotations

from typing import assert_never

from reviewbot.domain.machine.state import (
    Approved,
    AwaitingOlder,
    CancellingOther,
    CancellingOwn,
    Completed,
    Deferred,
    Due,
    Ended,
    Intended,
    Judged,
    Loaded,
    NotDue,
    OlderOver,
    Phase,
    Priced,
    Pricing,
    Published,
    Quoted,
    Ready,
    Refreshed,
    Reopened,
    Replaced,
    Replacing,
    Reported,
    Rereading,
    Resumed,
    Scoping,
    Settling,
    Submitted,
    Waiting,
    Wanted,
    Write,
)
from reviewbot.domain.machine.steps import (
    CancelTask,
    CloseOlderChecks,
    CompareBases,
    CreateTask,
    FindProject,
    Finish,
    LookUpTask,
    OpenReviewer,
    PollTask,
    PostReview,
    ReadAgain,
    ReadChange,
    ReadLedger,
    ReadPermission,
    ReadPosted,
    ReadPrice,
    ReadResult,
    ReadTask,
    RecordDeferral,
    RecordIntent,
    RecordTask,
    Refresh,
    RemoveLabel,
    Step,
    UpdateThreads,
    WriteCheckRun,
    WriteFiles,
    WriteOutput,
    WriteSummary,
)
from reviewbot.domain.policy.verdict import pending


def decide(phase: Phase) -> Step:  # noqa: C901, PLR0911, PLR0912 — the whole course of a run, on one screen
    """The next step of a run."""
    match phase:
        # Is a review due?
        case Loaded(login=login):
            return ReadPermission(login)
        case NotDue():
            return ReadLedger()
        case Due():
            return ReadChange()
        case Ready():
            return OpenReviewer()
        # What became of the tasks of older heads?
        case Settling(left=left):
            return LookUpTask(left[0])
        case CancellingOther(settling=settling):
            return CancelTask(settling.left[0].task_id)
        # This change was bought before.
        case Resumed(label=label, before=before):
            return RemoveLabel(label) if label else ReadTask(before.task_id)
        case CancellingOwn(resumed=resumed):
            return CancelTask(resumed.before.task_id)
        case Reopened(underway=underway):
            return WriteCheckRun(pending(underway.purchase.judgement.rules))
        # It is to be bought: is that approved, and does the review of an older head come first?
        case Wanted(login=login):
            return ReadPermission(login)
        case Approved():
            return ReadPrice()
        case Replacing(awaited=awaited):
            return CancelTask(awaited.purchase.task_id)
        case Replaced(awaited=awaited):
            return LookUpTask(awaited.purchase)
        case Deferred(label=label, wanted=wanted):
            return RemoveLabel(label) if label else RecordDeferral(wanted)
        case AwaitingOlder(awaited=awaited, waited=waited):
            return PollTask(awaited.task, waited)
        case OlderOver(awaited=awaited):
            return LookUpTask(awaited.purchase)
        case Rereading():
            return ReadAgain()
        # What is bought, and at what price?
        case Scoping(known=known, last=last):
            return CompareBases(last.merge_base, known.change.change.merge_base)
        case Pricing():
            return ReadPrice()
        case Priced(known=known):
            return FindProject(known.request.project)
        # The task
        case Quoted(bought=bought):
            return RecordIntent(bought)
        case Intended(bought=bought, order=order):
            return RemoveLabel(order.label) if order.label else CreateTask(bought, order)
        case Submitted(underway=underway):
            return RecordTask(underway)
        case Waiting(underway=underway, waited=waited):
            return PollTask(underway.task, waited)
        case Completed(underway=underway):
            return ReadResult(underway.task)
        # The outcome is known.
        case Reported(outcome=outcome):
            return WriteFiles(outcome)
        case Judged():
            return Refresh()
        case Refreshed():
            return _write(phase)
        case Published(outcome=outcome):
            return WriteOutput(outcome)
        case Ended(outcome=outcome):
            return Finish(outcome)
        case unknown:
            assert_never(unknown)


def _write(phase: Refreshed) -> Step:
    match phase.left[0]:
        case Write.COMMENTS:
            return PostReview(phase.outcome)
        case Write.THREADS:
            return UpdateThreads()
        case Write.POSTED:
            return ReadPosted()
        case Write.SUMMARY:
            return WriteSummary(phase.outcome)
        case Write.CHECK_RUN:
            return WriteCheckRun(phase.outcome)
        case Write.OLDER_CHECKS:
            return CloseOlderChecks()
        case unknown:
            assert_never(unknown)
