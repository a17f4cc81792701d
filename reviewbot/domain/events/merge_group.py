"""The phases of a run for a merge group, and the steps and phases that follow them."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import Struct

from reviewbot.domain.events import steps
from reviewbot.domain.events.steps import Ended, Fail, failed
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.decisions.outcome import failure
from reviewbot.domain.machine.finish import publish_for_group
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Failed, Finish
from reviewbot.domain.model.events import MergeGroupEvent, QueueEntry
from reviewbot.domain.policy.verdict import Outcome, QueuedPull, carried_by_group
from reviewbot.errors import AGAIN, NotFound, ReviewbotError, TemplateError
from reviewbot.values import replace

Step = steps.ReadQueue | steps.ReadPullRequest | steps.ReadQueuedPull | steps.PublishGroup
Result = steps.QueueRead | Snapshot | QueuedPull | Outcome | Failed


# Phases


class Requested(Struct, frozen=True):
    """The merge queue requests a check of a commit. The pull requests of the group are read from the queue next."""

    event: MergeGroupEvent


class Listed(Struct, frozen=True):
    """The pull requests of the group are listed. They are read one by one.

    Attributes:
        snapshots: the pull requests that are read.
        is_listed: False if the pull requests come from the branch's name, because the token cannot read the queue.
        error: why the request for the queue failed, or None. The verdict must then not cover only the listed ones.
    """

    event: MergeGroupEvent
    entries: tuple[QueueEntry, ...]
    is_listed: bool
    error: ReviewbotError | None
    snapshots: tuple[Snapshot, ...] = ()


class Comparing(Struct, frozen=True):
    """The pull requests of the group are read. Their checks and merge bases are read one by one."""

    group: Listed
    left: tuple[steps.ReadQueuedPull, ...]
    pulls: tuple[QueuedPull, ...] = ()


class Judged(Struct, frozen=True):
    """The verdict is known. The check run is written next."""

    publish: steps.PublishGroup


Phase = Requested | Listed | Comparing | Judged | Ended


def start(event: MergeGroupEvent) -> Phase:
    return Requested(event) if event.base_ref else after_queue(event, ())


def decide(phase: Phase) -> Step | Finish | Fail:
    match phase:
        case Requested(event=event):
            return steps.ReadQueue(event.base_ref, event.head_sha)
        case Listed(entries=entries, snapshots=snapshots):
            return steps.ReadPullRequest(entries[len(snapshots)].number)
        case Comparing(left=left):
            return left[0]
        case Judged(publish=publish):
            return publish
        case Ended(step=step):
            return step
        case unknown:
            assert_never(unknown)


def learn(phase: Phase, result: Result, _now: datetime) -> Phase:  # noqa: PLR0911 — a table
    """Return the phase after a step. A result of another step is a bug."""
    match phase, result:
        case Requested(event=event), steps.QueueRead(entries=entries):
            return after_queue(event, entries)
        case Requested(event=event), Failed(error=error):
            return after_failed_queue(event, error)
        case Listed(), Snapshot():
            return _after_snapshot(replace(phase, snapshots=(*phase.snapshots, result)))
        case Comparing(), QueuedPull():
            return _after_pull(replace(phase, left=phase.left[1:], pulls=(*phase.pulls, result)))
        case Comparing(group=group), Failed(error=error):
            return Judged(replace(_publish(group, error), has_templates=False))
        case Judged(publish=publish), Failed(error=TemplateError() as error) if publish.has_templates:
            return Judged(replace(publish, verdict=error, has_templates=False))
        case Judged(), Outcome():
            return Ended(Finish(result))
        case ((Listed() | Judged()), Failed(error=error)):
            return failed(error)
        case _:
            raise RuntimeError(f"{type(phase).__name__} cannot handle {type(result).__name__}")


def after_queue(event: MergeGroupEvent, entries: tuple[QueueEntry, ...]) -> Listed | Ended:
    return _list(Listed(event, entries or event.entries, is_listed=entries != (), error=None))


def after_failed_queue(event: MergeGroupEvent, error: ReviewbotError) -> Listed | Ended:
    return _list(Listed(event, event.entries, is_listed=True, error=error))


def _list(group: Listed) -> Listed | Ended:
    if group.entries:
        return group
    what = "The merge queue's branch name contains no pull request number (`pr-NUMBER-SHA`)."
    return failed(NotFound(what, hint=AGAIN))


def _after_snapshot(group: Listed) -> Listed | Comparing | Judged:
    if len(group.snapshots) < len(group.entries):
        return group
    if group.error is not None:
        return Judged(_publish(group, group.error))
    left = zip(group.entries, group.snapshots, strict=True)
    return Comparing(group, tuple(steps.ReadQueuedPull(entry, snapshot) for entry, snapshot in left))


def _after_pull(at: Comparing) -> Comparing | Judged:
    return at if at.left else Judged(_publish(at.group, carried_by_group(at.pulls, at.group.event.base_ref)))


def _publish(group: Listed, verdict: Outcome | ReviewbotError) -> steps.PublishGroup:
    first = group.snapshots[0]
    on_group = replace(first.pull, head_sha=group.event.head_sha)
    snapshot = replace(first, pull=on_group, checks=(), other_checks=())
    return steps.PublishGroup(snapshot, verdict, group.is_listed, has_templates=True)


def publishing(known: Known, step: steps.PublishGroup) -> phases.Publishing | phases.Published:
    """Return the phase of a review run that publishes the verdict."""
    verdict = step.verdict
    outcome = failure(known, verdict) if isinstance(verdict, ReviewbotError) else verdict
    if not step.is_listed:
        known = known.noting(
            "reviewbot could not read the merge queue, so it took the pull request from the queue's branch name."
        )
    return publish_for_group(known, outcome)
