"""Where a pull request left its base, told from its own commits when they suffice."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.domain.github.pull_request import Commit


def merge_base_of(commits: Sequence[Commit], count: int) -> str | None:
    """The merge base, if the listed commits tell it without asking GitHub.

    A pull request lists what is reachable from its head and not from its base. So every parent that is not listed is
    reachable from the base; if there is exactly one such parent, nothing else can be the best common ancestor.

    Args:
        commits: the commits that GitHub listed, in any order.
        count: how many there are in all.

    Returns:
        A full sha; None when the list is cut, or when several commits touch the base (it was merged in, for instance).
    """
    listed = {commit.sha for commit in commits}
    if not listed or len(listed) != count:
        return None
    outside = {parent for commit in commits for parent in commit.parents} - listed
    return outside.pop() if len(outside) == 1 else None
