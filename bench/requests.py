"""How many requests GitHub and CodeVF are asked: exact numbers, which the tests hold and the benchmarks measure by."""

from __future__ import annotations

FIRST = 10
"""Of a whole first review with check, summary and links, up to 100 files and 30 findings, file comments apart."""

AGAIN = 4
"""Of a run on a change that was reviewed already."""

PAGE = 100
"""Changed files that a request lists."""

LISTED = 300
"""Changed files up to which GitHub gives the change; past them git reads it, and each run needs a request less."""

FOLLOWED = 11
"""Of a review after the first, when the push has left the earlier findings alone."""

COMMENTED = 2
"""More of it when it has new comments."""

NOTES, NOTES_AT_ONCE = 300, 50
"""Notes on the check at most, one a finding, and those that a request carries."""

A_HOUR = 1_000
"""What GitHub gives a workflow's token, for one repository."""

LEFT, LEFT_AFTER_A_PUSH = 7, 10
"""Of a run that hands in and leaves at once: for a first review, and for another."""

COLLECTED, COLLECTED_AFTER_A_PUSH = 8, 9
"""Of each finished review that is collected: a first one, and one with new comments and an earlier one to edit."""

LOOKED_AT = 4
"""Of each open review that turns out not to be finished yet."""

BOUGHT = 3
"""To CodeVF for each review: the balance, the project by its name, the task. A project's number saves one."""


def of_first(files: int, findings: int) -> int:
    """Of a first review with so many findings; more notes than one request carries are looked at before, too."""
    batches = -(-min(findings, NOTES) // NOTES_AT_ONCE)
    return FIRST + _reading(files) + (batches if batches > 1 else 0)


def of_again(files: int) -> int:
    """Of a run on a change that was reviewed already."""
    return AGAIN + _reading(files)


def _reading(files: int) -> int:
    """How many more or fewer it takes to read a change than one of a page."""
    return -1 if files > LISTED else -(-files // PAGE) - 1


def of_following(edited: int, *, comments: bool) -> int:
    """Of a review after the first.

    Args:
        edited: earlier comments that are told what became of their finding.
        comments: whether there are new ones.
    """
    return FOLLOWED + edited + COMMENTED * comments


def of_collecting(pulls: int, finished: int, pending: int, bare: int = 0) -> int:
    """Of a collection.

    Args:
        pulls: open pull requests, listed by fifty.
        finished: those of them whose review, the first one, is finished.
        pending: those whose review is not.
        bare: those without a check of ours; when there are any, the comments of all are read by twenty.
    """
    looking = 2 + -(-pulls // 50) + (1 + -(-pulls // 20) if bare else 0)
    return looking + COLLECTED * finished + LOOKED_AT * pending
