"""Expected results for runs other than a plain review: fetch, second pages, collection, commands, merge queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.faults import asked, stories
from tests.faults.asked import Request
from tests.faults.ends import WHOLE, Expected, Row, Same
from tests.faults.stories import Story

UNFETCHED = Expected(3, "change-unreadable", "action_required", Same.NOTHING, "could not be read", tasks=0)
UNREAD = Expected(3, "github", "", Same.NOTHING, tasks=0)

COLLECTED = Expected(0, "collected", "failure", Same.ALL)
UNLISTED = Expected(3, "github", None, Same.NOTHING)
PASSED_BY = Expected(0, "collected", None, Same.NOTHING)
"""The review stays open until the next collection."""

UNANNOUNCED = replace(COLLECTED, same=Same.NOTHING)
"""Without an answer of GitHub the next collection publishes; if it refuses the comment, only that is missing."""

LOST_SIGHT = Expected(0, "collected", "action_required", Same.NOTHING)

ANSWERED = Expected(0, "command", "failure", Same.ALL)
UNANSWERED = Expected(3, "github", "failure", Same.NOTHING)
"""The next run executes the command."""

CARRIED = Expected(1, "merge-group", "failure", Same.ALL)
"""Without the queue's list of pull requests, the number in the head branch's name is used."""

UNTOLD = Expected(0, "command", "failure", Same.NOTHING)
"""An unknown user has no permission. If the token cannot write the reply, the log contains it."""


IN_PARTS = Expected(0, "pending", None, Same.ALL, tasks=3)
FIRST_ALONE = Expected(0, "pending", None, Same.NOTHING, "The parts from 2 of 3 on were not submitted")
STOPPED = Expected(3, "unreachable", "action_required", Same.NOTHING, "To fix")
"""The next run sends the same idempotency keys, from the first batch on."""

CALLED_OFF = Expected(0, "cancelled", "action_required", Same.ALL)
GOES_ON = Expected(0, "pending", None, Same.NOTHING, "was not cancelled")
STAYS = replace(GOES_ON, says="was asked to cancel")
"""The response to a cancellation is ignored; the task's status afterwards counts."""

NOT_SEEN = Expected(0, "refused", "action_required", Same.NOTHING, "was not cancelled")
NOT_READ = replace(NOT_SEEN, reason="unreachable")

CLOSED = Expected(0, "closed", "action_required", Same.ALL)
LEFT_OPEN = Expected(0, "closed", None, Same.NOTHING, "was not cancelled")
LEFT_ASKED = replace(LEFT_OPEN, says="was asked to cancel")
LEFT_UNSEEN = replace(LEFT_OPEN, conclusion="action_required")
LEFT_UNREAD = Expected(3, "github", None, Same.NOTHING)
"""The check stays in progress until the next collection."""

ENDED_UNTOLD = replace(LEFT_OPEN, says="Warning: ")
"""The task is cancelled; the check reports it when the pull request is reopened."""

STALLED = Expected(4, "not-published", "", Same.NOTHING, "To fix")
"""The verdict is in the job summary, and the merge queue gets no check."""

UNCHECKED = Expected(1, "merge-group", "", Same.NOTHING, "could not be written")


def _denied(expected: Expected) -> Expected:
    return replace(expected, reason="permission")


FETCHING = Row(UNFETCHED, UNFETCHED, UNFETCHED, UNFETCHED, misshapen_once=WHOLE)
"""Git does not distinguish temporary from permanent failures, so a fetch is tried twice."""

BESIDE: Mapping[Story, Mapping[Request, Row]] = {
    stories.FETCHED: {asked.REFS: FETCHING, asked.PACK: FETCHING},
    stories.TALKED_ABOUT: {asked.MORE: Row(UNREAD, UNREAD, UNREAD, UNREAD, apart={"403": _denied(UNREAD)})},
    stories.COLLECTED: {
        asked.CONFIG: Row(
            UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": _denied(UNLISTED)}
        ),
        # Without permission to read check runs, the summaries are used.
        asked.WAITING: Row(UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": COLLECTED}),
        asked.SNAPSHOT: Row(PASSED_BY, PASSED_BY, PASSED_BY, PASSED_BY, COLLECTED, COLLECTED),
        asked.POLL: Row(PASSED_BY, PASSED_BY, LOST_SIGHT, LOST_SIGHT, COLLECTED, COLLECTED),
    },
    stories.ANNOUNCED: {
        asked.ANNOUNCEMENT: Row(
            UNANNOUNCED, UNANNOUNCED, UNANNOUNCED, UNANNOUNCED, COLLECTED, COLLECTED, COLLECTED, COLLECTED,
        ),
    },
    stories.ASKED: {
        asked.PERMISSION: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED,
            apart={"403": _denied(UNANSWERED), "404": UNTOLD},
        ),
        asked.ANSWER: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED, ANSWERED, ANSWERED,
            apart={"403": UNTOLD},
        ),
        asked.EMOJI: Row(
            UNANSWERED, UNANSWERED, UNTOLD, UNANSWERED, ANSWERED, ANSWERED,
            apart={"403": UNTOLD},  # as with an invalid shape: GitHub's response is ignored
        ),
    },
    stories.IN_PARTS: {
        asked.SECOND_PART: Row(
            STOPPED, STOPPED, STOPPED, FIRST_ALONE, IN_PARTS, IN_PARTS, lost=replace(STOPPED, tasks=2),
            apart={"402": FIRST_ALONE, "413": FIRST_ALONE},  # purchases are not lost
        ),
    },
    stories.CALLED_OFF: {
        asked.POLL: Row(GOES_ON, GOES_ON, NOT_READ, NOT_SEEN, CALLED_OFF, CALLED_OFF, GOES_ON),
        asked.CANCEL: Row(GOES_ON, STAYS, STAYS, GOES_ON, CALLED_OFF, STAYS, lost=CALLED_OFF),
    },
    stories.CLOSED: {
        asked.SNAPSHOT: Row(
            LEFT_UNREAD, LEFT_UNREAD, LEFT_UNREAD, LEFT_UNREAD, CLOSED, CLOSED, apart={"403": _denied(LEFT_UNREAD)}
        ),
        asked.POLL: Row(LEFT_OPEN, LEFT_OPEN, LEFT_UNSEEN, LEFT_UNSEEN, CLOSED, CLOSED, LEFT_OPEN),
        asked.CANCEL: Row(LEFT_OPEN, LEFT_ASKED, LEFT_ASKED, LEFT_OPEN, CLOSED, LEFT_ASKED, lost=CLOSED),
        asked.CHECK_END: Row(
            ENDED_UNTOLD, ENDED_UNTOLD, ENDED_UNTOLD, ENDED_UNTOLD, CLOSED, CLOSED, CLOSED, CLOSED
        ),
    },
    stories.QUEUED: {
        asked.QUEUE: Row(CARRIED, CARRIED, CARRIED, CARRIED, CARRIED, CARRIED),
        asked.OPEN_CHECK: Row(
            STALLED, STALLED, STALLED, STALLED, CARRIED, CARRIED, CARRIED, CARRIED, apart={"403": UNCHECKED}
        ),
    },
}  # fmt: skip
