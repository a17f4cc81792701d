"""A purchase that waits for other checks of the head, or for a pause in the pushes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reviewbot.domain.github.pull_request import Conclusion, Permission
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.purchase import selection_of
from reviewbot.domain.machine.due import start
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import DispatchEvent, ReviewEvent
from reviewbot.domain.model.options import Allow, ReviewOn, RoutedReviewer, Supersede
from reviewbot.domain.model.review import Mode, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, Policy, Trigger
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.verdict import Reason, Status
from reviewbot.errors import ForgeUnreachable, PermissionMissing
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, pull, purchase
from tests.domain.machine.test_transitions import go, known, own, reading, recorded, sendable
from tests.domain.machine.world import OTHER_HEAD

RED, GREEN = steps.HeadChecksRead(("`CI` is not successful",)), steps.HeadChecksRead(())
AWAY = steps.Failed(ForgeUnreachable("GitHub is away."))
FOR_CI = WaitRules(("CI",), hours=2)
NONE = Route("none", reviewer=RoutedReviewer.NONE)
BUYS = phases.Pricing | phases.Scoping


def waiting(now: Known, *ledger: Purchase) -> Any:  # noqa: ANN401 — a test knows which phase it is
    """Return the phase once the change and the ledger are read."""
    return go(start(now), reading(*ledger), steps.Done())


def deferral(now: Known, age: timedelta = timedelta(), **more: Any) -> Purchase:  # noqa: ANN401 — any field
    """Return the purchase that a run deferred some time ago."""
    at = (NOON - age).isoformat()
    fields = {"state": TaskState.DEFERRED, "task_id": "", "hold": 240, "submitted_at": at, **more}
    return own(now, **{"selecting": now.request.selecting, **fields})


def collecting(**request: Any) -> Known:  # noqa: ANN401 — any setting
    return known(may_buy=False, trigger=DispatchEvent(7, ""), **request)


def test_a_review_is_bought_at_once_if_the_checks_are_green() -> None:
    at = waiting(known(wait_rules=FOR_CI))
    assert decide(at) == steps.ReadHeadChecks()
    assert isinstance(go(at, GREEN), BUYS)


def test_the_checks_are_read_once_more_after_the_deferral_is_recorded() -> None:
    deferred = go(waiting(known(wait_rules=FOR_CI)), RED)
    assert isinstance(deferred, phases.Deferred)
    assert (deferred.outcome.reason, deferred.outcome.message) == (Reason.DEFERRED, "`CI` is not successful.")
    assert (deferred.outcome.status, deferred.outcome.conclusion) == (Status.PENDING, None)
    again = recorded(deferred)
    assert decide(again) == steps.ReadHeadChecks()
    assert isinstance(go(again, GREEN), BUYS), "the event of a check may have come before the record"
    left = go(again, RED)
    assert (type(left), left.outcome) == (phases.Judged, deferred.outcome)
    assert left.known.ledger.deferred() == (deferred.deferred,)


def test_a_deferral_that_is_recorded_is_not_recorded_again() -> None:
    now = known(wait_rules=FOR_CI)
    left = go(waiting(now, deferral(now)), RED)
    assert (type(left), left.outcome.message) == (phases.Publishing, "`CI` is not successful.")
    assert not left.known.ledgers.has_news


def test_a_collection_buys_once_the_checks_are_green() -> None:
    now = collecting(wait_rules=FOR_CI)
    there = waiting(now, deferral(now))
    assert isinstance(go(there, GREEN), BUYS)
    assert go(there, RED).outcome.reason is Reason.DEFERRED


@pytest.mark.parametrize("selects_others", [False, True])
def test_a_collection_trusts_a_short_copy_if_the_same_files_are_selected(selects_others: bool) -> None:  # noqa: FBT001 — a column
    now = collecting(wait_rules=FOR_CI)
    selection = "0" * 16 if selects_others else selection_of(replace(now, change=sendable().change))
    there = waiting(now, deferral(now, selecting="", selection=selection, base_ref="", merge_base=""))
    assert isinstance(there, phases.Unchecked) is not selects_others


@pytest.mark.parametrize("trigger", [Asked("ann", "5", HEAD), DispatchEvent(7, "ann"), AtTerminal()])
def test_a_person_who_asks_does_not_wait(trigger: Trigger) -> None:
    now = known(trigger=trigger, wait_rules=WaitRules(("CI",), quiet_minutes=60))
    assert isinstance(waiting(now), BUYS)
    assert isinstance(waiting(now, deferral(now)), BUYS)


def test_a_purchase_that_may_have_been_made_does_not_wait() -> None:
    now = known(wait_rules=WaitRules(("CI",), quiet_minutes=60))
    assert isinstance(waiting(now, own(now, state=TaskState.INTENT, task_id="", submitted_at=NOON.isoformat())), BUYS)


def test_a_free_review_does_not_wait() -> None:
    now = known(paid=False, wait_rules=WaitRules(("CI",), quiet_minutes=60))
    assert isinstance(waiting(now), phases.Pricing)


@pytest.mark.parametrize(("minutes", "buys"), [(0, False), (9, False), (10, True), (30, True)])
def test_the_head_has_to_be_known_for_the_quiet_minutes(minutes: int, buys: bool) -> None:  # noqa: FBT001 — a column
    now = collecting(wait_rules=WaitRules(quiet_minutes=10))
    at = waiting(now, deferral(now, timedelta(minutes=minutes)))
    assert isinstance(at, BUYS) if buys else at.outcome.reason is Reason.DEFERRED


def test_a_force_push_to_an_older_head_counts_as_a_push() -> None:
    now = collecting(wait_rules=WaitRules(quiet_minutes=10))
    forced = replace(now.snapshot, pull=pull(forced_at=NOON - timedelta(minutes=9)))
    at = waiting(replace(now, snapshot=forced), deferral(now, timedelta(minutes=30)))
    assert at.outcome.reason is Reason.DEFERRED


def test_a_young_head_is_deferred_without_reading_checks() -> None:
    deferred = waiting(known(wait_rules=WaitRules(("CI",), quiet_minutes=10)))
    assert isinstance(deferred, phases.Deferred)
    left = recorded(deferred)
    assert (type(left), left.outcome.message) == (phases.Judged, WaitRules(quiet_minutes=10).too_young)


def test_a_deferral_of_another_head_is_dropped_and_its_time_does_not_count() -> None:
    now = known(wait_rules=WaitRules(quiet_minutes=10))
    deferred = waiting(now, deferral(now, timedelta(hours=1), head_sha=OTHER_HEAD))
    assert isinstance(deferred, phases.Deferred)
    assert deferred.deferred.submitted_at == NOON.isoformat()


def test_the_wait_for_checks_ends_with_a_check_that_blocks() -> None:
    now = known(wait_rules=FOR_CI)
    late = go(waiting(now, deferral(now, timedelta(hours=2))), RED)
    assert (late.outcome.reason, late.outcome.conclusion) == (Reason.CHECKS, Conclusion.ACTION_REQUIRED)
    assert (
        late.outcome.message
        == "`CI` is not successful. reviewbot stopped waiting after 2 hours (`wait-for-checks-hours`)."
    )
    [ended] = late.known.ledger.purchases
    assert (ended.state, ended.cost) == (TaskState.ENDED, 0)
    assert isinstance(go(waiting(now, deferral(now, timedelta(hours=2))), GREEN), BUYS), "late, but green"


def test_unreadable_checks_are_waited_for_and_missing_permissions_are_not() -> None:
    at = waiting(known(wait_rules=FOR_CI))
    deferred = go(at, AWAY)
    assert isinstance(deferred, phases.Deferred)
    assert "GitHub is away." in deferred.known.notes
    assert go(recorded(deferred), AWAY).outcome.reason is Reason.DEFERRED
    blind = go(at, steps.Failed(PermissionMissing("No.", hint="Add `statuses: read`.")))
    assert isinstance(blind, BUYS)
    assert "ignores `wait-for-checks`" in blind.known.notes[0]


def test_the_approval_is_kept_and_the_deferral_recorded_while_its_label_is_set() -> None:
    policy = Policy(ReviewOn.PUSH, Allow.WRITE, "spend", drafts=False, bots=())
    event = ReviewEvent("pull_request", 7, "labeled", HEAD, "ann", sender_is_bot=False, label="spend")
    now = known(policy=policy, trigger=event, wait_rules=FOR_CI)
    labelled = replace(now, snapshot=replace(now.snapshot, pull=pull(labels=frozenset({"spend"}))))
    deferred = go(waiting(labelled), Permission.WRITE, RED)
    assert go(recorded(deferred), RED).outcome == deferred.outcome
    ledger = StoredLedger(deferred.known.ledger)
    again = go(start(labelled), replace(sendable(), stored=ledger), steps.Done(), RED)
    assert isinstance(again, phases.Deferred), "a killed run left the label"
    later = collecting(policy=policy, wait_rules=FOR_CI)
    read = replace(sendable(), stored=ledger)
    assert isinstance(go(start(later), read, steps.Done(), GREEN), BUYS)


def test_the_task_of_an_older_head_is_not_cancelled_while_the_purchase_waits() -> None:
    older = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD)
    found = steps.TaskRead(Task("task_older", TaskStatus.PENDING, "pending"))
    at = go(waiting(known(wait_rules=FOR_CI, supersede=Supersede.ALWAYS_REPLACE), older), found)
    deferred = go(at, RED)
    assert isinstance(deferred, phases.Deferred)
    assert isinstance(go(at, GREEN), phases.PricingReplacement)


@pytest.mark.parametrize(
    ("result", "note"),
    [
        (RED, "reviewbot would now wait before buying a review. `CI` is not successful."),
        (GREEN, "All checks in `wait-for-checks` have passed."),
        (AWAY, "GitHub is away."),
    ],
)
def test_a_dry_run_shows_what_a_purchase_would_wait_for(result: steps.Result, note: str) -> None:
    at = go(start(known(dry_run=True, wait_rules=WaitRules(("CI",), quiet_minutes=5))), sendable())
    assert decide(at) == steps.ReadHeadChecks()
    shown = go(at, result)
    assert shown.outcome.reason is Reason.DRY_RUN
    assert shown.known.notes == (
        "reviewbot buys a review 5 minutes after the last push (`quiet-minutes`).",
        note,
    )


def test_a_manual_dry_run_would_not_wait() -> None:
    at = go(start(known(dry_run=True, trigger=DispatchEvent(7, "ann"), wait_rules=FOR_CI)), sendable())
    assert (at.outcome.reason, at.known.notes) == (Reason.DRY_RUN, ())


@pytest.mark.parametrize(
    ("limit", "notes"), [(0, ()), (360, ()), (359, ("This review would exceed `max-credits-per-pr`",))]
)
def test_a_dry_run_names_the_limit_that_would_stop_the_purchase(limit: int, notes: tuple[str, ...]) -> None:
    at = go(start(known(dry_run=True, mode=Mode.FAST, max_credits_per_pr=limit)), sendable())
    assert at.outcome.reason is Reason.DRY_RUN
    assert [one.partition(":")[0] for one in at.known.notes] == list(notes)


@pytest.mark.parametrize("rules", [FOR_CI, WaitRules(quiet_minutes=60), WaitRules(("CI",), quiet_minutes=60)])
def test_a_rule_without_a_review_does_not_wait(rules: WaitRules) -> None:
    ended = go(start(known(wait_rules=rules, routes=(NONE,))), reading())
    assert isinstance(ended, phases.Judged | phases.Publishing)
    assert (ended.outcome.reason, ended.outcome.conclusion) == (Reason.ROUTE, Conclusion.SKIPPED)


def test_a_rule_without_a_review_drops_what_waits() -> None:
    now = known(wait_rules=FOR_CI)
    ended = waiting(replace(now, request=replace(now.request, routes=(NONE,))), deferral(now))
    assert ended.outcome.reason is Reason.ROUTE
    assert not ended.known.ledger.deferred(), "a collection would buy it"
