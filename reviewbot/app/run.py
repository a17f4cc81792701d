"""The loop of a run: `decide` chooses a step, a performer executes the step, and `learn` returns the next phase."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct

from reviewbot.app.context import Ports, RunContext
from reviewbot.app.perform import perform
from reviewbot.domain.events.command import Answering, Authorized
from reviewbot.domain.events.comments import CaughtUp
from reviewbot.domain.events.steps import Fail, QueueRead
from reviewbot.domain.github.pull_request import Permission, Snapshot
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.outcome import why_incomplete
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Phase, Publishing, Submitted, SubmittedForOlderHead
from reviewbot.domain.machine.steps import CreateTask, Failed, Finish
from reviewbot.domain.policy.verdict import Outcome, Reason
from reviewbot.domain.questions.phases import Created, CreateQuestion
from reviewbot.domain.questions.phases import Submitted as SubmittedQuestion
from reviewbot.errors import ReviewbotError
from reviewbot.values import replace

P = TypeVar("P", bound=Struct)
R = TypeVar("R")


def run_machine(run: RunContext, phase: Phase) -> Outcome:
    """Perform the steps of a review until it ends, and show its log and notes."""

    def show(known: Known, shown: int = 0) -> None:
        for line in known.log[shown:]:
            run.say(line)

    def learn_from(phase: Phase, result: steps.Result, now: datetime) -> Phase:
        wrote = replace(phase.known.wrote, denied=frozenset(run.denied))
        phase = replace(phase, known=replace(phase.known, wrote=wrote).noting(*run.take_notes()))
        after = learn(phase, result, now)
        show(after.known, len(phase.known.log))
        return after

    show(phase.known)
    ended, outcome = take_steps(run.ports, phase, decide, lambda step, at: perform(run, step, at.known), learn_from)
    known, lost = ended.known, why_incomplete(ended.known) if outcome.reason is Reason.MEMORY else ()
    why = "".join(f"; {one}" for one in (outcome.message, *known.why_partial, *lost) if one)
    run.ports.reporter.debug(f"{outcome.reason}: status {outcome.status}, verdict {outcome.verdict}{why}")
    return outcome


def take_steps(
    ports: Ports,
    phase: P,
    decide_on: Callable[[P], Struct],
    perform_step: Callable[[Any, P], R],
    learn_from: Callable[[P, R | Failed, datetime], P],
) -> tuple[P, Outcome]:
    """Perform steps until `Finish` or `Fail`. Signals are delayed while a task is created and recorded.

    Raises:
        ReviewbotError: the error of `Fail`.
    """
    with ExitStack() as uninterrupted:
        while not isinstance(step := decide_on(phase), Finish | Fail):
            ports.reporter.debug(describe(phase, step))
            if isinstance(step, CreateTask | CreateQuestion):
                uninterrupted.enter_context(ports.uninterrupted())
            result = _perform_or_fail(perform_step, step, phase)
            ports.reporter.debug(f"{type(step).__name__} returned {describe_result(result)}")
            phase = learn_from(phase, result, ports.clock.now())
            if not isinstance(phase, Submitted | SubmittedForOlderHead | Created | SubmittedQuestion):
                uninterrupted.close()
        ports.reporter.debug(describe(phase, step))
        if isinstance(step, Fail):
            raise step.error
        return phase, step.outcome


def _perform_or_fail(perform_step: Callable[[Any, P], R], step: Struct, phase: P) -> R | Failed:
    try:
        return perform_step(step, phase)
    except ReviewbotError as error:
        return Failed(error)


def describe(phase: Struct, step: Struct) -> str:
    reason = _meaning(type(step if isinstance(phase, Publishing | Authorized | Answering | CaughtUp) else phase))
    return f"{type(phase).__name__} -> {type(step).__name__}: {reason}"


@cache
def _meaning(kind: type[Struct]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def describe_result(result: object) -> str:  # noqa: C901, PLR0912 — a row for each kind of result
    """Return the type of a result, and the values that decide the next phase."""
    match result:
        case steps.Failed(error=error):
            said = f"{type(error).__name__}: {error.message}"
        case steps.TaskRead(task=task) | steps.TaskCreated(task=task):
            said = f"task {task.id} is {task.status_text}"
        case steps.HeadChecksRead(open_checks=open_checks):
            said = f"{len(open_checks)} open checks"
        case steps.NotOver(note=note):
            said = note or "the time to wait is over"
        case steps.TermsRead(balance=balance):
            said = f"{balance.available} credits" if balance else ""
        case steps.NewPartRead(parts=parts, only_moved_on=only_moved_on):
            said = f"{len(parts)} files" if only_moved_on else "the base branch was moved back"
        case steps.Reread(snapshot=snapshot, stored=stored) | steps.NewHead(snapshot=snapshot, stored=stored):
            said = f"head {snapshot.pull.head_sha[:7]}, ledger {stored.ledger.counter}"
        case Permission():
            said = result.value
        case Outcome(status=status, reason=reason):
            said = f"{status}, {reason}"
        case Snapshot(pull=pull):
            said = f"head {pull.head_sha[:7]}"
        case QueueRead(entries=entries):
            said = f"{len(entries)} pull requests"
        case steps.CheckRunWritten(check=check):
            said = f"{check.conclusion or check.status}" if check else "permission missing"
        case steps.SummaryWritten(ledger=ledger):
            said = f"ledger {ledger.counter}"
        case steps.CommentsPosted(count=count) | steps.ThreadsUpdated(count=count):
            said = f"{count} posted"
        case _:
            said = ""
    return f"{type(result).__name__}{said and f' ({said})'}"
