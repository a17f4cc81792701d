"""Write a merge group's check run from the verdicts of its pull requests, without buying a review."""

from __future__ import annotations

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.run import run_machine
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.outcome import current_check, failure
from reviewbot.domain.machine.finish import publish_for_group
from reviewbot.domain.model.events import DispatchEvent, MergeGroupEvent, QueueEntry
from reviewbot.domain.policy.verdict import Outcome, QueuedPull, carried_by_group
from reviewbot.errors import AGAIN, ForgeError, NotFound, ReviewbotError, SettingsError, TemplateError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings
from reviewbot.values import replace


def carry_verdicts(ports: Ports, event: MergeGroupEvent) -> Outcome:
    """Write the check run on the group's head. Without this check run, the merge queue would stall."""
    queued = _queued(ports, event)
    entries = event.entries if isinstance(queued, ForgeError) else queued or event.entries
    snapshots = [load_snapshot(ports, entry.number) for entry in entries]
    if not snapshots:
        raise NotFound("The merge queue's branch name contains no pull request number (`pr-NUMBER-SHA`).", hint=AGAIN)
    first = snapshots[0]
    on_group = replace(first, pull=replace(first.pull, head_sha=event.head_sha), checks=(), other_checks=())
    problem: ReviewbotError | None = queued if isinstance(queued, ForgeError) else None
    try:
        group = [_load(ports, entry, snapshot) for entry, snapshot in zip(entries, snapshots, strict=True)]
        renderer = Renderer(overrides(first))
    except (ForgeError, SettingsError, TemplateError) as error:
        problem, group, renderer = error, [], Renderer()
    run = RunContext.of(ports, peek_settings(ports.inputs, first.default_branch.config), on_group, renderer)
    known = known_of(run, on_group, DispatchEvent(first.pull.number, ""))
    outcome = failure(known, problem) if problem else carried_by_group(group, event.base_ref)
    if queued == ():
        known = known.noting(
            "reviewbot could not read the merge queue, so it took the pull request from the queue's branch name."
        )
    return run_machine(run, publish_for_group(known, outcome))


def _load(ports: Ports, entry: QueueEntry, snapshot: Snapshot) -> QueuedPull:
    settings, snapshot = load_settings(ports, snapshot)
    pull = snapshot.pull
    return QueuedPull(
        number=pull.number,
        check=current_check(snapshot),
        base_ref=pull.base_ref,
        merge_base=ports.forge.merge_base(entry.base_sha or pull.base_sha, pull.head_sha),
        shares_name=settings.check_names.are_shared(snapshot.repository.default_branch, pull),
    )


def _queued(ports: Ports, event: MergeGroupEvent) -> tuple[QueueEntry, ...] | ForgeError:
    """Return the group's pull requests, or none if the merge queue is unreadable, or the error.

    After an error, the verdict must not cover only the pull requests in the branch's name.
    """
    try:
        return ports.forge.queued(event.base_ref, event.head_sha) if event.base_ref else ()
    except ForgeError as error:
        return error
