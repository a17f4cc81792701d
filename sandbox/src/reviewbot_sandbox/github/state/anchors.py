"""Decide whether a comment's location is valid, and where it is after later pushes."""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot_sandbox.github.git.formats import Change
from reviewbot_sandbox.github.git.hunks import hunk_of, moved_line
from reviewbot_sandbox.github.model.records import Anchor, PullRequest, Side, Thread
from reviewbot_sandbox.github.state.store import Store

NOT_IN_DIFF = "line must be part of the diff"
NOT_IN_HUNK = "start line must be part of the same hunk as the line."
NO_HUNK = "diff hunk can't be blank"
NOT_BEFORE = "start line must precede the end line."


@dataclass(frozen=True, slots=True)
class ThreadPosition:
    """A thread's place in the current diff: without a line and outdated if its lines are not in the diff."""

    line: int | None
    start_line: int | None
    position: int | None
    commit_id: str
    outdated: bool


def change_at(changes: tuple[Change, ...], path: str) -> Change | None:
    return next((change for change in changes if change.path == path), None)


def problems(change: Change, anchor: Anchor) -> tuple[str, ...]:
    """Return why GitHub would refuse that line or range, in its words; empty if it is valid."""
    if anchor.line is None:
        return ()
    if anchor.start_line is not None and anchor.start_line >= anchor.line:
        return (NOT_BEFORE,)
    hunk = hunk_of(change.hunks, anchor.side, anchor.line)
    ranged = anchor.start_line is not None
    if hunk is None:
        return (NOT_IN_DIFF, *((NOT_IN_HUNK,) if ranged else ()), NO_HUNK)
    start_side = anchor.start_side or anchor.side
    if anchor.start_line is not None and hunk.find(start_side, anchor.start_line) is None:
        return (NOT_IN_HUNK,)
    return ()


def quoted_hunk(change: Change, anchor: Anchor) -> tuple[str, int]:
    """Return the diff hunk of a comment and its deprecated position."""
    hunk = None if anchor.line is None else hunk_of(change.hunks, anchor.side, anchor.line)
    line = hunk.find(anchor.side, anchor.line) if hunk and anchor.line is not None else None
    return (hunk.until(line), line.position) if hunk and line else ("", 1)


def thread_position(store: Store, pull: PullRequest, thread: Thread) -> ThreadPosition:
    change = change_at(store.changes_of(pull), thread.anchor.path)
    if thread.anchor.line is None:
        return ThreadPosition(None, None, None, pull.head_sha if change else thread.commit_id, change is None)
    line = _moved(store, pull, thread, thread.anchor.line)
    hunk = hunk_of(change.hunks, thread.anchor.side, line) if change and line is not None else None
    found = hunk.find(thread.anchor.side, line) if hunk and line is not None else None
    if hunk is None or found is None:
        return ThreadPosition(None, None, None, thread.commit_id, outdated=True)
    start = thread.anchor.start_line
    moved = None if start is None else _moved(store, pull, thread, start)
    return ThreadPosition(line, moved, found.position, pull.head_sha, outdated=False)


def _moved(store: Store, pull: PullRequest, thread: Thread, line: int) -> int | None:
    right = thread.anchor.side is Side.RIGHT
    old, new = (thread.commit_id, pull.head_sha) if right else (thread.merge_base, store.merge_base(pull))
    if old == new:
        return line
    for change in store.changes(pull.repo, old, new):
        if thread.anchor.path in (change.path, change.previous):
            gone = change.status in ("removed", "renamed") or change.binary
            return None if gone else moved_line(change.hunks, line)
    return line
