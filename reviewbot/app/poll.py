"""Waiting for a person: at the documented pace, within one deadline, with everything written down before."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.domain.codevf.polling import next_poll
from reviewbot.domain.model.review import Mode, Task
from reviewbot.domain.policy.eligibility import AtTerminal
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import state
from reviewbot.errors import ServiceError, ServiceRefused
from reviewbot.ports import ReviewService


def wait(run: RunContext, service: ReviewService, task: Task, mode: Mode) -> Task:
    """Ask for the task at the documented pace until it is over or the deadline has come.

    What must be known is written before the first question, so a signal only ends the wait.
    """
    clock, latest = run.ports.clock, task
    began = clock.monotonic()
    try:
        while not latest.status.is_over:
            now = clock.monotonic()
            delay = next_poll(latest.status, mode, now - began, latest.retry_after, run.ports.rng)
            if now + delay > run.deadline:
                break
            clock.sleep(delay)
            before, latest = latest, service.retrieve(task.id)
            if latest.status is not before.status and not latest.status.is_over:
                _tell_state(run, latest)
    except KeyboardInterrupt:
        run.say("The wait was interrupted.")  # the story says what comes of it
    except ServiceRefused:
        raise  # the service does not know the task: waiting for it would never end
    except ServiceError as error:
        run.degraded.say(f"{error.message} The task goes on and a later run picks it up.")
    return latest


def _tell_state(run: RunContext, task: Task) -> None:
    """A line for the log, the only one while a run waits; at a terminal a line moves all the while."""
    if not isinstance(run.trigger, AtTerminal):
        run.say(f"The task is {visible(state(task.status_text))}.")
