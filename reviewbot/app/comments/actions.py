"""Execute the actions of commands. Actions are idempotent, so a later run can repeat a killed run."""

from __future__ import annotations

from functools import partial
from typing import assert_never

from reviewbot.app.context import RunContext, policy_of
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.questions.ask import ask, settle_questions
from reviewbot.app.review import review_pull_request
from reviewbot.domain.codevf.idempotency import KEY_MEMORY
from reviewbot.domain.commands import authorize
from reviewbot.domain.commands.authorize import CommandAction
from reviewbot.domain.commands.parse import CommandName, PostedCommand
from reviewbot.domain.github.pull_request import PullRequest, Snapshot
from reviewbot.domain.ledger.edits import CancelDeferrals, RefuseEarlier
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.review import UNFINISHED
from reviewbot.domain.policy.eligibility import needs_approval
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.values import replace


def action_of(run: RunContext, snapshot: Snapshot, posted: PostedCommand) -> CommandAction:
    scope = authorize.Scope(
        pull=_with_authors(run, snapshot.pull, posted),
        permission=run.ports.forge.permission(posted.sender),
        ledger=read_ledger(run, snapshot).ledger,
        fail_on=run.settings.strictest_fail_on,
        needs_approval=run.settings.paid and needs_approval(snapshot.pull, policy_of(run.settings)),
        paid=run.settings.paid,
        remembers=run.settings.summary_comment,
        is_stale=run.now - posted.at > KEY_MEMORY,
        bots=run.settings.bots,
    )
    return authorize.authorize(posted, scope)


def _with_authors(run: RunContext, pull: PullRequest, posted: PostedCommand) -> PullRequest:
    depends = posted.command.name in {CommandName.WAIVE, CommandName.BYPASS, CommandName.ACCEPT}
    if not depends or pull.commit_count <= len(pull.commits):
        return pull
    return replace(pull, commits=run.ports.forge.commits(pull.number))


def execute(run: RunContext, snapshot: Snapshot, posted: PostedCommand, action: CommandAction) -> Outcome | None:
    """Execute an action, and return the outcome of the run that the action started, or None if it started no run."""
    # This run also publishes finished reviews, but buys only what an earlier run deferred or began to buy.
    trigger = DispatchEvent(snapshot.pull.number, posted.sender)
    judge_again = partial(review_pull_request, run.ports, trigger, snapshot, may_buy=False)
    match action:
        case authorize.EditLedger() | authorize.Refusal.SUPERSEDED:
            # If the ledger is lost, all earlier commands are refused. This run writes a new ledger, so that later
            # commands count.
            edit = action.edit if isinstance(action, authorize.EditLedger) else RefuseEarlier(posted.stamp)
            return judge_again(edits=(edit,))
        case authorize.Refusal() | authorize.Tell():
            return None
        case authorize.Collect():
            return judge_again()
        case authorize.Cancel():
            if read_ledger(run, snapshot).ledger.deferred():
                # Cancel deferrals first. Otherwise, the end of a task would start a purchase that waits for the task.
                judge_again(edits=(CancelDeferrals(),))
            outcome = judge_again(edits=(CancelDeferrals(),), cancels=UNFINISHED)
            settle_questions(run.ports, run.read_snapshot())
            return outcome
        case authorize.Buy(asked=asked):
            purchases = read_ledger(run, snapshot).ledger.purchases
            over = any(asked.comment_id in one.asked and one.state is TaskState.ENDED for one in purchases)
            return review_pull_request(run.ports, asked, snapshot, may_buy=not over)
        case authorize.Ask():
            return ask(run, snapshot, posted, action)
        case unknown:
            assert_never(unknown)
