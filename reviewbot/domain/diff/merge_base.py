"""Where a pull request left its base, if its own commits tell."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.domain.github.pull_request import Commit


def merge_base_of(commits: Sequence[Commit], count: int) -> str | None:
    """The merge base of a pull request, if its commits tell it without a request; None if they do not.

    A pull request lists what is reachable from its head and not from its base. So every unlisted parent is reachable
    from the base, and if there is exactly one, it is the best common ancestor.

    Args:
        commits: as GitHub listed them, in any order.
        count: how many there are in all.
    """
    listed = {commit.sha for commit in commits}
    if not listed or len(listed) != count:
        return None
    outside = {parent for commit in commits for parent in commit.parents} - listed
    return outside.pop() if len(outside) == 1 else None
