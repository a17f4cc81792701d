"""One commit, several pull requests: GitHub keeps a check for the commit, and shows the latest for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.domain.github.pull_request import CheckRun, Conclusion

GREEN = frozenset({Conclusion.SUCCESS, Conclusion.SKIPPED})
"""What we write that satisfies a required check."""


def newest(checks: Iterable[CheckRun]) -> CheckRun | None:
    """The check run that GitHub goes by, when there are several of a name."""
    return max(checks, key=lambda check: check.id, default=None)


def is_of(check: CheckRun, number: int) -> bool:
    """Whether a check run is that pull request's; one without a tag is nobody's, since we have not written it."""
    return check.tag is not None and check.tag.number == number


def not_green(others: Sequence[CheckRun], head_sha: str) -> tuple[int, ...]:
    """The other pull requests whose own verdict on a commit is open, or anything but green.

    Args:
        others: check runs of other pull requests, oldest first.
        head_sha: the commit.
    """
    latest = {check.tag.number: check for check in others if check.tag and check.head_sha == head_sha}
    return tuple(sorted(number for number, check in latest.items() if check.verdict not in GREEN))


def is_covered(check: CheckRun, others: Sequence[CheckRun]) -> bool:
    """Whether GitHub shows a later check run of another pull request instead, and that one means something else."""
    top = newest(one for one in others if one.head_sha == check.head_sha)
    if top is None or top.id < check.id or check.conclusion is None:
        return False
    return (top.conclusion in GREEN) != (check.conclusion in GREEN)
