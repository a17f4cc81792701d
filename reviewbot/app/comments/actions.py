"""Executes the actions of commands. Actions are idempotent, so a killed run can be repeated."""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct

from reviewbot.app.context import RunContext, policy_of
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.questions.ask import ask, settle_questions
from reviewbot.app.review import review_pull_request
from reviewbot.domain.codevf.idempotency import KEY_MEMORY
from reviewbot.domain.commands import authorize
from reviewbot.domain.commands.authorize import CommandAction
from reviewbot.domain.commands.parse import CommandName, PostedCommand
from reviewbot.domain.github.pull_request import PullRequest, Snapshot
from reviewbot.domain.ledger.edits import CancelDeferrals, LedgerEdit
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.machine.known import Cancels
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.policy.eligibility import needs_approval
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.values import replace


class CommandRun(Struct, frozen=True):
    """A command that is executed."""

    run: RunContext
    snapshot: Snapshot
    posted: PostedCommand

    def judge_again(self, *edits: LedgerEdit, cancels: Cancels = Cancels.NONE) -> Outcome:
        """Judge and publish again, including reviews that have finished. Nothing is bought."""
        trigger = DispatchEvent(self.snapshot.pull.number, self.posted.sender)
        return review_pull_request(self.run.ports, trigger, self.snapshot, may_buy=False, cancels=cancels, edits=edits)

    @property
    def ledger(self) -> Ledger:
        """The ledger, as far as it is trusted."""
        return read_ledger(self.run, self.snapshot).ledger


def action_of(run: RunContext, snapshot: Snapshot, posted: PostedCommand) -> CommandAction:
    scope = authorize.Scope(
        pull=_with_authors(run, snapshot.pull, posted),
        permission=run.ports.forge.permission(posted.sender),
        ledger=read_ledger(run, snapshot).ledger,
        fail_on=run.settings.strictest_fail_on,
        needs_approval=run.paid and needs_approval(snapshot.pull, policy_of(run.settings)),
        paid=run.paid,
        remembers=run.settings.summary_comment,
        is_stale=run.now - posted.at > KEY_MEMORY,
    )
    return authorize.authorize(posted, scope)


def _with_authors(run: RunContext, pull: PullRequest, posted: PostedCommand) -> PullRequest:
    depends = posted.command.name in {CommandName.WAIVE, CommandName.BYPASS, CommandName.ACCEPT}
    if not depends or pull.commit_count <= len(pull.commits):
        return pull
    return replace(pull, commits=run.ports.forge.commits(pull.number))


def execute(command: CommandRun, action: CommandAction) -> Outcome | None:
    """Execute an action; return the outcome of the run that it started, if any."""
    match action:
        case authorize.Refusal() | authorize.Tell():
            return None
        case authorize.Collect():
            return command.judge_again()
        case authorize.Cancel():
            return _cancel(command)
        case authorize.EditLedger(edit=edit):
            return command.judge_again(edit)
        case authorize.Buy():
            return _buy(command, action)
        case authorize.Ask():
            return ask(command.run, command.snapshot, command.posted, action)
        case unknown:
            assert_never(unknown)


def _cancel(command: CommandRun) -> Outcome:
    if command.ledger.postponed():
        # First: a purchase that waits for one of the tasks would be made when it ends.
        command.judge_again(CancelDeferrals())
    outcome = command.judge_again(CancelDeferrals(), cancels=Cancels.ALL)
    settle_questions(command.run.ports, command.run.read_snapshot())
    return outcome


def _buy(command: CommandRun, action: authorize.Buy) -> Outcome:
    asked = action.asked
    over = any(asked.comment_id in one.asked and one.state is TaskState.ENDED for one in command.ledger.purchases)
    return review_pull_request(command.run.ports, asked, command.snapshot, may_buy=not over)
