"""Count 👍 and 👎 on reviewbot's comments, by finding and by role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.domain.findings.markers import read_finding_mark
from reviewbot.domain.github.pull_request import Opinion, Snapshot, Thread
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.text.strict_json import Count

MAX_OPINIONS = 100
"""How many findings with a 👍 or 👎 are kept: those with the oldest comments."""


class Opinions(Struct, frozen=True, array_like=True):
    """What people think of a finding.

    Attributes:
        author_up: 👍 of the author of the pull request; `author_down`: 👎.
        others_up: 👍 of others with write access; `others_down`: 👎.
    """

    finding_id: str
    author_up: Count = 0
    author_down: Count = 0
    others_up: Count = 0
    others_down: Count = 0

    @property
    def up(self) -> int:
        return self.author_up + self.others_up

    @property
    def down(self) -> int:
        return self.author_down + self.others_down


def opinions_of(snapshot: Snapshot, instance: str) -> tuple[Opinions, ...]:
    """Return the opinions on the findings that have one; those of bots and strangers are ignored."""
    found: dict[str, Counter[str]] = {}
    for thread in snapshot.threads:
        counted = Counter(_roles(thread, snapshot))
        for finding_id in _findings_of(thread, instance) if counted else ():
            found.setdefault(finding_id, Counter()).update(counted)
    return tuple(Opinions(finding_id, **counted) for finding_id, counted in found.items())[:MAX_OPINIONS]


def _findings_of(thread: Thread, instance: str) -> tuple[str, ...]:
    first = next(iter(thread.comments), None)
    mark = read_finding_mark(first.body) if first and first.ours and first.edited_by_us else None
    return mark.ids if mark and mark.instance == instance else ()


def _roles(thread: Thread, snapshot: Snapshot) -> Iterator[str]:
    for opinion in thread.opinions:
        if role := _role(opinion, snapshot):
            yield f"{role}_{'up' if opinion.agrees else 'down'}"


def _role(opinion: Opinion, snapshot: Snapshot) -> str:
    """Return the role; empty if it is unknown, since GitHub's answer has no role beside a reaction."""
    pull, login = snapshot.pull, opinion.login.casefold()
    if login.endswith(BOT_SUFFIX):
        return ""
    if login in (pull.people or {(pull.author or "").casefold()}):
        return "author"
    return "others" if login in {one.casefold() for one in snapshot.writers} else ""
