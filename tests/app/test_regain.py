"""A run is stopped while it buys, and something else than its repetition comes next: the answer is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.fault_rules import DropBefore, Fault, RecordedThen, Reply
from reviewbot_sandbox.github import Level

from tests.app.house import HEAD, REPO, Finished, Rig, answer, finding, house
from tests.app.test_durable import age_memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
LONG = 10_000
AN_HOUR = timedelta(hours=1)


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


def order(rig: Rig, text: str) -> Finished:
    """Somebody with write access comments."""
    rig.world.grant(REPO, "hubot", Level.WRITE)
    comment, user = rig.world.comment(REPO, 1, "hubot", text), {"login": "hubot", "type": "User"}
    told = {"id": comment.id, "body": comment.body, "user": user}
    issue = {"number": 1, "pull_request": {"url": "x"}}
    payload = {"action": "created", "issue": issue, "comment": told, "sender": user}
    return rig.run(event="issue_comment", payload=payload, wait_minutes="0")


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


HOW = pytest.mark.parametrize("how", [RecordedThen(503), DropBefore()], ids=["recorded", "not recorded"])


def hold(rig: Rig) -> int:
    """Credits that were held for tasks that were not cancelled."""
    return sum(one.request.hold for one in rig.service.tasks() if one.cancelled_at is None)


@pytest.mark.parametrize(
    ("how", "comes_by"), [(RecordedThen(503), "a collection"), (DropBefore(), "the closing")], ids=["made", "not made"]
)
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


def test_a_question_that_could_not_be_withdrawn_is_withdrawn_by_the_next_run(tmp_path: Path) -> None:
    with house(tmp_path, life=NOBODY) as rig:
        push(rig, stopped(rig, Reply(503)))
        rig.codevf_faults.add("/cancel", Reply(503), times=None, method="POST")
        rig.run(wait_minutes="0")
        assert statuses(rig)[0] == "pending"
        rig.codevf_faults.clear()
        collect(rig)
        assert statuses(rig) == ["cancelled", "pending"]
        assert is_question(rig.service.tasks()[0])


def test_after_an_outage_nothing_is_bought_for_the_heads_that_were_left(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        for number in range(2):
            stopped(rig, Reply(503))
            rig.world.push(REPO, "topic", {"extra.py": f"x = {number}\n"}, author="mona")
        rig.run(wait_minutes="0")
        assert statuses(rig) == ["cancelled", "cancelled", "processing"]
        assert all(is_question(one) for one in rig.service.tasks()[:2])
        rig.run(wait_minutes="0")
        assert len(rig.service.tasks()) == 3, "nobody asks twice"


def is_question(task: Any) -> bool:  # noqa: ANN401 — a task of the sandbox
    return "Nothing is to be done" in task.request.prompt


def test_what_was_refused_for_want_of_credits_is_no_purchase_however_often_it_was_tried(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        for _ in range(4):
            stopped(rig, Reply(402, body=b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}'))
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        assert statuses(rig) == ["processing"]


def test_a_key_that_was_used_up_by_asking_buys_nothing_and_opens_nothing(tmp_path: Path) -> None:
    """A run is killed between asking and writing down the answer, and the head comes back."""
    with house(tmp_path, life=TaskLife(pending=0, processing=0)) as rig:
        stopped(rig, Reply(503))
        here = rig.world.pull(REPO, 1).head_sha
        push(rig, "")
        rig.codevf_faults.add("/cancel", Reply(409), times=None, method="POST")
        rig.github_faults.add(".", DropBefore(), times=None, method="PATCH")
        rig.github_faults.add("check-runs|issues/1/comments", DropBefore(), times=None, method="POST")
        rig.run(wait_minutes="0")
        rig.github_faults.clear()
        rig.world.push(REPO, "topic", {"extra.py": None}, author="mona", parents=(here,))
        assert rig.run().outputs["reason"] == "refused"
        assert rig.run().outputs["verdict"] == "pass"
        assert [is_question(one) for one in rig.service.tasks()].count(False) == 1


def test_what_was_agreed_to_is_what_is_bought(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, DropBefore(), max_credits="240")
        rig.run(wait_minutes="0", max_credits="1000")
        assert [one.request.max_credits for one in rig.service.tasks()] == [240]


def test_what_is_finished_is_published_on_a_closed_pull_request(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        stopped(rig, RecordedThen(503))
        rig.world.close(REPO, 1)
        clock.advance(2 * LONG)
        rig.run(payload=rig.event("closed"))
        assert "A shell runs it" in rig.summaries()[-1]


@pytest.mark.parametrize(
    ("before", "now"),
    [({"mode": "fast"}, {"mode": "standard", "expertise": "engineer"}), ({}, {"paths": "!**"})],
    ids=["who reads", "what is read"],
)
def test_other_settings_find_it_too(tmp_path: Path, before: dict[str, str], now: dict[str, str]) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        stopped(rig, RecordedThen(503), **before)
        clock.advance(2 * LONG)
        age_memory(rig, AN_HOUR)
        collect(rig, **now)
        assert statuses(rig) == ["completed"]
        assert "A shell runs it" in rig.summaries()[-1]


def test_where_no_review_is_due_any_more_it_comes_in_too(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        push(rig, stopped(rig, RecordedThen(503)))
        clock.advance(2 * LONG)
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=True)
        rig.run(wait_minutes="0")
        assert "A shell runs it" in rig.summaries()[-1]
        assert statuses(rig) == ["completed"]


@HOW
def test_cancel_ends_what_nobody_has_heard_of(tmp_path: Path, how: Fault) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, how)
        order(rig, "/reviewbot cancel")
        assert statuses(rig) == ["cancelled"]


@pytest.mark.parametrize("sent", [True, False])
def test_cancel_tells_what_it_could_not_cancel_and_buys_nothing(tmp_path: Path, sent: bool) -> None:  # noqa: FBT001
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, RecordedThen(503) if sent else DropBefore())
        rig.codevf_faults.add("/cancel", Reply(409), times=None, method="POST")
        rig.codevf_faults.add("/tasks/create", Reply(503), times=None if not sent else 0, method="POST")
        told = order(rig, "/reviewbot cancel")
        assert hold(rig) == (360 if sent else 0), told.log
        assert "reaction=-1" in rig.summaries()[-1]


def test_what_the_service_has_forgotten_is_not_asked_for_again(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        push(rig, stopped(rig, RecordedThen(503)))
        age_memory(rig)
        for _ in range(2):
            rig.run(wait_minutes="0")
            assert statuses(rig) == ["processing", "processing"], "that of the newer head is the other one"


# --- What was handed in is not known whole ----------------------------------------------------------------------------

BIG = "".join(f"line_{number} = {number}\n" for number in range(3000))
SMALL_ROOM = "attachment-bytes: 20000\n"


def test_a_review_that_was_found_again_is_not_green_by_itself(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, config=SMALL_ROOM) as rig:
        rig.world.push(REPO, "topic", {"a.py": BIG, "b.py": BIG}, author="mona")
        stopped(rig, RecordedThen(503), mode="fast")
        clock.advance(2 * LONG)
        age_memory(rig, AN_HOUR)
        collect(rig, mode="standard")
        assert rig.checks()[-1].conclusion == "action_required"


def test_what_a_task_lacks_is_known_where_the_check_alone_names_it(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, config=SMALL_ROOM) as rig:
        rig.world.push(REPO, "topic", {"a.py": BIG, "b.py": BIG}, author="mona")
        stopped(rig, Reply(503))
        rig.github_faults.add("issues/comments", Reply(502), times=None, method="PATCH")
        rig.run(wait_minutes="0")
        rig.github_faults.clear()
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["coverage"] == "partial"


def test_an_answer_comes_in_though_there_are_no_credits_for_a_question(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged, available=400) as rig:
        stopped(rig, Reply(503))
        push(rig, "")
        no = b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}'
        rig.codevf_faults.add("/tasks/create", Reply(402, body=no), times=1, method="POST")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["verdict"] == "fail"
        assert rig.comments()


def test_an_older_answer_comes_in_though_this_heads_intent_is_forgotten(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, engineer=engaged) as rig:
        stopped(rig, RecordedThen(503))
        push(rig, "")
        stopped_again = Reply(503)
        rig.codevf_faults.add("/tasks/create", stopped_again, times=None, method="POST")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        body = b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}'
        rig.codevf_faults.add("/tasks/create", Reply(402, body=body), times=None, nth=2, method="POST")
        rig.run(wait_minutes="0", supersede="always-replace")
        rig.codevf_faults.clear()
        age_memory(rig)
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        assert "A shell runs it" in rig.summaries()[-1]


def test_a_collection_with_other_settings_leaves_a_run_that_buys_alone(tmp_path: Path) -> None:
    with house(tmp_path, life=SOMEBODY) as rig:
        stopped(rig, DropBefore())
        collect(rig, mode="standard")
        assert (statuses(rig), rig.checks()[-1].status) == ([], "in_progress")
        rig.run(wait_minutes="0")
        assert (statuses(rig), is_question(rig.service.tasks()[0])) == (["processing"], False)


def test_more_room_than_a_task_was_handed_in_with_makes_it_no_whole_review(tmp_path: Path) -> None:
    clock = HandClock()
    with house(tmp_path, clock=clock, life=SOMEBODY, config=SMALL_ROOM) as rig:
        rig.world.push(REPO, "topic", {"a.py": BIG, "b.py": BIG}, author="mona")
        stopped(rig, RecordedThen(503))
        rig.world.push(REPO, "main", {".github/reviewbot.yml": "attachment-bytes: 1000000\n"})
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["coverage"] == "partial"
        assert len(rig.service.tasks()) == 1
