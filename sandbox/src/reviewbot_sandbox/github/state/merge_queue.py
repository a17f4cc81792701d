"""The merge queue: its entries, and the commit and branch of a group."""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot_sandbox.github.model.records import PullRequest
from reviewbot_sandbox.github.model.refusal import invalid
from reviewbot_sandbox.github.state.store import QueueEntry, Store


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """Pull requests that will be merged together.

    Attributes:
        numbers: of the pull requests, in the order in which they are merged.
        head_ref: the group's branch, `gh-readonly-queue/<base>/pr-N-<sha>`: the last pull request, and the commit that
            it was merged onto.
        base_sha: the commit that the first one is merged onto: the base branch's tip, or the last commit of the
            previous entry.
    """

    repo: str
    numbers: tuple[int, ...]
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str


def form_group(store: Store, full_name: str, numbers: tuple[int, ...]) -> MergeGroup:
    """Queue pull requests: merge each onto the one before it, and point the group's branch at the last commit.

    Raises:
        Refusal: 404 for an unknown one, 422 for one that conflicts, is closed, is already queued, or has another base
            than the first.
    """
    base_ref, git = store.pull((full_name, numbers[0])).base_ref, store.git(full_name)
    before = line = waiting_in(store, full_name, base_ref)
    for number in numbers:
        onto = line[-1].head_sha if line else git.branches()[base_ref]
        line = (*line, _enter(store, store.pull((full_name, number)), line, base_ref, onto))
    store.queues[full_name, base_ref] = line
    first, last = line[len(before)], line[-1]
    head_ref = f"gh-readonly-queue/{base_ref}/pr-{last.number}-{last.base_sha}"
    git.set_ref(f"refs/heads/{head_ref}", last.head_sha)
    return MergeGroup(full_name, numbers, head_ref, last.head_sha, base_ref, first.base_sha)


def _enter(store: Store, pull: PullRequest, line: tuple[QueueEntry, ...], base_ref: str, onto: str) -> QueueEntry:
    message = f"Merge pull request #{pull.number} from {pull.head_ref}\n\n{pull.title}"
    merged = store.git(pull.repo).merge(onto, pull.head_sha, message, store.now())
    waits = any(entry.number == pull.number for entry in line)
    if merged is None or waits or pull.closed_at or pull.base_ref != base_ref:
        raise invalid("PullRequest", "base", f"#{pull.number} cannot be merged into {base_ref}")
    return QueueEntry(store.next_id(), pull.number, onto, merged)


def waiting_in(store: Store, full_name: str, base_ref: str) -> tuple[QueueEntry, ...]:
    """Return a branch's queue in order, without merged and closed pull requests."""
    entries = store.queues.get((full_name, base_ref), ())
    return tuple(entry for entry in entries if store.pull((full_name, entry.number)).closed_at is None)
