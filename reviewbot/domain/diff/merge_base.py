"""The merge base of a pull request, from its commits."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.domain.github.pull_request import Commit


def merge_base_of(commits: Sequence[Commit], count: int) -> str | None:
    """Return the merge base if the `count` commits determine it without a request, else None.

    A pull request lists the commits reachable from its head but not from its base. So every unlisted parent is
    reachable from the base, and if there is exactly one, it is the best common ancestor.
    """
    listed = {commit.sha for commit in commits}
    if not listed or len(listed) != count:
        return None
    parents = [commit.parents for commit in commits if commit.parents is not None]
    if len(parents) < count:
        return None  # a parent that was not read may be a later commit of the base
    outside = {parent for some in parents for parent in some} - listed
    return outside.pop() if len(outside) == 1 else None
