"""Pull requests over the real repository: opening them, and following what is pushed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewbot_sandbox.github.git.repository import GITHUB_EMAIL
from reviewbot_sandbox.github.model.records import ACTIONS, PullRequest, User
from reviewbot_sandbox.github.state.checks import suite_on
from reviewbot_sandbox.github.state.comments import add_event, update_pull
from reviewbot_sandbox.github.state.store import Store


def open_pull(store: Store, pull: PullRequest) -> PullRequest:
    """Store a new pull request, and publish its head under `refs/pull/N/head`."""
    store.heads[pull.repo, pull.number] = (pull.head_sha,)
    _publish_head(store, pull)
    _start_workflows(store, pull)
    return _try_merge(store, pull)


def _start_workflows(store: Store, pull: PullRequest) -> None:
    """Create the check suite of the repository's workflows, which a new head has before it has any check run."""
    suite_on(store, pull.repo, pull.head_sha, ACTIONS)


def _try_merge(store: Store, pull: PullRequest) -> PullRequest:
    """Point `refs/pull/N/merge` at the merge of head and base, or delete it if they conflict."""
    store.users.setdefault("web-flow", User(store.next_id(), "web-flow", GITHUB_EMAIL))
    git, name = store.git(pull.repo), f"refs/pull/{pull.number}/merge"
    message = f"Merge {pull.head_sha} into {pull.base_sha}"
    sha = git.merge(pull.base_sha, pull.head_sha, message, store.now())
    if sha is None:
        git.drop_ref(name)
    else:
        git.set_ref(name, sha)
    tried = replace(pull, merge_sha=sha)
    store.pulls[pull.repo, pull.number] = tried
    return tried


def _publish_head(store: Store, pull: PullRequest) -> None:
    git = store.git(pull.repo)
    if pull.head_repo and pull.head_repo != pull.repo:
        git.fetch(store.git(pull.head_repo), f"+refs/heads/{pull.head_ref}:refs/pull/{pull.number}/head")
    else:
        git.set_ref(f"refs/pull/{pull.number}/head", pull.head_sha)


def follow(store: Store, full_name: str, pusher: str) -> None:
    """Update the open pull requests after a push to a repository."""
    branches = store.git(full_name).branches()
    for pull in list(store.pulls.values()):
        if pull.closed_at is None:
            _follow_one(store, pull, full_name, branches, pusher)


def _follow_one(store: Store, pull: PullRequest, pushed: str, branches: Mapping[str, str], pusher: str) -> None:
    base = branches.get(pull.base_ref, pull.base_sha) if pull.repo == pushed else pull.base_sha
    head = branches.get(pull.head_ref, pull.head_sha) if pull.head_repo == pushed else pull.head_sha
    if (base, head) == (pull.base_sha, pull.head_sha):
        return
    moved = update_pull(store, replace(pull, base_sha=base, head_sha=head))
    if head != pull.head_sha:
        _publish_head(store, moved)
        _start_workflows(store, moved)
    _try_merge(store, moved)
    if head != pull.head_sha:
        store.heads[pull.repo, pull.number] += (head,)
        if store.common(pull.repo, pull.head_sha, head) != pull.head_sha:
            add_event(store, moved, "HeadRefForcePushedEvent", pusher, commits=(pull.head_sha, head))
