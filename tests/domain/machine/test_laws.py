"""The laws as properties of `decide` and `learn`, for any state and any response."""

from __future__ import annotations

from typing import get_args

import pytest

from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.ledger.ledger import PurchaseKey, TaskState
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.outcome import newer_head
from reviewbot.domain.machine.due import start
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Ended, Loaded, Published
from reviewbot.domain.machine.steps import (
    Announce,
    CheckRunWritten,
    CreateTask,
    Done,
    Failed,
    Finish,
    HeadChecksRead,
    NewHead,
    PollTask,
    PostReview,
    PublishingStep,
    ReadHeadChecks,
    ReadResult,
    RecordInCheckRun,
    RecordInSummary,
    RecordInSummaryAgain,
    RecordKeepingText,
    Refresh,
    Reread,
    Result,
    SummaryWritten,
    TaskCreated,
    WriteCheckRun,
    WriteOutput,
    WriteSummary,
)
from reviewbot.domain.model.options import Tolerance
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Coverage, Reason, blocks
from reviewbot.errors import PermissionMissing, ServiceUnreachable
from tests.domain.builders import HEAD, NOON
from tests.domain.machine.world import CollectingWorld, RandomWorld, Trace, play
from tests.project.machine_pairs import handled_in_reviews, possible_in_reviews

RUNS = 2000
COLLECTIONS = 1000
PUBLISHING = get_args(PublishingStep)

RECORDS = (RecordInCheckRun, RecordInSummary, RecordInSummaryAgain)

Runs = list[tuple[Trace, Known, Ended]]


@pytest.fixture(scope="module")
def runs() -> Runs:
    return [play(RandomWorld(seed), start) for seed in range(RUNS)]


def is_bypassed(known: Known) -> bool:
    """Return whether a maintainer let this head pass."""
    bypass = known.ledger.bypass
    is_for_it = bypass is not None and bypass.is_of(known.head_sha, known.snapshot.pull.base_ref)
    return is_for_it and known.request.paid


def recorded(step: RecordInCheckRun | RecordInSummary | RecordInSummaryAgain) -> PurchaseKey | None:
    """Return the key of the purchase that a step records."""
    return step.known.purchase.key if step.known.purchase else None


def is_of_another_head(result: Result) -> bool:
    return isinstance(result, Reread) and result.snapshot.pull.head_sha != HEAD


def test_no_task_is_created_without_a_recorded_intent(runs: Runs) -> None:
    created = 0
    for trace, known, _ in runs:
        if known.request.paid and trace.of(CreateTask):
            created += 1
            [bought, *_] = [step.bought.purchase.key for step, _ in trace.of(CreateTask)]
            before = [(step, result) for step, result in trace.before(CreateTask) if isinstance(step, RECORDS)]
            assert any(
                isinstance(result, CheckRunWritten | SummaryWritten)
                for step, result in before
                if recorded(step) == bought
            )
    assert created > RUNS / 20, "the random worlds must contain such a run"


def test_a_task_is_polled_only_after_its_id_is_recorded(runs: Runs) -> None:
    polled = 0
    for trace, known, _ in runs:
        if not known.request.paid or not trace.of(CreateTask):
            continue
        steps = [type(step) for step, _ in trace.steps]
        after = steps[steps.index(CreateTask) :]
        if PollTask in after:
            polled += 1
            assert {*RECORDS, RecordKeepingText} & set(after[: after.index(PollTask)])
    assert polled > RUNS / 100


def test_nothing_is_bought_once_the_run_publishes(runs: Runs) -> None:
    bought = unread = 0
    for trace, _, _ in runs:
        steps = [type(step) for step, _ in trace.steps]
        at = next((at for at, step in enumerate(steps) if step in {Refresh, *PUBLISHING}), len(steps))
        bought += CreateTask in steps[:at]
        unread += Refresh not in steps and at < len(steps)
        assert not {CreateTask, *RECORDS} & set(steps[at:])
        assert steps.count(Refresh) <= 1
    assert bought > RUNS / 20
    assert unread > RUNS / 20, "some runs must publish without reading the pull request again"


def test_an_answer_is_posted_only_after_the_pull_request_is_read_again(runs: Runs) -> None:
    posted = 0
    for trace, _, _ in runs:
        if trace.of(PostReview):
            posted += 1
            [read] = [result for step, result in trace.before(PostReview) if isinstance(step, Refresh)]
            assert isinstance(read, Reread | NewHead)
    assert posted > RUNS / 20


def test_success_needs_a_complete_or_stored_answer_or_a_bypass(runs: Runs) -> None:
    green = blocked = 0
    for trace, known, phase in runs:
        outcome, findings, fail_on = phase.outcome, known.ledger.findings, known.judgement.rules.fail_on
        is_blocked = any(blocks(severity, fail_on) for severity in findings.severities(known.task_id))
        blocked += is_blocked
        if outcome.conclusion is not Conclusion.SUCCESS:
            continue
        green += 1
        assert outcome.reason is not Reason.BYPASS or is_bypassed(known)
        if not is_bypassed(known):
            assert known.purchase is not None or not known.change.sendables
            assert all(one.readable for _, one in trace.of(ReadResult) if isinstance(one, Report))
            assert not findings.broken
            assert not is_blocked
    assert green > RUNS / 100
    assert blocked > RUNS / 100, "the random worlds must contain findings that block"


def test_a_partial_review_is_green_only_if_the_settings_allow_it_or_by_a_bypass(runs: Runs) -> None:
    partial = 0
    for _, known, phase in runs:
        outcome = phase.outcome
        if known.coverage is Coverage.PARTIAL and known.judgement.rules.on_partial is Tolerance.FAIL:
            partial += known.purchase is not None and known.purchase.state is TaskState.DONE
            assert outcome.conclusion is not Conclusion.SUCCESS or is_bypassed(known)
    assert partial > RUNS / 100


def test_no_intent_is_recorded_once_the_head_has_moved(runs: Runs) -> None:
    moved = 0
    for trace, known, phase in runs:
        before = trace.before(CreateTask)
        reread = [number for number, (_, result) in enumerate(before) if is_of_another_head(result)]
        if reread:
            moved += 1
            assert not [step for step, _ in before[reread[0] :] if isinstance(step, RECORDS)]
            is_green = phase.outcome.conclusion is Conclusion.SUCCESS
            assert not is_green or trace.of(CreateTask) or is_bypassed(known)
    assert moved > RUNS / 400


def test_a_collection_buys_only_what_was_deferred() -> None:
    deferred = 0
    for trace, known, _ in (play(CollectingWorld(seed), start) for seed in range(COLLECTIONS)):
        for step, _ in trace.of(CreateTask):
            before = known.found.recorded(step.bought.purchase)
            if step.candidate.intent is None:
                deferred += 1
                assert before is not None
                assert before.is_deferred_on(known.head_sha)
                assert before.selecting == known.request.selecting
    assert deferred > COLLECTIONS / 40, "the random worlds must contain such a purchase"


def test_nothing_is_bought_while_a_check_is_not_green_unless_a_person_asks(runs: Runs) -> None:
    waited = 0
    for trace, known, _ in runs:
        bought = [step for step, _ in trace.of(CreateTask) if not step.candidate.intent]
        request = known.request
        if bought and request.paid and request.wait_rules.checks and not request.is_explicit:
            waited += 1
            results = [result for step, result in trace.before(CreateTask) if isinstance(step, ReadHeadChecks)]
            is_blind = isinstance(results[-1], Failed) and isinstance(results[-1].error, PermissionMissing)
            assert results[-1] == HeadChecksRead(()) or is_blind
    assert waited > RUNS / 400


def test_an_answer_is_announced_before_it_is_recorded_and_never_twice_or_by_its_buyer(runs: Runs) -> None:
    announced = 0
    for trace, known, _ in runs:
        keys = [one.key for one in trace.announced]
        announced += bool(keys)
        assert len(set(keys)) == len(keys)
        assert not keys or not [step for step, _ in trace.before(Announce) if isinstance(step, WriteSummary)]
        bought = {step.bought.purchase.key for step, got in trace.of(CreateTask) if isinstance(got, TaskCreated)}
        assert not bought & {one.purchase.key for one in trace.announced}
        assert not keys or known.request.remembers
    assert announced > RUNS / 20


def test_every_run_ends_with_its_output(runs: Runs) -> None:
    for trace, known, _ in runs:
        assert isinstance(trace.steps[-1][0], WriteOutput)
        if known.request.dry_run:
            assert not trace.of(WriteCheckRun, WriteSummary, *RECORDS)
            assert not (known.request.paid and trace.of(CreateTask))


def test_exactly_the_results_that_a_phase_can_get_are_handled() -> None:
    assert handled_in_reviews() == possible_in_reviews()


def test_a_result_of_another_step_is_a_bug() -> None:
    known = RandomWorld(1).known()
    with pytest.raises(RuntimeError, match="Loaded cannot handle Done"):
        learn(Loaded(known, "ann"), Done(), NOON)
    with pytest.raises(RuntimeError, match="Published has no step that can fail"):
        learn(Published(known, newer_head()), Failed(ServiceUnreachable("Away.")), NOON)


def test_a_run_ends_with_a_step() -> None:
    _, _, phase = play(RandomWorld(3), start)
    assert isinstance(phase, Ended)
    assert decide(phase) == Finish(phase.outcome)
