"""Expected results for runs other than a plain review: fetch, second pages, collection, commands, merge queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.faults import requests, scenarios
from tests.faults.expected import WHOLE, Expected, Row, Same
from tests.faults.requests import Request
from tests.faults.scenarios import Scenario

UNFETCHED = Expected(3, "change-unreadable", "action_required", Same.NOTHING, "could not be read", tasks=0)
UNREAD = Expected(3, "github", "", Same.NOTHING, tasks=0)

COLLECTED = Expected(0, "collected", "failure", Same.ALL)
UNLISTED = Expected(3, "github", None, Same.NOTHING)
STILL_OPEN = Expected(0, "collected", None, Same.NOTHING)
"""The review stays open until the next collection."""

UNANNOUNCED = replace(COLLECTED, same=Same.NOTHING)
"""Without a response of GitHub the next collection publishes; if GitHub refuses the comment, only that is missing."""

TASK_NOT_FOUND = Expected(0, "collected", "action_required", Same.NOTHING)

ANSWERED = Expected(0, "command", "failure", Same.ALL)
UNANSWERED = Expected(3, "github", "failure", Same.NOTHING)
"""The next run executes the command."""

CARRIED = Expected(1, "merge-group", "failure", Same.ALL)
UNQUEUED = Expected(3, "github", "action_required", Same.NOTHING)
"""The number in the head branch's name does not replace the queue's list of pull requests."""

NOT_POSTED = Expected(0, "command", "failure", Same.NOTHING)
"""An unknown user has no permission. If the token cannot write the reply, the log contains it."""


IN_PARTS = Expected(0, "pending", None, Same.ALL, tasks=3)
FIRST_ALONE = Expected(0, "pending", None, Same.NOTHING, "reviewbot stopped submitting at part 2 of 3")
STOPPED = Expected(3, "unreachable", "action_required", Same.NOTHING, "To fix")
"""The next run sends the same idempotency keys, from the first batch on."""

CANCELLED = Expected(0, "cancelled", "action_required", Same.ALL)
GOES_ON = Expected(0, "pending", None, Same.NOTHING, "could not cancel the task")
STAYS = replace(GOES_ON, says="asked CodeVF to cancel")
"""The response to a cancellation is ignored; the task's status afterwards counts."""

NOT_SEEN = Expected(0, "refused", "action_required", Same.NOTHING, "could not cancel the task")
NOT_READ = replace(NOT_SEEN, reason="unreachable")

CLOSED = Expected(0, "closed", "action_required", Same.ALL)
LEFT_OPEN = Expected(0, "closed", None, Same.NOTHING, "could not cancel the task")
LEFT_ASKED = replace(LEFT_OPEN, says="asked CodeVF to cancel")
LEFT_UNSEEN = replace(LEFT_OPEN, conclusion="action_required")
LEFT_UNREAD = Expected(3, "github", None, Same.NOTHING)
"""The check stays in progress until the next collection."""

CHECK_NOT_UPDATED = replace(LEFT_OPEN, says="Warning: ")
"""The task is cancelled; the check reports it when the pull request is reopened."""

STALLED = Expected(4, "not-published", "", Same.NOTHING, "To fix")
"""The verdict is in the job summary, and the merge queue gets no check."""

UNCHECKED = Expected(1, "merge-group", "", Same.NOTHING, "failed because the token lacks")


def _denied(expected: Expected) -> Expected:
    return replace(expected, reason="permission")


FETCHING = Row(UNFETCHED, UNFETCHED, UNFETCHED, UNFETCHED, misshapen_once=WHOLE)
"""Git does not distinguish temporary from permanent failures, so a fetch is tried twice."""

OTHER_RUNS: Mapping[Scenario, Mapping[Request, Row]] = {
    scenarios.FETCHED: {requests.REFS: FETCHING, requests.PACK: FETCHING},
    scenarios.LONG_CONVERSATION: {requests.MORE: Row(UNREAD, UNREAD, UNREAD, UNREAD, apart={"403": _denied(UNREAD)})},
    scenarios.COLLECTED: {
        requests.CONFIG: Row(
            UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": _denied(UNLISTED)}
        ),
        # Without permission to read check runs, the summaries are used.
        requests.WAITING: Row(UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": COLLECTED}),
        requests.SNAPSHOT: Row(STILL_OPEN, STILL_OPEN, STILL_OPEN, STILL_OPEN, COLLECTED, COLLECTED),
        requests.POLL: Row(STILL_OPEN, STILL_OPEN, TASK_NOT_FOUND, TASK_NOT_FOUND, COLLECTED, COLLECTED),
    },
    scenarios.ANNOUNCED: {
        requests.ANNOUNCEMENT: Row(
            UNANNOUNCED, UNANNOUNCED, UNANNOUNCED, UNANNOUNCED, COLLECTED, COLLECTED, COLLECTED, COLLECTED,
        ),
    },
    scenarios.COMMAND: {
        requests.PERMISSION: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED,
            apart={"403": _denied(UNANSWERED), "404": NOT_POSTED},
        ),
        requests.ANSWER: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED, ANSWERED, ANSWERED,
            apart={"403": NOT_POSTED},
        ),
        requests.EMOJI: Row(
            UNANSWERED, UNANSWERED, NOT_POSTED, UNANSWERED, ANSWERED, ANSWERED,
            apart={"403": NOT_POSTED},  # as with an invalid shape: GitHub's response is ignored
        ),
    },
    scenarios.IN_PARTS: {
        requests.SECOND_PART: Row(
            STOPPED, STOPPED, STOPPED, FIRST_ALONE, IN_PARTS, IN_PARTS, lost=replace(STOPPED, tasks=2),
            apart={"402": FIRST_ALONE, "413": FIRST_ALONE},  # purchases are not lost
        ),
    },
    scenarios.CANCELLED: {
        requests.POLL: Row(GOES_ON, GOES_ON, NOT_READ, NOT_SEEN, CANCELLED, CANCELLED, GOES_ON),
        requests.CANCEL: Row(GOES_ON, STAYS, STAYS, GOES_ON, CANCELLED, STAYS, lost=CANCELLED),
    },
    scenarios.CLOSED: {
        requests.SNAPSHOT: Row(
            LEFT_UNREAD, LEFT_UNREAD, LEFT_UNREAD, LEFT_UNREAD, CLOSED, CLOSED, apart={"403": _denied(LEFT_UNREAD)}
        ),
        requests.POLL: Row(LEFT_OPEN, LEFT_OPEN, LEFT_UNSEEN, LEFT_UNSEEN, CLOSED, CLOSED, LEFT_OPEN),
        requests.CANCEL: Row(LEFT_OPEN, LEFT_ASKED, LEFT_ASKED, LEFT_OPEN, CLOSED, LEFT_ASKED, lost=CLOSED),
        requests.CHECK_END: Row(
            CHECK_NOT_UPDATED, CHECK_NOT_UPDATED, CHECK_NOT_UPDATED, CHECK_NOT_UPDATED, CLOSED, CLOSED, CLOSED, CLOSED
        ),
    },
    scenarios.QUEUED: {
        requests.QUEUE: Row(
            UNQUEUED, UNQUEUED, UNQUEUED, UNQUEUED, CARRIED, CARRIED, apart={"403": _denied(UNQUEUED)}
        ),
        requests.OPEN_CHECK: Row(
            STALLED, STALLED, STALLED, STALLED, CARRIED, CARRIED, CARRIED, CARRIED, apart={"403": UNCHECKED}
        ),
    },
}  # fmt: skip
