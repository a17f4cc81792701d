"""Decide whether a purchase waits for a pause between pushes, or for other checks of the head."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from reviewbot.domain.github.head_checks import HeadCheck, HeadState, latest
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import listed

OWN_NAMES = ("CodeVF review", "reviewbot (local)")
"""The prefixes of the names of reviewbot's own check runs."""

OWN_WORKFLOWS = "reviewbot"
"""The prefix of the names of the workflow files that `reviewbot init` writes."""

MOST_NAMED = 5
"""The maximum number of checks that the title of the check run names."""

_WORST_FIRST = (HeadState.RED, HeadState.MISSING, HeadState.RUNNING, HeadState.GREEN)


class WaitRules(Struct, frozen=True):
    """A purchase waits up to `hours` for `checks` (`*` is a wildcard), and until the head is `quiet_minutes` old."""

    checks: tuple[str, ...] = ()
    hours: int = 24
    quiet_minutes: int = 0

    def is_quiet(self, since: datetime, now: datetime) -> bool:
        """Return whether `quiet_minutes` have passed since reviewbot first saw the head."""
        # Without a limit, do not compare times, because GitHub's clock may be ahead of the runner's.
        return self.quiet_minutes == 0 or now - since >= timedelta(minutes=self.quiet_minutes)

    def is_over(self, since: datetime, now: datetime) -> bool:
        return now - since >= timedelta(hours=self.hours)

    @property
    def too_young(self) -> str:
        """The message after a recent push. It contains no time, so that later runs do not change the check."""
        return f"reviewbot first saw this commit less than {self.quiet_minutes} minutes ago (`quiet-minutes`)."

    def open_checks(self, checks: Iterable[HeadCheck], run_id: int = 0) -> tuple[str, ...]:
        """Return the name and state of each check that is not green. A name without a check is missing."""
        there = latest(one for one in checks if not one.name.startswith(OWN_NAMES))
        found = {one: word for name in self.checks for one, word in _open(name, there, run_id)}
        return tuple(f"`{visible(name[:100])}` is {word.value}" for name, word in found.items())


def waits_for(named: tuple[str, ...]) -> str:
    return f"{listed(named, MOST_NAMED)}."


def _open(name: str, checks: Iterable[HeadCheck], run_id: int) -> Iterator[tuple[str, HeadState]]:
    meant: dict[str, HeadState] = {}
    for check in checks:
        if _means(name, check, run_id):
            before = meant.get(check.name, HeadState.GREEN)
            meant[check.name] = min(before, check.state, key=_WORST_FIRST.index)
    if not meant:
        yield name, HeadState.MISSING
    yield from ((one, state) for one, state in meant.items() if state is not HeadState.GREEN)


def _means(name: str, check: HeadCheck, run_id: int) -> bool:
    """Return whether a name or pattern matches a check. As on GitHub, the name of a commit status ignores case.

    A pattern never matches a job of this workflow run, or of a workflow that `reviewbot init` wrote, because reviewbot
    would wait for itself.
    """
    if "*" not in name:
        return name == check.name or (not check.app and name.casefold() == check.name.casefold())
    pattern = ".*".join(map(re.escape, name.split("*")))
    is_own_job = 0 < run_id == check.run_id or check.workflow.startswith(OWN_WORKFLOWS)
    return re.fullmatch(pattern, check.name, re.DOTALL) is not None and not is_own_job
