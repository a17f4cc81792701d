"""The runs to disturb: a whole review, and what precedes, accompanies and follows one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewbot_sandbox.codevf import TaskLife
from reviewbot_sandbox.github import Level, merge_group_event

from tests.app.comments.test_commands import event_of
from tests.app.reviewer.test_batch_service import THREE, grow
from tests.app.rig import REPO, Rig
from tests.crash.services import NEVER, QUICK, SCALE, Services
from tests.faults.fault_kinds import REFUSALS
from tests.faults.requests import DIFF

LIFE = TaskLife(pending=10, processing=10)
"""Seconds; long enough for one poll, also on a busy machine."""

DETACHED = {"wait-minutes": "0"}


@dataclass(frozen=True, slots=True)
class Start:
    """How the disturbed run starts.

    Attributes:
        head: the commit whose check it writes, empty for the pull request's head.
    """

    event: str
    payload: Mapping[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)
    head: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run and what happened before it.

    Attributes:
        begin: prepares the pull request.
        life: the life of its tasks.
    """

    name: str
    begin: Callable[[Services, Rig], Start]
    life: TaskLife = LIFE


def _pushed(_: Services, rig: Rig) -> Start:
    return Start("pull_request", rig.event(), {"expertise": "Engineer"})


def _refused_diff(services: Services, rig: Rig) -> Start:
    """Make GitHub refuse the diff, so that git fetches it."""
    services.faults["github"].add(DIFF.match, REFUSALS["406"](), method="GET", times=None)
    return _pushed(services, rig)


def _long_conversation(_: Services, rig: Rig) -> Start:
    """Add enough comments for a second page."""
    for number in range(101):
        rig.world.comment(REPO, rig.number, "mona", f"Word {number}.")
    return Start("pull_request", rig.event())


def _left_open(services: Services, rig: Rig) -> Start:
    services.run(rig, DETACHED)
    time.sleep((QUICK.seconds + 1) * SCALE)
    return Start("schedule", {}, {"command": "collect"})


def _in_summary(services: Services, rig: Rig) -> Start:
    """Leave a review whose findings are all in the summary, so that its answer is announced."""
    services.run(rig, {**DETACHED, "max-comments": "0"})
    time.sleep((QUICK.seconds + 1) * SCALE)
    return Start("schedule", {}, {"command": "collect"})


def _in_parts(services: Services, rig: Rig) -> Start:
    services.world.push(REPO, "main", {".github/reviewbot.yml": THREE})
    grow(rig, services.world.pull(REPO, rig.number).head_ref)
    return Start("pull_request", rig.event(), DETACHED)


def _command(rig: Rig, text: str) -> Start:
    """Write a command as a collaborator with write access."""
    rig.world.grant(REPO, "hubot", Level.WRITE)
    return Start("issue_comment", event_of(rig, rig.world.comment(REPO, rig.number, "hubot", text)))


def _commanded(services: Services, rig: Rig) -> Start:
    services.run(rig)
    return _command(rig, "/reviewbot status")


def _cancelled(services: Services, rig: Rig) -> Start:
    services.run(rig, DETACHED)
    return _command(rig, "/reviewbot cancel")


def _closed(services: Services, rig: Rig) -> Start:
    services.run(rig, DETACHED)
    services.world.close(REPO, rig.number)
    return Start("pull_request", rig.event("closed"))


def _queued(services: Services, rig: Rig) -> Start:
    services.run(rig)
    group = rig.world.queue(REPO, (rig.number,))
    return Start("merge_group", merge_group_event(rig.world.store, group, rig.github_url), head=group.head_sha)


REVIEW = Scenario("a review", _pushed)
FETCHED = Scenario("a change that git fetches", _refused_diff)
LONG_CONVERSATION = Scenario("a long conversation", _long_conversation)
COLLECTED = Scenario("a collection", _left_open, QUICK)
ANNOUNCED = Scenario("a late answer", _in_summary, QUICK)
IN_PARTS = Scenario("a review in parts", _in_parts, NEVER)
COMMAND = Scenario("a command", _commanded)
CANCELLED = Scenario("a command to cancel", _cancelled, NEVER)
CLOSED = Scenario("a closing", _closed, NEVER)
QUEUED = Scenario("a merge group", _queued)
