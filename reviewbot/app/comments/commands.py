"""Commands in comments: carried out once each, with one answer and one emoji, wherever a run was stopped before.

First the action, which can be done again; then the answer, which names its comment; then the emoji, which ends it. What
a cancelled run has missed is carried out by the next one, before it does anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice, takewhile

from reviewbot.app.comments.actions import Asking, action_of, do
from reviewbot.app.comments.reply import react, reply
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.output.runner_output import bare_outputs
from reviewbot.domain.commands.authorize import is_left
from reviewbot.domain.commands.parse import PostedCommand, answers_to, open_commands, why_not
from reviewbot.domain.findings.markers import comment_key
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.model.events import CommentEvent
from reviewbot.domain.policy.verdict import Outcome, Reason, answered, command_outcome, not_due
from reviewbot.errors import ForgeError, ReviewbotError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings

MOST_MISSED = 10
"""Older commands that one run carries out: each takes about five requests, and anybody may write them."""

UNHURRIED = {"wait-minutes": "0"}
"""A review that an earlier comment asked for is bought and left: this run has its own to wait for."""


def answer_comment(ports: Ports, inputs: Mapping[str, str], event: CommentEvent) -> Outcome:
    """Carry out a comment's command, after those before it that no run has carried out, and write the outputs.

    Raises:
        ReviewbotError: it could not be carried out; the next run tries again.
    """
    why = why_not(event)
    if not why:
        key = comment_key(event.comment_id, in_thread=event.in_thread)
        snapshot = load_snapshot(ports, inputs, event.number)
        posted_commands = _open_commands(ports, inputs, snapshot)
        snapshot = _catch_up(ports, inputs, snapshot, takewhile(lambda one: one.key != key, posted_commands))
        for own in (one for one in posted_commands if one.key == key):
            return _carry_out(ports, inputs, own, snapshot)
        why = _why_left(inputs, snapshot)
    ports.reporter.say(why)
    outcome = not_due(Reason.EVENT, why)
    ports.reporter.outputs(bare_outputs(outcome))
    return outcome


def _why_left(inputs: Mapping[str, str], snapshot: Snapshot) -> str:
    if peek_settings(inputs, snapshot.default_branch.config).is_keyless:
        return "This run has no CodeVF key. The next run that has it carries out the command."
    return "The command was carried out already, or its comment was edited or deleted."


def catch_up(ports: Ports, inputs: Mapping[str, str], number: int) -> Snapshot:
    """Carry out what earlier runs have missed.

    Returns:
        The pull request as it is after that; it is read once when there was nothing.

    Raises:
        ForgeError: it cannot be read.
    """
    snapshot = load_snapshot(ports, inputs, number)
    return _catch_up(ports, inputs, snapshot, _open_commands(ports, inputs, snapshot))


def _open_commands(ports: Ports, inputs: Mapping[str, str], snapshot: Snapshot) -> tuple[PostedCommand, ...]:
    """The commands to carry out; a run without the key cannot read what they are about, and leaves them to others."""
    settings = peek_settings(inputs, snapshot.default_branch.config)
    if settings.dry_run or settings.is_keyless:
        return ()
    return open_commands(snapshot.comments, snapshot.threads, settings.instance, ports.clock.now())


def _catch_up(
    ports: Ports, inputs: Mapping[str, str], snapshot: Snapshot, posted_commands: Iterable[PostedCommand]
) -> Snapshot:
    """Carry out older commands in their order; one that cannot be is said, and stays with those after it for later."""
    for posted in islice(posted_commands, MOST_MISSED):
        try:
            _carry_out(ports, {**inputs, **UNHURRIED}, posted, snapshot)
        except ReviewbotError as error:
            ports.reporter.say(f"The command of comment {posted.key} was not carried out: {error.message}")
            return load_snapshot(ports, inputs, snapshot.pull.number)
        snapshot = load_snapshot(ports, inputs, snapshot.pull.number)
    return snapshot


def _carry_out(ports: Ports, inputs: Mapping[str, str], posted: PostedCommand, snapshot: Snapshot) -> Outcome:
    """Do what a command asks for, answer it, and write the outputs.

    Raises:
        ForgeError: GitHub failed before anything was changed; the next run tries again.
    """
    settings, snapshot = load_settings(ports, inputs, snapshot)
    run = RunContext.of(ports, settings, snapshot, Renderer(overrides(snapshot)))
    word = posted.command.name.value
    if there := answers_to(snapshot.comments, settings.instance, posted.key):
        react(run, posted, there[0].reaction)
        return _told(run, answered(carried_out=True, message=f"`{word}` was answered by an earlier run."))
    action = action_of(run, snapshot, posted)
    outcome = do(Asking(run, inputs, snapshot, posted.sender), action)
    if outcome is not None and is_left(action, outcome):
        raise ForgeError(outcome.message, hint=outcome.hint)
    refusal = reply(run, snapshot, posted, action, outcome)
    for sentence in (*run.renderer.problems, *run.degraded.sentences):
        run.say(sentence)
    if outcome is not None:
        # That run has written its outputs; the step itself fails only for what a person cannot read in the answer.
        outcome = command_outcome(outcome)
        ports.reporter.outputs({"exit-status": str(outcome.exit_status)})
        return outcome
    told = f"`{word}` was refused: {refusal.value}." if refusal else f"`{word}` was answered."
    return _told(run, answered(carried_out=refusal is None, message=told))


def _told(run: RunContext, outcome: Outcome) -> Outcome:
    """The outcome, with its line in the log and its outputs."""
    run.say(outcome.message)
    run.ports.reporter.outputs(bare_outputs(outcome))
    return outcome
