"""GraphQL: the merge queue."""

from __future__ import annotations

from reviewbot_sandbox.github.graphql.context import BranchAt, Info, Resolvers, context, page
from reviewbot_sandbox.github.graphql.objects import commit_at
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.records import Access, Scope
from reviewbot_sandbox.github.state.access import require
from reviewbot_sandbox.github.state.merge_queue import waiting_in

# An App has a permission of this name; a workflow's `permissions:` have none, so its token reads public queues only.
_READ = ((Scope.MERGE_QUEUES, Access.READ),)


def merge_queue(repo: r.Repository, info: Info, branch: str | None = None) -> BranchAt | None:
    """Return a branch's queue, null if it never had one."""
    asked = context(info)
    require(asked.store, asked.viewer, repo, _READ)
    name = branch or repo.default_branch
    return BranchAt(repo.full_name, name) if (repo.full_name, name) in asked.store.queues else None


def entries(queue: BranchAt, info: Info, **arguments: object) -> dict[str, object]:
    line = waiting_in(context(info).store, queue.repo, queue.name)
    rows = [{"repo": queue.repo, "position": place, "entry": entry} for place, entry in enumerate(line, 1)]
    return page(info, rows, arguments)


RESOLVERS: Resolvers = {
    "Repository": {"mergeQueue": merge_queue},
    "MergeQueue": {"entries": entries},
    "MergeQueueEntry": {
        "baseCommit": lambda row, info: commit_at(info, row["repo"], row["entry"].base_sha),
        "headCommit": lambda row, info: commit_at(info, row["repo"], row["entry"].head_sha),
        "pullRequest": lambda row, info: context(info).store.pulls[row["repo"], row["entry"].number],
    },
}
"""The resolver of each field, by type."""
