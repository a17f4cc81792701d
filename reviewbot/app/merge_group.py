"""The merge queue: buys nothing, carries the verdicts of the group's pull requests to the group's head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewbot.app.check import current_check, write_check
from reviewbot.app.conclude import failed
from reviewbot.app.deliver import deliver
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.publish import not_taken
from reviewbot.app.run import Run, World
from reviewbot.app.story import Story
from reviewbot.domain.events import DispatchEvent, MergeGroupEvent
from reviewbot.domain.gate import Outcome, carried
from reviewbot.domain.snapshot import Snapshot
from reviewbot.errors import ForgeError, NotFound, SettingsError, TemplateError
from reviewbot.render import Renderer
from reviewbot.settings import peek_settings


def carry(world: World, inputs: Mapping[str, str], event: MergeGroupEvent) -> Outcome:
    """Write the group's check, without which the queue would stall.

    Raises:
        ForgeError: a pull request of the group cannot be read.
        NotFound: the group names no pull request, so there is nothing to carry and no settings to go by.
    """
    queued = _queued(world, event)
    snapshots = [load_snapshot(world, inputs, number) for number in queued or event.numbers]
    if not snapshots:
        raise NotFound("The merge group's head names no pull request.", hint="Its name should hold `pr-NUMBER-SHA`.")
    first = snapshots[0]
    on_group = replace(first, pull=replace(first.pull, head_sha=event.head_sha), checks=(), other_checks=())
    trigger, started = DispatchEvent(first.pull.number, ""), world.clock.monotonic()
    settings = peek_settings(inputs, first.default_branch.config)
    run = Run(world, settings, trigger, on_group, Renderer({}), started)
    if not queued:
        run.degraded.say("The merge queue does not tell what is in this group: only the head's name was gone by.")
    try:
        loaded = [load_settings(world, inputs, snapshot)[1] for snapshot in snapshots]
        run = replace(run, renderer=Renderer(overrides(first)))
        outcome = carried({snapshot.pull.number: _conclusion(snapshot) for snapshot in loaded})
    except (SettingsError, TemplateError) as error:
        outcome = failed(run, error)
    story = Story()
    try:
        story = story if run.settings.dry_run else write_check(run, story, outcome)
    except ForgeError as error:
        run.degraded.say(error.message)
        outcome = not_taken(outcome, error)
    return deliver(run, story, outcome)


def _queued(world: World, event: MergeGroupEvent) -> tuple[int, ...]:
    """The pull requests in the group, those of the groups before it included; empty when nobody tells."""
    try:
        return world.forge.queued(event.base_ref, event.head_sha) if event.base_ref else ()
    except ForgeError as error:  # an older GitHub Enterprise Server has no queue to ask
        world.reporter.say(error.message)
        return ()


def _conclusion(snapshot: Snapshot) -> str | None:
    check = current_check(snapshot)
    return check.verdict if check else None
