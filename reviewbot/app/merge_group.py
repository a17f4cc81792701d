"""The merge queue: buys nothing, carries the verdicts of the group's pull requests to the group's head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.publish import current_check
from reviewbot.app.review import conclude
from reviewbot.app.run import Run, World
from reviewbot.app.story import Story
from reviewbot.domain.events import DispatchEvent, MergeGroupEvent
from reviewbot.domain.gate import Outcome, carried
from reviewbot.domain.snapshot import Snapshot
from reviewbot.errors import NotFound
from reviewbot.render import Renderer


def carry(world: World, inputs: Mapping[str, str], event: MergeGroupEvent) -> Outcome:
    """Write the group's check, without which the queue would stall.

    Raises:
        ForgeError: a pull request of the group cannot be read.
        NotFound: the group names no pull request, so there is nothing to carry and no settings to go by.
    """
    if not event.numbers:
        raise NotFound("The merge group's head names no pull request.", hint="Its name should hold `pr-NUMBER-SHA`.")
    loaded = [load_settings(world, inputs, load_snapshot(world, inputs, number)) for number in event.numbers]
    outcome = carried({snapshot.pull.number: _conclusion(snapshot) for _, snapshot in loaded})
    settings, first = loaded[0]
    snapshot = replace(first, pull=replace(first.pull, head_sha=event.head_sha), checks=())
    trigger = DispatchEvent(first.pull.number, "")
    renderer = Renderer(overrides(first))
    return conclude(Run(world, settings, trigger, snapshot, renderer, world.clock.monotonic()), Story(), outcome)


def _conclusion(snapshot: Snapshot) -> str | None:
    check = current_check(snapshot)
    return check.conclusion if check else None
