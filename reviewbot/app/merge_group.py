"""Write a merge group's check run from the verdicts of its pull requests, without buying a review."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, load_snapshot, overrides
from reviewbot.app.run import run_machine
from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.pull_request import CheckRun, Conclusion, Snapshot
from reviewbot.domain.github.shared_heads import GREEN
from reviewbot.domain.machine.finish import publish_for_group
from reviewbot.domain.machine.outcome import current_check, failure
from reviewbot.domain.model.events import DispatchEvent, MergeGroupEvent, QueueEntry
from reviewbot.domain.policy.verdict import Outcome, carried
from reviewbot.errors import AGAIN, ForgeError, NotFound, ReviewbotError, SettingsError, TemplateError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import Settings, peek_settings
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
    outcome = failure(known, problem) if problem else _carried(group, event.base_ref)
    if queued == ():
        known = known.noting(
            "reviewbot could not read the merge queue, so it took the pull request from the queue's branch name."
        )
    return run_machine(run, publish_for_group(known, outcome))


class _Queued(Struct, frozen=True):
    """A pull request of the group, with the merge base of its head and the commit onto which the queue merges it."""

    settings: Settings
    snapshot: Snapshot
    merge_base: str


def _load(ports: Ports, entry: QueueEntry, snapshot: Snapshot) -> _Queued:
    settings, snapshot = load_settings(ports, snapshot)
    merge_base = ports.forge.merge_base(entry.base_sha or snapshot.pull.base_sha, snapshot.pull.head_sha)
    return _Queued(settings, snapshot, merge_base)


def _queued(ports: Ports, event: MergeGroupEvent) -> tuple[QueueEntry, ...] | ForgeError:
    """Return the group's pull requests, or none if the merge queue is unreadable, or the error.

    After an error, the verdict must not cover only the pull requests in the branch's name.
    """
    try:
        return ports.forge.queued(event.base_ref, event.head_sha) if event.base_ref else ()
    except ForgeError as error:
        return error


def _carried(group: Iterable[_Queued], base_ref: str) -> Outcome:
    """Return the group's outcome. A green check for another base branch or another diff does not count."""
    conclusions: dict[int, str | None] = {}
    elsewhere = []
    for queued in group:
        check, number = current_check(queued.snapshot), queued.snapshot.pull.number
        conclusions[number] = check.verdict if check else None
        if check and check.verdict in GREEN and not _is_for(check, queued, base_ref):
            elsewhere.append(number)
            conclusions[number] = None
    return carried(conclusions, elsewhere)


def _is_for(check: CheckRun, queued: _Queued, base_ref: str) -> bool:
    """Return whether a green check is for the group's base branch and diff.

    This run has no key to verify signed records, so it relies on the check's tag. If the base branch or the merge base
    differs from the tag, no run has seen this diff.
    """
    pull, tag = queued.snapshot.pull, check.tag
    if tag is None or pull.base_ref != (base_ref or pull.base_ref):
        return False
    is_shared = queued.settings.check_names.are_shared(queued.snapshot.repository.default_branch, pull)
    if is_shared and tag.base != mark_of(pull.base_ref):
        return False
    # The label `skip-review` and a bot's own pull request do not depend on the diff.
    is_independent = check.verdict == Conclusion.SKIPPED and tag.merge_base == mark_of("")
    return is_independent or tag.merge_base == mark_of(queued.merge_base)
