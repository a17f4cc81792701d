"""Pull requests over the real repository: opening them, and following what is pushed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewbot.sandbox.github.records import PullRequest
from reviewbot.sandbox.github.talk import keep, record_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewbot.sandbox.github.records import Repository
    from reviewbot.sandbox.github.store import Store


def open_pull(store: Store, pull: PullRequest) -> PullRequest:
    """Stores a new pull request and publishes its head under `refs/pull/N/head`."""
    place = (pull.repo, pull.number)
    store.pulls[place] = pull
    store.heads[place] = (pull.head_sha,)
    _publish_head(store, pull)
    return pull


def _publish_head(store: Store, pull: PullRequest) -> None:
    git = store.git(pull.repo)
    if pull.head_repo and pull.head_repo != pull.repo:
        git.fetch(store.git(pull.head_repo), f"+refs/heads/{pull.head_ref}:refs/pull/{pull.number}/head")
    else:
        git.set_ref(f"refs/pull/{pull.number}/head", pull.head_sha)


def next_number(store: Store, repo: Repository) -> int:
    """The number of a repository's next pull request."""
    return max((pull.number for pull in store.pulls_of(repo.full_name)), default=0) + 1


def follow(store: Store, full_name: str, pusher: str) -> None:
    """Brings every open pull request up to date with the branches of a repository that was pushed to."""
    branches = store.git(full_name).branches()
    for pull in list(store.pulls.values()):
        if pull.closed_at is None:
            _follow_one(store, pull, full_name, branches, pusher)


def _follow_one(store: Store, pull: PullRequest, pushed: str, branches: Mapping[str, str], pusher: str) -> None:
    base = branches.get(pull.base_ref, pull.base_sha) if pull.repo == pushed else pull.base_sha
    head = branches.get(pull.head_ref, pull.head_sha) if pull.head_repo == pushed else pull.head_sha
    if (base, head) == (pull.base_sha, pull.head_sha):
        return
    moved = keep(store, replace(pull, base_sha=base, head_sha=head))
    if head != pull.head_sha:
        _publish_head(store, moved)
        store.heads[pull.repo, pull.number] += (head,)
        if store.common(pull.repo, pull.head_sha, head) != pull.head_sha:
            record_event(store, moved, "HeadRefForcePushedEvent", pusher)
