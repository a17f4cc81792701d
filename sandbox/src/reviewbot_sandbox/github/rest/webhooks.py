"""The payload of the event that requests the checks of a merge group."""

from __future__ import annotations

from reviewbot_sandbox.github.git.repository import Commit
from reviewbot_sandbox.github.model.addresses import Addresses
from reviewbot_sandbox.github.rest.wire import Json
from reviewbot_sandbox.github.rest.wire_pulls import PullWire
from reviewbot_sandbox.github.state.merge_queue import MergeGroup
from reviewbot_sandbox.github.state.store import Store

_QUEUE = "github-merge-queue[bot]"


def merge_group_event(store: Store, group: MergeGroup, url: str) -> Json:
    """Return the payload of `merge_group.checks_requested`; `url` is that of the sandbox, without a trailing slash."""
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
