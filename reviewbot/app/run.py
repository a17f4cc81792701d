"""The loop of a run: `decide` chooses a step, `perform` executes the step, and `learn` updates the state."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct

from reviewbot.app.context import Ports, RunContext
from reviewbot.app.perform import perform
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Phase, Submitted
from reviewbot.domain.machine.steps import CreateTask, Finish, Step
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.questions.machine import Submitted as SubmittedQuestion
from reviewbot.domain.questions.steps import CreateQuestion

P = TypeVar("P", bound=Struct)


def run_machine(run: RunContext, phase: Phase) -> Outcome:
    """Perform the steps of a review until it ends, and write the log."""

    def take(phase: Phase, step: Step) -> Phase:
        after = learn(phase, perform(run, step, phase.known), run.now)
        for line in after.known.log[len(phase.known.log) :]:
            run.say(line)
        return after

    for line in phase.known.log:
        run.say(line)
    ended, outcome = take_steps(run.ports, phase, decide, take)
    why = "".join(f"; partial: {one}" for one in ended.known.why_partial)
    run.ports.reporter.debug(f"{outcome.status}, {outcome.verdict}, {outcome.reason}: {outcome.message}{why}")
    return outcome


def take_steps(
    ports: Ports, phase: P, decide_on: Callable[[P], Struct], take: Callable[[P, Any], P]
) -> tuple[P, Outcome]:
    """Perform steps until `Finish`. Signals are delayed while a task is created and recorded."""
    with ExitStack() as uninterrupted:
        while not isinstance(step := decide_on(phase), Finish):
            ports.reporter.debug(describe(phase, step))
            if isinstance(step, CreateTask | CreateQuestion):
                uninterrupted.enter_context(ports.uninterrupted())
            phase = take(phase, step)
            if not isinstance(phase, Submitted | SubmittedQuestion):
                uninterrupted.close()
        ports.reporter.debug(describe(phase, step))
        return phase, step.outcome


def describe(phase: Struct, step: Struct) -> str:
    return f"{type(phase).__name__} -> {type(step).__name__}: {_reason(type(phase))}"


@cache
def _reason(phase: type[Struct]) -> str:
    return (inspect.getdoc(phase) or "").partition("\n")[0]
