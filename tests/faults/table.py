"""The expected end of each fault at each request.

A row has one column for each family of faults, and exceptions by the fault's name. In each cell the run retries and
completes (`WHOLE`), reports what is missing, or ends with an outcome that says what to do. `judge.py` checks for every
cell that at most one task is bought and that no write is repeated blindly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.faults import requests
from tests.faults.expected import WHOLE, Expected, Row, Same
from tests.faults.fault_kinds import (
    ACCEPTED_ON_RETRY,
    BROKEN,
    CODEVF_LIMITS,
    CODEVF_REFUSALS,
    GITHUB_LIMITS,
    GITHUB_LIMITS_FOR_LONG,
    MISSHAPEN,
    REFUSALS,
    STRANGE,
    Made,
)
from tests.faults.other_runs import OTHER_RUNS
from tests.faults.requests import Request, Service
from tests.faults.scenarios import REVIEW, Scenario

BY_GIT = Expected(1, "gate", "failure", Same.COMMENTS)
"""The change is fetched with git."""

UNWRITTEN = Expected(1, "gate", "failure", Same.NOTHING, "failed because the token lacks")
"""What the token cannot write is omitted and reported; the verdict is unchanged."""

LISTED = Expected(1, "gate", "failure", Same.NOTHING, "GitHub refused")
"""Findings that GitHub does not accept as comments are in the summary."""

RESENT = Expected(1, "gate", "failure", Same.COMMENTS)
"""The summary lists what the accepted request sent."""

UNLINKED = Expected(1, "gate", "failure", Same.COMMENTS)
"""The comments are posted; the summary does not link to them."""

UNPUBLISHED = Expected(4, "not-published", "failure", Same.NOTHING, "To fix: Run this job again")
SUMMARY_OUTDATED = Expected(4, "not-published", "failure", Same.COMMENTS, "To fix: Run this job again")
"""Comments and verdict are written; the summary or its last update is missing."""

CHECKLESS = Expected(4, "not-published", None, Same.COMMENTS, "To fix: Run this job again")
FAILED = Expected(3, "github", "", Same.NOTHING, tasks=0)
"""The pull request cannot be read, so nothing is written."""

NO_CHECK = Expected(3, "github", "", Same.NOTHING, "To fix", tasks=0)
"""Nothing is bought if the check cannot be created for a reason other than a missing permission."""

UNREAD = Expected(3, "github", "action_required", Same.NOTHING, "To fix", tasks=0)
DENIED = Expected(3, "permission", "action_required", Same.NOTHING, "permissions", tasks=0)
UNREACHED = Expected(3, "unreachable", "action_required", Same.NOTHING, "To fix", tasks=0)
REFUSED = Expected(3, "refused", "action_required", Same.NOTHING, "To fix", tasks=0)
OVER = Expected(3, "over-budget", "action_required", Same.NOTHING, "Add credits", tasks=0)
UNSENT = Expected(3, "partial", "action_required", Same.NOTHING, "Narrow `paths`", tasks=0)
OPEN = Expected(0, "pending", None, Same.NOTHING, "later run picks it up")
TASK_NOT_FOUND = Expected(3, "refused", "action_required", Same.NOTHING, "To fix")
SHOWN = Expected(3, "unreadable", "action_required", Same.NOTHING, "review.json")
"""The summary names the file that could not be read."""


ILL_FORMED = ("400", "409", "413", "422")
"""GitHub's response to a comment that violates its rules."""

TABLE: Mapping[Request, Row] = {
    requests.SNAPSHOT: Row(FAILED, FAILED, FAILED, FAILED, apart={"403": replace(FAILED, reason="permission")}),
    # Any bytes may be a diff. If they do not parse, git fetches the change.
    requests.DIFF: Row(UNREAD, BY_GIT, BY_GIT, UNREAD, strange_once=BY_GIT, apart={"403": DENIED, "406": BY_GIT}),
    # Without the context, the files are requested again.
    requests.FILES: Row(UNREAD, UNREAD, UNREAD, UNREAD, misshapen_once=WHOLE, apart={"403": DENIED, "406": BY_GIT}),
    requests.TAGS: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    requests.BALANCE: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    requests.PROJECT: Row(UNREACHED, UNREACHED, UNREACHED, REFUSED),
    requests.CREATE: Row(
        UNREACHED, UNREACHED, UNREACHED, REFUSED,
        apart={
            "402": OVER, "413": UNSENT, "400 attachment_too_large": UNSENT, "400 attachment_limit_exceeded": UNSENT,
            "400 max_credits_exceeded": replace(OVER, says="Lower `max-credits`"),
        },
    ),
    # The task continues whatever the response is, unless the service does not know it.
    requests.POLL: Row(OPEN, OPEN, OPEN, TASK_NOT_FOUND),
    requests.FILE: Row(SHOWN, SHOWN, SHOWN, SHOWN, strange_once=SHOWN),
    # Read before publishing.
    requests.AGAIN: Row(UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED),
    requests.REVIEW: Row(
        UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": UNWRITTEN, **dict.fromkeys(ILL_FORMED, LISTED)},
    ),
    requests.AFTERWARDS: Row(UNLINKED, UNLINKED, UNLINKED, UNLINKED),
    requests.FILE_COMMENT: Row(
        UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, UNPUBLISHED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": UNWRITTEN, **dict.fromkeys(ILL_FORMED, LISTED)},
    ),
    requests.OPEN_CHECK: Row(
        NO_CHECK, NO_CHECK, NO_CHECK, NO_CHECK, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNWRITTEN, conclusion="", same=Same.COMMENTS)},
    ),
    requests.SUMMARY: Row(
        SUMMARY_OUTDATED, SUMMARY_OUTDATED, SUMMARY_OUTDATED, SUMMARY_OUTDATED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNWRITTEN, same=Same.COMMENTS)},
    ),
    requests.SUMMARY_EDIT: Row(
        SUMMARY_OUTDATED, SUMMARY_OUTDATED, SUMMARY_OUTDATED, SUMMARY_OUTDATED, misshapen_once=WHOLE, lost=WHOLE,
        apart={"403": replace(UNWRITTEN, same=Same.COMMENTS)},
    ),
    requests.CHECK_END: Row(
        CHECKLESS, CHECKLESS, CHECKLESS, CHECKLESS, misshapen_once=WHOLE, lost=SUMMARY_OUTDATED,
        apart={"403": replace(UNWRITTEN, conclusion=None, same=Same.COMMENTS)},
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

    scenario: Scenario
    request: Request
    fault: str
    times: int | None
    made: Made
    expected: Expected

    def __str__(self) -> str:
        return f"{self.scenario.name}, {self.request.name}: {self.fault}{'' if self.times else ', always'}"


def cells() -> Iterator[Cell]:
    """Return all cells."""
    for scenario, rows in {REVIEW: TABLE, **OTHER_RUNS}.items():
        for request, row in rows.items():
            yield from _row(scenario, request, row)


def _row(scenario: Scenario, request: Request, row: Row) -> Iterator[Cell]:
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
        (ACCEPTED_ON_RETRY if request is requests.CREATE else {}, 1, RESENT),
    )
    for faults, times, expected in columns:
        for name, made in faults.items():
            if scenario is not REVIEW and name not in FEW and name not in row.apart:
                continue
            yield Cell(scenario, request, name, times, made, row.apart.get(name, expected))
