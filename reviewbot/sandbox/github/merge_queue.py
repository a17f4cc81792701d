"""The merge queue: the commit and the branch of a group, and the event that asks for its checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewbot.sandbox.github.addresses import Addresses
from reviewbot.sandbox.github.refusal import invalid
from reviewbot.sandbox.github.wire_pulls import PullWire

if TYPE_CHECKING:
    from reviewbot.sandbox.github.repos import Commit
    from reviewbot.sandbox.github.store import Store
    from reviewbot.sandbox.github.wire import Json

_QUEUE = "github-merge-queue[bot]"


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """Pull requests that are to be merged together.

    Attributes:
        numbers: of the pull requests, in the order in which they are merged.
        head_ref: the group's branch, `gh-readonly-queue/<base>/pr-N-<sha>`: N is the last pull request, and the hash
            that of the commit which it was merged onto.
        base_sha: the base branch's tip, onto which the first one is merged.
    """

    repo: str
    numbers: tuple[int, ...]
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str


def form_group(store: Store, full_name: str, numbers: tuple[int, ...]) -> MergeGroup:
    """Merges the pull requests one after the other, and gives the last commit the group's branch.

    Raises:
        Refusal: 404 for an unknown one, 422 for one that conflicts, is closed, or has another base than the first.
    """
    waiting = [store.pull((full_name, number)) for number in numbers]
    base_ref, git = waiting[0].base_ref, store.git(full_name)
    base_sha = onto = tip = git.branches()[base_ref]
    for pull in waiting:
        message = f"Merge pull request #{pull.number} from {pull.head_ref}\n\n{pull.title}"
        merged = git.merge(tip, pull.head_sha, message, store.now())
        if merged is None or pull.closed_at or pull.base_ref != base_ref:
            raise invalid("PullRequest", "base", f"#{pull.number} cannot be merged into {base_ref}")
        onto, tip = tip, merged
    head_ref = f"gh-readonly-queue/{base_ref}/pr-{waiting[-1].number}-{onto}"
    git.set_ref(f"refs/heads/{head_ref}", tip)
    return MergeGroup(full_name, numbers, head_ref, tip, base_ref, base_sha)


def merge_group_event(store: Store, group: MergeGroup, url: str) -> Json:
    """The payload of `merge_group.checks_requested`; `url` is where the sandbox is served, without a final slash."""
    wire = PullWire(store, Addresses(url, url))
    return {
        "action": "checks_requested",
        "merge_group": {
            "head_sha": group.head_sha,
            "head_ref": f"refs/heads/{group.head_ref}",
            "base_sha": group.base_sha,
            "base_ref": f"refs/heads/{group.base_ref}",
            "head_commit": _head_commit(store.git(group.repo).commit(group.head_sha)),
        },
        "repository": wire.repo(store.repo(group.repo)),
        "sender": wire.user(_QUEUE),
    }


def _head_commit(commit: Commit) -> Json:
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer_date,
        "author": {"name": commit.author_name, "email": commit.author_email},
        "committer": {"name": commit.committer_name, "email": commit.committer_email},
    }
