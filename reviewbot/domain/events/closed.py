"""The phases of a run for a closed pull request, and the steps and phases that follow them."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.events.steps import Ended, Fail, PostOpenAnswers, RecordOpinions, StartReview, failed
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, Failed, Finish, ReadLedger
from reviewbot.domain.model.review import NOT_BEGUN
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due

Step = ReadLedger | RecordOpinions | StartReview | PostOpenAnswers
Result = StoredLedger | Outcome | Done | Failed


class _Closed(Struct, frozen=True):
    known: Known


class Closed(_Closed, frozen=True):
    """The pull request is closed. The ledger is read next."""


class NothingOpen(_Closed, frozen=True):
    """No purchase and no question is open. The reactions to findings are recorded next."""

    stored: StoredLedger


class StillOpen(_Closed, frozen=True):
    """A purchase or a question is open. Pending tasks are cancelled and finished reviews published next."""


class Reviewed(_Closed, frozen=True):
    """The review run has ended. Finished answers to questions are posted next."""

    outcome: Outcome


Phase = Closed | NothingOpen | StillOpen | Reviewed | Ended


def start(known: Known) -> Phase:
    is_exempt = known.snapshot.pull.is_open or not known.request.remembers
    return _ended(known) if is_exempt else Closed(known)


def decide(phase: Phase) -> Step | Finish | Fail:
    match phase:
        case Closed():
            return ReadLedger(must_read=False)
        case NothingOpen(stored=stored):
            return RecordOpinions(stored)
        case StillOpen(known=known):
            return StartReview(known.request.trigger, cancels=NOT_BEGUN)
        case Reviewed():
            return PostOpenAnswers()
        case Ended(step=step):
            return step
        case unknown:
            assert_never(unknown)


def learn(phase: Phase, result: Result, _now: datetime) -> Phase:
    """Return the phase after a step. A result of another step is a bug."""
    match phase, result:
        case _, Failed(error=error):
            return failed(error)
        case Closed(known=known), StoredLedger():
            return StillOpen(known) if result.ledger.is_open else NothingOpen(known, result)
        case StillOpen(known=known), Outcome():
            return Reviewed(known, result)
        case NothingOpen(known=known), Done():
            return _ended(known)
        case Reviewed(known=known, outcome=outcome), Done():
            message = f" {outcome.message}" if outcome.message else ""
            return _ended(known, f" Review result: {outcome.reason.value}.{message}")
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


def _ended(known: Known, result: str = "") -> Ended:
    return Ended(Finish(not_due(Reason.CLOSED, f"Pull request #{known.snapshot.pull.number} was closed.{result}")))
