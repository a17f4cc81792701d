"""Compare an end with the table, and with the laws that hold for every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from reviewbot_sandbox.faults import Logged

from tests.crash.final_state import differences
from tests.faults.expected import Same
from tests.faults.play import End
from tests.faults.requests import CREATE, Service
from tests.faults.table import Cell

MORE_REQUESTS = 14
"""Maximum number of requests beyond an undisturbed run's, for retries and for reading the current state."""

_COMPARED = {Same.ALL: None, Same.COMMENTS: ("comments", "tasks"), Same.NOTHING: ()}
_HARMLESS = ("/graphql", "/git-upload-pack", "/reactions")
"""Requests that may be repeated: reads, and reactions, of which GitHub keeps one per user and emoji."""

_UNKNOWN_RESULT = frozenset({0, 500, 502, 503, 504})


def wrong(cell: Cell, end: End, right: End) -> Iterator[str]:
    """Return everything about an end that is wrong."""
    expected = cell.expected
    found = (end.exit_status, end.reason, end.conclusion)
    if found != (wanted := (expected.exit_status, expected.reason, expected.conclusion)):
        yield f"it ended with {found} instead of {wanted}"
    if expected.says not in f"{end.log}\n{end.summary}":
        yield f"it does not say {expected.says!r}"
    compared = _COMPARED[expected.same]
    for name in differences(end.state, right.state):
        if compared is None or name in compared:
            yield f"{name} are not as in an undisturbed run"
    yield from _broken_laws(cell, end, right)


def _broken_laws(cell: Cell, end: End, right: End) -> Iterator[str]:
    if not end.struck:
        yield "there was no such request"
    # A task whose response was lost exists, and the next run finds it by its idempotency key.
    unheard = cell.request is CREATE and cell.expected.tasks == 0
    if len(end.state.tasks) > max(cell.expected.tasks, unheard) or len(end.state.tasks) < cell.expected.tasks:
        yield f"{len(end.state.tasks)} tasks were bought"
    if end.requests > right.requests + MORE_REQUESTS:
        yield f"{end.requests} requests were sent"
    if "Traceback" in end.log or end.exit_status == 70:
        yield "reviewbot has a bug"
    yield from _blind(end.log_of[Service.GITHUB])
    if any(len(keys) > 1 for keys in _keys(end).values()):
        yield "the purchase was repeated with another key"


def _blind(log: Sequence[Logged]) -> Iterator[str]:
    """Return the writes that were repeated without reading the current state first."""
    for before, after in pairwise(log):
        harmless = before.path.endswith(_HARMLESS) or before.method not in {"POST", "PATCH"}
        if before.status not in _UNKNOWN_RESULT or harmless:
            continue
        if (before.method, before.target, before.body) == (after.method, after.target, after.body):
            yield f"{after.method} {after.path} was repeated blindly"


def _keys(end: End) -> Mapping[str, set[str]]:
    """Return this pull request's idempotency keys by batch; an earlier run's request may be logged late."""
    keys: dict[str, set[str]] = {}
    bodies = [one.body for one in end.log_of[Service.CODEVF] if one.path.endswith("/tasks/create")]
    for body in bodies:
        if isinstance(body, dict) and body["metadata"]["pullRequest"] == end.number:
            keys.setdefault(body["metadata"].get("part", ""), set()).add(body["idempotencyKey"])
    return keys
