"""Decide which verdicts of queued pull requests count for a merge group."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.pull_request import GREEN, CheckRun, Conclusion
from reviewbot.domain.policy.verdict import Outcome, carried


class QueuedPull(Struct, frozen=True):
    """A pull request of a merge group.

    Attributes:
        check: reviewbot's newest check run on the head, or None.
        merge_base: the merge base of the head and the commit onto which the queue merges it.
        shares_name: whether checks against another base branch have the same name.
    """

    number: int
    check: CheckRun | None
    base_ref: str
    merge_base: str
    shares_name: bool


def carried_by_group(group: Iterable[QueuedPull], base_ref: str) -> Outcome:
    """Return the group's outcome. A green check for another base branch or another diff does not count.

    `base_ref` is the base branch of the group, or empty if unknown.
    """
    conclusions: dict[int, str | None] = {}
    elsewhere = []
    for queued in group:
        check = queued.check
        conclusions[queued.number] = check.verdict if check else None
        if check and check.verdict in GREEN and not _is_for(check, queued, base_ref):
            elsewhere.append(queued.number)
            conclusions[queued.number] = None
    return carried(conclusions, elsewhere)


def _is_for(check: CheckRun, queued: QueuedPull, base_ref: str) -> bool:
    """Return whether a green check is for the group's base branch and diff.

    The run has no key to verify signed records, so it relies on the check's tag. If the base branch or the merge base
    differs from the tag, no run has seen this diff.
    """
    tag = check.tag
    if tag is None or queued.base_ref != (base_ref or queued.base_ref):
        return False
    if queued.shares_name and tag.base != mark_of(queued.base_ref):
        return False
    # The label `skip-review` and a bot's own pull request do not depend on the diff.
    is_unread = check.verdict == Conclusion.SKIPPED and tag.merge_base == mark_of("")
    return is_unread or tag.merge_base == mark_of(queued.merge_base)
