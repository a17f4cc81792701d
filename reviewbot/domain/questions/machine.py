"""The phases of a question, the steps that reviews do not use, and the phase that follows a step."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.codevf import budget
from reviewbot.domain.codevf.attachments import SizeTier, size_tiers
from reviewbot.domain.codevf.idempotency import is_forgotten, is_given_up
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Quote
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.model.review import Balance, Mode, Tag, Task, TaskStatus
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict, answered, did_not_happen
from reviewbot.errors import PayloadTooLarge, ReviewbotError, ServiceRefused, leaves_no_task
from reviewbot.values import replace

MODE = Mode.REALTIME_ANSWER

BUYING = timedelta(minutes=10)
"""The time after the intent during which another run may still create the task."""


class Limits(budget.Spending, frozen=True, kw_only=True):
    """The limits on the price and size of a question. `hold` is 0 until the question is priced."""

    ask_credits: int
    attachment_bytes: int
    what: str = "this question"
    again: str = "Then ask again."


# Phases


class Asked(Struct, frozen=True):
    """The price is read next."""

    question: Question
    limits: Limits


class Quoted(Struct, frozen=True):
    """The intent is recorded on GitHub next, before the task is created."""

    question: Question
    limits: Limits
    price: Quote


class Intended(Struct, frozen=True):
    """The intent is recorded. The task is created next.

    Attributes:
        sizes: the size tiers that CodeVF has not rejected, largest first.
        again: whether an earlier run may have created the task with the same key.
    """

    question: Question
    price: Quote
    sizes: tuple[SizeTier, ...]
    again: bool


class Submitted(Struct, frozen=True):
    """The id of the new task is recorded next, before the first poll."""

    question: Question
    task: Task


class Resumed(Struct, frozen=True):
    """An earlier run created the task, which is read next."""

    question: Question


class Waiting(Struct, frozen=True):
    """The task is polled.

    `waited` is the number of seconds since this run began to wait.
    """

    question: Question
    task: Task
    waited: float = 0


class Over(Struct, frozen=True):
    """The answer, or a note that no answer exists, is posted next.

    `task` is None if CodeVF has no task.
    """

    question: Question
    task: Task | None


class Closed(Struct, frozen=True):
    """The reply is posted, or no task exists and the intent is withdrawn. The final state is recorded next."""

    question: Question
    outcome: Outcome


class Ended(Struct, frozen=True):
    """Everything is written."""

    outcome: Outcome


Phase = Asked | Quoted | Intended | Submitted | Resumed | Waiting | Over | Closed | Ended


# Steps


class PriceQuestion(Struct, frozen=True):
    """Compute the price from CodeVF's expertise and balance. Find or create the project if no limit is exceeded."""

    question: Question


class RecordQuestion(Struct, frozen=True):
    """Record the question and its task on GitHub."""

    question: Question


class CreateQuestion(Struct, frozen=True):
    """Submit the question. For a repeated idempotency key, CodeVF returns the existing task."""

    question: Question
    price: Quote
    size: SizeTier


class PostAnswer(Struct, frozen=True):
    """Post the answer, or a note without an answer, unless already posted.

    `task` is None if CodeVF has no task.
    """

    question: Question
    task: Task | None


Step = PriceQuestion | RecordQuestion | CreateQuestion | PostAnswer | steps.ReadTask | steps.PollTask

Result = Quote | Ledger | steps.Done | steps.Failed | steps.TaskRead | steps.NotOver
"""`RecordQuestion` returns the ledger on GitHub, which contains the question."""


def start(question: Question, limits: Limits, now: datetime, *, may_buy: bool) -> Phase:
    """Return the first phase of a question in this run.

    `may_buy` is False if the comment was edited or deleted, the question was cancelled, or the pull request is closed.
    """
    match question.state:
        case QuestionState.INTENT if not question.at or (may_buy and not is_forgotten(question.at, now)):
            return Asked(question, limits)
        case QuestionState.INTENT if now - datetime.fromisoformat(question.at) <= BUYING:
            return Ended(_PENDING)
        case QuestionState.OPEN:
            return Resumed(question)
        case QuestionState.INTENT | QuestionState.ENDED:
            return Over(question, None)
        case QuestionState.ANSWERED:
            return Ended(_ANSWERED)
        case unknown:
            assert_never(unknown)


def decide(phase: Phase) -> Step | steps.Finish:  # noqa: PLR0911 — a row for each phase
    match phase:
        case Asked(question=question):
            return PriceQuestion(question)
        case Quoted(question=question) | Submitted(question=question) | Closed(question=question):
            return RecordQuestion(question)
        case Intended(question=question, price=price, sizes=sizes):
            return CreateQuestion(question, price, sizes[0])
        case Resumed(question=question):
            return steps.ReadTask(question.task_id)
        case Waiting(task=task, waited=waited):
            return steps.PollTask(task, waited)
        case Over(question=question, task=task):
            return PostAnswer(question, task)
        case Ended(outcome=outcome):
            return steps.Finish(outcome)
        case unknown:
            assert_never(unknown)


def learn(phase: Phase, result: Result, now: datetime) -> Phase:  # noqa: C901, PLR0911, PLR0912 — a table
    """Return the phase after a step.

    Raises:
        RuntimeError: the result belongs to another step, which is a bug.
    """
    match phase, result:
        case Asked(), Quote():
            return _priced(phase, result, now)
        case Quoted(), Ledger():
            return _intended(phase, result)
        case Intended(question=question), steps.TaskRead(task=task):
            return _created(replace(question, state=QuestionState.OPEN, task_id=task.id), task)
        case Intended(sizes=(_, *smaller)), steps.Failed(error=PayloadTooLarge()) if smaller:
            return replace(phase, sizes=tuple(smaller))
        case Intended(), steps.Failed(error=error):
            return _not_created(phase, error)
        case Submitted(question=question, task=task), Ledger():
            return _waiting(Waiting(question, task))
        case Resumed(question=question), steps.TaskRead(task=task):
            return _waiting(Waiting(question, task))
        case Waiting(question=question, waited=waited), steps.TaskRead(task=task, seconds=seconds):
            return _waiting(Waiting(question, task, waited + seconds))
        case (
            (Resumed(question=question) | Waiting(question=question)),
            steps.Failed(error=ServiceRefused(is_not_found=True)),
        ) if not question.at or is_given_up(question.at, now):
            return Over(question, None)
        case (Waiting(), steps.NotOver()) | ((Resumed() | Waiting() | Submitted() | Over()), steps.Failed()):
            return Ended(_PENDING)  # a bought answer stays open, and the next run resumes the task
        case Over(question=question, task=task), steps.Done():
            return Closed(_closed(question, task), _ANSWERED)
        case Closed(outcome=outcome), Ledger() | steps.Failed():
            return Ended(outcome)
        case ((Asked() | Quoted()), steps.Failed(error=error)):
            return Ended(did_not_happen(error))
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


_OPEN = "The question is open. A later run posts the answer."
_PENDING = Outcome(Status.PENDING, Verdict.NONE, Reason.COMMAND, None, 0, _OPEN)
_ANSWERED = answered(carried_out=True, message="The question was answered.")


def price_of(question: Question, limits: Limits, tag: Tag | None, balance: Balance | None) -> Quote:
    """Return the price of a question after checking the limits.

    If an earlier run recorded the intent, the task may exist, so only the limit of the pull request is checked.

    Raises:
        OverBudget: the price exceeds the balance or a limit.
    """
    times = tag.multiplier if tag else Decimal(1)
    most = limits.ask_credits
    if question.hold:  # a missing task is created at its original price
        most = budget.credits_again(most, question.hold, MODE, times)
    price = Quote(budget.hold(most, MODE, times), tag, parts=1, max_credits=most, lines=None)
    spending = replace(limits, hold=price.hold, spent=limits.spent - question.hold)
    budget.check(spending, None if question.hold else balance)
    return price


def _priced(at: Asked, price: Quote, now: datetime) -> Quoted | Intended:
    if at.question.hold:
        return Intended(at.question, price, size_tiers(at.limits.attachment_bytes), again=True)
    intent = replace(at.question, hold=price.hold, at=now.isoformat(timespec="seconds"))
    return Quoted(intent, at.limits, price)


def _intended(at: Quoted, ledger: Ledger) -> Intended | Closed:
    """Withdraw the intent if it exceeds the limit together with intents that other runs have recorded meanwhile.

    As in `purchase.check_race`, each run records its intent before reading the intents of other runs. Another run of
    the same command may have withdrawn this intent, so the recorded cost is replaced by the hold.
    """
    question = at.question
    recorded = ledger.questions.find(question.comment)
    spent = max(at.limits.spent, ledger.spent - (recorded.cost if recorded else 0))
    try:
        budget.check(replace(at.limits, hold=question.hold, first_hold=ledger.first_hold, spent=spent), None)
    except ReviewbotError as error:
        return _withdrawn(question, error)
    return Intended(question, at.price, size_tiers(at.limits.attachment_bytes), again=False)


def _withdrawn(question: Question, error: ReviewbotError) -> Closed:
    return Closed(replace(question, state=QuestionState.ENDED, used=Decimal(0)), did_not_happen(error))


def _not_created(at: Intended, error: ReviewbotError) -> Closed | Ended:
    """Keep the intent if the task may exist, so that the next run sends the same idempotency key."""
    return _withdrawn(at.question, error) if leaves_no_task(error) and not at.again else Ended(did_not_happen(error))


def _created(question: Question, task: Task) -> Submitted | Over:
    """Post the answer immediately if the task has finished, because the ledger may no longer be writable."""
    return Over(question, task) if task.status.is_over else Submitted(question, task)


def _waiting(at: Waiting) -> Waiting | Over:
    return Over(at.question, at.task) if at.task.status.is_over else at


def _closed(question: Question, task: Task | None) -> Question:
    done = task is not None and task.status is TaskStatus.COMPLETED
    used = task.credits_used if task is not None else question.used
    return replace(question, state=QuestionState.ANSWERED if done else QuestionState.ENDED, used=used)
