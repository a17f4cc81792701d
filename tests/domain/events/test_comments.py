"""The commands that a run executes: which ones, in which order, and when it stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reviewbot.domain.events import comments
from reviewbot.domain.events.comments import MOST_MISSED, CaughtUp, Missed, Phase, decide, learn
from reviewbot.domain.events.steps import (
    ExecuteCommand,
    Fail,
    LogFailure,
    PostOpenAnswers,
    ReadPullRequest,
    WriteOutcome,
)
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Snapshot
from reviewbot.domain.machine.steps import Done, Failed, Finish
from reviewbot.domain.policy.verdict import Reason, answered, not_due
from reviewbot.errors import ForgeUnreachable
from reviewbot.values import replace
from tests.domain.builders import NOON, pull, snapshot_of

AWAY = Failed(ForgeUnreachable("GitHub is away."))
DONE = answered(carried_out=True, message="Done.")


def command(number: int, text: str = "/reviewbot status", **more: Any) -> Comment:  # noqa: ANN401 — any field
    at = NOON + timedelta(minutes=number)
    return replace(Comment(number, "", text, ours=False, author="wendy", created_at=at), **more)


def reply(number: int) -> Comment:
    return Comment(100 + number, "", f"{AnswerMark('', str(number), Reaction.YES)}\nDone.", ours=True)


def pull_request(*said: Comment) -> Snapshot:
    return replace(snapshot_of(pull()), comments=said)


def start(*said: Comment, key: str = "", is_keyless: bool = False, dry_run: bool = False) -> Phase:
    now = NOON + timedelta(hours=1)
    return comments.start(pull_request(*said), "", now, key, is_keyless=is_keyless, dry_run=dry_run)


def go(phase: Phase, *results: Any) -> Phase:  # noqa: ANN401 — results of steps
    for result in results:
        phase = learn(phase, result, NOON)
    return phase


def next_command(phase: Phase) -> int:
    step = decide(phase)
    assert isinstance(step, ExecuteCommand)
    return step.posted.comment_id


def test_missed_commands_are_executed_in_order_without_a_wait_and_then_the_events_command() -> None:
    said = (command(1), command(2), command(3), command(4))
    phase = start(*said, key="3")
    assert decide(phase) == PostOpenAnswers(but=frozenset({"1", "2", "3", "4"}))
    phase = go(phase, Done())
    step = decide(phase)
    assert isinstance(step, ExecuteCommand)
    assert (step.posted.comment_id, step.waits) == (1, False)
    phase = go(phase, DONE)
    assert decide(phase) == ReadPullRequest(7)
    phase = go(phase, pull_request(*said, reply(1)))
    assert next_command(phase) == 2
    phase = go(phase, DONE, pull_request(*said, reply(2)))
    step = decide(phase)
    assert isinstance(step, ExecuteCommand)
    assert (step.posted.comment_id, step.waits) == (3, True)
    assert decide(go(phase, DONE)) == Finish(DONE)


def test_answers_to_answered_questions_are_posted() -> None:
    assert decide(start(command(1), reply(1), command(2))) == PostOpenAnswers(but=frozenset({"2"}))


def test_a_run_executes_a_limited_number_of_missed_commands() -> None:
    phase = go(start(*map(command, range(1, MOST_MISSED + 5))), Done())
    assert isinstance(phase, Missed)
    assert len(phase.left) == MOST_MISSED


@pytest.mark.parametrize(
    ("text", "after", "goes_on"),
    [
        ("/reviewbot review", (command(1, reacted=True),), True),
        ("/reviewbot review", (), True),
        ("/reviewbot review", (command(1),), False),
        ("/reviewbot ask why", (command(1),), True),
    ],
)
def test_a_command_that_cannot_be_marked_stops_the_others(
    text: str, after: tuple[Comment, ...], *, goes_on: bool
) -> None:
    phase = go(start(command(1, text), command(2)), Done(), DONE, pull_request(*after))
    assert isinstance(phase, Missed if goes_on else CaughtUp)


def test_a_missed_command_that_fails_stops_the_others_but_not_the_events_command() -> None:
    phase = go(start(command(1), command(2), command(3), key="3"), Done(), AWAY)
    assert decide(phase) == LogFailure("1", AWAY.error)
    phase = go(phase, Done())
    assert decide(phase) == ReadPullRequest(7)
    assert next_command(go(phase, pull_request())) == 3


@pytest.mark.parametrize(
    ("is_keyless", "dry_run", "key", "reason", "word"),
    [
        (False, False, "", Reason.COMMAND, "executed the pending commands on #7"),
        (True, False, "", Reason.COMMAND, "no CodeVF API key"),
        (True, False, "1", Reason.EVENT, "no CodeVF API key"),
        (False, True, "1", Reason.EVENT, "already executed"),
    ],
)
def test_without_a_command_to_execute_the_run_says_why(
    key: str, reason: Reason, word: str, *, is_keyless: bool, dry_run: bool
) -> None:
    said = (command(1),) if is_keyless or dry_run else ()
    phase = start(*said, key=key, is_keyless=is_keyless, dry_run=dry_run)
    phase = phase if isinstance(phase, CaughtUp) else go(phase, Done())
    step = decide(phase)
    assert isinstance(step, WriteOutcome if key else Finish)
    assert (step.outcome.reason, word in step.outcome.message) == (reason, True)
    assert decide(go(phase, step.outcome)) == Finish(step.outcome)


def test_other_failed_steps_end_the_run_and_a_result_of_another_step_is_a_bug() -> None:
    phase = start(command(1), key="1")
    assert decide(go(phase, Done(), AWAY)) == Fail(AWAY.error)
    with pytest.raises(RuntimeError, match="Opened cannot handle Outcome"):
        go(phase, not_due(Reason.EVENT))
