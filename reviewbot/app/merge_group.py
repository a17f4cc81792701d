"""Write a merge group's check run from the verdicts of its pull requests, without buying a review."""

from __future__ import annotations

from typing import assert_never

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.run import Machine, run_machine, take_steps
from reviewbot.domain.events import merge_group, steps
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.outcome import current_check
from reviewbot.domain.model.events import DispatchEvent, MergeGroupEvent, QueueEntry
from reviewbot.domain.policy.verdict import Outcome, QueuedPull
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings

_MACHINE = Machine("merge group", merge_group.decide, merge_group.learn)


def handle_merge_group(ports: Ports, event: MergeGroupEvent) -> Outcome:
    """Write the check run on the group's head. Without this check run, the merge queue would stall."""
    begin = merge_group.start(event)
    return take_steps(ports, _MACHINE, begin, lambda step, _: _perform(ports, step))[1]


def _perform(ports: Ports, step: merge_group.Step) -> merge_group.Result:
    match step:
        case steps.ReadQueue(base_ref=base_ref, head_sha=head_sha):
            return steps.QueueRead(ports.forge.queued(base_ref, head_sha))
        case steps.ReadPullRequest(number=number):
            return load_snapshot(ports, number)
        case steps.ReadQueuedPull(entry=entry, snapshot=snapshot):
            return _read_queued_pull(ports, entry, snapshot)
        case steps.PublishGroup():
            return _publish(ports, step)
        case unknown:
            assert_never(unknown)


def _read_queued_pull(ports: Ports, entry: QueueEntry, snapshot: Snapshot) -> QueuedPull:
    settings, snapshot = load_settings(ports, snapshot)
    pull = snapshot.pull
    return QueuedPull(
        number=pull.number,
        check=current_check(snapshot),
        base_ref=pull.base_ref,
        merge_base=ports.forge.merge_base(entry.base_sha or pull.base_sha, pull.head_sha),
        shares_name=settings.check_names.are_shared(snapshot.repository.default_branch, pull),
    )


def _publish(ports: Ports, step: steps.PublishGroup) -> Outcome:
    snapshot = step.snapshot
    renderer = Renderer(overrides(snapshot) if step.has_templates else {})
    run = RunContext.of(ports, peek_settings(ports.inputs, snapshot.default_branch.config), snapshot, renderer)
    known = known_of(run, snapshot, DispatchEvent(snapshot.pull.number, ""))
    return run_machine(run, merge_group.publishing(known, step))
