"""How many requests GitHub may be asked: hard numbers, which the tests hold and the benchmarks measure by."""

from __future__ import annotations

FIRST = 10
"""Of a whole first review with check, summary and links, up to 100 files and 30 findings, file comments apart."""

AGAIN = 4
"""Of a run on a change that was reviewed already."""

MOST = 19
"""Of a first review, whatever its size: more findings are more notes on the check, fifty a request."""

A_HOUR = 1_000
"""What GitHub gives a workflow's token, for one repository."""

COLLECTED = 9
"""Of each finished review that is collected."""

LOOKED_AT = 4
"""Of each open review that turns out not to be finished yet."""


def of_collecting(pulls: int, finished: int, pending: int = 0) -> int:
    """Of a collection.

    Args:
        pulls: open pull requests, listed by fifty.
        finished: those of them whose review is finished.
        pending: those whose review is not.
    """
    return 3 + -(-pulls // 50) + COLLECTED * finished + LOOKED_AT * pending
