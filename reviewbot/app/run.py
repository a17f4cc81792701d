"""The loop: `decide` chooses a step, `perform` takes it, `learn` updates the state."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from functools import cache

from msgspec import Struct

from reviewbot.app.context import RunContext
from reviewbot.app.perform import perform
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Phase, Submitted
from reviewbot.domain.machine.steps import CreateTask, Finish
from reviewbot.domain.policy.verdict import Outcome


def run_machine(run: RunContext, phase: Phase) -> Outcome:
    for line in phase.known.log:
        run.say(line)
    with ExitStack() as uninterrupted:
        while not isinstance(step := decide(phase), Finish):
            run.ports.reporter.debug(describe(phase, step))
            if isinstance(step, CreateTask):
                uninterrupted.enter_context(run.ports.uninterrupted())
            before, phase = phase.known, learn(phase, perform(run, step, phase.known), run.now)
            if not isinstance(phase, Submitted):  # signals are delayed until the task's id is recorded
                uninterrupted.close()
            for line in phase.known.log[len(before.log) :]:
                run.say(line)
        run.ports.reporter.debug(describe(phase, step))
        outcome, why = step.outcome, "".join(f"; partial: {one}" for one in phase.known.why_partial)
        run.ports.reporter.debug(f"{outcome.status}, {outcome.verdict}, {outcome.reason}: {outcome.message}{why}")
        return step.outcome


def describe(phase: Struct, step: Struct) -> str:
    return f"{type(phase).__name__} -> {type(step).__name__}: {_reason(type(phase))}"


@cache
def _reason(phase: type[Struct]) -> str:
    return (inspect.getdoc(phase) or "").partition("\n")[0]
