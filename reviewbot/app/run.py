"""The loop of a run: `decide` chooses a step, a performer executes the step, and `learn` returns the next phase."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from msgspec import Struct

from reviewbot.app.context import Ports, RunContext
from reviewbot.app.perform import perform
from reviewbot.domain.events.steps import Fail, QueueRead
from reviewbot.domain.github.pull_request import Permission, Snapshot
from reviewbot.domain.machine import phases, steps
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.outcome import why_incomplete
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Phase
from reviewbot.domain.machine.steps import CreateTask, Failed, Finish
from reviewbot.domain.policy.verdict import Outcome, Reason
from reviewbot.domain.questions.phases import CreateQuestion
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
    delaying = (phases.Submitted, phases.SubmittedForOlderHead)
    review = Machine("review", decide, learn_from, delaying, has_several_steps=(phases.Publishing,))
    ended, outcome = take_steps(run.ports, review, phase, lambda step, at: perform(run, step, at.known))
    known, lost = ended.known, why_incomplete(ended.known) if outcome.reason is Reason.MEMORY else ()
    why = "".join(f"; {one}" for one in (outcome.message, *known.why_partial, *lost) if one)
    run.ports.reporter.debug(f"{outcome.reason}: status {outcome.status}, verdict {outcome.verdict}{why}")
    return outcome


class Machine(Struct, Generic[P, R], frozen=True):
    """A machine for the loop.

    Attributes:
        name: the name in the log.
        delays_signals: the phases from the creation of a task to its record, in which signals wait.
        has_several_steps: the phases whose step, not the phase, explains what happens.
    """

    name: str
    decide: Callable[[P], Struct]
    learn: Callable[[P, R | Failed, datetime], P]
    delays_signals: tuple[type[Struct], ...] = ()
    has_several_steps: tuple[type[Struct], ...] = ()

    def describe(self, phase: P, step: Struct) -> str:
        reason = _meaning(type(step if isinstance(phase, self.has_several_steps) else phase))
        return f"{self.name}: {type(phase).__name__} -> {type(step).__name__}: {reason}"


def take_steps(
    ports: Ports, machine: Machine[P, R], phase: P, perform_step: Callable[[Any, P], R]
) -> tuple[P, Outcome]:
    """Perform steps until `Finish` or `Fail`.

    Raises:
        ReviewbotError: the error of `Fail`.
    """
    with ExitStack() as uninterrupted:
        while not isinstance(step := machine.decide(phase), Finish | Fail):
            ports.reporter.debug(machine.describe(phase, step))
            if isinstance(step, CreateTask | CreateQuestion):
                uninterrupted.enter_context(ports.uninterrupted())
            result = _perform_or_fail(perform_step, step, phase)
            ports.reporter.debug(f"{type(step).__name__} returned {describe_result(result)}")
            phase = machine.learn(phase, result, ports.clock.now())
            if not isinstance(phase, machine.delays_signals):
                uninterrupted.close()
        ports.reporter.debug(machine.describe(phase, step))
        if isinstance(step, Fail):
            raise step.error
        return phase, step.outcome


def _perform_or_fail(perform_step: Callable[[Any, P], R], step: Struct, phase: P) -> R | Failed:
    try:
        return perform_step(step, phase)
    except ReviewbotError as error:
        return Failed(error)


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
