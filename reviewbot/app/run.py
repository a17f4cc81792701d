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
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.outcome import why_incomplete
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Phase, Publishing, Submitted
from reviewbot.domain.machine.steps import CreateTask, Finish
from reviewbot.domain.policy.verdict import Outcome, Reason
from reviewbot.domain.questions.phases import Created, CreateQuestion
from reviewbot.domain.questions.phases import Submitted as SubmittedQuestion

P = TypeVar("P", bound=Struct)
R = TypeVar("R")


def run_machine(run: RunContext, phase: Phase) -> Outcome:
    """Perform the steps of a review until it ends, and show its log and notes."""

    def show(known: Known, shown: int = 0) -> None:
        for line in known.log[shown:]:
            run.say(line)
        run.note(*known.notes)

    def learn_from(phase: Phase, result: steps.Result, now: datetime) -> Phase:
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
    learn_from: Callable[[P, R, datetime], P],
) -> tuple[P, Outcome]:
    """Perform steps until `Finish`. Signals are delayed while a task is created and recorded."""
    with ExitStack() as uninterrupted:
        while not isinstance(step := decide_on(phase), Finish):
            ports.reporter.debug(describe(phase, step))
            if isinstance(step, CreateTask | CreateQuestion):
                uninterrupted.enter_context(ports.uninterrupted())
            result = perform_step(step, phase)
            ports.reporter.debug(f"{type(step).__name__} returned {describe_result(result)}")
            phase = learn_from(phase, result, ports.clock.now())
            if not isinstance(phase, Submitted | Created | SubmittedQuestion):
                uninterrupted.close()
        ports.reporter.debug(describe(phase, step))
        return phase, step.outcome


def describe(phase: Struct, step: Struct) -> str:
    reason = _meaning(type(step if isinstance(phase, Publishing) else phase))
    return f"{type(phase).__name__} -> {type(step).__name__}: {reason}"


@cache
def _meaning(kind: type[Struct]) -> str:
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def describe_result(result: object) -> str:
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
        case steps.PriceRead(quote=quote):
            said = f"{quote.hold} credits"
        case steps.NewPartRead(parts=parts, only_moved_on=only_moved_on):
            said = f"{len(parts)} files" if only_moved_on else "the base branch was moved back"
        case steps.Reread(snapshot=snapshot, stored=stored):
            said = f"head {snapshot.pull.head_sha[:7]}, ledger {stored.ledger.counter}"
        case Permission():
            said = result.value
        case Known():
            denied = "".join(f", denied: {one}" for one in sorted(result.wrote.denied))
            said = f"head {result.snapshot.pull.head_sha[:7]}, ledger {result.ledgers.written.counter}{denied}"
        case _:
            said = ""
    return f"{type(result).__name__}{said and f' ({said})'}"
