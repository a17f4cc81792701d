"""The machine of a question: what each phase requests, and what follows from each result."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from reviewbot.domain.codevf.attachments import SizeTier, size_tiers
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Quote
from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.model.review import Balance, Tag, Task, TaskStatus
from reviewbot.domain.policy.verdict import Reason, Status
from reviewbot.domain.questions.machine import BUYING, decide, learn, price_of, start
from reviewbot.domain.questions.phases import (
    Acknowledge,
    AnswerRead,
    Asked,
    Checked,
    Closed,
    CreateQuestion,
    DeleteDuplicates,
    Ended,
    Intended,
    Limits,
    MarkChecks,
    Over,
    Phase,
    PostAnswer,
    Prepared,
    Priced,
    Quoted,
    React,
    Reacting,
    ReadAnswer,
    ReadFiles,
    ReadReplies,
    Replied,
    RepliesRead,
    Replying,
    Result,
    Resumed,
    Step,
    Submitted,
    Unanswered,
    Waiting,
    WriteQuestion,
)
from reviewbot.errors import (
    ChangeUnreadable,
    ForgeUnreachable,
    NotApproved,
    OverBudget,
    PayloadTooLarge,
    ReviewbotError,
    ServiceRefused,
    ServiceUnreachable,
)
from reviewbot.values import replace
from tests.domain.builders import NOON, pull, purchase, snapshot_of
from tests.domain.machine.test_transitions import sendable
from tests.project.machine_pairs import handled_in_questions, possible_in_questions

NEW = Question("42", "0" * 16, "ann", "", QuestionState.INTENT, "", 0, None, "")
INTENT = replace(NEW, hold=120, at=NOON.isoformat(timespec="seconds"))
OPEN = replace(INTENT, state=QuestionState.OPEN, task_id="task_9")
LIMITS = Limits(0, Decimal(0), Auto.AUTO, 0, ask_credits=60, attachment_bytes=1_000_000)
SIZES = size_tiers(1_000_000)
PRICE = Quote(120, None, 1, 60, None, 101)
RICH = Balance(Decimal(1000), Decimal(0))
RUNNING = Task("task_9", TaskStatus.PROCESSING, "processing")
DONE = Task("task_9", TaskStatus.COMPLETED, "completed", {"message": "No."}, Decimal(120))
CANCELLED = Task("task_9", TaskStatus.CANCELLED, "cancelled")
LEDGER = Ledger().with_question(INTENT)
TERMS = steps.TermsRead(None, RICH)
SNAPSHOT = snapshot_of(pull())
CHANGE = sendable().change
COMMENT = Comment(42, "https://x/42", "/reviewbot ask Why?", ours=False)
NO_REPLY = RepliesRead(SNAPSHOT, (), COMMENT)
WITHOUT_ANSWER = RepliesRead(SNAPSHOT, ((replace(COMMENT, id=43), AnswerMark("", "42", Reaction.NO)),), COMMENT)
WITH_ANSWER = RepliesRead(SNAPSHOT, ((replace(COMMENT, id=44), AnswerMark("", "42", Reaction.YES)),), COMMENT)


def reread(ledger: Ledger) -> steps.Reread:
    return steps.Reread(SNAPSHOT, StoredLedger(ledger), None)


def go(phase: Phase, *results: Result) -> Phase:
    for result in results:
        phase = learn(phase, result, NOON)
    return phase


def found(ledger: Ledger) -> tuple[Result, ...]:
    """Return the results of recording a question that is in this ledger."""
    return reread(ledger), steps.Done()


UNKNOWN = ServiceRefused("unknown", status=404)
UNREACHABLE = ServiceUnreachable("away")
GONE = ForgeUnreachable("away")
REFUSED = ServiceRefused("refused", status=400)
TOO_LARGE = steps.Failed(PayloadTooLarge("large"))


def test_a_question_is_bought_and_answered() -> None:
    phase: Phase = start(NEW, LIMITS, NOON, may_buy=True)
    answered = replace(OPEN, state=QuestionState.ANSWERED, used=Decimal(120))
    there = reread(LEDGER)
    results: list[tuple[Step, Result]] = [
        (steps.ReadTerms(), TERMS),
        (steps.FindProject(), steps.ProjectFound(101)),
        # The intent is recorded first, and read back.
        (steps.ReadAgain(""), reread(Ledger())),
        (WriteQuestion(INTENT, reread(Ledger())), LEDGER),
        (MarkChecks(SNAPSHOT, LEDGER), steps.Done()),
        (steps.ReadAgain(""), there),
        (MarkChecks(SNAPSHOT, LEDGER), steps.Done()),
        (ReadFiles(), CHANGE),
        (CreateQuestion(INTENT, PRICE, CHANGE, SIZES[0]), steps.TaskRead(RUNNING)),
        (Acknowledge(OPEN), steps.Done()),
        # The task id is recorded before the first poll.
        (steps.ReadAgain(""), there),
        (WriteQuestion(OPEN, there), LEDGER),
        (MarkChecks(SNAPSHOT, LEDGER), steps.Done()),
        (steps.PollTask(RUNNING, 0), steps.TaskRead(RUNNING, seconds=4)),
        (steps.PollTask(RUNNING, 4), steps.TaskRead(DONE, seconds=4)),
        (ReadReplies(OPEN), NO_REPLY),
        (ReadAnswer(DONE), AnswerRead("No.")),
        (PostAnswer(OPEN, DONE, NO_REPLY, "No."), steps.Done()),
        (ReadReplies(OPEN), WITH_ANSWER),
        (DeleteDuplicates(OPEN, SNAPSHOT), steps.Done()),
        (React(COMMENT, Reaction.YES), steps.Done()),
        (steps.ReadAgain(""), there),
        (WriteQuestion(answered, there), LEDGER),
        (MarkChecks(SNAPSHOT, LEDGER), steps.Done()),
    ]
    for step, result in results:
        assert decide(phase) == step
        phase = learn(phase, result, NOON)
    last = decide(phase)
    assert isinstance(last, steps.Finish)
    assert last.outcome.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("recorded", "may_buy", "hours", "phase"),
    [
        (INTENT, True, 23, Asked(INTENT, LIMITS)),
        (INTENT, True, 24, Over(INTENT, None)),
        (INTENT, False, 1, Over(INTENT, None)),
        (OPEN, False, 99, Resumed(OPEN)),
        (replace(OPEN, state=QuestionState.ENDED), True, 0, Over(replace(OPEN, state=QuestionState.ENDED), None)),
    ],
)
def test_a_later_run_continues_the_recorded_purchase(
    recorded: Question,
    may_buy: bool,  # noqa: FBT001 — a column
    hours: int,
    phase: Phase,
) -> None:
    assert start(recorded, LIMITS, NOON + timedelta(hours=hours), may_buy=may_buy) == phase


def test_an_intent_that_another_run_may_be_buying_now_stays_open() -> None:
    phase = start(INTENT, LIMITS, NOON + BUYING, may_buy=False)
    assert isinstance(phase, Ended)
    assert phase.outcome.status is Status.PENDING
    assert start(INTENT, LIMITS, NOON + BUYING + timedelta(seconds=1), may_buy=False) == Over(INTENT, None)


def test_an_answered_question_is_not_changed() -> None:
    answered = replace(OPEN, state=QuestionState.ANSWERED)
    phase = start(answered, LIMITS, NOON, may_buy=True)
    assert isinstance(phase, Ended)
    assert phase.outcome.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("limits", "balance", "why"),
    [
        (replace(LIMITS, max_per_pr=500, spent=Decimal(400)), 1000, "This question would exceed `max-credits-per-pr`"),
        (replace(LIMITS, first_hold=360, spent=Decimal(2100)), 1000, "6 times the 360 credits"),
        (replace(LIMITS, spent=Decimal(720)), 1000, "6 times the 120 credits"),
        (LIMITS, 100, "This question would reserve 120 credits"),
        (replace(LIMITS, min_balance=950), 1000, "less than `min-balance` (950)"),
    ],
)
def test_a_limit_stops_it_before_anything_is_recorded(limits: Limits, balance: int, why: str) -> None:
    with pytest.raises(OverBudget, match=re.escape(why)):
        price_of(NEW, limits, None, Balance(Decimal(balance), Decimal(0)))


def test_the_expertise_multiplies_the_hold() -> None:
    tag = Tag(1, "engineer", Decimal("1.7"))
    assert price_of(NEW, LIMITS, tag, RICH) == Quote(204, tag, 1, 60, None)


@pytest.mark.parametrize("now", [60, 600])
def test_an_intent_keeps_its_price_and_only_the_limit_of_the_pull_request_is_checked_again(now: int) -> None:
    limits = replace(LIMITS, ask_credits=now, max_per_pr=240, spent=Decimal(240))
    assert price_of(INTENT, limits, None, Balance(Decimal(0), Decimal(120))).hold == 120
    again = go(Asked(INTENT, limits), steps.TermsRead(None, Balance(Decimal(0), Decimal(120))), steps.ProjectFound(101))
    assert isinstance(again, Intended)
    assert (again.question, again.price.hold, again.again) == (INTENT, 120, True)
    with pytest.raises(OverBudget, match="This question would exceed `max-credits-per-pr`"):
        price_of(INTENT, replace(limits, spent=Decimal(241)), None, RICH)


def test_no_project_is_created_for_a_question_that_exceeds_a_limit() -> None:
    phase = learn(Asked(NEW, replace(LIMITS, min_balance=950)), TERMS, NOON)
    assert isinstance(phase, Ended)
    assert phase.outcome.reason is Reason.OVER_BUDGET


def quoted(max_per_pr: int = 0) -> Quoted:
    return Quoted(INTENT, replace(LIMITS, max_per_pr=max_per_pr), PRICE)


def test_a_purchase_that_was_recorded_meanwhile_withdraws_the_question() -> None:
    fits, too_much = LEDGER.with_question(replace(INTENT, comment="43")), Ledger((purchase(hold=300),))
    assert go(quoted(max_per_pr=240), *found(fits)) == Intended(INTENT, PRICE, SIZES, again=False)
    phase = go(quoted(max_per_pr=240), *found(too_much.with_question(INTENT)))
    assert isinstance(phase, Closed)
    assert phase.question == replace(INTENT, state=QuestionState.ENDED, used=Decimal(0))
    for ended in (go(phase, reread(LEDGER), LEDGER, steps.Done()), go(phase, steps.Failed(GONE))):
        assert isinstance(ended, Ended)
        assert ended.outcome.reason is Reason.OVER_BUDGET


def test_a_question_that_another_run_has_withdrawn_is_within_the_limit_or_withdrawn_too() -> None:
    withdrawn = replace(INTENT, state=QuestionState.ENDED, used=Decimal(0))
    ledger = LEDGER.with_question(replace(INTENT, comment="43")).with_question(withdrawn)
    assert isinstance(go(quoted(max_per_pr=240), *found(ledger)), Intended)
    assert isinstance(go(quoted(max_per_pr=239), *found(ledger)), Closed)


def prepared(sizes: tuple[SizeTier, ...] = SIZES, *, again: bool = False) -> Prepared:
    return Prepared(Intended(INTENT, PRICE, sizes, again=again), CHANGE)


def test_a_question_that_is_too_large_is_sent_in_the_next_smaller_tier() -> None:
    phase: Phase = prepared()
    for size in SIZES:
        assert decide(phase) == CreateQuestion(INTENT, PRICE, CHANGE, size)
        phase = learn(phase, TOO_LARGE, NOON)
    assert isinstance(phase, Closed)


@pytest.mark.parametrize("error", [REFUSED, PayloadTooLarge("large"), ChangeUnreadable("no")])
@pytest.mark.parametrize("again", [False, True])
def test_a_refused_purchase_holds_nothing(error: ReviewbotError, again: bool) -> None:  # noqa: FBT001 — a column
    at = prepared(SIZES[-1:], again=again)
    for phase in (learn(at, steps.Failed(error), NOON), learn(at.intended, steps.Failed(error), NOON)):
        assert isinstance(phase, Ended if again else Closed), "an earlier run may have created it"
        assert phase.outcome.status is Status.FAILED


@pytest.mark.parametrize("error", [UNREACHABLE, GONE])
def test_an_intent_stays_if_the_task_may_exist(error: ReviewbotError) -> None:
    phase = learn(prepared(), steps.Failed(error), NOON)
    assert isinstance(phase, Ended)
    assert phase.outcome.status is Status.FAILED


def test_a_task_that_is_over_when_it_is_found_is_answered_at_once() -> None:
    for acknowledged in (steps.Done(), steps.Failed(GONE)):
        assert go(prepared(again=True), steps.TaskRead(RUNNING), acknowledged) == Submitted(OPEN, RUNNING)
        assert go(prepared(again=True), steps.TaskRead(DONE), acknowledged) == Over(OPEN, DONE)


OPEN_PHASES = (
    Submitted(OPEN, RUNNING),
    Resumed(OPEN),
    Waiting(OPEN, RUNNING),
    Over(OPEN, DONE),
    Unanswered(OPEN, DONE, NO_REPLY),
    Replying(OPEN, DONE, NO_REPLY, "No."),
    Replied(OPEN, DONE),
    Checked(OPEN, DONE, WITH_ANSWER, is_new=True),
    Reacting(OPEN, DONE, COMMENT, Reaction.YES),
)


@pytest.mark.parametrize("phase", OPEN_PHASES)
@pytest.mark.parametrize("error", [UNREACHABLE, GONE, NotApproved("edited")])
def test_a_purchase_stays_open_until_a_run_can_continue(phase: Phase, error: ReviewbotError) -> None:
    after = learn(phase, steps.Failed(error), NOON)
    assert isinstance(after, Ended)
    assert after.outcome.status is Status.PENDING


def test_the_wait_may_end_before_the_task() -> None:
    after = learn(Waiting(OPEN, RUNNING), steps.NotOver(), NOON)
    assert isinstance(after, Ended)
    assert after.outcome.status is Status.PENDING


@pytest.mark.parametrize("phase", [Asked(NEW, LIMITS), Priced(NEW, LIMITS, PRICE), quoted()])
def test_nothing_is_bought_after_an_error(phase: Phase) -> None:
    after = learn(phase, steps.Failed(REFUSED), NOON)
    assert isinstance(after, Ended)
    assert (after.outcome.status, after.outcome.reason) == (Status.FAILED, Reason.REFUSED)


@pytest.mark.parametrize("phase", [Resumed(OPEN), Waiting(OPEN, RUNNING)])
def test_a_task_that_codevf_does_not_know_is_over_after_a_week(phase: Phase) -> None:
    assert isinstance(learn(phase, steps.Failed(UNKNOWN), NOON + timedelta(days=7)), Ended)
    assert learn(phase, steps.Failed(UNKNOWN), NOON + timedelta(days=7, seconds=1)) == Over(OPEN, None)


def test_an_older_task_is_read_once_and_then_awaited() -> None:
    assert decide(Resumed(OPEN)) == steps.ReadTask("task_9")
    assert learn(Resumed(OPEN), steps.TaskRead(RUNNING), NOON) == Waiting(OPEN, RUNNING)
    assert learn(Resumed(OPEN), steps.TaskRead(CANCELLED), NOON) == Over(OPEN, CANCELLED)


@pytest.mark.parametrize(
    ("task", "state", "used"),
    [
        (DONE, QuestionState.ANSWERED, Decimal(120)),
        (CANCELLED, QuestionState.ENDED, None),
        (None, QuestionState.ENDED, None),
    ],
)
def test_a_reply_is_recorded_with_its_credits(task: Task | None, state: QuestionState, used: Decimal | None) -> None:
    replied = learn(Reacting(OPEN, task, COMMENT, Reaction.YES), steps.Done(), NOON)
    assert isinstance(replied, Closed)
    assert replied.question == replace(OPEN, state=state, used=used)
    for after in (go(replied, reread(LEDGER), LEDGER, steps.Done()), go(replied, steps.Failed(GONE))):
        assert isinstance(after, Ended)
        assert after.outcome.status is Status.COMPLETED, "the marker of the reply is enough"


@pytest.mark.parametrize("task", [CANCELLED, None])
def test_a_task_without_an_answer_gets_one_note(task: Task | None) -> None:
    assert go(Over(OPEN, task), NO_REPLY) == Replying(OPEN, task, NO_REPLY, "")
    for there in (WITHOUT_ANSWER, WITH_ANSWER):
        assert go(Over(OPEN, task), there) == Checked(OPEN, task, there, is_new=False)


def test_an_answer_is_posted_beside_a_note_and_only_once() -> None:
    assert go(Over(OPEN, DONE), WITH_ANSWER) == Checked(OPEN, DONE, WITH_ANSWER, is_new=False)
    unanswered = go(Over(OPEN, DONE), WITHOUT_ANSWER)
    assert go(unanswered, AnswerRead("No.")) == Replying(OPEN, DONE, WITHOUT_ANSWER, "No.")
    assert go(unanswered, AnswerRead("")) == Checked(OPEN, DONE, WITHOUT_ANSWER, is_new=False)
    assert go(Over(OPEN, DONE), NO_REPLY, AnswerRead("")) == Replying(OPEN, DONE, NO_REPLY, "")


@pytest.mark.parametrize(
    ("read", "is_new", "reaction"),
    [
        (WITH_ANSWER, True, Reaction.YES),
        (WITH_ANSWER, False, Reaction.YES),
        (WITHOUT_ANSWER, True, Reaction.NO),
        (replace(WITH_ANSWER, comment=replace(COMMENT, reacted=True)), True, Reaction.YES),
        (replace(WITH_ANSWER, comment=replace(COMMENT, reacted=True)), False, None),
        (replace(WITH_ANSWER, comment=None), True, None),
    ],
)
def test_the_reaction_follows_the_reply(read: RepliesRead, is_new: bool, reaction: Reaction | None) -> None:  # noqa: FBT001 — a column
    after = go(Checked(OPEN, DONE, read, is_new=is_new), steps.Done())
    assert (after.reaction if isinstance(after, Reacting) else None) == reaction
    assert isinstance(after, Reacting | Closed)


def test_the_replies_are_those_to_the_question() -> None:
    other = replace(COMMENT, id=41, body="Hello.")
    reply = replace(COMMENT, id=43, body=str(AnswerMark("", "42", Reaction.NO)), ours=True)
    read = RepliesRead.of(OPEN, replace(SNAPSHOT, comments=(other, COMMENT, reply)), "")
    assert (read.comment, [one.id for one, _ in read.replies], read.is_answered) == (COMMENT, [43], False)
    assert RepliesRead.of(OPEN, SNAPSHOT, "").comment is None


def test_exactly_the_results_that_a_phase_can_get_are_handled() -> None:
    assert handled_in_questions() == possible_in_questions()


def test_a_result_of_another_step_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="Asked cannot handle Done"):
        learn(Asked(NEW, LIMITS), steps.Done(), NOON)
