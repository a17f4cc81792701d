"""Doing what a command asks for. Each action can be done again after a run that was stopped, and is done once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reviewbot.app.cancel import cancel
from reviewbot.app.context import RunContext
from reviewbot.app.ledger_store import read_ledger
from reviewbot.app.review import review_pull_request
from reviewbot.domain.commands.authorize import (
    Buy,
    Cancel,
    Collect,
    CommandAction,
    EditLedger,
    Refusal,
    Scope,
    Tell,
    authorize,
)
from reviewbot.domain.commands.parse import PostedCommand
from reviewbot.domain.ledger.edits import CallOff, LedgerEdit
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ReviewDidNotHappen


def action_of(run: RunContext, posted: PostedCommand) -> CommandAction:
    """What comes of a command, by what its writer may do at this moment."""
    scope = Scope(
        pull=run.snapshot.pull,
        permission=run.ports.forge.permission(posted.sender),
        ledger=read_ledger(run, run.snapshot, "").ledger,
        paid=run.paid,
        remembers=run.settings.summary_comment,
    )
    return authorize(posted, scope)


def do(run: RunContext, inputs: Mapping[str, str], action: CommandAction) -> Outcome | None:
    """Do it; the outcome of the run that it took, None when it took none."""
    match action:
        case Refusal() | Tell():
            return None
        case Collect():
            return _look_up(run, inputs)
        case Cancel(task_ids=task_ids):
            return _cancel(run, inputs, task_ids)
        case EditLedger(edit=edit):
            return _look_up(run, inputs, edit)
        case Buy():
            return _buy(run, inputs, action)
        case unknown:
            assert_never(unknown)


def _look_up(run: RunContext, inputs: Mapping[str, str], *edits: LedgerEdit) -> Outcome:
    """Judge and publish anew, with what is finished by now; nothing is bought for it."""
    return review_pull_request(run.ports, inputs, run.trigger, run.snapshot, may_buy=False, edits=edits)


def _cancel(run: RunContext, inputs: Mapping[str, str], task_ids: tuple[str, ...]) -> Outcome:
    if read_ledger(run, run.snapshot, "").ledger.postponed():
        _look_up(run, inputs, CallOff())  # first: whoever waits for one of the tasks buys when it is over
    try:
        cancel(run, run.open_service(), task_ids, lambda _: True)
    except ReviewDidNotHappen as error:
        run.say(error.message)
    return _look_up(run, inputs, CallOff())


def _buy(run: RunContext, inputs: Mapping[str, str], action: Buy) -> Outcome:
    """Buy what this comment asks for, on the very head that was looked at, unless it was bought and has ended."""
    asked, bought = action.asked, read_ledger(run, run.snapshot, "").ledger.purchases
    over = any(asked.comment_id in one.asked and one.state is TaskState.ENDED for one in bought)
    return review_pull_request(run.ports, inputs, asked, run.snapshot, may_buy=not over)
