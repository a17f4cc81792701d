"""Commands in comments: carried out once each, with one answer and one emoji, wherever a run was stopped before.

First the deed, which can be done again; then the answer, which names its comment; then the emoji, which ends it. What a
cancelled run has missed is carried out by the next one, before it does anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from reviewbot.app.deeds import deed_of, do
from reviewbot.app.deliver import bare_outputs
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.reply import react, reply
from reviewbot.app.run import Run, World
from reviewbot.domain.commands import Order, answers_to, open_orders, why_not
from reviewbot.domain.events import CommentEvent, DispatchEvent
from reviewbot.domain.gate import Outcome, Reason, answered, heard, not_due
from reviewbot.domain.snapshot import Snapshot
from reviewbot.errors import ReviewbotError
from reviewbot.render import Renderer
from reviewbot.settings import peek_settings

MOST_MISSED = 10
"""Older commands that one run carries out: each takes about five requests, and anybody may write them."""

UNHURRIED = {"wait-minutes": "0"}
"""A review that an earlier comment asked for is bought and left: this run has its own to wait for."""


def answer_comment(world: World, inputs: Mapping[str, str], event: CommentEvent) -> Outcome:
    """Carry out a comment's command, after those before it that no run has carried out, and write the outputs.

    Raises:
        ReviewbotError: it could not be carried out; the next run tries again.
    """
    why = why_not(event)
    if not why:
        snapshot = load_snapshot(world, inputs, event.number)
        orders = _open_orders(world, inputs, snapshot)
        snapshot = _catch_up(world, inputs, snapshot, [one for one in orders if one.comment_id < event.comment_id])
        for own in (one for one in orders if one.comment_id == event.comment_id):
            return _carry_out(world, inputs, own, snapshot)
        why = "The command was carried out already, or somebody edited or deleted its comment."
    world.reporter.say(why)
    outcome = not_due(Reason.EVENT, why)
    world.reporter.outputs(bare_outputs(outcome))
    return outcome


def catch_up(world: World, inputs: Mapping[str, str], number: int) -> Snapshot:
    """Carry out what earlier runs have missed.

    Returns:
        The pull request as it is after that; it is read once when there was nothing.

    Raises:
        ForgeError: it cannot be read.
    """
    snapshot = load_snapshot(world, inputs, number)
    return _catch_up(world, inputs, snapshot, _open_orders(world, inputs, snapshot))


def _open_orders(world: World, inputs: Mapping[str, str], snapshot: Snapshot) -> tuple[Order, ...]:
    """The commands to carry out; a run without the key cannot read what they are about, and leaves them to others."""
    settings = peek_settings(inputs, snapshot.default_branch.config)
    if settings.dry_run or settings.is_keyless:
        return ()
    return open_orders(snapshot.comments, settings.instance, world.clock.now())


def _catch_up(world: World, inputs: Mapping[str, str], snapshot: Snapshot, orders: Iterable[Order]) -> Snapshot:
    """Carry out older commands in their order; one that cannot be is said, and stays with those after it for later."""
    for order in islice(orders, MOST_MISSED):
        try:
            _carry_out(world, {**inputs, **UNHURRIED}, order, snapshot)
        except ReviewbotError as error:
            world.reporter.say(f"The command of comment {order.comment_id} was not carried out: {error.message}")
            return load_snapshot(world, inputs, snapshot.pull.number)
        snapshot = load_snapshot(world, inputs, snapshot.pull.number)
    return snapshot


def _carry_out(world: World, inputs: Mapping[str, str], order: Order, snapshot: Snapshot) -> Outcome:
    """Do what a command asks for, answer it, and write the outputs."""
    settings, snapshot = load_settings(world, inputs, snapshot)
    trigger, started = DispatchEvent(snapshot.pull.number, order.sender), world.clock.monotonic()
    run = Run(world, settings, trigger, snapshot, Renderer(overrides(snapshot)), started, may_buy=False)
    word = order.said.word.value
    if there := answers_to(snapshot.comments, settings.instance, order.comment_id):
        react(run, order, there[0].reaction)
        return _told(run, answered(carried_out=True, message=f"`{word}` was answered by an earlier run."))
    deed = deed_of(run, order)
    outcome = do(run, inputs, deed)
    refusal = reply(run, order, deed, outcome)
    for sentence in run.degraded.sentences:
        run.say(sentence)
    if outcome is not None:
        # That run has written its outputs; the step itself fails only for what a person cannot read in the answer.
        outcome = heard(outcome)
        world.reporter.outputs({"exit-status": str(outcome.exit_status)})
        return outcome
    told = f"`{word}` was refused: {refusal.value}." if refusal else f"`{word}` was answered."
    return _told(run, answered(carried_out=refusal is None, message=told))


def _told(run: Run, outcome: Outcome) -> Outcome:
    """The outcome, with its line in the log and its outputs."""
    run.say(outcome.message)
    run.world.reporter.outputs(bare_outputs(outcome))
    return outcome
