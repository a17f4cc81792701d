"""A run is stopped while it buys, and something else than its repetition comes next: the answer is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewbot.sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot.sandbox.codevf.state import standing_of
from reviewbot.sandbox.fault_rules import DropBefore, Fault, RecordedThen
from reviewbot.sandbox.github import Level
from tests.app.house import HEAD, REPO, Finished, Rig, answer, finding, house
from tests.app.test_durable import age_memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
LONG = 10_000


def engaged(request: TaskRequest) -> Answer:
    """Whoever reviews finds it once."""
    later = any(one.file_name == "review-so-far.txt" for one in request.attachments)
    return answer(previous=[]) if later else answer(CRITICAL)


SOMEBODY = TaskLife(pending=0, processing=LONG)
NOBODY = TaskLife(pending=LONG, processing=1)


def stopped(rig: Rig, how: Fault, **inputs: Any) -> str:  # noqa: ANN401 — any input
    """A run that never hears what became of its purchase, of a pull request with two commits; the first one's sha."""
    first = rig.world.pull(REPO, 1).head_sha
    rig.world.push(REPO, "topic", {"more.py": "m = 1\n"}, author="mona")
    rig.codevf_faults.add("/tasks/create", how, times=None, method="POST")
    rig.run(wait_minutes="0", **inputs)
    rig.codevf_faults.clear()
    return first


def push(rig: Rig, _first: str) -> None:
    rig.world.push(REPO, "topic", {"extra.py": "x = 1\n"}, author="mona")


def force_push(rig: Rig, _first: str) -> None:
    base = rig.world.pull(REPO, 1).base_sha
    rig.world.push(REPO, "topic", {**HEAD, "extra.py": "x = 1\n"}, author="mona", parents=(base,))


def retarget(rig: Rig, first: str) -> None:
    """To a branch that has the first commit already."""
    rig.world.push(REPO, "release", {"other.py": "y = 1\n"}, author="mona", parents=(first,))
    rig.world.retarget(REPO, 1, "release")


def statuses(rig: Rig) -> list[str]:
    return [standing_of(one, rig.service.now()).status for one in rig.service.tasks()]


def collect(rig: Rig, **inputs: Any) -> Finished:  # noqa: ANN401 — any input
    return rig.run(event="schedule", payload={}, command="collect", **inputs)


@pytest.mark.parametrize("what", [push, force_push, retarget], ids=lambda one: one.__name__)
def test_the_review_of_what_was_there_before_comes_in(tmp_path: Path, what: Callable[[Rig, str], None]) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        what(rig, stopped(rig, RecordedThen(503)))
        assert "its task is task_" in rig.run(wait_minutes="0").log
        assert len(rig.service.tasks()) == 1, "somebody is at it, so what is there now waits for it"
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["verdict"] == "fail"
        assert statuses(rig) == ["completed", "completed"]
        assert "A shell runs it" in rig.summaries()[-1]


def test_what_nobody_has_begun_is_replaced_by_the_newer_head(tmp_path: Path) -> None:
    with house(tmp_path, life=NOBODY) as rig:
        push(rig, stopped(rig, RecordedThen(503)))
        rig.run(wait_minutes="0")
        assert statuses(rig) == ["cancelled", "pending"]


@pytest.mark.parametrize("how", [RecordedThen(503), DropBefore()], ids=["recorded", "not recorded"])
@pytest.mark.parametrize("comes_by", ["the closing", "a collection"])
def test_a_closed_pull_request_leaves_nothing_in_the_queue(tmp_path: Path, how: Fault, comes_by: str) -> None:
    with house(tmp_path, life=NOBODY) as rig:
        stopped(rig, how)
        rig.world.close(REPO, 1)
        if comes_by == "the closing":
            rig.run(payload=rig.event("closed"))
        else:
            collect(rig)
        assert statuses(rig) == ["cancelled"]
        assert "0 of 0" in collect(rig).log


def test_what_is_finished_is_published_on_a_closed_pull_request(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        stopped(rig, RecordedThen(503))
        rig.world.close(REPO, 1)
        clock.advance(2 * LONG)
        rig.run(payload=rig.event("closed"))
        assert "A shell runs it" in rig.summaries()[-1]


@pytest.mark.parametrize("comes_by", ["the same event", "a collection"])
def test_another_mode_finds_what_the_one_before_has_bought(tmp_path: Path, comes_by: str) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        stopped(rig, RecordedThen(503), mode="fast")
        clock.advance(2 * LONG)
        if comes_by == "a collection":
            collect(rig, mode="standard")
            assert rig.checks()[-1].conclusion == "failure"
            assert statuses(rig) == ["completed"]
        else:
            rig.run(wait_minutes="0", mode="standard")
            assert "A shell runs it" in rig.summaries()[-1]


def test_another_expertise_on_the_same_head_buys_nothing_by_a_collection(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, RecordedThen(503), expertise="engineer")
        done = collect(rig, expertise="general-purpose")
        assert "could not be found out" in done.log
        assert len(rig.service.tasks()) == 1
        assert rig.checks()[-1].conclusion == "action_required"


def test_where_no_review_is_due_any_more_it_comes_in_too(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        push(rig, stopped(rig, RecordedThen(503)))
        clock.advance(2 * LONG)
        rig.world.grant(REPO, "hubot", Level.ADMIN)
        rig.world.label(REPO, 1, "skip-review", "hubot")
        rig.run(wait_minutes="0")
        assert "A shell runs it" in rig.summaries()[-1]
        assert statuses(rig) == ["completed"]


def test_files_that_must_not_be_sent_any_more_are_not_sent_to_find_it(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        push(rig, stopped(rig, DropBefore()))
        assert "could not be found out" in rig.run(wait_minutes="0", paths="!**").log
        assert not rig.service.tasks()
        rig.run(wait_minutes="0")
        assert statuses(rig) == ["processing"], "it is found once they may be sent again"


@pytest.mark.parametrize("how", [RecordedThen(503), DropBefore()], ids=["recorded", "not recorded"])
def test_cancel_ends_what_nobody_has_heard_of(tmp_path: Path, how: Fault) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, how)
        rig.world.grant(REPO, "hubot", Level.WRITE)
        comment = rig.world.comment(REPO, 1, "hubot", "/reviewbot cancel")
        user = {"login": "hubot", "type": "User"}
        told = {"id": comment.id, "body": comment.body, "user": user}
        issue = {"number": 1, "pull_request": {"url": "x"}}
        payload = {"action": "created", "issue": issue, "comment": told, "sender": user}
        rig.run(event="issue_comment", payload=payload, wait_minutes="0")
        assert statuses(rig) == ["cancelled"]


def test_what_the_service_has_forgotten_is_not_asked_for_again(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        push(rig, stopped(rig, RecordedThen(503)))
        age_memory(rig)
        for _ in range(2):
            rig.run(wait_minutes="0")
            assert statuses(rig) == ["processing", "processing"], "that of the newer head is the other one"
