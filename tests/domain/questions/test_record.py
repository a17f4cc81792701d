"""Recording a question: what is written, read back and tried again, and which check runs are marked."""

from __future__ import annotations

import pytest

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckRun
from reviewbot.domain.ledger.external_id import decode_external_id, encode_external_id
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import steps
from reviewbot.domain.questions.phases import TRIES, MarkChecks, Recording, WriteQuestion
from reviewbot.domain.questions.record import CheckMark, after_step, check_marks
from reviewbot.errors import ForgeUnreachable, NotApproved, NotFound, PermissionMissing, ReviewbotError
from reviewbot.values import replace
from tests.domain.builders import HEAD, pull, purchase, snapshot_of
from tests.domain.machine.world import OTHER_HEAD, SIGNER
from tests.domain.questions.test_machine import INTENT, LEDGER, OPEN, SNAPSHOT, reread

LOST = (ForgeUnreachable("away"), NotFound("deleted"))
WRITING = Recording(WriteQuestion(INTENT, reread(Ledger())))
MARKING = Recording(MarkChecks(SNAPSHOT, LEDGER))
THERE = replace(MARKING, is_there=True)


def test_a_question_is_written_unless_the_ledger_has_it() -> None:
    assert after_step(INTENT, Recording(), reread(Ledger())) == WRITING
    assert after_step(INTENT, Recording(), reread(LEDGER)) == THERE
    assert after_step(INTENT, Recording(), reread(Ledger().with_question(OPEN))) != WRITING
    assert after_step(OPEN, Recording(), reread(LEDGER)) == Recording(WriteQuestion(OPEN, reread(LEDGER)))


@pytest.mark.parametrize("stored", [StoredLedger(problem="It was edited."), StoredLedger(lost=True)])
def test_an_untrusted_ledger_is_not_written(stored: StoredLedger) -> None:
    assert isinstance(after_step(INTENT, Recording(), steps.Reread(SNAPSHOT, stored, None)), NotApproved)
    has_it = replace(stored, ledger=LEDGER)
    assert after_step(INTENT, Recording(), steps.Reread(SNAPSHOT, has_it, None)) == LEDGER, "and nothing is marked"


def test_only_an_intent_is_read_back() -> None:
    assert after_step(INTENT, WRITING, LEDGER) == MARKING
    assert after_step(OPEN, MARKING, steps.Done()) == LEDGER
    assert after_step(INTENT, MARKING, steps.Done()) == Recording(tries=TRIES - 1)
    assert after_step(INTENT, THERE, steps.Done()) == LEDGER


@pytest.mark.parametrize("error", LOST)
def test_a_lost_write_is_tried_again(error: ReviewbotError) -> None:
    for recording in (WRITING, MARKING):
        assert after_step(OPEN, recording, steps.Failed(error)) == Recording(tries=TRIES - 1)
        last = after_step(INTENT, replace(recording, tries=1), steps.Failed(error))
        assert isinstance(last, ForgeUnreachable)
        assert "could not record the question" in last.message
    assert after_step(INTENT, THERE, steps.Failed(error)) == LEDGER


@pytest.mark.parametrize("recording", [Recording(), WRITING, MARKING, THERE])
def test_another_error_ends_the_attempts(recording: Recording) -> None:
    error = PermissionMissing("no")
    assert after_step(INTENT, recording, steps.Failed(error)) is error
    if recording == Recording():
        assert after_step(INTENT, recording, steps.Failed(LOST[0])) is LOST[0]


def test_a_result_of_another_step_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="MarkChecks cannot return Reread"):
        after_step(INTENT, MARKING, reread(LEDGER))


def check(check_id: int, tag: CheckTag | None, head_sha: str = HEAD, status: str = "completed") -> CheckRun:
    copy = encode_external_id(purchase(), Ledger(), SIGNER)
    return CheckRun(check_id, "CodeVF review", head_sha, status, None, copy, "", tag=tag)


def test_the_newest_check_run_has_the_mark_and_the_newest_copy_has_the_counter() -> None:
    tag, asks = CheckTag(7), CheckTag(7, asks=True)
    older = check(9, asks, OTHER_HEAD)
    checks = (check(1, tag), check(2, tag), check(3, None), replace(check(4, tag), foreign=True))
    snapshot = replace(snapshot_of(pull()), checks=checks, older_checks=(older,))
    ledger = replace(Ledger((purchase(),)).with_question(OPEN), counter=5)
    unmarked, newest = check_marks(snapshot, ledger, SIGNER)
    assert unmarked == CheckMark(9, tag, older.external_id)
    assert (newest.check_id, newest.tag) == (2, asks)
    copy = decode_external_id(newest.external_id, SIGNER)
    assert copy is not None
    assert copy.counter == 5


def test_a_check_run_in_progress_is_not_marked() -> None:
    running = check(2, CheckTag(7), status="in_progress")
    snapshot = replace(snapshot_of(pull()), checks=(replace(check(1, CheckTag(7)), external_id=""), running))
    assert list(check_marks(snapshot, LEDGER, SIGNER)) == []
