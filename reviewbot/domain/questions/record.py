"""Record a question in the summary comment, and mark open questions in the check runs.

GitHub has no compare-and-set, so another run may overwrite the record. Therefore, an intent is read back.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckStatus, Snapshot
from reviewbot.domain.ledger.external_id import counted, decode_external_id
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.machine import steps
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.questions.phases import MarkChecks, Recording, WriteQuestion
from reviewbot.errors import ForgeUnreachable, NotApproved, NotFound, ReviewbotError
from reviewbot.values import replace


def after_step(
    question: Question, recording: Recording, result: steps.Reread | Ledger | steps.Done | steps.Failed
) -> Recording | Ledger | ReviewbotError:
    """Return the next step, the ledger that contains the question, or the error that prevents the record."""
    match recording.step, result:
        case steps.ReadAgain(), steps.Reread():
            return _after_read(question, recording, result)
        case WriteQuestion(read=read), Ledger():
            return replace(recording, step=MarkChecks(read.snapshot, result))
        case MarkChecks(ledger=ledger), _ if _is_recorded(question, recording, result):
            return ledger
        case (MarkChecks(), steps.Done()) | (
            (WriteQuestion() | MarkChecks()),
            steps.Failed(error=ForgeUnreachable() | NotFound()),
        ):
            return _again(recording)
        case _, steps.Failed(error=error):
            return error
        case _:
            raise RuntimeError(f"{type(recording.step).__name__} cannot return {type(result).__name__}")


def _is_recorded(question: Question, recording: Recording, result: object) -> bool:
    """Return whether the record is complete after `MarkChecks`. The mark is optional if the ledger was read back."""
    match result:
        case steps.Done():
            return recording.is_there or question.state is not QuestionState.INTENT
        case steps.Failed(error=error):
            return recording.is_there and isinstance(error, ForgeUnreachable | NotFound)
        case _:
            return False


def _after_read(question: Question, recording: Recording, read: steps.Reread) -> Recording | Ledger | NotApproved:
    """Write the question unless the ledger contains it, e.g., because only the response to a write was lost."""
    stored = read.stored
    is_trusted = not (stored.problem or stored.lost)
    there = stored.ledger.questions.find(question.comment)
    if there is not None and there.progress >= question.progress:
        marking = replace(recording, step=MarkChecks(read.snapshot, stored.ledger), is_there=True)
        return marking if is_trusted else stored.ledger
    if is_trusted:
        return replace(recording, step=WriteQuestion(question, read))
    return NotApproved(
        "reviewbot cannot store the question, because the record of this pull request is missing or not trusted. "
        f"{stored.problem}",
        hint="Request a review with `/reviewbot review`, then ask again.",
    )


def _again(recording: Recording) -> Recording | ForgeUnreachable:
    if recording.tries > 1:
        return Recording(tries=recording.tries - 1)
    return ForgeUnreachable(
        "reviewbot could not record the question in the summary comment.",
        hint="The next run on the pull request tries again.",
    )


class CheckMark(Struct, frozen=True):
    """The new tag and `external_id` of a check run."""

    check_id: int
    tag: CheckTag
    external_id: str


def check_marks(snapshot: Snapshot, ledger: Ledger, signer: Signer) -> Iterator[CheckMark]:
    """Yield the check runs to update: the newest one has the mark, and the newest copy has the counter.

    `collect` finds the question by the mark. The counter prevents later runs from trusting an older summary. Check runs
    of this head count as newer than all others, so that the next run does not move the mark. Check runs in progress are
    skipped, because another run may be recording a purchase in them.
    """
    checks = sorted((*snapshot.older_checks, *snapshot.checks), key=lambda one: (one in snapshot.checks, one.id))
    own = [(one, one.tag) for one in checks if one.tag is not None and not one.foreign]
    done = [(one, tag) for one, tag in own if one.status == CheckStatus.COMPLETED]
    newest, asks = ([one.id for one, _ in own] or [0])[-1], bool(ledger.questions.open())
    copied = ([one.id for one, _ in done if decode_external_id(one.external_id, signer)] or [0])[-1]
    for one, tag in done:
        wanted = replace(tag, asks=asks and one.id == newest)
        copy = counted(one.external_id, ledger, signer) if one.id == copied else one.external_id
        if (wanted, copy) != (tag, one.external_id):
            yield CheckMark(one.id, wanted, copy)
