"""Which records on GitHub are trusted, and when the check runs of every head must be read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from reviewbot.domain.findings.markers import FindingMark, summary_mark
from reviewbot.domain.findings.tracked_finding import Bypass, Findings, TrackedFinding
from reviewbot.domain.github.pull_request import (
    RECENT_COMMITS,
    CheckRun,
    Comment,
    OlderChecks,
    Seen,
    Snapshot,
    Thread,
    ThreadComment,
)
from reviewbot.domain.ledger.codec import encode
from reviewbot.domain.ledger.external_id import encode_external_id
from reviewbot.domain.ledger.ledger import MAX_TASKS, Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decisions.trust import (
    Records,
    TrustRules,
    Unconfirmed,
    checks_there,
    first_recorded,
    may_hide_checks,
    may_lack_purchases,
    stored_ledger,
    unconfirmed,
    with_older_checks,
)
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.review import Severity
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, commit, pull, purchase, snapshot_of
from tests.domain.machine.world import OTHER_HEAD, SIGNER

NAME = "CodeVF review"
RULES = TrustRules(
    SIGNER,
    Judgement(),
    FailOn.HIGH,
    CheckNames(NAME),
    check_name=NAME,
    paid=True,
    check_run=True,
    summary_comment=True,
)
BOUGHT = purchase(state=TaskState.DONE)
PLAIN = Ledger((BOUGHT,), counter=4)
BYPASS = Bypass(HEAD, "main", "boss", "It is urgent.")
BYPASSED = replace(PLAIN, bypass=BYPASS, seen=Seen(HEAD))
ANOTHER_KEY = replace(SIGNER, secret="another")
SHOWN = ThreadComment(9, "https://x/9", str(FindingMark("", ("0" * 10,))), ours=True)
THREAD = Thread("T1", is_resolved=False, comments=(SHOWN,))


def summary(ledger: Ledger, signer: Signer = SIGNER, comment_id: int = 1, **more: Any) -> Comment:  # noqa: ANN401 — any field
    body = f"{summary_mark('')}\n{encode(ledger, signer)}\n"
    return Comment(comment_id, f"https://x/{comment_id}", body, ours=True, **more)


def check(bought: Purchase, counter: int = 4, check_id: int = 3, head_sha: str = HEAD, spent: int = 360) -> CheckRun:
    ledger = Ledger(forgotten=Decimal(spent), counter=counter)
    return CheckRun(check_id, NAME, head_sha, "completed", None, encode_external_id(bought, ledger, SIGNER), "")


def reading(*comments: Comment, checks: tuple[CheckRun, ...] = (), **more: Any) -> Snapshot:  # noqa: ANN401 — any field
    return replace(snapshot_of(pull(**more)), comments=comments, checks=checks)


def read(
    snapshot: Snapshot, *, own: str = "", whole: bool = True, digest: str = "", rules: TrustRules = RULES
) -> StoredLedger:
    records = Records.of(rules, snapshot, own)
    return stored_ledger(records, (checks_there(snapshot), whole), digest, NOON)


CURRENT = (check(BOUGHT),)
FORCED = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("snapshot", "doubt"),
    [
        (reading(summary(PLAIN), checks=CURRENT), None),
        (reading(checks=CURRENT), Unconfirmed(None)),
        (reading(summary(PLAIN, ANOTHER_KEY), checks=CURRENT), Unconfirmed(None)),
        (reading(summary(PLAIN), checks=(check(BOUGHT, counter=5),)), Unconfirmed(None)),
        (reading(summary(PLAIN), checks=(check(BOUGHT, counter=3),)), Unconfirmed(None)),
        (reading(summary(PLAIN)), Unconfirmed(None)),
        (reading(summary(PLAIN), checks=CURRENT, forced_at=FORCED), Unconfirmed(None)),
        (reading(summary(PLAIN), checks=CURRENT, forced_at=NOON - timedelta(1)), None),
        (reading(summary(BYPASSED), checks=CURRENT), Unconfirmed(Seen(HEAD))),
        (reading(summary(BYPASSED), checks=(check(BOUGHT, counter=5),)), Unconfirmed(None)),
    ],
)
def test_check_runs_must_confirm_a_doubtful_ledger(snapshot: Snapshot, doubt: Unconfirmed | None) -> None:
    assert unconfirmed(Records.of(RULES, snapshot)) == doubt


def test_no_check_run_confirms_a_free_review() -> None:
    free = replace(RULES, signer=replace(SIGNER, secret=""), paid=False)
    for ledger in (PLAIN, BYPASSED):
        assert unconfirmed(Records.of(free, reading(summary(ledger, free.signer), forced_at=FORCED))) is None


@pytest.mark.parametrize(
    ("more", "seen", "hides"),
    [
        ({}, None, False),
        ({"forced_at": FORCED}, None, True),
        ({"commit_count": RECENT_COMMITS + 1}, None, True),
        ({}, Seen(HEAD), False),
        ({"commits": (replace(commit("ann"), sha=OTHER_HEAD),)}, Seen(OTHER_HEAD), False),
        ({}, Seen(OTHER_HEAD), True),
    ],
)
def test_a_push_can_hide_check_runs(more: dict[str, Any], seen: Seen | None, hides: bool) -> None:  # noqa: FBT001 — a column
    snapshot = reading(**more)
    assert may_hide_checks(RULES, snapshot, seen) is hides
    assert not may_hide_checks(replace(RULES, paid=False), snapshot, seen)
    assert not may_hide_checks(replace(RULES, check_run=False), snapshot, seen)
    assert not may_hide_checks(RULES, replace(snapshot, checks_readable=False), seen)


def test_without_a_summary_or_with_an_exemption_only_check_runs_may_have_the_record() -> None:
    assert may_lack_purchases(RULES, reading(), None)
    assert may_lack_purchases(RULES, reading(summary(PLAIN)), Seen(HEAD))
    assert not may_lack_purchases(RULES, reading(summary(PLAIN)), None)


def test_check_runs_are_listed_once_and_may_lack_a_head() -> None:
    older = check(BOUGHT, check_id=2, head_sha=OTHER_HEAD)
    every = OlderChecks((older, *CURRENT), (), frozenset({HEAD}), HEAD, "b" * 40, has_all_commits=True)
    snapshot = reading(checks=CURRENT)
    assert with_older_checks(RULES, snapshot, every, None) == ((older, *CURRENT), True)
    assert with_older_checks(RULES, snapshot, every, Seen(HEAD)) == ((older, *CURRENT), True)
    assert with_older_checks(RULES, snapshot, every, Seen(OTHER_HEAD)) == ((older, *CURRENT), False)


def test_a_signed_summary_is_trusted() -> None:
    unsigned = replace(CURRENT[0], id=4, external_id="")
    stored = read(reading(summary(PLAIN), checks=(*CURRENT, unsigned)))
    assert (stored.ledger, stored.problem, stored.lost, stored.claimed) == (PLAIN, "", False, Decimal(0))
    assert stored.summary == summary(PLAIN)
    assert (list(stored.on_head), stored.finished) == ([3], frozenset({BOUGHT.key}))
    assert (stored.older_checks, stored.has_duplicates, stored.ended) == ((), False, None)


@pytest.mark.parametrize(
    ("snapshot", "whole"),
    [
        (reading(summary(BYPASSED), checks=(check(BOUGHT, counter=5),)), True),
        (reading(summary(BYPASSED), checks=CURRENT), False),
        (reading(summary(BYPASSED), checks=CURRENT, unread_bases_until=NOON), True),
        (reading(summary(BYPASSED, edited_by_us=False), checks=CURRENT), True),
    ],
)
def test_a_possibly_outdated_summary_has_no_exemptions(snapshot: Snapshot, whole: bool) -> None:  # noqa: FBT001 — a column
    stored = read(snapshot, whole=whole)
    assert stored.problem
    assert (stored.ledger.bypass, stored.claimed) == (None, Decimal(360))
    assert stored.ledger.last_edit == NOON.isoformat(timespec="seconds")


def test_a_base_unread_before_the_last_write_does_not_count() -> None:
    seen = replace(BYPASSED, seen=Seen(HEAD, retargeted_at=NOON))
    assert read(reading(summary(seen), checks=CURRENT, unread_bases_until=NOON)).ledger.bypass == BYPASS


def test_a_run_that_replaced_a_newer_summary_trusts_its_own_without_exemptions() -> None:
    own = summary(BYPASSED)
    stored = read(reading(own, checks=(check(BOUGHT, counter=5),)), own=own.body)
    assert (stored.problem, stored.ledger.bypass, stored.ledger.counter) == ("", None, 5)


def test_a_bypass_of_another_head_has_ended() -> None:
    other = replace(BYPASS, head_sha=OTHER_HEAD)
    stored = read(reading(summary(replace(BYPASSED, bypass=other)), checks=CURRENT))
    assert (stored.ledger.bypass, stored.ended) == (None, other)


def test_without_a_trusted_summary_the_copies_have_the_purchases_and_the_credits() -> None:
    for snapshot in (reading(checks=CURRENT), reading(summary(PLAIN, ANOTHER_KEY), checks=CURRENT)):
        stored = read(snapshot, digest=BOUGHT.identity)
        assert [one.key for one in stored.ledger.purchases] == [BOUGHT.key]
        assert (stored.ledger.spent, stored.ledger.counter, stored.lost) == (Decimal(360), 4, False)
        assert stored.ledger.last_edit == NOON.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    ("snapshot", "lost", "closes"),
    [
        (reading(), False, False),
        (replace(reading(), threads=(THREAD,)), True, True),
        (reading(summary(PLAIN, ANOTHER_KEY)), True, False),
        (reading(summary(PLAIN, edited_by_us=False)), False, False),
        (reading(summary(Ledger(), replace(SIGNER, secret=""))), False, False),
        (reading(unread_bases_until=NOON), True, False),
    ],
)
def test_a_missing_record_of_a_paid_review_is_lost(
    snapshot: Snapshot,
    lost: bool,  # noqa: FBT001 — a column
    closes: bool,  # noqa: FBT001 — a column
) -> None:
    stored = read(snapshot)
    assert stored.lost is lost
    assert bool(stored.ledger.last_edit) is closes, "earlier commands may have been executed"


def test_a_base_of_the_author_may_hide_reviews_that_no_summary_records() -> None:
    moved, rules = reading(retargeted_at=NOON, base_ref="topic"), replace(RULES, summary_comment=False)
    assert read(moved, rules=rules).lost
    assert not read(moved).lost
    assert not read(reading(retargeted_at=NOON), rules=rules).lost
    assert not read(reading(base_ref="topic"), rules=rules).lost


def test_copies_beyond_a_full_ledger_count_only_on_the_head() -> None:
    full = Ledger(tuple(purchase(identity=f"{at:032x}", state=TaskState.DONE) for at in range(MAX_TASKS)), counter=4)
    there = check(purchase(identity="e" * 32), check_id=5)
    older = check(purchase(identity="f" * 32, head_sha=OTHER_HEAD), check_id=2, head_sha=OTHER_HEAD)
    stored = read(replace(reading(summary(full), checks=(there,)), older_checks=(older,)))
    keys = {one.identity for one in stored.ledger.purchases}
    assert "e" * 32 in keys
    assert "f" * 32 not in keys
    assert stored.older_checks == (older,)


def test_trusted_duplicates_add_their_purchases() -> None:
    other = purchase(identity="9" * 32, state=TaskState.DONE)
    double, forged = summary(Ledger((other,)), comment_id=2), summary(Ledger((other,)), ANOTHER_KEY, comment_id=2)
    stored = read(reading(summary(PLAIN), double, checks=CURRENT))
    assert stored.has_duplicates
    assert stored.finished == {BOUGHT.key, other.key}
    assert {one.key for one in stored.ledger.purchases} == stored.finished
    assert read(reading(summary(PLAIN), forged, checks=CURRENT)).ledger == PLAIN


def test_the_forgeable_parts_of_a_free_reviews_ledger_are_dropped() -> None:
    free = replace(RULES, signer=replace(SIGNER, secret=""), paid=False)
    forged = replace(BYPASSED, findings=Findings((TrackedFinding("0" * 10, Severity.HIGH, None, "One", "a.py"),)))
    double = summary(PLAIN, free.signer, comment_id=2)
    stored = read(reading(summary(forged, free.signer), double), rules=free)
    assert (stored.problem, stored.ledger.bypass, stored.ledger.findings) == ("", None, Findings())
    assert read(replace(reading(), threads=(THREAD,)), rules=free).ledger.last_edit == ""


@pytest.mark.parametrize(
    ("copies", "first"),
    [
        ((), None),
        ((purchase(state=TaskState.DEFERRED, task_id=""),), None),
        ((purchase(identity="9" * 32),), None),
        ((purchase(task_id="task_1"), purchase(task_id="task_2")), (1, "task_1")),
        ((purchase(state=TaskState.INTENT, task_id=""), purchase(task_id="task_2")), (1, "task_2")),
        ((purchase(task_id="task_1"), purchase(attempt=2, state=TaskState.INTENT, task_id="")), (2, "")),
    ],
)
def test_concurrent_runs_continue_with_the_same_attempt(
    copies: tuple[Purchase, ...], first: tuple[int, str] | None
) -> None:
    checks = tuple(check(one, check_id=at) for at, one in enumerate(copies))
    found = first_recorded(RULES, reading(checks=checks[::-1]), "a" * 32)
    assert (found and (found.attempt, found.task_id)) == first
