"""The expected end of each fault at each request.

A row has one column for each family of faults, and exceptions by the fault's name. In each cell the run retries and
completes (`WHOLE`), reports what is missing, or ends with an outcome that says what to do. `judge.py` checks for every
cell that at most one task is bought and that no write is repeated blindly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.faults import asked
from tests.faults.asked import Request, Service
from tests.faults.beside import BESIDE
from tests.faults.ends import WHOLE, Expected, Row, Same
from tests.faults.stories import REVIEW, Story
from tests.faults.troubles import (
    BROKEN,
    CODEVF_LIMITS,
    CODEVF_REFUSALS,
    GITHUB_LIMITS,
    GITHUB_LIMITS_FOR_LONG,
    MISSHAPEN,
    REFUSALS,
    STRANGE,
    TAKEN_OTHERWISE,
    Made,
)

BY_GIT = Expected(1, "gate", "failure", Same.COMMENTS)
"""The change is fetched with git."""

UNTOLD = Expected(1, "gate", "failure", Same.NOTHING, "could not be written")
"""What the token may not write is left out and reported; the verdict is unchanged."""

LISTED = Expected(1, "gate", "failure", Same.NOTHING, "GitHub refused")
"""Findings that GitHub does not accept as comments are in the summary."""

OTHERWISE = Expected(1, "gate", "failure", Same.COMMENTS)
"""The summary says what was sent in the end."""

UNLINKED = Expected(1, "gate", "failure", Same.COMMENTS)
"""The comments are posted; the summary does not link to them."""

UNPUBLISHED = Expected(4, "not-published", "failure", Same.NOTHING, "To fix: Run this job again")
UNTIDY = Expected(4, "not-published", "failure", Same.COMMENTS, "To fix: Run this job again")
"""Comments and verdict are written; the summary or its last update is missing."""

CHECKLESS = Expected(4, "not-published", None, Same.COMMENTS, "To fix: Run this job again")
BLIND = Expected(3, "github", "", Same.NOTHING, tasks=0)
"""The pull request cannot be read, so nothing is written."""

HOMELESS = Expected(3, "github", "", Same.NOTHING, "To fix", tasks=0)
"""Nothing is bought if the check cannot be created for a reason other than a missing permission."""

UNREAD = Expected(3, "github", "action_required", Same.NOTHING, "To fix", tasks=0)
DENIED = Expected(3, "permission", "action_required", Same.NOTHING, "permissions", tasks=0)
UNREACHED = Expected(3, "unreachable", "action_required", Same.NOTHING, "To fix", tasks=0)
REFUSED = Expected(3, "refused", "action_required", Same.NOTHING, "To fix", tasks=0)
OVER = Expected(3, "over-budget", "action_required", Same.NOTHING, "Add credits", tasks=0)
UNSENT = Expected(3, "partial", "action_required", Same.NOTHING, "Narrow `paths`", tasks=0)
OPEN = Expected(0, "pending", None, Same.NOTHING, "later run picks it up")
LOST_SIGHT = Expected(3, "refused", "action_required", Same.NOTHING, "To fix")
SHOWN = Expected(3, "unreadable", "action_required", Same.NOTHING, "review.json")
"""The file is named with what is known about it."""


ILL_FORMED = ("400", "409", "413", "422")
"""GitHub's response to a comment that violates its rules."""

TABLE: Mapping[Request, Row] = {
    asked.SNAPSHOT: Row(BLIND, BLIND, BLIND, BLIND, apart={"403": replace(BLIND, reason="permission")}),
    # Any bytes may be a diff. If they do not parse, git fetches the change.
    asked.DIFF: Row(UNREAD, BY_GIT, BY_GIT, UNREAD, strange_once=BY_GIT, apart={"403": DENIED, "406": BY_GIT}),
    asked.FILES: Row(UNREAD, UNREAD, UNREAD, UNREAD, apart={"403": DENIED, "406": BY_GIT}),
    asked.TAGS: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.BALANCE: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.PROJECT: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.CREATE: Row(
        UNREACHED, UNREACHED, UNREACHED, REFUSED,
        apart={
            "402": OVER, "413": UNSENT, "400 attachment_too_large": UNSENT, "400 attachment_limit_exceeded": UNSENT,
            "400 max_credits_exceeded": replace(OVER, says="Lower `max-credits`"),
        },
    ),
    # The task continues whatever the response is, unless the service does not know it.
    asked.POLL: Row(OPEN, OPEN, OPEN, LOST_SIGHT),
    asked.FILE: Row(SHOWN, SHOWN, SHOWN, SHOWN, strange_once=SHOWN),
    # Read before publishing.
    asked.AGAIN: Row(UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED),
    asked.REVIEW: Row(
        UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": UNTOLD, **dict.fromkeys(ILL_FORMED, LISTED)},
    ),
    asked.AFTERWARDS: Row(UNLINKED, UNLINKED, UNLINKED, UNLINKED),
    asked.FILE_COMMENT: Row(
        UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": UNTOLD, **dict.fromkeys(ILL_FORMED, LISTED)},
    ),
    asked.OPEN_CHECK: Row(
        HOMELESS, HOMELESS, HOMELESS, HOMELESS, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNTOLD, conclusion="", same=Same.COMMENTS)},
    ),
    asked.SUMMARY: Row(
        UNTIDY, UNTIDY, UNTIDY, UNTIDY, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNTOLD, same=Same.COMMENTS)},
    ),
    asked.SUMMARY_EDIT: Row(
        UNTIDY, UNTIDY, UNTIDY, UNTIDY, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNTOLD, same=Same.COMMENTS)},
    ),
    asked.CHECK_END: Row(
        CHECKLESS, CHECKLESS, CHECKLESS, CHECKLESS, misshapen_once=WHOLE, lost=UNTIDY,
        apart={"403": replace(UNTOLD, conclusion=None, same=Same.COMMENTS)},
    ),
}  # fmt: skip

ALWAYS = ("hung up before", "502 with a page")
"""The permanent faults to play; others of the same kind lead to the same end."""

FEW = frozenset({
    "hung up before", "reset in the body", "403 secondary with nothing", "429 with nothing", "429 for an hour",
    "garbage", "an object without what was asked for", "400", "401", "403", "404", "422",
})  # fmt: skip
"""The faults to play for runs other than a review: one of each family, and the exceptions."""

LOST = ("reset in the body",)
"""Faults after which the write has taken effect and its response is lost."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one request; `times` None means permanently."""

    story: Story
    request: Request
    trouble: str
    times: int | None
    made: Made
    expected: Expected

    def __str__(self) -> str:
        return f"{self.story.name}, {self.request.name}: {self.trouble}{'' if self.times else ', always'}"


def cells() -> Iterator[Cell]:
    """Return all cells."""
    for story, rows in {REVIEW: TABLE, **BESIDE}.items():
        for request, row in rows.items():
            yield from _row(story, request, row)


def _row(story: Story, request: Request, row: Row) -> Iterator[Cell]:
    ours = request.service is Service.GITHUB
    columns: tuple[tuple[Mapping[str, Made], int | None, Expected], ...] = (
        (BROKEN, 1, row.once),
        (GITHUB_LIMITS if ours else CODEVF_LIMITS, 1, row.once),
        (STRANGE, 1, row.strange_once),
        (MISSHAPEN, 1, row.misshapen_once or row.misshapen),
        (MISSHAPEN, None, row.misshapen),
        ({name: BROKEN[name] for name in ALWAYS}, None, row.broken),
        ({name: BROKEN[name] for name in LOST}, None, row.lost or row.broken),
        (GITHUB_LIMITS_FOR_LONG if ours else {}, None, row.broken),
        (STRANGE, None, row.strange),
        (REFUSALS, None, row.refused),
        ({} if ours else CODEVF_REFUSALS, None, row.refused),
        (TAKEN_OTHERWISE if request is asked.CREATE else {}, 1, OTHERWISE),
    )
    for troubles, times, expected in columns:
        for name, made in troubles.items():
            if story is not REVIEW and name not in FEW and name not in row.apart:
                continue
            yield Cell(story, request, name, times, made, row.apart.get(name, expected))
