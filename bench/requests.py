"""Exact numbers of requests to GitHub and CodeVF, held by `tests/bench/test_requests.py`."""

from __future__ import annotations

FIRST = 10
"""A first review with check, summary and links, up to 100 files and 30 findings, without comments on files."""

AGAIN = 4
"""A run on a reviewed change."""

PAGE = 100
"""Changed files per page."""

LISTED = 300
"""Changed files up to which GitHub returns the diff; above, git reads it, and a request the context alone."""

FOLLOWED = 11
"""A review after the first, if the push touched no earlier finding."""

COMMENTED = 2
"""Additional requests if it has new comments."""

A_HOUR = 1_000
"""Requests an hour of a workflow's token, per repository."""

LEFT, LEFT_AFTER_A_PUSH = 7, 10
"""A run that submits and detaches: a first review; a later one."""

COLLECTED, COLLECTED_AFTER_A_PUSH = 8, 9
"""Each collected review: a first one; a later one with new comments and one comment to edit."""

LOOKED_AT = 4
"""Each open review that a collection finds unfinished."""

BOUGHT = 3
"""Each purchase, to CodeVF: balance, project by name, task. A project number saves one."""


def of_first(files: int) -> int:
    """Return the requests of a first review; findings add none."""
    return FIRST + _reading(files)


def of_again(files: int) -> int:
    """Return the requests of a run on a reviewed change."""
    return AGAIN + _reading(files)


def _reading(files: int) -> int:
    """Return the additional requests to read a change, compared with one page."""
    return 0 if files > LISTED else -(-files // PAGE) - 1


def of_following(edited: int, *, comments: bool) -> int:
    """Return the requests of a review after the first."""
    return FOLLOWED + edited + COMMENTED * comments


def of_collecting(pulls: int, finished: int, pending: int, bare: int = 0) -> int:
    """Return the requests of a collection.

    Args:
        pulls: open pull requests, fifty per page.
        finished: those whose first review is finished.
        pending: those whose review is not.
        bare: those without a check run of reviewbot; if there are any, the comments of all are read, twenty per page.
    """
    looking = 2 + -(-pulls // 50) + (1 + -(-pulls // 20) if bare else 0)
    return looking + COLLECTED * finished + LOOKED_AT * pending
