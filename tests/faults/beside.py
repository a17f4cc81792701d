"""The table for what is no review by itself: fetching, second pages, collections, commands, queues."""

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
"""The review stays open, and the next collection comes by."""

LOST_SIGHT = Expected(0, "collected", "action_required", Same.NOTHING)

ANSWERED = Expected(0, "command", "failure", Same.ALL)
UNANSWERED = Expected(3, "github", "failure", Same.NOTHING)
"""The next run carries it out."""

CARRIED = Expected(1, "merge-group", "failure", Same.ALL)
"""The queue is asked for whom else it holds; where it does not say, the head's name does."""

UNTOLD = Expected(0, "command", "failure", Same.NOTHING)
"""Somebody whom nobody knows may nothing; and where the token may not answer, the log does."""


def _denied(expected: Expected) -> Expected:
    return replace(expected, reason="permission")


FETCHING = Row(UNFETCHED, UNFETCHED, UNFETCHED, UNFETCHED, misshapen_once=WHOLE)
"""Git does not tell a passing trouble from one that stays, so a fetch is tried once more."""

BESIDE: Mapping[Story, Mapping[Request, Row]] = {
    stories.FETCHED: {asked.REFS: FETCHING, asked.PACK: FETCHING},
    stories.TALKED_ABOUT: {asked.MORE: Row(UNREAD, UNREAD, UNREAD, UNREAD, apart={"403": _denied(UNREAD)})},
    stories.COLLECTED: {
        asked.CONFIG: Row(
            UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": _denied(UNLISTED)}
        ),
        # A token that may not read check runs has the summaries.
        asked.WAITING: Row(UNLISTED, UNLISTED, UNLISTED, UNLISTED, COLLECTED, COLLECTED, apart={"403": COLLECTED}),
        asked.SNAPSHOT: Row(PASSED_BY, PASSED_BY, PASSED_BY, PASSED_BY, COLLECTED, COLLECTED),
        asked.POLL: Row(PASSED_BY, PASSED_BY, LOST_SIGHT, LOST_SIGHT, COLLECTED, COLLECTED),
    },
    stories.ASKED: {
        asked.PERMISSION: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED,
            apart={"403": _denied(UNANSWERED), "404": UNTOLD},
        ),
        asked.SUMMARY: Row(
            UNANSWERED, UNANSWERED, UNANSWERED, UNANSWERED, ANSWERED, ANSWERED, ANSWERED, ANSWERED,
            apart={"403": UNTOLD},
        ),
    },
    stories.QUEUED: {asked.QUEUE: Row(CARRIED, CARRIED, CARRIED, CARRIED, CARRIED, CARRIED)},
}  # fmt: skip
