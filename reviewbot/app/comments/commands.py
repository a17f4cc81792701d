"""Execute each command once: execute the idempotent action, post an answer, and mark the command with a reaction."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, takewhile

from reviewbot.app.comments.actions import action_of, execute
from reviewbot.app.comments.reply import react, reply
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.output.runner_output import write_bare
from reviewbot.app.questions.ask import settle_questions
from reviewbot.domain.commands.authorize import Ask, is_left
from reviewbot.domain.commands.parse import (
    CommandName,
    PostedCommand,
    answers_to,
    key_of,
    open_commands,
    said_in,
    why_not,
)
from reviewbot.domain.findings.markers import comment_key
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.model.events import CommentEvent
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, answered, command_outcome, not_due
from reviewbot.errors import ForgeError, ReviewbotError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings
from reviewbot.values import replace

MOST_MISSED = 10
"""The maximum number of missed commands per run. Each takes about five requests, and anyone can write commands."""


def answer_comment(ports: Ports, event: CommentEvent) -> Outcome:
    """Execute the commands that earlier runs missed, then the comment's command, and write the outputs."""
    why = why_not(event)
    if not why:
        key = comment_key(event.comment_id, in_thread=event.in_thread)
        snapshot = load_snapshot(ports, event.number)
        posted_commands = _open_commands(ports, snapshot)
        snapshot = _catch_up(ports, snapshot, takewhile(lambda one: one.key != key, posted_commands))
        for own in (one for one in posted_commands if one.key == key):
            return _carry_out(ports, own, snapshot)
        why = (
            _without_key(ports, snapshot)
            or "reviewbot already executed the command, or its comment was edited or deleted."
        )
    return write_bare(ports, not_due(Reason.EVENT, why))


def relay(ports: Ports, number: int) -> str:
    """Execute the pending commands of a pull request, and return a sentence about the result."""
    snapshot = catch_up(ports, number)
    return _without_key(ports, snapshot) or f"reviewbot executed the pending commands on #{number}."


def _without_key(ports: Ports, snapshot: Snapshot) -> str:
    is_keyless = peek_settings(ports.inputs, snapshot.default_branch.config).is_keyless
    return "This run has no CodeVF API key. The next run that has the key executes the command." if is_keyless else ""


def catch_up(ports: Ports, number: int) -> Snapshot:
    """Execute the commands that earlier runs missed, and return the pull request as it is afterward."""
    snapshot = load_snapshot(ports, number)
    return _catch_up(ports, snapshot, _open_commands(ports, snapshot))


def _open_commands(ports: Ports, snapshot: Snapshot) -> tuple[PostedCommand, ...]:
    """Return the commands to execute, or none without the key, because the ledger is signed with the key.

    First, settle the questions whose comment was edited or deleted, or whose answer is already posted.
    """
    settings = peek_settings(ports.inputs, snapshot.default_branch.config)
    if settings.dry_run or settings.is_keyless:
        return ()
    posted_commands = open_commands(snapshot.comments, snapshot.threads, settings.instance, ports.clock.now())
    said = said_in(snapshot.comments, snapshot.threads)
    unanswered = [one.key for one in posted_commands if not answers_to(said, settings.instance, one.key)]
    settle_questions(ports, snapshot, but=unanswered)
    return posted_commands


def _catch_up(ports: Ports, snapshot: Snapshot, posted_commands: Iterable[PostedCommand]) -> Snapshot:
    """Execute older commands in order, until one fails or can be neither answered nor marked with a reaction.

    The next run repeats that command without paying twice, because the check run's copy of the purchase contains the
    comment's id. A copy contains only one id, so a second command of that kind could be paid for twice. Reviews are
    bought without waiting for the result.
    """
    unhurried = replace(ports, inputs={**ports.inputs, "wait-minutes": "0"})
    for posted in islice(posted_commands, MOST_MISSED):
        try:
            _carry_out(unhurried, posted, snapshot)
        except ReviewbotError as error:
            ports.reporter.say(f"reviewbot could not execute the command in comment {posted.key}: {error.clause}")
            return load_snapshot(ports, snapshot.pull.number)
        snapshot = load_snapshot(ports, snapshot.pull.number)
        if posted.command.name is not CommandName.ASK and not _is_executed(ports, snapshot, posted):
            break
    return snapshot


def _is_executed(ports: Ports, snapshot: Snapshot, posted: PostedCommand) -> bool:
    said = said_in(snapshot.comments, snapshot.threads)
    instance = peek_settings(ports.inputs, snapshot.default_branch.config).instance
    is_answered = bool(answers_to(said, instance, posted.key))
    return is_answered or all(one.reacted for one in said if key_of(one) == posted.key)


def _carry_out(ports: Ports, posted: PostedCommand, snapshot: Snapshot) -> Outcome:
    """Execute a command, answer it, and write the outputs.

    Raises:
        ForgeError: GitHub failed before the ledger was written. The next run tries again.
    """
    began = ports.clock.monotonic()
    settings, snapshot = load_settings(ports, snapshot)
    wait_until = began + settings.wait_minutes * 60
    run = RunContext.of(ports, settings, snapshot, Renderer(overrides(snapshot)), wait_until=wait_until)
    word = posted.command.name.value
    if there := answers_to(said_in(snapshot.comments, snapshot.threads), settings.instance, posted.key):
        react(run, posted.comment_id, there[0][1].reaction, in_thread=posted.in_thread)
        return write_bare(ports, answered(carried_out=True, message=f"An earlier run answered `{word}`."))
    action = action_of(run, snapshot, posted)
    outcome = execute(run, snapshot, posted, action)
    if outcome is not None and is_left(action, outcome):
        raise ForgeError(outcome.message, hint=outcome.hint)
    if isinstance(action, Ask) and outcome is not None and outcome.status is not Status.FAILED:
        return write_bare(ports, outcome)  # the answer is already posted, or a later run posts it
    why_not = reply(run, snapshot, posted, action, outcome)
    for sentence in (*run.renderer.problems, *run.notes):
        run.say(sentence)
    if outcome is not None:
        # The action's run has already written outputs. The step fails only if the answer does not show the failure.
        shown = command_outcome(outcome)
        ports.reporter.outputs({"exit-status": str(shown.exit_status)})
        if shown.exit_status != outcome.exit_status:
            run.say(f"The step exits with status {shown.exit_status}. The answer to the command shows the result.")
        return shown
    text = f"reviewbot refused `{word}`: {why_not}" if why_not else f"reviewbot answered `{word}`."
    return write_bare(ports, answered(carried_out=not why_not, message=text))
