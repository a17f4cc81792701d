"""Find the pull requests with an open task, and the pull requests in a merge queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.adapters.github.graphql import answers
from reviewbot.adapters.github.graphql.answers import Checked
from reviewbot.adapters.github.graphql.parse import checked_commits, checks, half_read
from reviewbot.domain.github.pull_request import CheckRun, CheckStatus
from reviewbot.domain.ledger.external_id import names_open_task
from reviewbot.domain.model.events import QueueEntry

_GIVEN_UP = "stale"
"""GitHub's conclusion for a check run that was not completed within two weeks."""


def has_open_task(number: int, named: Iterable[Checked]) -> bool | None:
    """Return whether a pull request may have an open task or question, according to each head's newest check runs.

    Return None if no check run shows a task or question, and the list of check runs is empty or incomplete. A completed
    check run can have an open task after a bypass or with the label `skip-review`.
    """
    commits = [commit for one in named for commit in checked_commits(one)]
    newest = {(run.head_sha, run.name): run for run in checks(commits) if run.is_of(number)}
    is_open = any(map(_is_open, newest.values()))
    return is_open if is_open or (newest and not half_read(commits)) else None


def _is_open(run: CheckRun) -> bool:
    left = run.status == CheckStatus.IN_PROGRESS or run.conclusion == _GIVEN_UP
    asks = run.tag is not None and run.tag.asks
    return left or asks or names_open_task(run.external_id)


def contained(entries: Sequence[answers.QueueEntry | None], head_sha: str) -> tuple[QueueEntry, ...]:
    """Return the pull requests in a merge queue up to a head commit.

    The result is empty if no entry has this head, or if the token may not read an entry.
    """
    readable = [entry for entry in entries if entry]
    if len(readable) < len(entries):
        return ()
    found: list[QueueEntry] = []
    for entry in sorted(readable, key=lambda entry: entry.position):
        if entry.pull_request is None:
            return ()
        found.append(QueueEntry(entry.pull_request.number, entry.base_commit.oid if entry.base_commit else ""))
        if entry.head_commit is not None and entry.head_commit.oid == head_sha:
            return tuple(found)
    return ()
