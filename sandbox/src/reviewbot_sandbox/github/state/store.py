"""The tables, ids and clock of GitHub under one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeAlias

from reviewbot_sandbox.github.git.formats import Change
from reviewbot_sandbox.github.git.repository import GitRepository
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.refusal import not_found

Place: TypeAlias = "tuple[str, int]"
"""A pull request's address: the full name of its repository, and its number."""


def utc_now() -> datetime:
    """Return the real time, which a test may replace with its own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """GitHub's limits; tests lower them."""

    diff_files: int = 300
    diff_lines: int = 20_000
    listed_files: int = 3_000
    compare_files: int = 300
    commits: int = 250
    patch_lines: int = 3_000
    blob_text: int = 512_000
    comment: int = 65_536
    check_text: int = 65_535
    annotations: int = 50


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """An entry of a merge queue; `head_sha` has this pull request and all before it merged onto the base."""

    id: int
    number: int
    base_sha: str
    head_sha: str


@dataclass
class Store:
    """GitHub's state. Hold `lock` while reading or writing.

    `next_id` is shared by all kinds of objects, so that ids are unique.
    """

    root: Path
    clock: Callable[[], datetime] = utc_now
    rules: Rules = Rules()
    lock: threading.RLock = field(default_factory=threading.RLock)
    users: dict[str, r.User] = field(default_factory=dict)
    tokens: dict[str, r.Token] = field(default_factory=dict)
    repos: dict[str, r.Repository] = field(default_factory=dict)
    levels: dict[tuple[str, str], r.Level] = field(default_factory=dict)
    pulls: dict[Place, r.PullRequest] = field(default_factory=dict)
    heads: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    labels: dict[tuple[str, str], r.Label] = field(default_factory=dict)
    events: list[r.TimelineEvent] = field(default_factory=list)
    closing: dict[Place, list[r.Issue]] = field(default_factory=dict)
    comments: dict[int, r.IssueComment] = field(default_factory=dict)
    reviews: dict[int, r.Review] = field(default_factory=dict)
    threads: dict[int, r.Thread] = field(default_factory=dict)
    replies: dict[int, r.ReviewComment] = field(default_factory=dict)
    checks: dict[int, r.CheckRun] = field(default_factory=dict)
    suites: dict[tuple[str, str, int], r.CheckSuite] = field(default_factory=dict)
    queues: dict[tuple[str, str], tuple[QueueEntry, ...]] = field(default_factory=dict)
    statuses: list[r.Status] = field(default_factory=list)
    reactions: list[r.Reaction] = field(default_factory=list)
    verified: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    _gits: dict[str, GitRepository] = field(default_factory=dict)
    _bases: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    _changes: dict[tuple[str, str, str], tuple[Change, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids = count(1_000)

    def next_id(self) -> int:
        return next(self._ids)

    def now(self) -> datetime:
        """Return the time, in whole seconds."""
        return self.clock().replace(microsecond=0)

    def git(self, full_name: str) -> GitRepository:
        """Return a repository's git; there is one object for each, because it caches output."""
        return self._gits.setdefault(full_name, GitRepository(self.root / f"{full_name}.git"))

    def repo(self, full_name: str) -> r.Repository:
        """Return a repository by its full name, in any case; refuse with 404."""
        found = self.repos.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def pull(self, place: Place) -> r.PullRequest:
        """Return a pull request; refuse with 404."""
        found = self.pulls.get(place)
        if found is None:
            raise not_found()
        return found

    def pulls_of(self, full_name: str) -> list[r.PullRequest]:
        """Return a repository's pull requests, newest first."""
        return sorted((p for p in self.pulls.values() if p.repo == full_name), key=lambda p: -p.number)

    def comments_of(self, place: Place) -> list[r.IssueComment]:
        """Return a pull request's conversation, oldest first."""
        return [c for c in self.comments.values() if (c.repo, c.number) == place]

    def reviews_of(self, place: Place) -> list[r.Review]:
        """Return a pull request's reviews, oldest first, pending ones too."""
        return [review for review in self.reviews.values() if (review.repo, review.number) == place]

    def threads_of(self, place: Place) -> list[r.Thread]:
        """Return a pull request's threads, oldest first."""
        return [thread for thread in self.threads.values() if (thread.repo, thread.number) == place]

    def replies_in(self, thread: r.Thread) -> list[r.ReviewComment]:
        """Return a thread's comments, oldest first."""
        return [reply for reply in self.replies.values() if reply.thread_id == thread.id]

    def replies_of(self, place: Place) -> Iterator[r.ReviewComment]:
        """Return a pull request's review comments, oldest first."""
        return (reply for reply in self.replies.values() if (reply.repo, reply.number) == place)

    def events_of(self, place: Place) -> list[r.TimelineEvent]:
        """Return a pull request's timeline, oldest first."""
        return [event for event in self.events if (event.repo, event.number) == place]

    def user_with_email(self, email: str) -> r.User | None:
        return next((user for user in self.users.values() if user.email == email), None)

    def merge_base(self, pull: r.PullRequest) -> str:
        """Return the merge base of the pull request; the base itself when the two have no common history."""
        return self.common(pull.repo, pull.base_sha, pull.head_sha) or pull.base_sha

    def common(self, full_name: str, one: str, other: str) -> str | None:
        """Return the best common ancestor of two commits, cached, because commits never change."""
        key = (full_name, one, other)
        if key not in self._bases:
            self._bases[key] = self.git(full_name).merge_base(one, other)
        return self._bases[key]

    def changes(self, full_name: str, old: str, new: str) -> tuple[Change, ...]:
        """Return the changed files between two commits, cached, because commits never change."""
        key = (full_name, old, new)
        if key not in self._changes:
            self._changes[key] = self.git(full_name).changes(old, new)
        return self._changes[key]

    def changes_of(self, pull: r.PullRequest) -> tuple[Change, ...]:
        """Return the files that a pull request changes: from its merge base to its head."""
        return self.changes(pull.repo, self.merge_base(pull), pull.head_sha)
