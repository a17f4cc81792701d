"""Pull requests over the real repository: opening them, and following what is pushed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reviewbot_sandbox.github.checks import suite_on
from reviewbot_sandbox.github.records import ACTIONS, PullRequest, User
from reviewbot_sandbox.github.refusal import Refusal, invalid
from reviewbot_sandbox.github.repos import GITHUB_EMAIL
from reviewbot_sandbox.github.talk import keep, record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reviewbot_sandbox.github.forms import PullForm
    from reviewbot_sandbox.github.records import Repository
    from reviewbot_sandbox.github.store import Store


def open_pull(store: Store, repo: Repository, source: Repository, author: str, form: PullForm) -> PullRequest:
    """Store a new pull request of a branch of `source`, and publish its head under `refs/pull/N/head`.

    Raises:
        Refusal: there is no such branch.
    """
    now = store.now()
    pull = PullRequest(
        id=store.next_id(),
        number=_next_number(store, repo),
        repo=repo.full_name,
        author=author,
        title=form.title,
        body=form.body,
        head_ref=form.head,
        head_repo=source.full_name,
        head_sha=_tip(store, source, "head", form.head),
        base_ref=form.base,
        base_sha=_tip(store, repo, "base", form.base),
        created_at=now,
        updated_at=now,
        draft=form.draft,
    )
    store.heads[pull.repo, pull.number] = (pull.head_sha,)
    _publish_head(store, pull)
    _start_workflows(store, pull)
    return _try_merge(store, pull)


def _start_workflows(store: Store, pull: PullRequest) -> None:
    """Create the check suite of a new head's workflows, which exists before any check run."""
    suite_on(store, pull.repo, pull.head_sha, ACTIONS)


def _tip(store: Store, repo: Repository, end: str, branch: str) -> str:
    tip = store.git(repo.full_name).branches().get(branch)
    if tip is None:
        raise _invalid({"field": end, "code": "invalid"})
    return tip


def _invalid(error: Mapping[str, str]) -> Refusal:
    return Refusal(422, "Validation Failed", ({"resource": "PullRequest", **error},))


def source_of(store: Store, repo: Repository, head: str) -> tuple[Repository, str]:
    """Return the repository and branch of a `head`: this repository, or the fork of the owner before the colon.

    Raises:
        Refusal: the owner has no fork of it.
    """
    owner, colon, branch = head.rpartition(":")
    if not colon:
        return repo, head
    for each in store.repos.values():
        if each.owner.lower() == owner.lower() and repo.full_name in (each.full_name, each.fork_of):
            return each, branch
    raise _invalid({"field": "head", "code": "invalid"})


def must_be_new(store: Store, repo: Repository, source: Repository, form: PullForm) -> None:
    """Refuse a second open pull request of the same branches, and one without commits."""
    whole, same = f"{source.owner}:{form.head}", (source.full_name, form.head, form.base)
    for pull in store.pulls_of(repo.full_name):
        if pull.closed_at is None and (pull.head_repo, pull.head_ref, pull.base_ref) == same:
            raise invalid("PullRequest", "head", f"A pull request already exists for {whole}.")
    if _tip(store, source, "head", form.head) == _tip(store, repo, "base", form.base):
        raise invalid("PullRequest", "head", f"No commits between {form.base} and {form.head}")


def _try_merge(store: Store, pull: PullRequest) -> PullRequest:
    """Publish the merge commit under `refs/pull/N/merge`, or delete the reference if there is a conflict."""
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


def _next_number(store: Store, repo: Repository) -> int:
    return max((pull.number for pull in store.pulls_of(repo.full_name)), default=0) + 1


def follow(store: Store, full_name: str, pusher: str) -> None:
    """Update every open pull request after a push to a repository."""
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
        _start_workflows(store, moved)
    _try_merge(store, moved)
    if head != pull.head_sha:
        store.heads[pull.repo, pull.number] += (head,)
        if store.common(pull.repo, pull.head_sha, head) != pull.head_sha:
            record(store, moved, "HeadRefForcePushedEvent", pusher, commits=(pull.head_sha, head))
