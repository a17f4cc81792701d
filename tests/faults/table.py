"""The table: what each trouble at each request must come to.

A row has a column for each family of troubles, and the cells that differ from their family stand apart, by the
trouble's name. Every cell is retried and completed (`WHOLE`), degraded and said, or a row of the outcomes with words
that say what to do. Whatever the cell, one task is bought at most and nothing is sent twice blindly: `judge.py`.
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
    GITHUB_LIMITS,
    GITHUB_LIMITS_FOR_LONG,
    MISSHAPEN,
    REFUSALS,
    STRANGE,
    Made,
)

BY_GIT = Expected(1, "gate", "failure", Same.COMMENTS)
"""The change was fetched with git."""

UNTOLD = Expected(1, "gate", "failure", Same.NOTHING, "could not be written")
"""A part that the token may not write is left out and said; the gate stands."""

LISTED = Expected(1, "gate", "failure", Same.NOTHING, "GitHub refused")
"""What GitHub does not take as a comment is in the summary."""

UNLINKED = Expected(1, "gate", "failure", Same.COMMENTS)
"""The comments are there; the summary does not link them."""

UNPUBLISHED = Expected(4, "not-published", "failure", Same.NOTHING, "What to do next: run this job again")
UNTIDY = Expected(4, "not-published", "failure", Same.COMMENTS, "What to do next: run this job again")
"""The comments and the verdict are there; the summary or its last words are not."""

CHECKLESS = Expected(4, "not-published", None, Same.COMMENTS, "What to do next: run this job again")
BLIND = Expected(3, "github", "", Same.NOTHING, tasks=0)
"""The pull request cannot be read, so there is nothing to write on."""

HOMELESS = Expected(3, "github", "", Same.NOTHING, "What to do next", tasks=0)
"""Nothing is bought when no check can be opened for another reason than a permission."""

UNREAD = Expected(3, "github", "action_required", Same.NOTHING, "What to do next", tasks=0)
DENIED = Expected(3, "permission", "action_required", Same.NOTHING, "permissions", tasks=0)
UNREACHED = Expected(3, "unreachable", "action_required", Same.NOTHING, "What to do next", tasks=0)
REFUSED = Expected(3, "refused", "action_required", Same.NOTHING, "What to do next", tasks=0)
OVER = Expected(3, "over-budget", "action_required", Same.NOTHING, "Add credits", tasks=0)
UNSENT = Expected(3, "partial", "action_required", Same.NOTHING, "Split the pull request", tasks=0)
OPEN = Expected(0, "pending", None, Same.NOTHING, "later run picks it up")
LOST_SIGHT = Expected(3, "refused", "action_required", Same.NOTHING, "What to do next")
SHOWN = Expected(3, "unreadable", "action_required", Same.NOTHING, "review.json")
"""The file is named, and what is known of it is shown."""


ILL_FORMED = ("400", "409", "413", "422")
"""What GitHub answers when it understands a comment and will not have it."""

TABLE: Mapping[Request, Row] = {
    asked.SNAPSHOT: Row(BLIND, BLIND, BLIND, BLIND, apart={"403": replace(BLIND, reason="permission")}),
    # Any bytes may be a diff; what is none is left for git.
    asked.DIFF: Row(UNREAD, BY_GIT, BY_GIT, UNREAD, strange_once=BY_GIT, apart={"403": DENIED, "406": BY_GIT}),
    asked.FILES: Row(UNREAD, UNREAD, UNREAD, UNREAD, apart={"403": DENIED, "406": BY_GIT}),
    asked.TAGS: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.BALANCE: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.PROJECT: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    asked.CREATE: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED, apart={"402": OVER, "413": UNSENT}),
    # The task goes on whatever we hear of it, unless the service says that there is none.
    asked.POLL: Row(OPEN, OPEN, OPEN, LOST_SIGHT),
    asked.FILE: Row(SHOWN, SHOWN, SHOWN, SHOWN, strange_once=SHOWN),
    # Read before the verdict, and once more by the publishing where that failed.
    asked.AGAIN: Row(UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, misshapen_once=WHOLE),
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
    asked.CHECK_READ: Row(
        CHECKLESS, CHECKLESS, CHECKLESS, CHECKLESS, misshapen_once=WHOLE,
        apart={"403": replace(UNTOLD, conclusion=None, same=Same.COMMENTS)},
    ),
    asked.CHECK_END: Row(
        CHECKLESS, CHECKLESS, CHECKLESS, CHECKLESS, misshapen_once=WHOLE, lost=UNTIDY,
        apart={"403": replace(UNTOLD, conclusion=None, same=Same.COMMENTS)},
    ),
}  # fmt: skip

ALWAYS = ("hung up before", "502 with a page")
"""Of what breaks: more of the same kind would come to the same when it stays."""

FEW = frozenset({
    "hung up before", "reset in the body", "403 secondary with nothing", "429 with nothing", "429 for an hour",
    "garbage", "an object without what was asked for", "400", "401", "403", "404", "422",
})  # fmt: skip
"""What is played beside a review: one of each family, since a kind of answer is read in one place; and what stands
apart."""

LOST = ("reset in the body",)
"""The service has done what was asked, and nobody hears of it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One trouble at one request; `times` None means that it stays."""

    story: Story
    request: Request
    trouble: str
    times: int | None
    made: Made
    expected: Expected

    def __str__(self) -> str:
        return f"{self.story.name}, {self.request.name}: {self.trouble}{'' if self.times else ', always'}"


def cells() -> Iterator[Cell]:
    """The whole table."""
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
    )
    for troubles, times, expected in columns:
        for name, made in troubles.items():
            if story is not REVIEW and name not in FEW and name not in row.apart:
                continue
            yield Cell(story, request, name, times, made, row.apart.get(name, expected))
