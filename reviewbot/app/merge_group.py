"""Carry the verdicts of a merge group's pull requests to the group's head, without buying anything."""

from __future__ import annotations

from collections.abc import Iterable

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.run import run_machine
from reviewbot.domain.github.check_identity import base_mark
from reviewbot.domain.github.pull_request import CheckRun, Snapshot
from reviewbot.domain.github.shared_heads import GREEN
from reviewbot.domain.machine.finish import on_group_head
from reviewbot.domain.machine.outcome import current_check, failed
from reviewbot.domain.model.events import DispatchEvent, MergeGroupEvent
from reviewbot.domain.policy.verdict import Outcome, carried
from reviewbot.errors import AGAIN, ForgeError, NotFound, ReviewbotError, SettingsError, TemplateError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import Settings, peek_settings
from reviewbot.values import replace


def carry_verdicts(ports: Ports, event: MergeGroupEvent) -> Outcome:
    """Write the group's check, without which the queue would stall."""
    queued = _queued(ports, event)
    numbers = event.numbers if isinstance(queued, ForgeError) else queued or event.numbers
    snapshots = [load_snapshot(ports, number) for number in numbers]
    if not snapshots:
        raise NotFound("The merge queue's branch names no pull request (`pr-NUMBER-SHA`).", hint=AGAIN)
    first = snapshots[0]
    on_group = replace(first, pull=replace(first.pull, head_sha=event.head_sha), checks=(), other_checks=())
    problem: ReviewbotError | None = queued if isinstance(queued, ForgeError) else None
    try:
        loaded = [load_settings(ports, snapshot) for snapshot in snapshots]
        renderer = Renderer(overrides(first))
    except (SettingsError, TemplateError) as error:
        problem, loaded, renderer = error, [], Renderer()
    run = RunContext.of(ports, peek_settings(ports.inputs, first.default_branch.config), on_group, renderer)
    known = known_of(run, on_group, DispatchEvent(first.pull.number, ""))
    outcome = failed(known, problem) if problem else _carried(loaded, event.base_ref)
    if queued == ():
        known = known.noting(
            "The merge queue could not be read, so the pull request was taken from the name of the queue's branch."
        )
    return run_machine(run, on_group_head(known, outcome))


def _queued(ports: Ports, event: MergeGroupEvent) -> tuple[int, ...] | ForgeError:
    """Return the pull requests in this group and those before it, or none if the token may not read the queue.

    Other errors are returned, because they are no reason to judge only the pull request in the branch's name.
    """
    try:
        return ports.forge.queued(event.base_ref, event.head_sha) if event.base_ref else ()
    except ForgeError as error:
        return error


def _carried(loaded: Iterable[tuple[Settings, Snapshot]], base_ref: str) -> Outcome:
    """Return the outcome of a group. A green check for a base branch other than the group's does not count."""
    conclusions: dict[int, str | None] = {}
    elsewhere = []
    for settings, snapshot in loaded:
        check, number = current_check(snapshot), snapshot.pull.number
        conclusions[number] = check.verdict if check else None
        if check and check.verdict in GREEN and not _is_for(check, settings, snapshot, base_ref):
            elsewhere.append(number)
            conclusions[number] = None
    return carried(conclusions, elsewhere)


def _is_for(check: CheckRun, settings: Settings, snapshot: Snapshot, base_ref: str) -> bool:
    """Return whether a green check is for the group's base branch, according to its name or its tag.

    The run has no key, so it reads no signed record. If the base changed in between, no run has seen the change.
    """
    pull = snapshot.pull
    if pull.base_ref != (base_ref or pull.base_ref):
        return False
    is_shared = settings.check_names.are_shared(snapshot.repository.default_branch, pull)
    return not is_shared or (check.tag is not None and check.tag.base == base_mark(pull.base_ref))
