"""Single transitions that random worlds reach rarely, or that were wrong once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reviewbot.domain.codevf.attachments import Packing, size_tiers
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.markers import AnswerMark, review_mark, summary_mark
from reviewbot.domain.findings.tracked_finding import (
    Acceptance,
    Bypass,
    Findings,
    FindingState,
    Judged,
    TrackedFinding,
    Waiver,
)
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.check_identity import CheckTag, mark_of
from reviewbot.domain.github.context import ProjectContext
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import (
    CheckRun,
    CheckStatus,
    Comment,
    Conclusion,
    LabelEvent,
    Permission,
    Review,
)
from reviewbot.domain.ledger.edits import Accept, GrantBypass, Unwaive, Waive
from reviewbot.domain.ledger.external_id import decode_external_id, encode_external_id
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.acquire import after_recording_deferral
from reviewbot.domain.machine.buy import after_recording_intent, after_recording_task
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions import outcome as judging
from reviewbot.domain.machine.decisions.check_copies import (
    may_be_bought_otherwise,
    overtaking,
)
from reviewbot.domain.machine.decisions.late_answers import announcing
from reviewbot.domain.machine.decisions.merge import merge, take_reread
from reviewbot.domain.machine.decisions.outcome import (
    CHECK_RUN,
    COMMENTS,
    SUMMARY,
    answer_of,
    apply_bypass,
    begins_to_block,
    beside_another,
    by_findings,
    contradicts,
    current_check,
    failed_to_write,
    failure,
    final_outcome,
    for_check,
    judged_merge_base,
    keeps_text,
    left_open,
    newer_base,
    not_asked_for,
    requests_changes,
    statement,
    summary_is_due,
    why_incomplete,
    without_review,
)
from reviewbot.domain.machine.decisions.purchase import (
    apply_deferred_settings,
    check_race,
    may_exceed_together,
    purchase_of,
    quote,
    record_submission,
    resume,
)
from reviewbot.domain.machine.due import after_ledger, start
from reviewbot.domain.machine.finish import after_refresh, after_write, finish, publish_for_group
from reviewbot.domain.machine.known import Bought, Candidate, HeadProof, Known, OpenTask, OwnReview, ReviewedHead, Wrote
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import Allow, AnswerForm, Auto, FailOn, ReviewKind, ReviewOn, Supersede, Tolerance
from reviewbot.domain.model.review import NOT_BEGUN, UNFINISHED, Balance, Report, Severity, Task, TaskStatus, Unread
from reviewbot.domain.policy.eligibility import SKIP_LABEL, Asked, AtTerminal, Policy
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.size import AutoSize
from reviewbot.domain.policy.verdict import (
    Coverage,
    Outcome,
    Reason,
    Rules,
    Status,
    Verdict,
    carried,
    did_not_happen,
    judge,
    not_due,
    pending,
)
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.errors import (
    ForgeUnreachable,
    NoKey,
    NotApproved,
    NotFound,
    OverBudget,
    PayloadTooLarge,
    PermissionMissing,
    Refused,
    ReviewbotError,
    ServiceRefused,
    ServiceUnreachable,
)
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, labelled, pull, purchase, view
from tests.domain.machine.world import OTHER_HEAD, RECORD, SIGNER, RandomWorld

AWAY = steps.Failed(ForgeUnreachable("GitHub is away."))
RICH = Balance(Decimal(9999), Decimal(0))


def known(**request: Any) -> Known:  # noqa: ANN401 — any setting
    """Return what a run for a push knows: it may buy, and the change can be sent."""
    world = RandomWorld(0)
    plain = world.known()
    wanted: dict[str, Any] = {
        "trigger": ReviewEvent("pull_request", 7, "synchronize", HEAD, "ann", sender_is_bot=False, label=""),
        "policy": Policy(ReviewOn.PUSH, Allow.WRITE, "", drafts=False, bots=()),
        "expertise": "",
        "max_credits": 240,
        "max_credits_per_pr": 0,
        "supersede": Supersede.REPLACE_PENDING,
        "incremental": True,
        "paid": True,
        "dry_run": False,
        "check_run": True,
        "summary_comment": True,
        "base_ref": "main",
        "may_buy": True,
        "wait_rules": WaitRules(),
        "cancels": frozenset(),
        **request,
    }
    snapshot = replace(plain.snapshot, pull=pull(), checks=())
    return replace(plain, request=replace(plain.request, **wanted), snapshot=snapshot)


def sendable(seed: int = 0) -> steps.ChangeRead:
    """Return a change with one file that can be sent, and an empty ledger."""
    world = RandomWorld(seed)
    change = next(one for one in iter(world.change, None) if one.sendables and not one.held)
    return steps.ChangeRead(change, StoredLedger())


def reading(*purchases: Purchase, summary: Comment | None = None) -> steps.ChangeRead:
    """Return the same with these purchases in the ledger."""
    read, ledger = sendable(), Ledger()
    for one in purchases:
        ledger = ledger.with_purchase(one)
    return replace(read, stored=StoredLedger(ledger, summary=summary))


def own(now: Known, **more: Any) -> Purchase:  # noqa: ANN401 — any field
    """Return a purchase of this change."""
    read = replace(now, change=sendable().change)
    return purchase(identity=read.identity.digest(), **more)


def go(phase: Any, *results: steps.Result | Balance | Known, now: datetime = NOON) -> Any:  # noqa: ANN401 — a test knows which phase it is
    """Return the phase after these results.

    A balance stands for the terms, and for the project if it suffices; a state of the run for the result that leads to
    it.
    """
    for result in results:
        if isinstance(result, Known):
            phase = after_merge(phase, result, now)
            continue
        phase = learn(phase, steps.TermsRead(None, result) if isinstance(result, Balance) else result, now)
        if isinstance(phase, phases.Priced | phases.PricedReplacement):
            phase = learn(phase, steps.ProjectFound(12), now)
    return phase


def after_merge(phase: Any, known: Known, now: datetime) -> Any:  # noqa: ANN401 — as above
    """Return the phase after a result is merged into the state of the run."""
    match phase:
        case phases.Judged(outcome=outcome):
            return after_refresh(known, outcome)
        case phases.Publishing():
            return after_write(phase, known)
        case phases.Reopened():
            return phases.Waiting(known, phase.bought, phase.task)
    ledgers = phase.known.ledgers.stored(known.ledger)
    known = replace(phase.known, stored=known.stored, wrote=known.wrote, ledgers=ledgers)
    if isinstance(phase, phases.Quoted):
        return after_recording_intent(phase, known)
    if isinstance(phase, phases.Submitted):
        return after_recording_task(phase, known, now)
    return after_recording_deferral(phase, known, now)


def bought(now: Known) -> Any:  # noqa: ANN401
    """Return the phase before the intent is recorded."""
    return go(start(now), sendable(), steps.Done(), RICH)


UNKNOWN = steps.Failed(ServiceRefused("Unknown.", status=404))


def in_check_run(quoted: Any) -> Known:  # noqa: ANN401
    """Return the state after the intent was recorded in the check run."""
    check = CheckRun(3, "CodeVF review", HEAD, "in_progress", None, "", "https://x/3")
    recorded: Known = quoted.known.with_own(quoted.bought)
    return replace(recorded, wrote=replace(recorded.wrote, check=check))


def reread(now: Known, first: Purchase | None = None) -> steps.Reread:
    """Return the pull request and the ledger as a second read finds them."""
    return steps.Reread(now.snapshot, now.stored, first)


def moved(now: Known) -> steps.Reread:
    """Return a second read with another head."""
    return reread(replace(now, snapshot=replace(now.snapshot, pull=pull(head_sha=OTHER_HEAD))))


def recorded(at: Any) -> Any:  # noqa: ANN401
    """Return the phase after a deferral is recorded."""
    at = go(at, reread(at.known))
    for kind in (steps.RecordInCheckRun, steps.RecordInSummary):
        step = decide(at)
        assert isinstance(step, kind)
        assert [one.key for one in step.known.ledgers.update.purchases] == [at.deferred.key]
        at = go(at, step.known)
    return go(at, steps.Done()) if isinstance(decide(at), steps.RemoveLabel) else at


def waiting_for_older(now: Known, status: TaskStatus = TaskStatus.PROCESSING) -> Any:  # noqa: ANN401
    """Return the phase in which a purchase waits for the review of an older head."""
    older = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD)
    found = steps.TaskRead(Task("task_older", status, status.value))
    return go(start(now), reading(older), steps.Done(), found)


def test_open_tasks_are_cancelled_even_if_the_change_cannot_be_read() -> None:
    begun = start(known(cancels=UNFINISHED, may_buy=False))
    assert decide(begun) == steps.ReadLedger(must_read=False)
    tasks = (purchase(identity=f"{number}" * 32, task_id=f"task_{number}") for number in range(1, 5))
    at = go(begun, StoredLedger(Ledger(tuple(tasks))))
    for task_id, result in (("task_1", steps.Done()), ("task_2", UNKNOWN)):
        assert decide(at) == steps.ReadTask(task_id)
        at = go(at, steps.TaskRead(Task(task_id, TaskStatus.PROCESSING, "processing")))
        assert decide(at) == steps.CancelTask(task_id)
        at = go(at, result)
    done = steps.TaskRead(Task("task_3", TaskStatus.COMPLETED, "completed"))
    due = go(at, done, UNKNOWN)
    assert isinstance(due, phases.Due)
    assert due.known.wrote.cancelled == {"task_1", "task_2"}, "a failed request may have cancelled the task"
    assert [one.partition(" task ")[0] for one in due.known.log] == [
        "reviewbot asked CodeVF to cancel the",
        "reviewbot could not cancel the",
    ]
    assert isinstance(go(begun, AWAY), phases.Due)


def marked(record: str = "", **trigger: Any) -> Known:  # noqa: ANN401 — any field of the event
    """Return a run on a head with the `skip-review` label and a check run with this record."""
    event = ReviewEvent("pull_request", 7, "labeled", HEAD, "max", sender_is_bot=False, label="skip-review")
    now = known(trigger=replace(event, **trigger))
    there = pull(labels=frozenset({"skip-review"}), label_events=(labelled("skip-review", "max"),))
    check = CheckRun(
        3, "CodeVF review", HEAD, "completed", "skipped", "", "https://x/3", tag=CheckTag(7, "skipped", record)
    )
    return replace(now, snapshot=replace(now.snapshot, pull=there, checks=(check,)), proof=HeadProof(RECORD))


@pytest.mark.parametrize(
    ("permission", "counts"),
    [(Permission.MAINTAIN, True), (Permission.ADMIN, True), (Permission.WRITE, False), (Permission.NONE, False)],
)
def test_in_its_own_event_a_skip_label_counts_by_the_permission(permission: Permission, counts: bool) -> None:  # noqa: FBT001 — a column
    loaded = start(marked())
    assert decide(loaded) == steps.ReadPermission("max")
    after = go(loaded, permission)
    assert (isinstance(after, phases.NotDue), after.known.proof.skips) == (counts, counts)
    assert ("reviewbot ignores the label" in str(after.known.notes)) is not counts
    assert after.known.notes == after.known.log


@pytest.mark.parametrize(("record", "counts"), [(RECORD, True), ("", False), ("0b_-0b_-xYz", False)])
def test_in_later_events_a_skip_label_counts_by_its_record(record: str, counts: bool) -> None:  # noqa: FBT001 — a column
    for action in ("synchronize", "edited"):
        after = start(marked(record, action=action, label=None))
        assert (isinstance(after, phases.NotDue), after.known.proof.skips) == (counts, counts)


def test_a_forks_author_is_not_blamed_for_the_missing_key() -> None:
    now = known()
    of_fork = replace(now, snapshot=replace(now.snapshot, pull=pull(from_fork=True)))
    ended = judging.failure(of_fork, NoKey("There is no key."))
    assert (ended.conclusion, ended.exit_status) == (Conclusion.ACTION_REQUIRED, 0)
    assert ended.message.startswith("You cannot fix this")
    assert judging.failure(now, NoKey("There is no key.")).message == "There is no key."
    with_secrets = ReviewEvent("pull_request_target", 7, "synchronize", HEAD, "ann", sender_is_bot=False, label="")
    asked = replace(of_fork, request=replace(of_fork.request, trigger=with_secrets))
    assert judging.failure(asked, NoKey("There is no key.")).message == "There is no key."


def test_a_review_of_an_older_head_is_waited_for_until_it_is_over() -> None:
    deferred = waiting_for_older(known(supersede=Supersede.KEEP))
    assert isinstance(deferred, phases.DeferredForOlder)
    waiting = recorded(deferred)
    still = go(waiting, steps.TaskRead(Task("task_older", TaskStatus.PROCESSING, "processing"), seconds=60))
    assert (type(still), still.waited) == (phases.AwaitingOlder, 60)
    over = steps.TaskRead(Task("task_older", TaskStatus.CANCELLED, "cancelled"))
    rereading = go(still, over, over)
    called_off = Ledger((replace(rereading.deferred, state=TaskState.ENDED, used=Decimal(0)),))
    ended = go(rereading, reread(replace(rereading.known, stored=StoredLedger(called_off))))
    assert ended.outcome.reason is Reason.NOT_REQUESTED, "it was cancelled meanwhile"


def test_a_purchase_records_since_when_its_head_is_known() -> None:
    now = known()
    made = purchase_of(replace(now, change=sendable().change), now.identity, TaskState.INTENT, NOON)
    assert made.head_at == NOON.isoformat()
    later = NOON + timedelta(hours=1)
    assert made.seen_on(HEAD, later) is made
    assert made.seen_on(OTHER_HEAD, later) == replace(made, head_sha=OTHER_HEAD, head_at=later.isoformat())
    assert replace(made, head_at="").seen_on(HEAD, later).head_at == later.isoformat(), "`external_id` is not a proof"


@pytest.mark.parametrize(("head", "hours"), [(HEAD, 0), (OTHER_HEAD, 1)])
def test_a_purchase_moved_to_another_head_is_known_there_from_now(head: str, hours: int) -> None:
    now, later = known(), NOON + timedelta(hours=1)
    read = reading(own(now, head_sha=head, head_at=NOON.isoformat()))
    resumed = learn(learn(start(now), read, later), steps.Done(), later)
    assert isinstance(resumed, phases.Resumed)
    assert resumed.bought.purchase.head_at == (NOON + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize(("head", "hours"), [(HEAD, 0), (OTHER_HEAD, 1)])
def test_an_intent_that_is_sent_again_keeps_when_its_head_was_known(head: str, hours: int) -> None:
    now, later = known(), NOON + timedelta(hours=1)
    before = own(now, state=TaskState.INTENT, task_id="", head_sha=head, head_at=NOON.isoformat())
    again = go(start(now), reading(before), steps.Done(), RICH, now=later)
    assert isinstance(again, phases.Quoted)
    assert again.bought.purchase.head_at == (NOON + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize("status", TaskStatus)
def test_the_tasks_that_a_run_cancels(status: TaskStatus) -> None:
    assert (status in UNFINISHED) is not status.is_over
    assert (status in NOT_BEGUN) is (status is TaskStatus.PENDING)


def test_a_purchase_is_of_the_base_that_the_change_was_read_against() -> None:
    quoted = bought(known())
    assert isinstance(quoted, phases.Quoted)
    retargeted = replace(quoted.known, snapshot=replace(quoted.known.snapshot, pull=pull(base_ref="elsewhere")))
    assert purchase_of(retargeted, retargeted.identity, TaskState.INTENT, NOON).base_ref == "main"


REVIEWED = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD, state=TaskState.DONE)


def overtaken_by(quoted: Any, first: Purchase) -> Any:  # noqa: ANN401
    """Return the phase after another run's purchase was found to be the first."""
    known = quoted.known.noted(replace(REVIEWED, head_sha="d" * 40))
    recorded = go(replace(quoted, known=known), in_check_run(quoted))
    assert decide(recorded) == steps.ReadAgain(quoted.bought.purchase.identity)
    return go(recorded, reread(recorded.known, first))


def test_a_run_that_another_one_overtook_ends_if_the_head_has_moved() -> None:
    quoted = bought(known())
    recorded = phases.Recorded(quoted.known.with_own(quoted.bought), quoted.bought, quoted.candidate)
    moved = replace(recorded.known, snapshot=replace(recorded.known.snapshot, pull=pull(head_sha=OTHER_HEAD)))
    other = replace(quoted.bought.purchase, since=OTHER_HEAD)
    assert go(recorded, reread(moved, other)).outcome.reason is Reason.SUPERSEDED
    assert isinstance(go(recorded, reread(moved)), phases.Intended)


def test_a_finished_purchase_in_the_summary_comes_before_an_intent_in_a_check_run() -> None:
    quoted = bought(known())
    done = replace(quoted.bought.purchase, state=TaskState.DONE, task_id="task_1")
    there = replace(quoted.known.with_own(quoted.bought), stored=StoredLedger(Ledger((done,))))
    recorded = phases.Recorded(there, quoted.bought, quoted.candidate)
    for first in (None, quoted.bought.purchase):
        assert decide(go(recorded, reread(there, first))) == steps.ReadTask("task_1")


@pytest.mark.parametrize("limit", [0, 1_000])
def test_the_limit_is_checked_again_only_if_there_is_one(limit: int) -> None:
    quoted = bought(known(max_credits_per_pr=limit))
    recorded = phases.Recorded(quoted.known.with_own(quoted.bought), quoted.bought, quoted.candidate)
    other = StoredLedger(Ledger((purchase(identity="9" * 32, hold=900),)))
    after = go(recorded, reread(replace(recorded.known, stored=other)))
    assert isinstance(after, phases.Intended) is (limit == 0)


def test_the_first_recorded_scope_is_bought() -> None:
    quoted = bought(known())
    ours = quoted.bought.purchase
    first = replace(ours, since=OTHER_HEAD)
    overtaken = overtaken_by(quoted, first)
    assert decide(overtaken) == steps.ReadNewPart(OTHER_HEAD, None, compares=False)
    again = go(overtaken, steps.NewPartRead(()), RICH)
    assert isinstance(again, phases.Quoted)
    assert (again.bought.purchase.since, again.candidate.intent) == (OTHER_HEAD, again.candidate.before)
    assert again.candidate.identity.key() != quoted.candidate.identity.key()


def test_the_task_that_another_run_has_recorded_first_is_looked_up() -> None:
    quoted = bought(known())
    first = replace(quoted.bought.purchase, since=OTHER_HEAD, state=TaskState.OPEN, task_id="task_1")
    after = overtaken_by(quoted, first)
    assert decide(after) == steps.ReadTask("task_1")


def test_only_another_scope_a_later_attempt_or_an_end_overtakes() -> None:
    first = purchase(state=TaskState.INTENT, task_id="")
    second, other, over = (
        replace(first, attempt=2),
        replace(first, since=OTHER_HEAD),
        replace(first, state=TaskState.ENDED),
    )
    for recorded in (other, second, replace(second, since=OTHER_HEAD), over):
        assert overtaking(known(), recorded, first) is recorded
    for one in (None, second, replace(second, since=OTHER_HEAD, state=TaskState.DEFERRED), first):
        assert overtaking(known(), one, second) is None
    assert overtaking(known().noted(other), other, first) is None  # this run has recorded it itself


def test_another_scope_or_attempt_is_possible_once_something_else_was_bought() -> None:
    others = {
        REVIEWED: True,
        replace(REVIEWED, state=TaskState.ENDED): True,
        replace(REVIEWED, identity="a" * 32): False,
    }
    for other, is_possible in others.items():
        now = go(start(known()), reading(other), steps.Done()).known
        assert may_be_bought_otherwise(now, purchase()) is is_possible


def test_an_intent_stored_only_in_a_check_run_is_left_to_its_own_run() -> None:
    pending = known(may_buy=False)
    for head, base_ref, noted in ((HEAD, "", False), (HEAD, "main", True), (OTHER_HEAD, "", True)):
        intent = purchase(identity="9" * 32, task_id="", head_sha=head, state=TaskState.INTENT, base_ref=base_ref)
        now = go(start(pending), reading(intent), steps.Done()).known
        assert bool(now.ledgers.update.purchases) is noted


def test_an_intent_stays_if_github_cannot_be_read_before_its_task_is_created() -> None:
    quoted = bought(known())
    intended = go(quoted, in_check_run(quoted))
    ended = go(intended, AWAY)
    assert [(one.state, one.used) for one in ended.known.ledger.purchases] == [(TaskState.INTENT, None)]


def test_a_check_run_with_an_intent_is_not_written_unread() -> None:
    now = answered(summary=None)
    bought = Bought(own(now, state=TaskState.INTENT, task_id=""))
    begun = replace(now.with_own(bought), wrote=Wrote(check=_checked("")))
    failed = go(phases.Judged(begun, failure(begun, AWAY.error)), AWAY)
    assert isinstance(failed, phases.Published)
    elsewhere = go(phases.Judged(replace(begun, wrote=Wrote()), failed.outcome), AWAY)
    assert steps.WriteCheckRun in elsewhere.left


def test_an_open_task_stays_in_progress_if_github_cannot_record_or_show_it() -> None:
    quoted = bought(known())
    intended = go(quoted, in_check_run(quoted))
    created = steps.TaskCreated(Task("task_1", TaskStatus.PENDING, "pending"), Packing((), (), ()), is_whole=True)
    open_task = steps.TaskRead(Task("task_1", TaskStatus.PROCESSING, "processing"))
    reopened = go(start(known()), reading(own(known())), steps.Done(), open_task)
    for phase, kind in ((go(intended, created), phases.Submitted), (reopened, phases.Reopened)):
        assert isinstance(phase, kind)
        ended = go(phase, *[AWAY] * (3 if kind is phases.Submitted else 1))
        assert (ended.outcome.status, ended.outcome.conclusion) == (Status.PENDING, None)
        assert "GitHub is away." in ended.known.notes
        assert [(one.task_id, one.state) for one in ended.known.ledger.purchases] == [("task_1", TaskState.OPEN)]


def test_a_completed_copy_of_an_open_purchase_has_no_base_because_its_findings_are_unknown() -> None:
    now = known()
    copy = own(now, state=TaskState.DONE, base_ref="", merge_base="", selecting="", used=Decimal(1))
    ended = go(start(now), reading(copy), steps.Done(), steps.Failed(ServiceUnreachable("CodeVF is away.")))
    full = replace(own(now), state=TaskState.OPEN, base_ref="main")
    again = take_reread(ended.known, ended.known.snapshot, StoredLedger(Ledger((full,))))
    assert [(one.state, one.base_ref) for one in again.ledger.purchases] == [(TaskState.DONE, "")]
    both = Ledger((full,)).with_purchase(replace(full, state=TaskState.DONE)).with_purchase(copy)
    assert [(one.state, one.base_ref) for one in both.purchases] == [(TaskState.DONE, "main")]


def test_an_intent_that_was_refused_for_its_size_holds_nothing_once_the_head_has_moved() -> None:
    quoted = bought(known())
    intended = go(quoted, in_check_run(quoted))
    again = go(intended, steps.Failed(PayloadTooLarge("Too much.")))
    assert isinstance(again, phases.Quoted)
    intend = replace(again, left=(steps.ReadAgain, *again.left))
    ended = go(intend, moved(again.known))
    assert [(one.state, one.used) for one in ended.known.ledger.purchases] == [(TaskState.ENDED, Decimal(0))]
    # Without GitHub's answer it stays: another run may have submitted the task with the same key.
    assert [one.state for one in go(again, AWAY).known.ledger.purchases] == [TaskState.INTENT]
    assert not go(quoted, AWAY).known.ledger.purchases, "an unrecorded intent is not a purchase"


def test_a_verdict_for_a_former_base_is_not_green() -> None:
    assert newer_base().conclusion is Conclusion.ACTION_REQUIRED


def test_a_check_run_shows_no_green_verdict_for_a_former_base() -> None:
    green = judge((), readable=True, coverage=Coverage.FULL, rules=known().judgement.rules)
    now = known(check_names=CheckNames("CodeVF review", ("release/*",)))
    assert for_check(now, green) == green
    retargeted = replace(now, snapshot=replace(now.snapshot, pull=pull(base_ref="release/2")))
    assert for_check(retargeted, green) == newer_base()
    written = replace(retargeted, snapshot=replace(retargeted.snapshot, checks=(_checked("failure"),)))
    assert for_check(written, green) is None, "the run for the new base has written the check"
    elsewhere = replace(now, snapshot=replace(now.snapshot, pull=pull(base_ref="next")))
    assert for_check(elsewhere, green) == green, "the check of that base has another name"
    renamed = replace(retargeted.snapshot.repository, default_branch="release/2")
    moved = replace(now, snapshot=replace(retargeted.snapshot, repository=renamed))
    assert for_check(moved, green) == newer_base(), "the default branch has changed, too"


def test_a_check_run_is_written_only_for_a_pending_or_concluded_outcome() -> None:
    rules = known().judgement.rules
    assert for_check(known(), pending(rules)) == pending(rules)
    assert for_check(known(), not_due(Reason.DRAFT)) is None
    assert for_check(known(check_run=False), pending(rules)) is None
    moved = replace(known(), reviewed=ReviewedHead(OTHER_HEAD, "c" * 40))
    assert (known().merge_base, moved.merge_base) == ("", "c" * 40)


@pytest.mark.parametrize(
    ("acceptance", "severity", "reason", "conclusion"),
    [
        (None, Severity.LOW, Reason.UNREADABLE, Conclusion.ACTION_REQUIRED),
        (Acceptance(HEAD, "main", "task_1", "max"), Severity.LOW, Reason.REVIEWED, Conclusion.SUCCESS),
        (Acceptance(HEAD, "main", "task_1", "max"), Severity.CRITICAL, Reason.GATE, Conclusion.FAILURE),
        (Acceptance(HEAD, "next", "task_1", "max"), Severity.LOW, Reason.UNREADABLE, Conclusion.ACTION_REQUIRED),
        (Acceptance(HEAD, "main", "task_2", "max"), Severity.LOW, Reason.UNREADABLE, Conclusion.ACTION_REQUIRED),
        (Acceptance(OTHER_HEAD, "main", "task_1", "max"), Severity.LOW, Reason.UNREADABLE, Conclusion.ACTION_REQUIRED),
        (Acceptance(HEAD, "main", "", "max"), Severity.LOW, Reason.UNREADABLE, Conclusion.ACTION_REQUIRED),
    ],
)
def test_an_answer_counts_as_readable_once_it_is_accepted_for_this_head(
    acceptance: Acceptance | None, severity: Severity, reason: Reason, conclusion: Conclusion
) -> None:
    now = known()
    finding = TrackedFinding("0" * 10, severity, None, "One", "a.py", found="task_1")
    ledgers = LedgerVersions(replace(now.ledger, findings=Findings((finding,)), acceptance=acceptance))
    change = replace(now.change, base_ref="main")
    now = replace(now, change=change, ledgers=ledgers, own=OwnReview(Bought(purchase(task_id="task_1"))))
    outcome = by_findings(now, now.judgement.rules, readable=False)
    assert (outcome.reason, outcome.conclusion) == (reason, conclusion)


def test_no_verdict_is_green_beside_a_redacted_value_that_may_be_code_and_has_no_finding() -> None:
    now = replace(known(), own=OwnReview(Bought(purchase(task_id="task_1"))))
    assert by_findings(now, now.judgement.rules, readable=True).conclusion is Conclusion.SUCCESS
    script = replace(view("", "npx [REDACTED:slack-token]\n", "run.sh"), newly_redacted=frozenset({1}))
    now = replace(now, change=replace(now.change, views=(script,)))
    outcome = by_findings(now, now.judgement.rules, readable=True)
    assert (outcome.reason, outcome.conclusion) == (Reason.MEMORY, Conclusion.ACTION_REQUIRED)
    assert list(why_incomplete(now)) == ["redacted lines that may be code have no finding"]


def test_an_unreadable_answer_is_recorded_with_its_first_time() -> None:
    later = NOON + timedelta(hours=1)
    unread = purchase().answered(readable=False, seen_whole=True, now=NOON)
    assert (unread.coverage, unread.unread, unread.is_complete) == (Coverage.FULL, True, False)
    assert unread.answered(readable=False, seen_whole=True, now=later) == unread
    assert unread.answered(readable=True, seen_whole=True, now=later).is_complete
    assert purchase().answered(readable=True, seen_whole=False, now=NOON).coverage is Coverage.PARTIAL


def test_a_deferred_purchase_waits_even_if_it_cannot_be_recorded() -> None:
    deferred = waiting_for_older(known())
    assert isinstance(deferred, phases.DeferredForOlder)
    after = go(deferred, AWAY)
    assert isinstance(after, phases.AwaitingOlder)
    assert "GitHub is away." in after.known.notes


def test_the_approval_label_is_removed_once_a_purchase_exists() -> None:
    now = known(policy=Policy(ReviewOn.PUSH, Allow.WRITE, "spend", drafts=False, bots=()))
    snapshot = replace(now.snapshot, pull=pull(labels=frozenset({"spend"})))
    event = replace(now.request, trigger=Asked("ann", "5", HEAD))
    wanted = waiting_for_older(replace(now, snapshot=snapshot, request=event))
    assert decide(wanted) == steps.ReadPermission("ann")
    deferred = go(wanted, Permission.WRITE)
    assert isinstance(deferred, phases.DeferredForOlder)
    assert deferred.known.approval_label == "spend"
    assert isinstance(decide(recorded(deferred)), steps.PollTask)
    labeled = go(start(deferred.known), reading(own(now)), steps.Done())
    assert decide(labeled) == steps.RemoveLabel()
    assert decide(go(labeled, steps.Done())) == steps.ReadTask("task_1")
    collecting = replace(deferred.known, request=replace(deferred.known.request, may_buy=False))
    assert decide(go(start(collecting), reading(own(now)), steps.Done())) == steps.ReadTask("task_1")


def test_if_the_pull_request_cannot_be_read_again_the_deferral_stays() -> None:
    rereading = rereading_after(known())
    after = go(rereading, AWAY)
    assert after.outcome.status is Status.PENDING
    assert after.known.ledger.deferred()


def rereading_after(now: Known) -> Any:  # noqa: ANN401
    """Return the phase after the older review ended without a result."""
    deferred = waiting_for_older(now)
    over = steps.TaskRead(Task("task_older", TaskStatus.FAILED, "failed"))
    return go(recorded(deferred), over, over)


@pytest.mark.parametrize("state", [TaskState.OPEN, TaskState.DONE])
def test_a_purchase_of_a_concurrent_run_is_resumed(state: TaskState) -> None:
    rereading = rereading_after(known())
    theirs = own(rereading.known, state=state, task_id="task_theirs", attempt=1)
    after = go(rereading, reread(replace(rereading.known, stored=StoredLedger(Ledger((theirs,))))))
    assert isinstance(after, phases.Resumed)
    assert decide(after) == steps.ReadTask("task_theirs")


def test_a_task_is_cancelled_for_a_newer_head_only_when_price_and_project_are_known() -> None:
    approved = waiting_for_older(known(), TaskStatus.PENDING)
    assert isinstance(approved, phases.PricingReplacement)
    refused = go(approved, steps.Failed(ServiceRefused("No.", status=403)))
    assert refused.outcome.reason is Reason.REFUSED
    replacing = go(approved, RICH)
    assert decide(replacing) == steps.CancelTask("task_older")
    for result in (steps.Done(), UNKNOWN):
        assert decide(go(replacing, result)) == steps.LookUpTask(replacing.awaited.purchase)
    assert replacing.quote.project_id == 12
    assert go(approved, Balance(Decimal(-999), Decimal(0))).outcome.reason is Reason.OVER_BUDGET


def test_threads_are_not_changed_on_a_closed_pull_request_or_without_permission() -> None:
    outcome = pending(known().judgement.rules)
    left = (steps.PostReview, steps.WriteSummary)
    at = phases.Publishing(known(), outcome, left)
    assert steps.UpdateThreads in go(at, at.known).left
    closed = replace(at.known, snapshot=replace(at.known.snapshot, pull=pull(is_open=False)))
    assert steps.UpdateThreads not in go(at, closed).left
    denied = replace(at.known, wrote=Wrote(denied=frozenset({COMMENTS})))
    assert steps.UpdateThreads not in go(at, denied).left


def test_replies_are_read_back_once_since_another_run_may_have_posted_them_too() -> None:
    outcome, threads, summary = pending(known().judgement.rules), steps.UpdateThreads, steps.WriteSummary
    at = phases.Publishing(known(), outcome, (threads, summary))
    replied = replace(at.known, wrote=Wrote(replies=1))
    assert go(at, replied).left == (steps.ReadPosted, summary)
    assert go(at, at.known).left == (summary,)
    after_comments = replace(at, left=(threads, steps.ReadPosted, summary))
    assert go(after_comments, replied).left == (steps.ReadPosted, summary)


def commented(now: Known, *results: steps.Result) -> Any:  # noqa: ANN401 — a phase
    """Return a collection of a late answer without findings, after its comments were posted, or not."""
    task = Task("task_1", TaskStatus.COMPLETED, "completed", credits_used=Decimal(7))
    answer = Report("", (), (), readable=True)
    judged = go(start(now), reading(own(now)), steps.Done(), steps.TaskRead(task), answer)
    refreshed = go(judged, judged.known)
    return go(refreshed, *(results or (refreshed.known,)))


def with_critical(now: Known, *, waived: bool) -> Known:
    """Return the same with one critical finding of another answer in the ledger."""
    waiver = Waiver("wendy", "known", "", "main") if waived else None
    record = TrackedFinding("0" * 10, Severity.CRITICAL, None, "One", "a.py", found="task_0", waiver=waiver)
    return replace(
        now, ledgers=LedgerVersions(replace(now.ledgers.written, findings=Findings((record,))), now.ledgers.update)
    )


def test_a_review_that_was_asked_about_findings_passes_only_if_the_record_has_them() -> None:
    bought = purchase(state=TaskState.DONE, confirms=True)
    now, reviewed = known(), OwnReview(Bought(bought))
    fixed = TrackedFinding("0" * 10, Severity.HIGH, None, "One", "a.py", state=FindingState.FIXED, found="task_0")
    new = replace(fixed, id="1" * 10, severity=Severity.LOW, found="task_1")
    many = tuple(replace(new, id=f"{at:010d}") for at in range(101))  # a ledger of this length may drop closed findings
    cases = {(): Reason.MEMORY, (new,): Reason.MEMORY, (fixed, new): Reason.REVIEWED, many: Reason.REVIEWED}
    for records, reason in cases.items():
        ledgers = LedgerVersions(Ledger((bought,), findings=Findings(records)))
        after = replace(now, own=reviewed, ledgers=ledgers)
        assert by_findings(after, now.judgement.rules, readable=True).reason is reason
        assert bool(list(why_incomplete(after))) is (reason is Reason.MEMORY)


def test_the_log_names_each_gap_in_the_history() -> None:
    now = commented(known(may_buy=False)).known
    assert list(why_incomplete(now)) == []
    own = replace(now.purchase, since="0" * 40, attempt=2)
    lost = Judged("0" * 10, FindingState.OPEN, blocks=True, carried=False)
    change = now.change.index.change
    done = replace(own, attempt=3, identity="other", state=TaskState.DONE, change=change, judged=(lost,))
    older = purchase(identity="older", task_id="task_9")
    ledger = Ledger((older, own, done), findings=Findings(broken=True))
    stored = replace(now.stored, lost=True, finished=frozenset({older.key, own.key}))
    gone = replace(now, own=OwnReview(Bought(own)), ledgers=LedgerVersions(ledger), stored=stored)
    assert list(why_incomplete(gone)) == [
        "the record of findings is incomplete",
        "the review builds on a review that is not finished",
        "the findings of a finished review were not read again",
        "the record lacks a blocking finding of an earlier review",
        "the record of earlier reviews is missing or not trusted",
    ]


def test_changes_are_requested_if_findings_begin_to_block_and_no_bypass_applies() -> None:
    now = commented(known(may_buy=False)).known
    asks = replace(now.purchase, judgement=replace(now.judgement, review_kind=ReviewKind.REQUEST_CHANGES))
    blocked = with_critical(replace(now, own=OwnReview(Bought(asks))), waived=False)
    outcome = by_findings(blocked, blocked.judgement.rules, readable=True)
    assert (requests_changes(blocked, outcome), begins_to_block(blocked)) == (True, True)
    assert not requests_changes(with_critical(now, waived=False), outcome), "the setting is `comment`"
    assert not begins_to_block(replace(blocked, reviewed=ReviewedHead("0" * 40, "")))
    assert not begins_to_block(replace(blocked, own=None))
    done = (replace(asks, state=TaskState.DONE),)
    published = replace(blocked, found=replace(blocked.ledgers.written, purchases=done))
    assert not begins_to_block(published), "a maintainer may have dismissed the request"
    waived = with_critical(published, waived=True).ledgers.written
    assert begins_to_block(replace(published, found=replace(waived, purchases=done)))
    unread = replace(published, found=replace(published.found, findings=Findings()))
    assert not begins_to_block(unread), "without a summary, no finding is recorded"
    bypass = Bypass(blocked.head_sha, blocked.snapshot.pull.base_ref, "max", "known")
    written = replace(blocked.ledgers.written, bypass=bypass)
    assert not requests_changes(replace(blocked, ledgers=LedgerVersions(written)), outcome)


BY_RECORD = judge((), readable=True, coverage=Coverage.FULL, rules=Rules())
"""The outcome of a completed review whose answer CodeVF does not return again."""


@pytest.mark.parametrize("outcome", [not_due(Reason.NOTHING_SELECTED), not_due(Reason.ROUTE), BY_RECORD])
def test_a_run_without_an_answer_is_judged_again_by_a_waiver_that_is_withdrawn_meanwhile(outcome: Outcome) -> None:
    now = replace(commented(known(may_buy=False)).known, own=None)
    at = phases.Judged(now, outcome)
    assert go(at, with_critical(now, waived=True)).outcome == outcome
    assert go(at, with_critical(now, waived=False)).outcome.reason is Reason.GATE


def test_a_waiver_that_cannot_be_recorded_turns_no_check_green() -> None:
    now = with_critical(commented(known(may_buy=False)).known, waived=False)
    edits = LedgerUpdate(edits=(Waive("0" * 10, "wendy", "known", "main", "2026-01-01T00:00:00+00:00 5"),))
    summary = Comment(1, "https://x/1", "", ours=True)
    waiving = replace(now.with_update(edits), own=None, stored=replace(now.stored, summary=summary))
    assert by_findings(waiving, waiving.judgement.rules, readable=True) == BY_RECORD
    failed = go(phases.Judged(waiving, BY_RECORD), AWAY)
    assert (failed.left[0], failed.outcome.conclusion) == (steps.WriteCheckRun, Conclusion.FAILURE)
    assert failed.outcome.reason is Reason.GITHUB


def test_a_request_for_changes_ends_with_the_verdict_and_a_failure_to_dismiss_it_is_only_noted() -> None:
    now = commented(known(may_buy=False)).known
    asked = Review(5, "CHANGES_REQUESTED", f"{review_mark(now.request.instance)}\nBlocked.")
    there = replace(now, snapshot=replace(now.snapshot, reviews=(asked,)))
    outcome = by_findings(there, there.judgement.rules, readable=True)
    at = phases.Publishing(there, outcome, (steps.WriteSummary, steps.DismissRequests, steps.CloseOlderChecks))
    written = go(at, there)
    assert isinstance(decide(written), steps.DismissRequests)
    assert go(written, AWAY).outcome == outcome
    assert go(written, AWAY).left == go(written, there).left == (steps.CloseOlderChecks,)
    blocked = replace(at, outcome=by_findings(with_critical(there, waived=False), there.judgement.rules, readable=True))
    assert go(blocked, there).left == (steps.CloseOlderChecks,)
    assert go(replace(at, known=now), now).left == (steps.CloseOlderChecks,)


def test_posted_comments_are_read_back_with_the_commands_executed_meanwhile() -> None:
    known_now, left = commented(known(may_buy=False)).known, (steps.WriteSummary, steps.WriteCheckRun)
    outcome = by_findings(known_now, known_now.judgement.rules, readable=True)
    at = phases.Publishing(known_now, outcome, (steps.ReadPosted, *left))
    assert (go(at, known_now).outcome, go(at, known_now).left) == (outcome, left)
    blocked = go(at, with_critical(known_now, waived=False))
    assert (blocked.outcome.reason, blocked.left) == (Reason.GATE, left)
    failed = replace(at, refused=True, outcome=failed_to_write(outcome, ForgeUnreachable("Away.")))
    again = go(failed, with_critical(known_now, waived=False)).outcome
    assert (again.reason, again.conclusion) == (Reason.NOT_PUBLISHED, Conclusion.FAILURE)
    assert go(replace(failed, outcome=replace(again, verdict=Verdict.NONE)), known_now).outcome.verdict is Verdict.NONE


@pytest.mark.parametrize("error", [ForgeUnreachable("Away."), NotFound("The comment is gone.")])
def test_a_summary_that_may_not_be_written_is_read_and_judged_again_before_it_is_written(error: ReviewbotError) -> None:
    now = commented(known(may_buy=False)).known
    outcome = by_findings(now, now.judgement.rules, readable=True)
    at = phases.Publishing(now, outcome, (steps.WriteSummary, steps.WriteCheckRun))
    reading_it = go(at, steps.Failed(error))
    assert isinstance(decide(reading_it), steps.ReadSummary)
    written = go(reading_it, with_critical(now, waived=False))
    assert decide(written) == steps.RewriteSummary(written.outcome)
    assert written.outcome.reason is Reason.GATE
    assert (written.left[1:], written.refused) == ((steps.WriteCheckRun,), False)
    for lost in (go(reading_it, AWAY), go(written, steps.Failed(error))):
        assert (lost.left, lost.refused) == ((steps.WriteCheckRun,), True)


def test_a_waiver_in_a_summary_that_cannot_be_written_turns_no_check_green() -> None:
    now = with_critical(commented(known(may_buy=False)).known, waived=False)
    edits = LedgerUpdate(edits=(Waive("0" * 10, "wendy", "known", "main", "2026-01-01T00:00:00+00:00 5"),))
    waiving = replace(now.with_update(edits), own=None)
    refused = steps.Failed(Refused("No."))
    for last, error, reason in (
        (steps.ReadSummary, AWAY, Reason.GITHUB),
        (steps.RewriteSummary, AWAY, Reason.GITHUB),
        (steps.WriteSummary, refused, Reason.GATE),
    ):
        rest = (steps.RewriteSummary,) if last is steps.ReadSummary else ()
        at = phases.Publishing(waiving, BY_RECORD, (last, *rest, steps.WriteCheckRun))
        failed = go(at, error)
        assert (failed.left, failed.refused) == ((steps.WriteCheckRun,), True)
        assert (failed.outcome.reason, failed.outcome.conclusion) == (reason, Conclusion.FAILURE)
        assert failed.known.ledgers.update.edits == ()


def test_a_waiver_in_a_summary_that_the_token_may_not_write_turns_no_check_green() -> None:
    now = with_critical(commented(known(may_buy=False)).known, waived=False)
    edits = LedgerUpdate(edits=(Waive("0" * 10, "wendy", "known", "main", "2026-01-01T00:00:00+00:00 5"),))
    waiving = replace(now.with_update(edits), own=None)
    at = phases.Publishing(waiving, BY_RECORD, (steps.WriteSummary, steps.WriteCheckRun))
    written = go(at, replace(waiving, wrote=replace(waiving.wrote, denied=frozenset({SUMMARY}))))
    assert (written.outcome.reason, written.outcome.conclusion) == (Reason.GATE, Conclusion.FAILURE)
    assert written.known.ledgers.update.edits == ()


@pytest.mark.parametrize(
    ("there", "wrote", "reason"),
    [
        (Conclusion.SUCCESS, False, Reason.NOT_PUBLISHED),
        (Conclusion.SUCCESS, True, Reason.GATE),
        (Conclusion.FAILURE, False, Reason.GATE),
    ],
)
def test_a_run_that_leaves_a_green_check_beside_a_blocking_finding_says_so(
    there: Conclusion, reason: Reason, *, wrote: bool
) -> None:
    now = with_critical(commented(known(may_buy=False)).known, waived=False)
    check = CheckRun(1, now.request.check_name, HEAD, CheckStatus.COMPLETED, there, "", "", tag=CheckTag(7, there))
    now = replace(now, snapshot=replace(now.snapshot, checks=(check,)))
    now = replace(now, wrote=replace(now.wrote, check=check if wrote else None))
    blocks = by_findings(now, now.judgement.rules, readable=True)
    assert final_outcome(now, blocks, refused=False).reason is reason


@pytest.mark.parametrize("status", [TaskStatus.EXPIRED, TaskStatus.UNKNOWN])
def test_a_published_review_stands_whatever_codevf_says_of_its_task_later(status: TaskStatus) -> None:
    now = known()
    resumed = go(start(now), reading(own(now, state=TaskState.DONE, base_ref="main")), steps.Done())
    after = go(resumed, steps.TaskRead(Task("task_1", status, status.value)))
    assert isinstance(after, phases.Judged), "nothing is bought"
    assert after.outcome == go(resumed, UNKNOWN).outcome
    assert "CodeVF no longer has the answer" in after.known.notes[-1]


@pytest.mark.parametrize(("status", "state"), [(403, TaskState.ENDED), (409, TaskState.INTENT)])
def test_an_intent_whose_key_another_task_has_is_kept(status: int, state: TaskState) -> None:
    quoted = bought(known())
    intended = phases.Intended(quoted.known.with_own(quoted.bought), quoted.bought, quoted.candidate)
    failed = go(intended, steps.Failed(ServiceRefused("No.", status=status)))
    assert failed.known.ledger.recorded(intended.bought.purchase).state is state


def test_an_acceptance_that_cannot_be_recorded_turns_no_check_green() -> None:
    now = commented(known(may_buy=False)).known
    bought = replace(now.purchase, unread=True)
    accepts = Accept(now.head_sha, now.change.base_ref, bought.task_id, "wendy", "2026-01-01T00:00:00+00:00 5")
    summary = Comment(1, "https://x/1", "", ours=True)
    there = replace(now, own=OwnReview(Bought(bought)), stored=replace(now.stored, summary=summary))
    accepting = there.with_update(LedgerUpdate(edits=(accepts,)))
    assert accepting.accepted_by == "wendy"
    failed = go(phases.Judged(accepting, by_findings(accepting, accepting.judgement.rules, readable=False)), AWAY)
    assert (failed.outcome.reason, failed.outcome.conclusion) == (Reason.GITHUB, Conclusion.ACTION_REQUIRED)


def test_a_failed_publication_stays_one_if_the_answer_is_accepted_meanwhile() -> None:
    now = commented(known(may_buy=False)).known
    unread = judge((), readable=False, coverage=Coverage.FULL, rules=Rules())
    failed = failed_to_write(unread, ForgeUnreachable("Away."))
    at = phases.Publishing(now, failed, (steps.ReadPosted, steps.WriteCheckRun), refused=True)
    assert go(at, now).outcome == failed


def test_a_summary_that_github_refuses_is_not_written_again() -> None:
    now = commented(known(may_buy=False)).known
    at = phases.Publishing(now, BY_RECORD, (steps.WriteSummary, steps.WriteCheckRun))
    assert go(at, steps.Failed(PermissionMissing("No."))).left == (steps.WriteCheckRun,)


def test_a_check_that_passes_with_a_waiver_is_written_again_if_the_waiver_is_withdrawn_meanwhile() -> None:
    known_now = commented(known(may_buy=False)).known
    waived, blocked = (with_critical(known_now, waived=waived) for waived in (True, False))
    outcome, older = by_findings(waived, waived.judgement.rules, readable=True), steps.CloseOlderChecks
    assert outcome.verdict is Verdict.PASS
    at = phases.Publishing(waived, outcome, (steps.WriteCheckRun, older))
    assert go(at, known_now).left == (older,), "no waiver is needed"
    written = go(at, waived)
    assert written.left == (steps.ReadPosted, older)
    assert go(written, waived).left == (older,)
    again = go(written, blocked)
    rest = (steps.WriteSummary, steps.WriteCheckRun, steps.DismissRequests, older)
    assert (again.outcome.reason, again.left) == (Reason.GATE, rest)
    assert isinstance(go(replace(at, refused=True), waived), phases.Published), "GitHub failed before"


def announced(at: Any) -> Any:  # noqa: ANN401 — a phase, and what is known in it
    """Return what the run knows after it posted the announcement."""
    posts = announcing(at.known, at.outcome)
    update = replace(at.known.ledgers.update, posted=frozenset(one.key for one in posts))
    return replace(at.known, ledgers=replace(at.known.ledgers, update=update))


def test_a_late_answer_is_announced_before_the_summary_records_it_and_read_back() -> None:
    now = known(may_buy=False)
    at = commented(now)
    if at.left[0] is steps.UpdateThreads:
        at = go(at, at.known)
    assert isinstance(decide(at), steps.Announce)
    posted = go(at, announced(at))
    assert posted.left[:2] == (steps.ReadPosted, steps.WriteSummary)
    denied = go(at, at.known)
    assert denied.left[0] is steps.WriteSummary, "the token may not write comments"
    terminal = replace(at.known, request=replace(at.known.request, trigger=AtTerminal()))
    assert not announcing(terminal, at.outcome), "the user sees it there"
    keyless = replace(at.known, request=replace(at.known.request, is_keyless=True))
    assert not announcing(keyless, at.outcome)


def test_an_announcement_that_may_not_be_posted_is_left_to_the_next_run_unless_github_refuses_it() -> None:
    at = commented(known(may_buy=False))
    at = go(at, at.known) if at.left[0] is steps.UpdateThreads else at
    lost = go(at, AWAY)
    assert (lost.left, lost.known.purchase.state) == ((steps.WriteCheckRun,), TaskState.OPEN)
    assert lost.outcome.reason is Reason.NOT_PUBLISHED
    refused = go(at, steps.Failed(Refused("The conversation is locked.")))
    assert (refused.left[0], refused.outcome) == (steps.WriteSummary, at.outcome)


def test_posted_comments_are_read_before_an_announcement_after_a_failure() -> None:
    at = commented(known(may_buy=False), AWAY)
    assert at.left[:2] == (steps.ReadPosted, steps.Announce)
    mine = commented(known(may_buy=False, trigger=AtTerminal()), AWAY)
    assert mine.left[0] is steps.WriteSummary


def test_a_deferred_purchase_that_fails_is_read_again_and_announced() -> None:
    now = known(may_buy=False)
    deferred = own(now, state=TaskState.DEFERRED, task_id="", selecting=now.request.selecting)
    poor = Balance(Decimal(0), Decimal(0))
    judged = go(start(now), reading(deferred), steps.Done(), poor)
    assert decide(judged) == steps.Refresh()
    refreshed = go(judged, judged.known)
    assert refreshed.left[0] is steps.Announce
    assert refreshed.outcome.reason is Reason.OVER_BUDGET


def test_a_review_of_an_older_head_that_this_run_cancels_is_not_announced() -> None:
    replacing = go(waiting_for_older(known(), TaskStatus.PENDING), RICH)
    assert go(replacing, steps.Done()).known.wrote.cancelled == {"task_older"}


def test_who_requests_a_review_is_recorded_with_its_purchase() -> None:
    now = known(trigger=Asked("hubot", "5", HEAD))
    first = purchase_of(
        replace(now, change=sendable().change), replace(now, change=sendable().change).identity, TaskState.INTENT, NOON
    )
    assert (first.asked, first.requested_by) == (("5",), ("hubot",))
    again = known(trigger=Asked("octocat", "6", HEAD))
    there = go(start(again), reading(replace(first, state=TaskState.OPEN, task_id="task_1")), steps.Done())
    assert (there.known.purchase.asked, there.known.purchase.requested_by) == (("5", "6"), ("hubot", "octocat"))
    now = replace(again, request=replace(again.request, trigger=Asked("hubot", "5", HEAD)))
    there = go(start(now), reading(replace(first, state=TaskState.OPEN, task_id="task_1")), steps.Done())
    assert (there.known.purchase.asked, there.known.purchase.requested_by) == (("5",), ("hubot",)), "each once"


def test_a_second_summary_is_merged_into_the_first() -> None:
    not_due_now = phases.NotDue(known(), not_due(Reason.LABEL))
    assert isinstance(go(not_due_now, StoredLedger()), phases.Published | phases.Publishing)
    has_duplicates = StoredLedger(has_duplicates=True)
    due = go(not_due_now, has_duplicates)
    assert decide(due) == steps.ReadChange()
    ended = go(due, replace(sendable(), stored=has_duplicates))
    assert decide(ended) == steps.Refresh(), "the other run may have written to either"
    assert ended.known.has_news


@pytest.mark.parametrize(
    ("base_ref", "fail_on", "counts"), [("", "critical", False), ("", "high", True), ("main", "high", False)]
)
def test_an_authors_waiver_counts_only_while_the_finding_cannot_block(
    base_ref: str, fail_on: str, counts: object
) -> None:
    record = TrackedFinding("0" * 10, Severity.HIGH, None, "T", "a.py", waiver=Waiver("ann", "fine", "", base_ref))
    ledgers = LedgerVersions(Ledger(findings=Findings((record,))))
    there = replace(known(strictest_fail_on=FailOn(fail_on)), ledgers=ledgers)
    assert there.ledger.findings.records[0].counts is counts


def test_a_check_run_of_another_app_hides_no_open_one_of_ours() -> None:
    now = known(may_buy=False)
    ours = CheckRun(1, "reviewbot", HEAD, CheckStatus.IN_PROGRESS, None, "", "")
    theirs = CheckRun(2, "reviewbot", HEAD, CheckStatus.COMPLETED, "success", "", "", foreign=True)
    assert current_check(replace(known().snapshot, checks=(ours, theirs))) is theirs
    there = replace(now, snapshot=replace(now.snapshot, checks=(ours, theirs)))
    assert not_asked_for(there).conclusion is Conclusion.ACTION_REQUIRED
    alone = replace(now, snapshot=replace(now.snapshot, checks=(theirs,)))
    assert not_asked_for(alone).conclusion is None


def test_a_run_that_could_not_read_the_change_closes_no_finding() -> None:
    prose = TrackedFinding("0" * 10, Severity.HIGH, None, "One", "a.py", found="task_1", in_file=True)
    stored = StoredLedger(Ledger(findings=Findings((prose,))))
    unread = take_reread(known(), known().snapshot, stored)
    assert [one.state for one in unread.ledger.findings.records] == [FindingState.OPEN]


def test_a_run_that_cannot_read_again_overwrites_no_summary() -> None:
    now = answered(summary=Comment(1, "https://x/1", "", ours=True))
    after = go(phases.Judged(now, pending(now.judgement.rules)), AWAY)
    assert after.left == (steps.WriteCheckRun,)
    assert after.known.purchase is not None
    assert after.known.purchase.state is TaskState.OPEN, "the next run publishes it"


def test_a_command_whose_change_is_not_written_is_tried_again() -> None:
    now = answered(summary=Comment(1, "https://x/1", "", ours=True))
    update = replace(now.ledgers.update, edits=(Unwaive("c0de"),))
    now = replace(now, ledgers=LedgerVersions.of(Ledger(), update, now.change.index))
    judged = phases.Judged(now, pending(now.judgement.rules))
    assert go(judged, AWAY).outcome.reason is Reason.GITHUB
    assert go(judged, steps.Failed(PermissionMissing("No."))).outcome.reason is Reason.NOT_PUBLISHED
    alone = replace(now, ledgers=LedgerVersions.of(Ledger(), replace(update, answers=()), now.change.index))
    assert go(phases.Judged(alone, judged.outcome), AWAY).outcome.reason is Reason.GITHUB


def test_a_run_sees_its_own_new_summary() -> None:
    now = answered(summary=None)
    judged = go(phases.Judged(now, pending(now.judgement.rules)), AWAY)
    assert judged.left == (steps.WriteSummary, steps.WriteCheckRun)
    there = replace(judged.known, stored=StoredLedger(summary=Comment(1, "https://x/1", "", ours=True)))
    after = go(judged, there)
    assert after.known.purchase is not None
    assert after.known.purchase.state is TaskState.DONE


def answered(summary: Comment | None) -> Known:
    """Return a run that has read the answer of its finished task."""
    now = known()
    done = own(now, state=TaskState.DONE)
    answer = PlacedAnswer(done.task_id, whole=True, here=True, report=Report("", ()), placed=())
    change = sendable().change
    update = LedgerUpdate((done,), (answer,))
    ledgers = LedgerVersions.of(Ledger(), update, change.index)
    task = Task(done.task_id, TaskStatus.COMPLETED, "completed")
    stored = StoredLedger(summary=summary)
    return replace(now, change=change, ledgers=ledgers, stored=stored, own=OwnReview(Bought(done), task))


def test_only_the_check_run_of_a_merge_group_is_written() -> None:
    outcome = carried({7: "success"})
    begun = publish_for_group(known(), outcome)
    assert decide(begun) == steps.WriteCheckRun(outcome)
    denied = replace(begun.known, wrote=replace(begun.known.wrote, denied=frozenset({CHECK_RUN})))
    for failed in (go(begun, AWAY), go(begun, denied)):
        assert (failed.outcome.reason, failed.outcome.exit_status) == (Reason.NOT_PUBLISHED, 4)
    assert isinstance(publish_for_group(known(dry_run=True), outcome), phases.Published)


def test_a_task_that_codevf_does_not_report_is_open() -> None:
    now = known()
    resumed = go(start(now), reading(own(now)), steps.Done())
    assert decide(resumed) == steps.ReadTask("task_1")
    after = go(resumed, steps.Failed(ServiceUnreachable("Away.")))
    assert after.outcome.status is Status.PENDING
    refused = go(resumed, steps.Failed(ServiceRefused("No.", status=403)))
    assert refused.outcome.reason is Reason.REFUSED
    assert go(resumed, AWAY).outcome.reason is Reason.GITHUB


def test_a_finished_review_counts_by_its_stored_findings() -> None:
    now = known()
    resumed = go(start(now), reading(own(now, state=TaskState.DONE, selection="")), steps.Done())
    after = go(resumed, steps.Failed(ServiceUnreachable("Away.")))
    assert after.outcome.verdict is Verdict.PASS


@pytest.mark.parametrize("shown", ["task_1", "task_2"])
def test_a_run_that_cannot_read_an_answer_again_leaves_it_in_the_summary(shown: str) -> None:
    now, read = known(), reading(own(known(), state=TaskState.DONE, selection=""))
    stored = replace(read.stored, ledger=replace(read.stored.ledger, stated=answer_of(shown)))
    resumed = go(start(now), replace(read, stored=stored), steps.Done())
    after = go(resumed, steps.Failed(ServiceUnreachable("Away.")))
    assert keeps_text(after.known) is (shown == "task_1")


@pytest.mark.parametrize(("first", "kept"), [("pending open", True), (answer_of("task_1"), False)])
def test_a_run_leaves_the_text_of_an_answer_that_another_run_has_published(first: str, *, kept: bool) -> None:
    """If it was there before, CodeVF says something else now: this run's outcome replaces it."""
    now, read = known(), reading(own(known(), selection=""))
    stored = replace(read.stored, ledger=replace(read.stored.ledger, stated=first))
    waiting = go(start(now), replace(read, stored=stored), steps.Done()).known
    published = replace(stored, ledger=replace(stored.ledger, stated=answer_of("task_1")))
    assert keeps_text(take_reread(waiting, waiting.snapshot, published)) is kept


def test_three_attempts_without_a_result_are_enough_for_an_event() -> None:
    now = known()
    failed = [own(now, state=TaskState.ENDED, attempt=number, used=Decimal(1)) for number in (1, 2, 3)]
    after = go(start(now), reading(*failed), steps.Done())
    assert after.outcome.message.startswith("3 attempts")
    fourth = own(now, attempt=4)
    ended = steps.TaskRead(Task("task_1", TaskStatus.FAILED, "failed"))
    resumed = go(start(now), reading(*failed, fourth), steps.Done())
    assert go(resumed, ended).outcome.reason is Reason.CANCELLED


def test_an_outcome_is_published_without_a_change() -> None:
    for error in (NotApproved("Not approved."), OverBudget("Too much.")):
        outcome = Outcome(Status.FAILED, Verdict.NONE, Reason(error.reason), Conclusion.ACTION_REQUIRED, 3)
        begun = finish(known(), outcome)
        assert isinstance(begun, phases.Publishing)
        left = (steps.WriteCheckRun, steps.WriteSummary, steps.DismissRequests, steps.CloseOlderChecks)
        assert begun.left == left


def test_an_earlier_attempt_that_is_open_is_looked_up() -> None:
    now = known()
    looking = go(start(now), reading(own(now), own(now, attempt=2, task_id="task_2")), steps.Done())
    assert decide(looking) == steps.LookUpTask(own(now))


def test_the_latest_open_task_is_awaited() -> None:
    now = known()
    first, second = (OpenTask(purchase(task_id=name), Task(name, TaskStatus.UNKNOWN, "")) for name in ("a", "b"))
    assert now.awaited is None
    assert replace(now, others=(first, second)).awaited is second


def test_a_task_that_codevf_does_not_know_is_replaced_on_request() -> None:
    now = known(trigger=Asked("ann", "5", HEAD))
    resumed = go(start(now), reading(own(now)), steps.Done())
    after = go(resumed, UNKNOWN)
    assert isinstance(after, phases.Pricing)
    assert after.candidate.identity.attempt == 2


@pytest.mark.parametrize("base_ref", ["", "main"])
def test_a_review_that_only_a_check_run_records_is_read_before_another_is_bought(base_ref: str) -> None:
    now = known(trigger=Asked("ann", "5", HEAD))
    before = own(now, state=TaskState.DONE, base_ref=base_ref)
    at = go(start(now), reading(before), steps.Done())
    assert (decide(at) == steps.LookUpTask(before)) is (base_ref == "")
    priced = at if base_ref else go(at, steps.Failed(ServiceRefused("No.", status=403)))
    assert (type(priced), priced.known.awaited) == (phases.Pricing, None)


WEEK = timedelta(days=7)


@pytest.mark.parametrize(("age", "state"), [(WEEK, TaskState.OPEN), (WEEK + timedelta(seconds=1), TaskState.ENDED)])
def test_a_task_that_codevf_does_not_find_is_given_up_after_a_week(age: timedelta, state: TaskState) -> None:
    older = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD, submitted_at=NOON.isoformat())
    found = go(start(known()), reading(older), steps.Done(), UNKNOWN, now=NOON + age)
    assert found.known.ledger.named(older.key).state is state
    assert isinstance(found, phases.Pricing | phases.Scoping), "no purchase waits for it"


@pytest.mark.parametrize("head", [HEAD, OTHER_HEAD])
def test_an_unknown_status_counts_as_running_for_a_week(head: str) -> None:
    now = known()
    bought_before = own(now, head_sha=head, submitted_at=NOON.isoformat())
    bought_before = bought_before if head == HEAD else replace(bought_before, identity="9" * 32)
    read = steps.TaskRead(Task("task_1", TaskStatus.UNKNOWN, "refunded"))
    at = go(start(now), reading(bought_before), steps.Done())
    for age, state in ((WEEK, TaskState.OPEN), (WEEK + timedelta(seconds=1), TaskState.ENDED)):
        assert go(at, read, now=NOON + age).known.ledger.named(bought_before.key).state is state


@pytest.mark.parametrize(("finished", "reason"), [(False, Reason.NOTHING_SELECTED), (True, Reason.MEMORY)])
def test_a_finished_task_that_codevf_does_not_know_leaves_the_record_incomplete(
    reason: Reason, *, finished: bool
) -> None:
    older = purchase(state=TaskState.OPEN, head_sha=OTHER_HEAD, submitted_at=NOON.isoformat())
    keys = frozenset({older.key} if finished else ())
    read = replace(sendable(), stored=StoredLedger(Ledger((older,)), finished=keys))
    begun = go(start(known()), replace(read, change=replace(read.change, sendables=(), views=())))
    for age in (timedelta(), 2 * WEEK):
        assert go(begun, steps.Done(), UNKNOWN, now=NOON + age).outcome.reason is reason


def test_a_run_without_the_key_does_not_skip_a_pull_request_with_a_review() -> None:
    now = known(is_keyless=True)
    check = CheckRun(1, "CodeVF review", HEAD, CheckStatus.COMPLETED, Conclusion.FAILURE, "rb1", "")
    now = replace(now, snapshot=replace(now.snapshot, checks=(check,)))
    read = sendable()
    ended = go(start(now), replace(read, change=replace(read.change, sendables=(), views=())))
    assert (ended.outcome.reason, ended.outcome.conclusion) == (Reason.NO_KEY, Conclusion.ACTION_REQUIRED)


@pytest.mark.parametrize("moved_on", [True, False])
def test_an_incremental_review_suffices_if_the_base_only_moved_forward(moved_on: bool) -> None:  # noqa: FBT001 — a case
    last = purchase(identity="9" * 32, state=TaskState.DONE, head_sha=OTHER_HEAD, merge_base="f" * 40, used=Decimal(1))
    now = known(selecting=last.selecting)
    scoping = go(start(now), reading(last), steps.Done())
    assert decide(scoping) == steps.ReadNewPart(OTHER_HEAD, last)
    parts = (NewPart("a.py", ((1, 1),)),)
    pricing = go(scoping, steps.NewPartRead(parts, moved_on))
    assert pricing.candidate.identity.since == (OTHER_HEAD if moved_on else "")
    assert pricing.candidate.new_parts == (parts if moved_on else ())


def reviewed(**more: Any) -> Purchase:  # noqa: ANN401 — any field
    """Return a finished review of an older head, on which a later one builds."""
    done: dict[str, Any] = {"identity": "8" * 32, "task_id": "task_8", "state": TaskState.DONE, "used": Decimal(1)}
    return purchase(**{**done, "head_sha": OTHER_HEAD, **more})


LINE = AutoSize(0, 6_000, 115_200)
"""Sixty credits for each line."""


@pytest.mark.parametrize(
    ("added", "lines", "most"), [(((1, 7),), 7, 420), (((1, 3), (9, 9)), 4, 240), ((), 0, 240), (((1, 5),), 5, 300)]
)
def test_a_later_review_is_sized_by_what_is_new(added: tuple[tuple[int, int], ...], lines: int, most: int) -> None:
    now = known(max_credits=Auto.AUTO, auto_size=LINE, selecting=reviewed().selecting)
    sizing = go(start(now), reading(reviewed()), steps.Done())
    assert decide(sizing) == steps.ReadNewPart(OTHER_HEAD, reviewed())
    quoted = go(sizing, steps.NewPartRead((NewPart("a.py", added), NewPart("go.sum", ((1, 99),)))), RICH)
    assert (quoted.bought.purchase.max_credits, quoted.bought.purchase.lines) == (most, lines)
    intent = quoted.bought.purchase
    assert (intent.max_credits, intent.lines, intent.hold) == (most, lines, most * 3 // 2)
    assert f"Size: {lines} changed line" in "\n".join(quoted.known.log)


def test_a_first_review_is_sized_by_the_whole_change() -> None:
    quoted = bought(known(max_credits=Auto.AUTO, auto_size=AutoSize(0, 36_000, 115_200)))
    change = quoted.known.change
    assert change.changed_lines == 1
    assert replace(change, views=(replace(change.views[0], path="go.sum"),)).changed_lines == 0
    assert (quoted.bought.purchase.max_credits, quoted.bought.purchase.lines) == (360, 1)
    assert bought(known()).bought.purchase.lines is None


def test_a_review_that_replaces_another_is_paid_for_as_a_whole_and_sized_by_what_is_new() -> None:
    now = known(max_credits=Auto.AUTO, auto_size=AutoSize(0, 60_000, 600), selecting=reviewed().selecting)
    older = purchase(identity="9" * 32, task_id="task_older", head_sha="f" * 40)
    found = steps.TaskRead(Task("task_older", TaskStatus.PENDING, "pending"))
    replacing = go(start(now), reading(reviewed(), older), steps.Done(), found, RICH)
    assert isinstance(replacing, phases.Replacing)
    assert replacing.quote.max_credits == 600
    cancelled = steps.TaskRead(Task("task_older", TaskStatus.CANCELLED, "cancelled"))
    sizing = go(replacing, steps.Done(), cancelled)
    assert isinstance(sizing, phases.Scoping)
    quoted = go(sizing, steps.NewPartRead(()))
    assert (quoted.bought.purchase.max_credits, quoted.bought.project_id) == (240, 12)


def test_a_deferred_purchase_is_sized_when_it_is_bought() -> None:
    now = known(max_credits=Auto.AUTO, auto_size=LINE)
    deferred = waiting_for_older(now)
    assert isinstance(deferred, phases.DeferredForOlder)
    collecting = replace(now.request, max_credits=300)
    assert apply_deferred_settings(collecting, deferred.deferred).max_credits is Auto.AUTO
    fixed = waiting_for_older(known(max_credits=480)).deferred
    assert apply_deferred_settings(collecting, fixed).max_credits == 480


@pytest.mark.parametrize(
    ("ledger", "limit"),
    [
        ((), None),
        ((reviewed(used=Decimal(1_800)),), None),
        ((reviewed(used=Decimal("1800.5")),), "2,160"),
        # A limit of six times 100 credits
        ((reviewed(hold=100),), None),
        ((reviewed(hold=100, used=Decimal(241)),), "600"),
        # A withdrawn, refused or deferred purchase does not count as the first review.
        ((reviewed(hold=10, task_id="", state=TaskState.ENDED, used=Decimal(0)),), None),
        ((reviewed(hold=10, task_id="", state=TaskState.DEFERRED, used=None),), None),
        # Of intents and the first known task, the smallest may be the first.
        (
            (
                reviewed(identity="1" * 32, hold=900, task_id="", state=TaskState.ENDED, used=None),
                reviewed(identity="2" * 32, hold=200, task_id="", state=TaskState.ENDED, used=None),
            ),
            "1,200",
        ),
        (
            (
                reviewed(identity="1" * 32, hold=100, task_id="", state=TaskState.ENDED, used=None),
                reviewed(identity="2" * 32, hold=900, used=Decimal(400)),
            ),
            "600",
        ),
        # What was created later is not, wherever it is recorded.
        (
            (
                reviewed(identity="1" * 32, hold=100, submitted_at=NOON.isoformat(timespec="seconds")),
                reviewed(identity="2" * 32, hold=900, used=Decimal(400), submitted_at="2020-01-01T00:00:00+00:00"),
            ),
            None,
        ),
        # A task that may exist counts as one.
        ((reviewed(hold=10, task_id="", state=TaskState.ENDED, used=None),), "60"),
    ],
)
def test_an_automatic_limit_is_six_times_the_first_hold(ledger: tuple[Purchase, ...], limit: str | None) -> None:
    now = known(max_credits_per_pr=Auto.AUTO, incremental=False)
    after = go(start(now), reading(*ledger), steps.Done(), RICH)
    if limit is None:
        assert isinstance(after, phases.Quoted)
    else:
        assert after.outcome.reason is Reason.OVER_BUDGET
        assert f"of {limit} are already reserved or used" in after.outcome.message
        assert "bypass" not in after.outcome.hint  # the check's text has that command


def test_a_limit_at_a_terminal_says_to_run_the_command_again() -> None:
    now = known(trigger=AtTerminal(), max_credits_per_pr=100)
    after = go(start(now), reading(), steps.Done(), RICH)
    assert after.outcome.hint.endswith("Then run the command again.")


@pytest.mark.parametrize(
    ("request_", "written", "expected"),
    [
        ({"max_credits_per_pr": 0}, False, False),
        ({"max_credits_per_pr": 400}, False, True),
        ({"max_credits_per_pr": Auto.AUTO}, False, False),
        ({"max_credits_per_pr": Auto.AUTO}, True, True),
        ({"max_credits_per_pr": Auto.AUTO, "max_tasks": 2}, False, True),
        ({"max_credits_per_pr": Auto.AUTO, "max_credits": Auto.AUTO}, False, True),
        ({"max_credits_per_pr": Auto.AUTO, "routes": (Route("large", min_lines=9, max_credits=900),)}, False, True),
        ({"max_credits_per_pr": 0, "max_credits": Auto.AUTO}, True, False),
    ],
)
def test_concurrent_purchases_are_read_again_where_they_may_exceed_a_limit(
    request_: dict[str, Any],
    written: bool,  # noqa: FBT001 — cases
    expected: bool,  # noqa: FBT001 — cases
) -> None:
    now = known(**request_)
    now = replace(now, ledgers=LedgerVersions(written=Ledger((reviewed(),) if written else ())))
    assert may_exceed_together(now) is expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"commit_count": 6}, False),
        ({"commit_count": 7}, True),
        ({"forced_at": NOON}, True),
        ({"retargeted_at": NOON}, True),
    ],
)
def test_more_than_six_equal_first_reviews_may_exceed_an_automatic_limit(
    more: dict[str, Any],
    expected: bool,  # noqa: FBT001 — a column
) -> None:
    now = known(max_credits_per_pr=Auto.AUTO)
    now = replace(now, snapshot=replace(now.snapshot, pull=replace(now.snapshot.pull, **more)))
    assert may_exceed_together(now) is expected


def test_two_first_reviews_that_exceed_six_times_the_first_withdraw() -> None:
    now = known(max_credits_per_pr=Auto.AUTO)
    small = purchase(identity="7" * 32, state=TaskState.INTENT, task_id="", hold=360)
    large = purchase(identity="9" * 32, state=TaskState.INTENT, task_id="", head_sha=OTHER_HEAD, hold=1_801)
    for mine in (small, large):
        with pytest.raises(OverBudget, match="of 2,160"):
            check_race(_intending(now, mine), Ledger((small, large)))
    fits = replace(large, hold=1_800)
    for mine in (small, fits):
        check_race(_intending(now, mine), Ledger((small, fits)))


def test_an_intent_that_exceeds_the_limit_together_with_another_is_dropped() -> None:
    quoted = bought(known(max_credits_per_pr=1_000))
    recorded = go(quoted, in_check_run(quoted))
    assert isinstance(recorded, phases.Recorded)
    assert decide(recorded) == steps.ReadAgain(recorded.bought.purchase.identity)
    assert isinstance(go(recorded, reread(recorded.known)), phases.Intended)
    other = StoredLedger(Ledger((purchase(identity="9" * 32, hold=900),)))
    exceeding = reread(replace(recorded.known, stored=other))
    for result, state in ((exceeding, TaskState.ENDED), (AWAY, TaskState.INTENT)):
        ended = go(recorded, result)
        assert ended.known.purchase is not None
        assert (ended.outcome.status, ended.known.purchase.state) == (Status.FAILED, state)


def _intending(now: Known, intent: Purchase) -> Known:
    return replace(now, own=OwnReview(Bought(intent)), ledgers=LedgerVersions(Ledger((intent,))))


def test_a_task_that_cannot_be_read_after_cancelling_is_awaited() -> None:
    replaced = go(waiting_for_older(known(), TaskStatus.PENDING), RICH, steps.Done())
    assert isinstance(go(replaced, steps.Failed(ServiceUnreachable("Away."))), phases.DeferredForOlder)


def test_a_task_that_finished_before_it_was_cancelled_frees_no_credits() -> None:
    replaced = go(waiting_for_older(known(), TaskStatus.PENDING), RICH, steps.Done())
    answer = PlacedAnswer("task_older", whole=True, here=False, report=Report("", ()), placed=())
    finished = steps.TaskRead(Task("task_older", TaskStatus.COMPLETED, "completed"), answer)
    assert isinstance(go(replaced, finished), phases.Pricing | phases.Scoping), "the price is read again"


def test_a_head_that_has_moved_gets_no_deferral() -> None:
    assert go(waiting_for_older(known()), moved(known())).outcome.reason is Reason.SUPERSEDED


DONE, CANCELLED = (
    Task(name, TaskStatus(name), name, unseen=(Unread("b.py", ""),)) for name in ("completed", "cancelled")
)


@pytest.mark.parametrize(
    ("parts", "is_whole", "conclusion"),
    [
        ((DONE, DONE), True, Conclusion.SUCCESS),
        ((DONE, CANCELLED), True, Conclusion.ACTION_REQUIRED),
        ((), False, Conclusion.ACTION_REQUIRED),
    ],
)
def test_a_cancelled_or_refused_task_of_several_is_not_tolerated_as_partial(
    parts: tuple[Task, ...], conclusion: Conclusion, *, is_whole: bool
) -> None:
    """An author can cancel a task, unlike a file that cannot be sent."""
    rules = replace(known().judgement.rules, on_partial=Tolerance.PASS)
    quoted = bought(known(judgement=replace(known().judgement, rules=rules)))
    task = replace(DONE, id="task_1", parts=parts)
    created = steps.TaskCreated(task, Packing((), (), ()), is_whole=is_whole)
    submitted = go(quoted, in_check_run(quoted), created)
    published = go(submitted, submitted.known, in_check_run(submitted), Report("Fine.", ()))
    assert published.outcome.conclusion is conclusion
    settings = quoted.bought.purchase.judgement
    older = purchase(identity="9" * 32, task_id="task_older", head_sha=OTHER_HEAD, judgement=settings)
    answer = PlacedAnswer("task_older", whole=True, here=False, report=Report("", ()), placed=())
    at = go(start(known()), reading(older), steps.Done(), steps.TaskRead(task, answer))
    is_tolerated = at.known.ledger.named(older.key).judgement.rules.on_partial is Tolerance.PASS
    assert is_tolerated is (CANCELLED not in parts)


def test_a_task_that_is_too_large_is_sent_in_every_size_before_it_fails() -> None:
    quoted = bought(known())
    sizes = len(size_tiers(known().request.attachment_bytes))
    for tier in range(1, sizes):
        intended = go(quoted, in_check_run(quoted))
        quoted = go(intended, steps.Failed(PayloadTooLarge("Too much.")))
        assert isinstance(quoted, phases.Quoted)
        assert quoted.bought.purchase.size_tier == tier
    ended = go(quoted, in_check_run(quoted), steps.Failed(PayloadTooLarge("Too much.")))
    assert ended.outcome.reason is Reason.PARTIAL


def test_a_shared_commit_is_green_only_if_both_pull_requests_are() -> None:
    green = judge((), readable=True, coverage=Coverage.FULL, rules=known().judgement.rules)
    assert beside_another(known(), green) is green
    beside = beside_another(replace(known(), wrote=Wrote(neighbour=8)), green)
    assert (beside.reason, beside.conclusion) == (Reason.SHARED_HEAD, Conclusion.ACTION_REQUIRED)


def test_a_skip_by_label_or_of_a_bots_pull_request_is_about_no_diff() -> None:
    now, rules = replace(known(), reviewed=ReviewedHead("a" * 40, "b" * 40)), known().judgement.rules
    green = judge((), readable=True, coverage=Coverage.FULL, rules=rules)
    assert [judged_merge_base(now, not_due(reason)) for reason in (Reason.LABEL, Reason.BOT)] == ["", ""]
    assert [judged_merge_base(now, one) for one in (green, not_due(Reason.ROUTE))] == ["b" * 40, "b" * 40]
    assert judged_merge_base(now, pending(rules)) is None


def test_a_run_knows_the_task_and_report_of_its_review() -> None:
    now = answered(summary=None)
    assert (now.placed, now.report, now.task_id) == ((), None, "task_1")
    assert now.own is not None
    done = replace(now, own=replace(now.own, report=Report("Read.", ())))
    assert done.report == Report("Read.", ())
    assert done.task == now.task
    assert done.packing is None
    assert known().packing is None
    assert known().own is None


def test_a_change_lists_its_files_by_path_and_those_held_back() -> None:
    change = sendable().change
    assert set(change.by_path) == {"src/app.py"}
    held = replace(change, held=(Held("logo.bin", HeldBecause.BINARY, missed=True),))
    assert set(held.held_by_path) == {"logo.bin"}
    assert held.selected == ("src/app.py", "logo.bin")
    assert replace(change, views=(), held=(Held("src/app.py", HeldBecause.BINARY),)).index.unsent.keys() == {
        "src/app.py"
    }
    assert not held.has_ambiguous_names
    (file,) = change.change.files
    odd = replace(change.change, files=(replace(file, diff=replace(file.diff, old_path="low:app.py")),))
    assert replace(change, change=odd).has_ambiguous_names
    assert (change.misencoded, change.oversized) == ({}, {})


@pytest.mark.parametrize("wanted", AnswerForm)
def test_with_an_ambiguous_name_only_data_is_requested_and_read(wanted: AnswerForm) -> None:
    now = replace(known(), change=sendable().change)
    now = replace(
        now, request=replace(now.request, judgement=replace(now.request.judgement, answer=wanted), selecting="x")
    )
    (file,) = now.change.change.files
    odd = replace(now.change.change, files=(replace(file, diff=replace(file.diff, old_path="low:app.py")),))
    for change, form in ((now.change, wanted), (replace(now.change, change=odd), None)):
        at = replace(now, change=change)
        made = purchase_of(at, at.identity, TaskState.INTENT, NOON)
        assert made.judgement.answer is form
        copy = replace(made, judgement=Judgement(answer=wanted), selecting="")
        for before in (made, copy):
            assert resume(at, before, NOON)[1].purchase.judgement.answer is form


def test_each_cause_of_a_partial_review_is_named() -> None:
    now = replace(known(), change=sendable().change)
    task = Task("task_1", TaskStatus.COMPLETED, "completed", unseen=(Unread("a.py", ""),))
    held = replace(now.change, held=(Held("logo.bin", HeldBecause.BINARY, missed=True),))
    cases = {
        "the selected files differ from the files that were sent": Bought(purchase(), reselected=True),
        "2 files were not submitted": Bought(purchase(missed=2, coverage=Coverage.PARTIAL)),
        "the ledger marks this review as partial": Bought(purchase(coverage=Coverage.PARTIAL)),
        "the reviewer did not completely read 1 files": Bought(purchase()),
    }
    for cause, state in cases.items():
        partial = replace(now, own=OwnReview(state, task if "the reviewer" in cause else None))
        assert partial.why_partial == (cause,)
        assert partial.coverage is Coverage.PARTIAL
        assert bool(partial.why_short) is (not cause.startswith("the selected"))
    assert replace(now, change=held).why_partial == ("1 selected files are held back",)
    collecting = known(may_buy=False)
    assert replace(collecting, change=held, own=OwnReview(Bought(purchase()))).why_partial == ()
    assert now.coverage is Coverage.FULL


def _checked(verdict: str = "failure", external_id: str = "") -> CheckRun:
    tag = CheckTag(7, verdict)
    return CheckRun(3, "CodeVF review", HEAD, "completed", verdict, external_id, "https://x/3", tag=tag)


def test_a_branch_that_has_the_head_turns_no_check_green_that_another_branch_shares() -> None:
    now = known(shares_name=True)
    bought_for_next = purchase(base_ref="next")
    copy = encode_external_id(bought_for_next, Ledger(), SIGNER)
    read = decode_external_id(copy, SIGNER)
    assert read is not None
    stored = StoredLedger(Ledger((bought_for_next,)), on_head={3: read})
    ledgers = LedgerVersions(written=stored.ledger)
    for check, id_, is_green, is_green_against_next in (
        (_checked(), 3, False, False),
        (_checked("success"), 3, True, True),
        (_checked("success", copy), 3, False, True),
        (_checked("success", copy), 4, False, False),  # signed with another key
    ):
        there = replace(
            now, snapshot=replace(now.snapshot, checks=(replace(check, id=id_),)), stored=stored, ledgers=ledgers
        )
        assert (without_review(there).conclusion is Conclusion.SKIPPED) is is_green
        for_next = replace(there, snapshot=replace(there.snapshot, pull=pull(base_ref="next")))
        assert (without_review(for_next).conclusion is Conclusion.SKIPPED) is is_green_against_next
        alone = replace(there, request=replace(there.request, shares_name=False))
        assert without_review(alone).conclusion is Conclusion.SKIPPED


def test_a_green_check_by_an_ended_waiver_or_label_does_not_stay_green() -> None:
    changed = sendable().change
    copy = encode_external_id(purchase(state=TaskState.DONE), Ledger(), SIGNER)
    read = decode_external_id(copy, SIGNER)
    assert read is not None
    for check, is_shared, base_ref, merge_base, stays in (
        (_checked("skipped"), False, "main", "b" * 40, False),
        (_checked("failure"), True, "main", "b" * 40, True),
        (_checked("success", copy), False, "next", "b" * 40, True),
        (_checked("success", copy), True, "main", "b" * 40, True),
        (_checked("success", copy), True, "next", "b" * 40, False),
        (_checked("success", copy), False, "main", "c" * 40, False),  # the base took a part of the history
        (_checked("success"), False, "main", "c" * 40, False),
        (_checked("success"), True, "next", "b" * 40, False),  # a bypass of this branch lets the check succeed again
    ):
        assert check.tag is not None
        check = replace(check, tag=replace(check.tag, merge_base=mark_of(merge_base)))  # noqa: PLW2901 — the row
        now = replace(known(may_buy=False, shares_name=is_shared), change=changed)
        stored = StoredLedger(Ledger((purchase(state=TaskState.DONE, base_ref="main"),)), on_head={3: read})
        snapshot = replace(now.snapshot, checks=(check,), pull=pull(base_ref=base_ref))
        there = replace(now, snapshot=snapshot, stored=stored, ledgers=LedgerVersions(written=stored.ledger))
        assert (not_asked_for(there).conclusion is None) is stays
        closed = replace(there, snapshot=replace(snapshot, pull=pull(base_ref=base_ref, is_open=False)))
        assert not_asked_for(closed).conclusion is None


def test_the_check_of_a_failed_run_later_shows_that_no_review_is_requested() -> None:
    of_older = purchase(state=TaskState.DONE, head_sha=OTHER_HEAD)
    of_head = purchase(state=TaskState.DONE, identity="b" * 32)
    copies = [encode_external_id(one, Ledger(), SIGNER) for one in (of_older, of_head)]
    reads = [decode_external_id(one, SIGNER) for one in copies]
    ledger = Ledger((of_older, of_head))
    for external_id, read, may_buy, stays in (
        ("", None, True, False),
        ("", None, False, True),  # a collection ignores requests
        (copies[0], reads[0], True, False),
        (copies[0], None, True, True),  # signed with another key
        (copies[1], reads[1], True, True),
    ):
        now = known(may_buy=may_buy)
        stored = StoredLedger(ledger, on_head={3: read} if read else {})
        snapshot = replace(now.snapshot, checks=(_checked("action_required", external_id),))
        there = replace(now, snapshot=snapshot, stored=stored, ledgers=LedgerVersions(written=ledger))
        assert (not_asked_for(there).conclusion is None) is stays


def test_a_bypass_of_the_branch_that_the_pull_request_went_to_turns_no_other_check_green() -> None:
    now = known()
    bypass = Bypass(HEAD, "next", "max", "It burns.")
    ledgers = LedgerVersions(written=Ledger(bypass=bypass))
    moved = replace(now, snapshot=replace(now.snapshot, pull=pull(base_ref="next")), ledgers=ledgers)
    red = judge([Severity.CRITICAL], readable=True, coverage=Coverage.FULL, rules=now.judgement.rules)
    assert apply_bypass(moved, red) is red
    meant = replace(moved, request=replace(moved.request, base_ref="next"))
    assert apply_bypass(meant, red).conclusion is Conclusion.SUCCESS


def test_an_intent_recorded_after_another_runs_is_withdrawn() -> None:
    now = known(max_credits_per_pr=800)
    older = purchase(identity="8" * 32, task_id="task_8", head_sha=OTHER_HEAD, hold=100)
    mine = purchase(identity="7" * 32, state=TaskState.INTENT, task_id="", hold=360)
    other = purchase(identity="9" * 32, state=TaskState.INTENT, task_id="", head_sha=OTHER_HEAD, hold=360)
    now = replace(now, own=OwnReview(Bought(mine)), ledgers=LedgerVersions(written=Ledger((older, mine))))
    check_race(now, Ledger((older, mine)))
    check_race(now, Ledger((older, mine, replace(other, hold=340))))
    with pytest.raises(OverBudget, match="360 credits, and 460 of 800 are already reserved or used"):
        check_race(now, Ledger((older, mine, other)))
    with pytest.raises(OverBudget, match="450 of 800"):
        check_race(now, Ledger((replace(older, hold=450), mine)))
    check_race(replace(now, own=None), Ledger((older, other)))


def test_an_intent_of_another_run_is_continued_only_within_the_limit() -> None:
    now = known(max_credits_per_pr=820)
    intent = own(now, state=TaskState.INTENT, task_id="", hold=360)
    other = purchase(identity="9" * 32, task_id="task_9", head_sha=OTHER_HEAD, hold=460)
    candidate, poor = Candidate(now.identity, intent), Balance(Decimal(0), Decimal(820))
    within = replace(now, ledgers=LedgerVersions(written=Ledger((intent, other))))
    assert quote(within, candidate, None, poor, freed=0).hold == 360, "its task may hold the balance"
    over = replace(now, ledgers=LedgerVersions(written=Ledger((intent, replace(other, hold=461)))))
    with pytest.raises(OverBudget, match="461 of 820 are already reserved or used"):
        quote(over, candidate, None, poor, freed=0)


def test_a_continued_intent_does_not_count_the_task_that_was_cancelled_for_it() -> None:
    now = known(max_credits_per_pr=820)
    ago, ahead = "2026-11-24T11:00:00+00:00", "2026-11-24T13:00:00+00:00"
    intent = own(now, state=TaskState.INTENT, task_id="", hold=360)
    done = purchase(identity="8" * 32, task_id="task_8", head_sha=OTHER_HEAD, hold=460, submitted_at=ago)
    gone = purchase(identity="9" * 32, task_id="task_9", head_sha=OTHER_HEAD, hold=360, state=TaskState.ENDED)
    candidate, balance = Candidate(now.identity, intent), Balance(Decimal(1000), Decimal(0))

    def hold(*before: Purchase) -> int:
        ledgers = LedgerVersions(written=Ledger((done, *before, intent)))
        return quote(replace(now, ledgers=ledgers), candidate, None, balance, freed=0).hold

    assert hold() == hold(gone) == 360
    attempt, later = replace(gone, identity=intent.identity), replace(gone, submitted_at=ahead)
    for counts in (attempt, later, replace(gone, used=Decimal(360)), replace(gone, state=TaskState.OPEN)):
        with pytest.raises(OverBudget, match="820 of 820 are already reserved or used"):
            hold(counts)


def test_the_newest_check_is_the_current_one() -> None:
    snapshot = replace(known().snapshot, checks=(replace(_checked(), id=5), _checked()))
    assert current_check(snapshot) == replace(_checked(), id=5)
    assert current_check(replace(snapshot, checks=())) is None


COMMENT = Comment(5, "https://github.test/5", summary_mark(""), ours=True)


def test_the_summary_is_written_for_an_update_or_an_unpublished_verdict() -> None:
    verdict, silent = pending(known().judgement.rules), not_due(Reason.DRAFT)
    verdict = replace(verdict, conclusion=Conclusion.SUCCESS)
    bare = known()
    news = replace(bare, ledgers=LedgerVersions(update=LedgerUpdate(posted=frozenset({"a"}))))
    there = replace(bare, snapshot=replace(bare.snapshot, comments=(COMMENT,)))
    assert summary_is_due(bare, verdict)
    assert summary_is_due(news, silent)
    for now in (replace(bare, stored=StoredLedger(summary=COMMENT)), there):
        assert not summary_is_due(now, verdict)
    assert not summary_is_due(bare, silent)
    off = replace(news, request=replace(news.request, summary_comment=False))
    assert not summary_is_due(off, verdict)


@pytest.mark.parametrize(
    ("head", "outcome", "is_due"),
    [
        (OTHER_HEAD, failure(known(), OverBudget("Too much.")), True),
        (HEAD, failure(known(), OverBudget("Too much.")), False),
        (OTHER_HEAD, not_due(Reason.LABEL), False),
    ],
)
def test_a_failed_review_replaces_the_answer_for_an_earlier_head_in_the_summary(
    head: str, outcome: Outcome, *, is_due: bool
) -> None:
    shown = purchase(state=TaskState.DONE, head_sha=head)
    stored = StoredLedger(Ledger((shown,), stated=answer_of(shown.task_id)), summary=COMMENT)
    now = known().reading(sendable().change, stored, LedgerUpdate())
    assert summary_is_due(now, outcome) is is_due


SKIPS = not_due(Reason.LABEL)


@pytest.mark.parametrize(
    ("stated", "outcome", "is_due"),
    [
        ("github action_required", SKIPS, True),
        ("pending open", SKIPS, True),
        (statement(SKIPS), SKIPS, False),
        (answer_of("task_1"), SKIPS, False),
        ("", SKIPS, False),
        ("github action_required", not_due(Reason.DRAFT), False),
    ],
)
def test_a_summary_without_an_answer_is_written_for_another_outcome(
    stated: str, outcome: Outcome, *, is_due: bool
) -> None:
    stored = StoredLedger(Ledger(stated=stated), summary=COMMENT)
    due = go(phases.NotDue(known(), outcome), stored)
    assert isinstance(due, phases.Due) is is_due
    now = known().reading(sendable().change, stored, LedgerUpdate())
    assert isinstance(finish(now, outcome), phases.Judged) is is_due, "the ledger is read before it is written"
    assert summary_is_due(now, outcome) is is_due
    moved = replace(now, reviewed=ReviewedHead(OTHER_HEAD, "b" * 40))
    assert not summary_is_due(moved, outcome)
    bypass = Bypass(HEAD, "main", "boss", "known")
    bypassed = replace(
        now, ledgers=LedgerVersions.of(Ledger(stated="bypass success", bypass=bypass), LedgerUpdate(), now.change.index)
    )
    assert not summary_is_due(bypassed, replace(SKIPS, conclusion=Conclusion.ACTION_REQUIRED))


@pytest.mark.parametrize("summary", [None, COMMENT])
def test_a_summary_that_cannot_be_read_again_is_not_written_for_another_outcome(summary: Comment | None) -> None:
    stored = StoredLedger(Ledger(stated="github action_required"), summary=summary)
    judged = finish(known().reading(sendable().change, stored, LedgerUpdate()), SKIPS)
    assert isinstance(judged, phases.Judged)
    assert (steps.WriteSummary in go(judged, AWAY).left) is (summary is None)


def test_a_run_without_the_key_keeps_an_existing_summary() -> None:
    keyless = known(is_keyless=True)
    news = replace(keyless, ledgers=LedgerVersions(update=LedgerUpdate(posted=frozenset({"a"}))))
    assert summary_is_due(news, not_due(Reason.DRAFT))
    there = replace(news, snapshot=replace(news.snapshot, comments=(COMMENT,)))
    assert not summary_is_due(there, not_due(Reason.DRAFT))


def test_the_check_run_of_an_older_head_is_completed_once_its_task_is_over() -> None:
    signer = Signer("cvf_key", 1, 7, "")
    done = purchase(state=TaskState.DONE, head_sha=OTHER_HEAD)
    text = encode_external_id(done, Ledger(), signer)
    copy = decode_external_id(text, signer)
    check = CheckRun(1, "CodeVF review", OTHER_HEAD, CheckStatus.IN_PROGRESS, None, text, "")
    now = replace(known(), ledgers=LedgerVersions(written=Ledger((done,))))
    assert left_open(now, check, copy) is done
    assert left_open(now, replace(check, status=CheckStatus.COMPLETED), copy) is None
    assert left_open(now, check, None) is None
    assert left_open(replace(now, reviewed=ReviewedHead(OTHER_HEAD, "b" * 40)), check, copy) is None
    open_task = replace(now, ledgers=LedgerVersions(written=Ledger((replace(done, state=TaskState.OPEN),))))
    assert left_open(open_task, check, copy) is None


def test_an_untrusted_ledger_is_untrusted_after_it_is_written_again() -> None:
    before = replace(known(), stored=StoredLedger(claimed=Decimal(5), lost=True))
    now = take_reread(before, before.snapshot, StoredLedger(Ledger((purchase(),)), summary=COMMENT))
    assert (now.stored.claimed, now.stored.lost, now.summary) == (Decimal(5), True, COMMENT)
    assert now.ledger.open_tasks()


def test_waivers_are_not_kept_on_another_head() -> None:
    before = go(start(known()), sendable(), steps.Done()).known
    edits = (Unwaive("f1"), Waive("f1", "ann", "It is known."))
    update = LedgerUpdate(edits=edits, posted=frozenset({"a"}))
    before = replace(before, ledgers=LedgerVersions.of(Ledger(), update, before.change.index))
    snapshot = replace(before.snapshot, pull=pull(head_sha=OTHER_HEAD))
    found = steps.NewHead(snapshot, StoredLedger(), sendable(1).change, ())
    moved = merge(before, found)
    assert (moved.head_sha, keeps_text(moved), moved.ledgers.update.edits) == (HEAD, False, edits[:1])
    newer = StoredLedger(Ledger((purchase(head_sha=OTHER_HEAD),)))
    assert keeps_text(merge(before, replace(found, stored=newer)))
    answer = PlacedAnswer("task_1", whole=True, here=False, report=Report("", (), ()), placed=())
    answered = merge(before, replace(found, answers=(answer,)))
    assert answered.ledgers.update == replace(moved.ledgers.update, answers=(answer,))
    assert moved.notes[-1].endswith(f"this review covers {HEAD[:7]}.")
    again = merge(moved, replace(found, snapshot=replace(snapshot, pull=pull(head_sha="f" * 40))))
    assert again.reviewed == moved.reviewed, "the first head is the one that was reviewed"


@pytest.mark.parametrize(
    ("stated", "report", "is_kept"),
    [("", None, True), ("pending open", None, False), ("pending open", Report("", (), ()), True)],
)
def test_a_text_without_an_answer_does_not_hide_the_late_answer_to_an_older_head(
    stated: str, report: Report | None, *, is_kept: bool
) -> None:
    before = go(start(known()), sendable(), steps.Done()).known
    answer = PlacedAnswer("task_1", whole=True, here=False, report=Report("", (), ()), placed=())
    own = OwnReview(Bought(purchase()), report=report)
    before = replace(before, own=own).with_update(LedgerUpdate(answers=(answer,)))
    newer = StoredLedger(Ledger((purchase(head_sha=OTHER_HEAD),), stated=stated))
    snapshot = replace(before.snapshot, pull=pull(head_sha=OTHER_HEAD))
    moved = merge(before, steps.NewHead(snapshot, newer, sendable(1).change, (answer,)))
    assert keeps_text(moved) is is_kept


def test_before_the_end_only_the_purchases_of_this_change_are_written() -> None:
    now = go(start(known()), sendable(), steps.Done()).known
    ours, other = purchase(state=TaskState.INTENT, task_id=""), purchase(identity="9" * 32, state=TaskState.DONE)
    answer = PlacedAnswer("task_1", whole=True, here=False, report=Report("", ()), placed=())
    update = LedgerUpdate(purchases=(other, ours), answers=(answer,), posted=frozenset({"a"}))
    ledgers = LedgerVersions.of(Ledger(), update, now.change.index)
    assert ledgers.update.only(ours.key) == LedgerUpdate(purchases=(ours,))
    assert ledgers.placed == ()


@pytest.mark.parametrize(("characters", "noted"), [(100, False), (9_000_000, True)])
def test_a_dry_run_notes_that_nothing_can_be_sent(characters: int, noted: bool) -> None:  # noqa: FBT001 — a case
    got = reading()
    (one,) = got.change.sendables
    large = replace(one, diff="+" * characters, text=None)
    ended = go(start(known(dry_run=True)), replace(got, change=replace(got.change, sendables=(large,))))
    assert ended.outcome.reason is Reason.DRY_RUN
    assert any("too large to send" in note for note in ended.known.notes) is noted


def test_a_dry_run_lists_the_context_redacted_and_the_purchase_records_what_was_sent() -> None:
    token = "ghp_" + "A1b2C3d4E5f6" * 3
    dry = start(known(dry_run=True))
    got = reading()
    got = replace(got, change=replace(got.change, context=ProjectContext({"README.md": f"Use {token}."})))
    at = go(dry, got)
    assert at.known.packing is not None
    [part] = at.known.packing.context
    assert (part.name, part.redactions) == ("README.md", 1)
    created = steps.TaskCreated(Task("task_1", TaskStatus.PENDING, "pending"), at.known.packing, is_whole=True)
    bought = record_submission(at.known, at.known.own.bought, created, NOON, again=False)
    assert bought.purchase.context == (part,)
    stored = Ledger().with_purchase(bought.purchase)
    short = replace(bought.purchase, context=(), state=TaskState.DONE)
    assert stored.with_purchase(short).purchases[0].context == (part,), "a copy in a check run has none"
    later = resume(at.known, bought.purchase, NOON)[1].packing
    assert later is not None
    assert later.context == (part,)


def test_the_reason_of_a_command_is_redacted_before_it_is_recorded() -> None:
    secret = "ghp_" + "A1b2C3d4E5f6" * 3
    edit = GrantBypass(HEAD, "main", "mona", f"{'so ' * 95}{secret}")
    now = go(start(known(may_buy=False, edits=(edit,))), sendable()).known
    assert now.ledger.bypass is not None
    assert now.ledger.bypass.reason == "so " * 95 + "[REDACTED:gith…"


def test_an_author_learns_that_a_waiver_has_ended() -> None:
    read = sendable()
    kept, *ended = (
        TrackedFinding(one * 10, Severity.CRITICAL, None, "Flaw", "", waiver=Waiver("mona", "fine", version))
        for one, version in (("a", read.change.index.change), ("b", "of another change"), ("c", "of another file"))
    )
    before = replace(REVIEWED, change="of another change")
    stored = StoredLedger(Ledger((before,), findings=Findings((kept, *ended))))
    notes = go(start(known(may_buy=False)), replace(read, stored=stored)).known.notes
    assert notes == (
        "The waiver of `bbbbbbbbbb` by `mona` no longer applies, because the pull request has changed.",
        "The waiver of `cccccccccc` by `mona` no longer applies, because its file has changed.",
    )


def test_a_head_without_a_request_replaces_only_an_error() -> None:
    outcome, failure = not_due(Reason.NOT_REQUESTED), did_not_happen(ForgeUnreachable("GitHub is down."))
    assert contradicts(Ledger(stated=statement(failure)), replace(outcome, conclusion=None))
    assert not contradicts(Ledger(stated="pending open"), replace(outcome, conclusion=None))
    assert not contradicts(
        Ledger(stated=statement(replace(outcome, conclusion=Conclusion.ACTION_REQUIRED))),
        replace(outcome, conclusion=None),
    )
    assert not contradicts(Ledger(stated=statement(failure)), replace(not_due(Reason.CLOSED), conclusion=None))


def test_a_bots_pull_request_with_an_open_task_stays_in_review() -> None:
    at = phases.NotDue(known(), not_due(Reason.BOT))
    bought = purchase(state=TaskState.OPEN, task_id="task_1")
    assert after_ledger(at, StoredLedger(Ledger(purchases=(bought,)))) == phases.Due(at.known, None)


@pytest.mark.parametrize(("by", "counts"), [("boss", True), ("ann", False)])
def test_a_label_of_an_author_ends_no_review(by: str, counts: bool) -> None:  # noqa: FBT001 — a column
    now = known()
    label = LabelEvent(SKIP_LABEL, by, NOON)
    pull = replace(now.snapshot.pull, labels=frozenset({SKIP_LABEL}), label_events=(label,))
    at = phases.NotDue(
        replace(now, snapshot=replace(now.snapshot, pull=pull), proof=HeadProof(skips=True)), not_due(Reason.LABEL)
    )
    for state in set(TaskState) - {TaskState.DEFERRED}:
        after = after_ledger(at, StoredLedger(Ledger(purchases=(purchase(state=state, task_id="task_1"),))))
        assert (not isinstance(after, phases.Due) or after.skipped is not None) == counts
        assert (after.known.proof.skips, len(after.known.notes)) == (counts, int(not counts))
    assert not isinstance(after_ledger(at, StoredLedger(Ledger())), phases.Due), "no review was bought"


def test_a_draft_with_a_label_that_does_not_count_is_no_review_either() -> None:
    now = known()
    label = LabelEvent(SKIP_LABEL, "ann", NOON)
    pull = replace(
        now.snapshot.pull, labels=frozenset({SKIP_LABEL}), label_events=(label,), is_draft=True, is_open=True
    )
    at = phases.NotDue(
        replace(now, snapshot=replace(now.snapshot, pull=pull), proof=HeadProof(skips=True)), not_due(Reason.LABEL)
    )
    bought = StoredLedger(Ledger(purchases=(purchase(state=TaskState.DONE, task_id="task_1"),)))
    after = after_ledger(at, bought)
    assert not isinstance(after, phases.Due)
    assert not isinstance(after, phases.Published)
    assert after.outcome.reason is Reason.DRAFT


def test_an_answer_that_the_token_may_publish_nowhere_fails_the_step_unless_the_fork_has_no_other_token() -> None:
    now = commented(known()).known
    outcome = by_findings(now, now.judgement.rules, readable=True)
    denied = replace(now, wrote=Wrote(denied=frozenset({CHECK_RUN, SUMMARY, COMMENTS})))
    assert final_outcome(denied, outcome, refused=False).reason is Reason.NOT_PUBLISHED
    replied = replace(denied, wrote=replace(denied.wrote, replies=1))
    assert final_outcome(replied, outcome, refused=False).reason is outcome.reason
    fork = replace(denied, snapshot=replace(denied.snapshot, pull=pull(from_fork=True)))
    assert final_outcome(fork, outcome, refused=False).reason is outcome.reason


def test_deleted_duplicates_are_gone_from_the_pull_request() -> None:
    comments = tuple(Comment(number, "", str(AnswerMark("", "1001", Reaction.YES)), ours=True) for number in (7, 9))
    now = replace(known(), snapshot=replace(known().snapshot, comments=comments))
    at = phases.Publishing(now, pending(now.judgement.rules), (steps.DeleteDuplicates, steps.WriteCheckRun))
    assert go(at, steps.DuplicatesDeleted()).known.snapshot.comments == comments[:1]


def test_duplicates_are_deleted_only_after_the_pull_request_was_read_again() -> None:
    comments = tuple(Comment(number, "", str(AnswerMark("", "1001", Reaction.YES)), ours=True) for number in (7, 9))
    unread = replace(known(), snapshot=replace(known().snapshot, comments=comments))
    outcome = pending(unread.judgement.rules)
    assert isinstance(decide(finish(unread, outcome)), steps.ReadPosted)
    read = unread.reading(sendable().change, StoredLedger(), LedgerUpdate())
    judged = finish(read, outcome)
    assert decide(judged) == steps.Refresh()
    assert go(judged, reread(read)).left[0] is steps.DeleteDuplicates
    assert isinstance(decide(go(judged, AWAY)), steps.ReadPosted), "the first reading may be hours old"
    keyless = replace(read, request=replace(read.request, is_keyless=True))
    assert not keyless.duplicates
    at = phases.Publishing(read, outcome, (steps.ReadPosted, steps.WriteCheckRun))
    assert go(at, reread(read)).left == (steps.DeleteDuplicates, steps.WriteCheckRun)
    at = replace(at, left=(steps.ReadSummary, steps.RewriteSummary, steps.WriteCheckRun))
    assert go(at, reread(read)).left[0] is steps.RewriteSummary, "nothing comes between reading and writing"
