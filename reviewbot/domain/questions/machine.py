"""The step of each phase of a question, and the phase that follows a step."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import assert_never

from reviewbot.domain.codevf import budget
from reviewbot.domain.codevf.attachments import size_tiers
from reviewbot.domain.codevf.idempotency import is_forgotten, is_given_up
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Quote, ReviewedChange
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.model.review import Balance, Mode, Tag, Task, TaskStatus
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict, answered, did_not_happen
from reviewbot.domain.questions.phases import (
    Acknowledge,
    AnswerRead,
    Asked,
    Checked,
    Closed,
    Created,
    CreateQuestion,
    DeleteDuplicates,
    Ended,
    Intended,
    Limits,
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
    Recording,
    Replied,
    RepliesRead,
    Replying,
    Result,
    Resumed,
    Step,
    Submitted,
    Unanswered,
    Waiting,
)
from reviewbot.domain.questions.record import after_step
from reviewbot.errors import OverBudget, PayloadTooLarge, ReviewbotError, ServiceRefused, leaves_no_task
from reviewbot.values import replace

MODE = Mode.REALTIME_ANSWER

BUYING = timedelta(minutes=10)
"""The time after the intent during which another run may still create the task."""


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


def decide(phase: Phase) -> Step | steps.Finish:  # noqa: C901, PLR0911, PLR0912 — a row for each phase
    match phase:
        case Asked():
            return steps.ReadTerms()
        case Priced():
            return steps.FindProject()
        case Quoted(recording=recording) | Submitted(recording=recording) | Closed(recording=recording):
            return recording.step
        case Intended():
            return ReadFiles()
        case Prepared(intended=intended, change=change):
            return CreateQuestion(intended.question, intended.price, change, intended.sizes[0])
        case Created(question=question):
            return Acknowledge(question)
        case Resumed(question=question):
            return steps.ReadTask(question.task_id)
        case Waiting(task=task, waited=waited):
            return steps.PollTask(task, waited)
        case Over(question=question) | Replied(question=question):
            return ReadReplies(question)
        case Unanswered(task=task):
            return ReadAnswer(task)
        case Replying(question=question, task=last_task, read=read, text=text):
            return PostAnswer(question, last_task, read, text)
        case Checked(question=question, read=read):
            return DeleteDuplicates(question, read.snapshot)
        case Reacting(comment=comment, reaction=reaction):
            return React(comment, reaction)
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
        case Asked(), steps.TermsRead():
            return _priced(phase, result)
        case Priced(), steps.ProjectFound(project_id=project_id):
            return _quoted(replace(phase, price=replace(phase.price, project_id=project_id)), now)
        case ((Asked() | Priced()), steps.Failed(error=error)):
            return Ended(did_not_happen(error))
        case ((Quoted() | Submitted() | Closed()), (steps.Reread() | Ledger() | steps.Done() | steps.Failed())):
            return _recorded(phase, result)
        case Intended(), ReviewedChange():
            return Prepared(phase, result)
        case Prepared(intended=intended), steps.TaskRead(task=task):
            return Created(replace(intended.question, state=QuestionState.OPEN, task_id=task.id), task)
        case Prepared(intended=Intended(sizes=(_, *smaller))), steps.Failed(error=PayloadTooLarge()) if smaller:
            return replace(phase, intended=replace(phase.intended, sizes=tuple(smaller)))
        case Intended(), steps.Failed(error=error):
            return _not_created(phase, error)
        case Prepared(intended=intended), steps.Failed(error=error):
            return _not_created(intended, error)
        case Created(question=question, task=task), (steps.Done() | steps.Failed()):
            return _created(question, task)
        case Resumed(question=question), steps.TaskRead(task=task):
            return _waiting(Waiting(question, task))
        case Waiting(question=question, waited=waited), steps.TaskRead(task=task, seconds=seconds):
            return _waiting(Waiting(question, task, waited + seconds))
        case (
            (Resumed(question=question) | Waiting(question=question)),
            steps.Failed(error=ServiceRefused(is_not_found=True)),
        ) if not question.at or is_given_up(question.at, now):
            return Over(question, None)
        case (Waiting(), steps.NotOver()) | ((Resumed() | Waiting()), steps.Failed()):
            return Ended(_PENDING)  # a bought answer stays open, and the next run resumes the task
        case Over(), RepliesRead():
            return _over(phase, result)
        case Unanswered(question=question, task=task, read=read), AnswerRead(text=text):
            return _replying(question, task, read, text)
        case Replying(question=question, task=last_task), steps.Done():
            return Replied(question, last_task)
        case Replied(question=question, task=last_task), RepliesRead():
            return Checked(question, last_task, result, is_new=True)
        case Checked(), steps.Done():
            return _reacting(phase)
        case Reacting(question=question, task=last_task), steps.Done():
            return _closed(question, last_task)
        case ((Over() | Unanswered() | Replying() | Replied() | Checked() | Reacting()), steps.Failed()):
            return Ended(_PENDING)
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


def _priced(at: Asked, terms: steps.TermsRead) -> Priced | Ended:
    try:
        return Priced(at.question, at.limits, price_of(at.question, at.limits, terms.tag, terms.balance))
    except OverBudget as error:
        return Ended(did_not_happen(error))


def _quoted(at: Priced, now: datetime) -> Quoted | Intended:
    if at.question.hold:
        return Intended(at.question, at.price, size_tiers(at.limits.attachment_bytes), again=True)
    intent = replace(at.question, hold=at.price.hold, at=now.isoformat(timespec="seconds"))
    return Quoted(intent, at.limits, at.price)


def _recorded(
    at: Quoted | Submitted | Closed, result: steps.Reread | Ledger | steps.Done | steps.Failed
) -> Quoted | Submitted | Closed | Intended | Waiting | Over | Ended:
    after = after_step(at.question, at.recording, result)
    if isinstance(after, Recording):
        return replace(at, recording=after)
    match at:
        case Quoted():
            return _intended(at, after) if isinstance(after, Ledger) else Ended(did_not_happen(after))
        case Submitted(question=question, task=task):
            return _waiting(Waiting(question, task)) if isinstance(after, Ledger) else Ended(_PENDING)
        case Closed(outcome=outcome):
            return Ended(outcome)
        case unknown:
            assert_never(unknown)


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


def _over(at: Over, read: RepliesRead) -> Unanswered | Replying | Checked:
    if at.task is not None and at.task.status is TaskStatus.COMPLETED and not read.is_answered:
        return Unanswered(at.question, at.task, read)
    return _replying(at.question, at.task, read, "")


def _replying(question: Question, task: Task | None, read: RepliesRead, text: str) -> Replying | Checked:
    """Post a reply unless one exists. A reply with an answer replaces an earlier reply without an answer."""
    is_posted = bool(read.replies) and not text
    return Checked(question, task, read, is_new=False) if is_posted else Replying(question, task, read, text)


def _reacting(at: Checked) -> Reacting | Closed:
    comment = at.read.comment
    if comment is None or (comment.reacted and not at.is_new):
        return _closed(at.question, at.task)
    return Reacting(at.question, at.task, comment, Reaction.YES if at.read.is_answered else Reaction.NO)


def _closed(question: Question, task: Task | None) -> Closed:
    done = task is not None and task.status is TaskStatus.COMPLETED
    used = task.credits_used if task is not None else question.used
    state = QuestionState.ANSWERED if done else QuestionState.ENDED
    return Closed(replace(question, state=state, used=used), _ANSWERED)
