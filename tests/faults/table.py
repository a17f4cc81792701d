"""The table: what each trouble at each request must come to.

A row has a column for each family of troubles, and the cells that differ from their family stand apart, by the
trouble's name. Every cell is retried and completed (`WHOLE`), degraded and said, or a row of the outcomes with words
that say what to do. Whatever the cell, one task is bought at most and nothing is sent twice blindly: `judge.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from tests.faults import asked
from tests.faults.asked import Request, Service
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


class Same(Enum):
    """What of GitHub's state must be as if nothing had happened."""

    ALL = "all of it"
    COMMENTS = "the review's comments"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run must come to.

    Attributes:
        exit_status: of the step.
        reason: the output.
        conclusion: of the check; None while it is open, empty where none could be written.
        same: compared with the undisturbed run.
        says: words that stand in the log: what happened, or what to do.
        tasks: bought, with an answer that is waited for or published.
    """

    exit_status: int
    reason: str
    conclusion: str | None
    same: Same
    says: str = ""
    tasks: int = 1


WHOLE = Expected(1, "gate", "failure", Same.ALL)
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


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of the troubles at one request.

    Attributes:
        broken: no answer, again and again.
        strange: a success that cannot be read, again and again.
        misshapen: a success of another shape.
        refused: a clear no.
        once: no answer, once; a limit that lifts.
        strange_once: a success that cannot be read, once.
        misshapen_once: a success of another shape, once: who writes looks at what is there; None for a reader, who
            would get the same again.
        lost: what was asked for is done, and no answer says so, again and again; None for a reader, as `broken`.
        apart: cells of their own, by the trouble's name.
    """

    broken: Expected
    strange: Expected
    misshapen: Expected
    refused: Expected
    once: Expected = WHOLE
    strange_once: Expected = WHOLE
    misshapen_once: Expected | None = None
    lost: Expected | None = None
    apart: Mapping[str, Expected] = field(default_factory=dict)


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

LOST = ("reset in the body",)
"""The service has done what was asked, and nobody hears of it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One trouble at one request; `times` None means that it stays."""

    request: Request
    trouble: str
    times: int | None
    made: Made
    expected: Expected

    def __str__(self) -> str:
        return f"{self.request.name}: {self.trouble}{'' if self.times else ', always'}"


def cells() -> Iterator[Cell]:
    """The whole table."""
    for request, row in TABLE.items():
        yield from _row(request, row)


def _row(request: Request, row: Row) -> Iterator[Cell]:
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
            yield Cell(request, name, times, made, row.apart.get(name, expected))
