"""Doing what a command asks for. Each deed can be done again after a run that was stopped, and is done once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reviewbot.app.cancel import cancel
from reviewbot.app.memory import read_memory
from reviewbot.app.review import review_pull_request
from reviewbot.app.run import Run
from reviewbot.domain.amendments import Amendment, CallOff
from reviewbot.domain.commands import Order
from reviewbot.domain.deeds import Amend, Buy, Cancel, Collect, Deed, Refusal, Scope, Tell, decide
from reviewbot.domain.gate import Outcome
from reviewbot.domain.ledger import TaskState
from reviewbot.errors import ReviewDidNotHappen


def deed_of(run: Run, order: Order) -> Deed:
    """What comes of a command, by what its writer may do at this moment."""
    scope = Scope(
        pull=run.snapshot.pull,
        permission=run.world.forge.permission(order.sender),
        ledger=read_memory(run, run.snapshot, "").ledger,
        paid=run.paid,
        remembers=run.settings.summary_comment,
    )
    return decide(order, scope)


def do(run: Run, inputs: Mapping[str, str], deed: Deed) -> Outcome | None:
    """Do it; the outcome of the run that it took, None when it took none."""
    match deed:
        case Refusal() | Tell():
            return None
        case Collect():
            return _look_up(run, inputs)
        case Cancel(task_ids=task_ids):
            return _cancel(run, inputs, task_ids)
        case Amend(amendment=amendment):
            return _look_up(run, inputs, amendment)
        case Buy():
            return _buy(run, inputs, deed)
        case unknown:
            assert_never(unknown)


def _look_up(run: Run, inputs: Mapping[str, str], *amendments: Amendment) -> Outcome:
    """Judge and publish anew, with what is finished by now; nothing is bought for it."""
    return review_pull_request(run.world, inputs, run.trigger, run.snapshot, may_buy=False, amendments=amendments)


def _cancel(run: Run, inputs: Mapping[str, str], task_ids: tuple[str, ...]) -> Outcome:
    if read_memory(run, run.snapshot, "").ledger.postponed():
        _look_up(run, inputs, CallOff())  # first: whoever waits for one of the tasks buys when it is over
    try:
        cancel(run, run.open_service(), task_ids, lambda _: True)
    except ReviewDidNotHappen as error:
        run.say(error.message)
    return _look_up(run, inputs, CallOff())


def _buy(run: Run, inputs: Mapping[str, str], deed: Buy) -> Outcome:
    """Buy what this comment asks for, on the very head that was looked at, unless it was bought and has ended."""
    asked, bought = deed.asked, read_memory(run, run.snapshot, "").ledger.purchases
    over = any(asked.comment_id in one.asked and one.state is TaskState.ENDED for one in bought)
    return review_pull_request(run.world, inputs, asked, run.snapshot, may_buy=not over)
