"""The runs to disturb: a whole review, and what precedes, accompanies and follows one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewbot_sandbox.codevf import TaskLife
from reviewbot_sandbox.github import Level, merge_group_event

from tests.app.house import REPO, Rig
from tests.app.test_batch_service import THREE, grow
from tests.app.test_commands import event_of
from tests.crash.town import NEVER, QUICK, SCALE, Town
from tests.faults.asked import DIFF
from tests.faults.troubles import REFUSALS

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
class Story:
    """A run and what happened before it.

    Attributes:
        begin: prepares the pull request.
        life: the life of its tasks.
    """

    name: str
    begin: Callable[[Town, Rig], Start]
    life: TaskLife = LIFE


def _pushed(_: Town, rig: Rig) -> Start:
    return Start("pull_request", rig.event(), {"expertise": "Engineer"})


def _refused_diff(town: Town, rig: Rig) -> Start:
    """Make GitHub refuse the diff, so that git fetches it."""
    town.faults["github"].add(DIFF.match, REFUSALS["406"](), method="GET", times=None)
    return _pushed(town, rig)


def _talked_about(_: Town, rig: Rig) -> Start:
    """Add enough comments for a second page."""
    for number in range(101):
        rig.world.comment(REPO, rig.number, "mona", f"Word {number}.")
    return Start("pull_request", rig.event())


def _left_open(town: Town, rig: Rig) -> Start:
    town.run(rig, DETACHED)
    time.sleep((QUICK.seconds + 1) * SCALE)
    return Start("schedule", {}, {"command": "collect"})


def _in_summary(town: Town, rig: Rig) -> Start:
    """Leave a review whose findings are all in the summary, so that its answer is announced."""
    town.run(rig, {**DETACHED, "max-comments": "0"})
    time.sleep((QUICK.seconds + 1) * SCALE)
    return Start("schedule", {}, {"command": "collect"})


def _in_parts(town: Town, rig: Rig) -> Start:
    town.world.push(REPO, "main", {".github/reviewbot.yml": THREE})
    grow(rig, town.world.pull(REPO, rig.number).head_ref)
    return Start("pull_request", rig.event(), DETACHED)


def _said(rig: Rig, text: str) -> Start:
    """Write a command as a collaborator with write access."""
    rig.world.grant(REPO, "hubot", Level.WRITE)
    return Start("issue_comment", event_of(rig, rig.world.comment(REPO, rig.number, "hubot", text)))


def _asked(town: Town, rig: Rig) -> Start:
    town.run(rig)
    return _said(rig, "/reviewbot status")


def _called_off(town: Town, rig: Rig) -> Start:
    town.run(rig, DETACHED)
    return _said(rig, "/reviewbot cancel")


def _closed(town: Town, rig: Rig) -> Start:
    town.run(rig, DETACHED)
    town.world.close(REPO, rig.number)
    return Start("pull_request", rig.event("closed"))


def _queued(town: Town, rig: Rig) -> Start:
    town.run(rig)
    group = rig.world.queue(REPO, (rig.number,))
    return Start("merge_group", merge_group_event(rig.world.store, group, rig.github_url), head=group.head_sha)


REVIEW = Story("a review", _pushed)
FETCHED = Story("a change that git fetches", _refused_diff)
TALKED_ABOUT = Story("a long conversation", _talked_about)
COLLECTED = Story("a collection", _left_open, QUICK)
ANNOUNCED = Story("a late answer", _in_summary, QUICK)
IN_PARTS = Story("a review in parts", _in_parts, NEVER)
ASKED = Story("a command", _asked)
CALLED_OFF = Story("a command to cancel", _called_off, NEVER)
CLOSED = Story("a closing", _closed, NEVER)
QUEUED = Story("a merge group", _queued)
