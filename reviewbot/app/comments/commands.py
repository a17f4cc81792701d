"""Execute the commands in the comments of a pull request."""

from __future__ import annotations

from typing import assert_never

from reviewbot.app.comments.execute import execute_command
from reviewbot.app.context import Ports
from reviewbot.app.load import load_snapshot
from reviewbot.app.output.runner_output import write_bare
from reviewbot.app.questions.ask import post_open_answers
from reviewbot.app.run import Machine, take_steps
from reviewbot.domain.commands.parse import why_not
from reviewbot.domain.events import comments, steps
from reviewbot.domain.findings.markers import comment_key
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.steps import Done
from reviewbot.domain.model.events import CommentEvent
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.settings import peek_settings
from reviewbot.values import replace

_MACHINE = Machine("commands", comments.decide, comments.learn, has_several_steps=(comments.CaughtUp,))


def answer_comment(ports: Ports, event: CommentEvent) -> Outcome:
    """Execute the commands that earlier runs missed, then the comment's command, and write the outputs."""
    if why := why_not(event):
        return write_bare(ports, not_due(Reason.EVENT, why))
    return _execute_commands(ports, event.number, comment_key(event.comment_id, in_thread=event.in_thread))[1]


def relay(ports: Ports, number: int) -> Outcome:
    """Execute the pending commands of a pull request."""
    return _execute_commands(ports, number)[1]


def catch_up(ports: Ports, number: int) -> Snapshot:
    """Execute the commands that earlier runs missed, and return the pull request as it is afterward."""
    return _execute_commands(ports, number)[0].snapshot


def _execute_commands(ports: Ports, number: int, key: str = "") -> tuple[comments.CatchUp, Outcome]:
    snapshot = load_snapshot(ports, number)
    settings = peek_settings(ports.inputs, snapshot.default_branch.config)
    now, is_keyless, dry_run = ports.clock.now(), settings.is_keyless, settings.dry_run
    begin = comments.start(snapshot, settings.instance, now, key, is_keyless=is_keyless, dry_run=dry_run)
    ended, outcome = take_steps(ports, _MACHINE, begin, lambda step, at: _perform(ports, step, at.catch_up.snapshot))
    return ended.catch_up, outcome


def _perform(ports: Ports, step: comments.Step, snapshot: Snapshot) -> comments.Result:
    match step:
        case steps.PostOpenAnswers(but=but):
            post_open_answers(ports, snapshot, but)
        case steps.ExecuteCommand(posted=posted, waits=waits):
            without_wait = replace(ports, inputs={**ports.inputs, "wait-minutes": "0"})
            return execute_command(ports if waits else without_wait, posted, snapshot)
        case steps.LogFailure(key=key, error=error):
            ports.reporter.say(f"reviewbot could not execute the command in comment {key}: {error.clause}")
        case steps.ReadPullRequest(number=number):
            return load_snapshot(ports, number)
        case steps.WriteOutcome(outcome=outcome):
            return write_bare(ports, outcome)
        case unknown:
            assert_never(unknown)
    return Done()
