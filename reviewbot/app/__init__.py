"""The story of a run: load, select, submit, wait, read, place, publish, judge. `review.py` tells it in one screen."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.app.deliver import bare_outputs
from reviewbot.app.merge_group import carry
from reviewbot.app.review import review
from reviewbot.app.run import World
from reviewbot.domain.events import (
    BrokenEvent,
    ClosedEvent,
    CommentEvent,
    DispatchEvent,
    Event,
    MergeGroupEvent,
    OtherEvent,
    ReviewEvent,
)
from reviewbot.domain.gate import Outcome, Reason, did_not_happen, not_due
from reviewbot.domain.policy import Tolerance
from reviewbot.errors import EventUnreadable, ReviewbotError

__all__ = ["World", "act"]


def act(world: World, inputs: Mapping[str, str], event: Event) -> Outcome:
    """Do what an event asks for, and write the outputs whatever comes of it."""
    try:
        return _act(world, inputs, event)
    except ReviewbotError as error:
        told = (Reason(error.reason), error.message, error.hint)
        return _bare(world, did_not_happen(*told, exit_status=error.exit_status, on_error=Tolerance.FAIL))


def _act(world: World, inputs: Mapping[str, str], event: Event) -> Outcome:
    match event:
        case ReviewEvent(number=number) | DispatchEvent(number=int(number)):
            return review(world, inputs, event, number)
        case MergeGroupEvent():
            return carry(world, inputs, event)
        case ClosedEvent(number=number):
            return _bare(world, not_due(Reason.CLOSED, f"The pull request #{number} was closed."))
        case CommentEvent():
            return _bare(world, not_due(Reason.EVENT, "A comment asks for nothing."))
        case OtherEvent(why=why):
            return _bare(world, not_due(Reason.EVENT, why))
        case DispatchEvent(problem=problem):
            raise EventUnreadable(problem or "The input `pr` is missing.", hint="Start the workflow with `pr: NUMBER`.")
        case BrokenEvent(problem=problem):
            raise EventUnreadable(f"The event cannot be read: {problem}.")


def _bare(world: World, outcome: Outcome) -> Outcome:
    """The end of a run that read no pull request: the log and the outputs."""
    world.reporter.say(f"{outcome.status}: {outcome.message}")
    if outcome.hint:
        world.reporter.say(outcome.hint)
    world.reporter.outputs(bare_outputs(outcome))
    return outcome
