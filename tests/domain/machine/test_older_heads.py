"""A green check of an older head becomes `action_required` once a run on that head might not be green."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.findings.tracked_finding import (
    LOST,
    Acceptance,
    Bypass,
    Findings,
    FindingState,
    Judged,
    TrackedFinding,
    Waiver,
)
from reviewbot.domain.github.check_identity import SKIP_LENGTH, CheckTag, mark_of
from reviewbot.domain.github.pull_request import RECENT_COMMITS, CheckRun, CheckStatus, Conclusion, LabelEvent
from reviewbot.domain.ledger.edits import Unwaive
from reviewbot.domain.ledger.external_id import ExternalId, decode_external_id, encode_external_id
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.machine.decisions.older_heads import heads_below, hides_older_heads, outlives
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.eligibility import SKIP_LABEL
from reviewbot.domain.policy.verdict import Coverage, Rules
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, pull, purchase
from tests.domain.machine.test_transitions import known
from tests.domain.machine.world import OTHER_HEAD, SIGNER

DONE = purchase(state=TaskState.DONE, head_sha=OTHER_HEAD, change="c" * 16)
WAIVER = Waiver("ben", "fine", "file", "main")
KNOWN = TrackedFinding("0" * 10, Severity.CRITICAL, None, "One", "a.py")
BLOCKED = Judged(KNOWN.id, FindingState.OPEN, blocks=True, carried=False)
PASSED = replace(BLOCKED, blocks=False)
RECORD = "x" * SKIP_LENGTH


def green(tag: CheckTag | None, conclusion: Conclusion | None = Conclusion.SUCCESS) -> CheckRun:
    """Return the check run of an older head."""
    return CheckRun(1, "CodeVF review", OTHER_HEAD, CheckStatus.COMPLETED, conclusion, "", "", tag=tag)


SUCCESS, SKIPPED = green(CheckTag(7, "success")), green(CheckTag(7, "skipped"), Conclusion.SKIPPED)


def copy_of(bought: Purchase) -> ExternalId:
    copy = decode_external_id(encode_external_id(bought, Ledger(), SIGNER), SIGNER)
    assert copy is not None
    return copy


def knowing(*records: TrackedFinding, bought: Purchase = DONE, **more: Any) -> Known:  # noqa: ANN401 — any field of a ledger
    ledger = Ledger((bought,), findings=Findings(records, more.pop("beyond", ())), **more)
    return replace(known(), ledgers=LedgerVersions(ledger), found=ledger)


def test_only_a_green_check_of_an_open_pull_request_is_outdated_by_a_withdrawn_waiver() -> None:
    now = knowing()
    withdrawn = replace(now, ledgers=replace(now.ledgers, update=LedgerUpdate(edits=(Unwaive("a"),))))
    assert not outlives(now, SUCCESS, copy_of(DONE), ())
    assert outlives(withdrawn, SUCCESS, copy_of(DONE), ())
    assert outlives(withdrawn, SKIPPED, None, ())
    for conclusion in (Conclusion.FAILURE, Conclusion.ACTION_REQUIRED, None):
        assert not outlives(withdrawn, green(CheckTag(7), conclusion), None, ())
    assert not outlives(withdrawn, green(None), None, ())
    closed = replace(withdrawn, snapshot=replace(now.snapshot, pull=pull(is_open=False)))
    assert not outlives(closed, SUCCESS, copy_of(DONE), ())


@pytest.mark.parametrize("check", [SUCCESS, SKIPPED])
def test_a_check_for_another_base_with_its_name_is_outdated(check: CheckRun) -> None:
    now = replace(known(shares_name=True), found=Ledger())
    now = replace(now, snapshot=replace(now.snapshot, check_names=("CodeVF review", "Other")))
    assert check.tag is not None
    here = replace(check, tag=replace(check.tag, base=mark_of("main")))
    assert outlives(now, check, None, ())
    assert outlives(now, replace(check, tag=replace(check.tag, base=mark_of("next"))), None, ())
    assert not outlives(now, here, None, ())
    assert not outlives(now, replace(check, name="Other"), None, ())
    assert not outlives(replace(now, request=replace(now.request, shares_name=False)), check, None, ())


def test_a_skipped_check_is_outdated_once_its_record_does_not_count() -> None:
    by_label = replace(SKIPPED, tag=CheckTag(7, "skipped", RECORD))
    assert outlives(knowing(), by_label, None, {""})
    assert not outlives(knowing(), by_label, None, {RECORD})
    assert not outlives(knowing(), SKIPPED, None, {""}), "nothing of its change is reviewed"
    assert outlives(knowing(KNOWN), SKIPPED, None, {""}), "it has been reviewed since, or may have the same code"


def test_a_bypassed_check_is_outdated_once_the_bypass_has_ended() -> None:
    ended = StoredLedger(ended=Bypass(OTHER_HEAD, "main", "max", "it burns"))
    assert outlives(replace(knowing(), stored=ended), SUCCESS, None, ())
    assert not outlives(replace(knowing(), stored=ended), replace(SUCCESS, head_sha=HEAD), None, ())
    assert not outlives(knowing(), SUCCESS, None, ()), "a free review leaves no record"


@pytest.mark.parametrize(
    ("bought", "accepted", "stays"),
    [
        (replace(DONE, state=TaskState.ENDED), "", False),
        (replace(DONE, unread=True), "", False),
        (replace(DONE, unread=True), HEAD, False),
        (replace(DONE, unread=True), OTHER_HEAD, True),
        (replace(DONE, coverage=Coverage.PARTIAL), "", False),
        (replace(DONE, coverage=Coverage.PARTIAL, judgement=Judgement(Rules(on_partial=Tolerance.PASS))), "", True),
    ],
)
def test_a_check_without_a_complete_review_is_outdated(bought: Purchase, accepted: str, *, stays: bool) -> None:
    acceptance = Acceptance(accepted, "main", bought.task_id, "max") if accepted else None
    now = knowing(bought=bought, acceptance=acceptance)
    assert outlives(now, SUCCESS, copy_of(bought), ()) is not stays


def test_a_review_that_is_read_again_is_complete() -> None:
    reopened = replace(DONE, state=TaskState.OPEN)
    assert not outlives(knowing(bought=reopened), SUCCESS, copy_of(DONE), ())


@pytest.mark.parametrize(
    ("record", "judged", "stays"),
    [
        (replace(KNOWN, waiver=WAIVER), BLOCKED, True),
        (KNOWN, BLOCKED, False),
        (replace(KNOWN, state=FindingState.FIXED), BLOCKED, False),
        (replace(KNOWN, state=FindingState.FIXED), PASSED, True),
        (replace(KNOWN, state=FindingState.FIXED), LOST, False),
        (replace(KNOWN, severity=Severity.LOW), PASSED, True),
    ],
)
def test_what_blocked_a_head_needs_a_waiver(record: TrackedFinding, judged: Judged, *, stays: bool) -> None:
    bought = replace(DONE, judged=(judged,))
    assert outlives(knowing(record, bought=bought), SUCCESS, copy_of(bought), ()) is not stays


@pytest.mark.parametrize(("file", "stays"), [("file", True), ("other", False)])
def test_a_waiver_of_another_file_does_not_count(file: str, *, stays: bool) -> None:
    bought = replace(DONE, judged=(BLOCKED,))
    now = knowing(replace(KNOWN, waiver=replace(WAIVER, file=file)), bought=bought)
    before = replace(now.found, findings=Findings((replace(KNOWN, waiver=WAIVER),)))
    assert outlives(replace(now, found=before), SUCCESS, copy_of(bought), ()) is not stays


@pytest.mark.parametrize(
    ("records", "beyond", "stays"),
    [
        ((KNOWN,), (), False),
        ((), (("task_1", Severity.CRITICAL, 2),), False),
        ((), (("task_1", Severity.LOW, 2),), True),
    ],
)
def test_a_finding_that_the_review_did_not_know_may_be_in_the_older_head(
    records: tuple[TrackedFinding, ...], beyond: tuple[tuple[str, Severity, int], ...], *, stays: bool
) -> None:
    assert outlives(knowing(*records, beyond=beyond), SUCCESS, copy_of(DONE), ()) is not stays


def test_recorded_heads_are_looked_for_below_a_force_push_once_one_may_have_lost_its_verdict() -> None:
    now = knowing()
    forced = replace(now, snapshot=replace(now.snapshot, pull=pull(forced_at=NOON)))
    ended = replace(forced, stored=replace(forced.stored, ended=Bypass("d" * 40, "main", "boss", "known")))
    withdrawn = replace(forced, ledgers=replace(now.ledgers, update=LedgerUpdate(edits=(Unwaive("a"),))))
    found = replace(knowing(KNOWN), snapshot=forced.snapshot)
    assert not heads_below(forced)
    assert not heads_below(replace(withdrawn, snapshot=now.snapshot))
    assert heads_below(ended) == {OTHER_HEAD, "d" * 40}
    assert heads_below(withdrawn) == heads_below(found) == {OTHER_HEAD}
    unfinished = LedgerVersions(Ledger((replace(DONE, state=TaskState.OPEN),)), update=withdrawn.ledgers.update)
    assert not heads_below(replace(withdrawn, ledgers=unfinished))


SKIPS, LABELLED = (LabelEvent(label, "ann", NOON) for label in (SKIP_LABEL, "other"))


@pytest.mark.parametrize(
    ("hidden", "shares_name", "blocks", "reads"),
    [
        ({"forced_at": NOON, "label_events": (SKIPS,)}, False, False, True),
        ({"forced_at": NOON, "label_events": (SKIPS,), "labels": {SKIP_LABEL}}, False, False, False),
        ({"forced_at": NOON, "label_events": (SKIPS, SKIPS), "labels": {SKIP_LABEL}}, False, False, True),
        ({"forced_at": NOON, "label_events": (LABELLED,)}, False, False, False),
        ({"forced_at": NOON, "retargeted_at": NOON}, True, False, True),
        ({"forced_at": NOON, "retargeted_at": NOON}, False, False, False),
        ({"forced_at": NOON}, True, False, False),
        ({"commit_count": RECENT_COMMITS + 1}, False, True, True),
        ({"commit_count": RECENT_COMMITS, "label_events": (SKIPS,)}, False, True, False),
    ],
)
def test_every_head_is_read_if_one_may_have_lost_its_verdict(
    hidden: dict[str, Any], *, shares_name: bool, blocks: bool, reads: bool
) -> None:
    findings = Findings((KNOWN,) if blocks else ())
    now = replace(known(shares_name=shares_name), ledgers=LedgerVersions(Ledger(findings=findings)))
    assert hides_older_heads(replace(now, snapshot=replace(now.snapshot, pull=pull(**hidden)))) is reads


def test_every_head_is_read_in_the_run_of_the_removed_label_even_if_its_events_are_not() -> None:
    event = ReviewEvent("pull_request", 7, "unlabeled", HEAD, "ann", sender_is_bot=False, label=SKIP_LABEL)
    now = known(trigger=event)
    assert hides_older_heads(replace(now, snapshot=replace(now.snapshot, pull=pull(forced_at=NOON))))
