"""Compare check runs of pull requests that share a head. GitHub shows the latest check run on all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.domain.github.pull_request import CheckRun, Conclusion

GREEN = frozenset({Conclusion.SUCCESS, Conclusion.SKIPPED})
"""The conclusions that satisfy a required check."""


def newest(checks: Iterable[CheckRun]) -> CheckRun | None:
    """Return the latest of several check runs with the same name, which is the one that GitHub shows, or None."""
    return max(checks, key=lambda check: check.id, default=None)


def not_green(others: Sequence[CheckRun], head_sha: str) -> tuple[int, ...]:
    """Return the other pull requests whose latest verdict on a commit is not green, in ascending order.

    `others` are the check runs of other pull requests, oldest first.
    """
    latest = {check.tag.number: check for check in others if check.tag and check.head_sha == head_sha}
    return tuple(sorted(number for number, check in latest.items() if check.verdict not in GREEN))


def is_covered(check: CheckRun, others: Sequence[CheckRun]) -> bool:
    """Return whether GitHub shows a later check run of another pull request, and only one of the two is green."""
    top = newest(one for one in others if one.head_sha == check.head_sha)
    return top is not None and top.id > check.id and (top.conclusion in GREEN) != (check.conclusion in GREEN)
