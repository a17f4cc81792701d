"""After a run is killed during a purchase, the same change resumes it; for another change its hold is reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.faults import DropBefore, Fault, RecordedThen, Reply
from reviewbot_sandbox.github import Level

from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from tests.app.reviewer.test_durable import age_state
from tests.app.rig import HEAD, KEY, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
LONG = 10_000


def report_once(request: TaskRequest) -> Answer:
    """Report the finding in a first review only."""
    later = any(one.file_name == "conversation.md" for one in request.attachments)
    return answer(previous=[]) if later else answer(CRITICAL)


IN_REVIEW = TaskLife(pending=0, processing=LONG)
QUEUED = TaskLife(pending=LONG, processing=1)


def stopped(rig: Rig, how: Fault, **inputs: Any) -> str:  # noqa: ANN401 — any input
    """Run until the purchase's response is lost, on a pull request with two commits; return the first one's SHA."""
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
    """Retarget to a branch that already has the first commit."""
    rig.world.push(REPO, "release", {"other.py": "y = 1\n"}, author="mona", parents=(first,))
    rig.world.retarget(REPO, 1, "release")


def statuses(rig: Rig) -> list[str]:
    return [standing_of(one, rig.service.now()).status for one in rig.service.tasks()]


def order(rig: Rig, text: str) -> Finished:
    """Write a comment as a collaborator with write access."""
    rig.world.grant(REPO, "hubot", Level.WRITE)
    comment, user = rig.world.comment(REPO, 1, "hubot", text), {"login": "hubot", "type": "User"}
    fields = {"id": comment.id, "body": comment.body, "user": user}
    issue = {"number": 1, "pull_request": {"url": "x"}}
    payload = {"action": "created", "issue": issue, "comment": fields, "sender": user}
    return rig.run(event="issue_comment", payload=payload, wait_minutes="0")


HOW = pytest.mark.parametrize("how", [RecordedThen(503), DropBefore()], ids=["recorded", "not recorded"])
HOLD = 360


def reports_hold(rig: Rig, sha: str) -> bool:
    """Return whether the summary says that the hold of that head's purchase counts."""
    text = rig.summaries()[0].replace("\u200b", "")  # the renderer inserts it where GitHub would create a link
    begun = f"A run stopped while buying the review of {sha[:7]}."
    return begun in text and f"reviewbot counts {HOLD} credits against the limit" in text


def ledger(rig: Rig) -> Ledger:
    return decode(rig.summaries()[0], Signer(KEY, rig.world.store.repo(REPO).id, 1, "")).ledger


def states(rig: Rig) -> list[str]:
    return [one.state.value for one in ledger(rig).purchases]


@HOW
@pytest.mark.parametrize("what", [push, force_push, retarget], ids=lambda one: one.__name__)
def test_another_change_is_bought_at_once_and_the_hold_is_reported(
    tmp_path: Path, what: Callable[[Rig, str], None], how: Fault
) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=report_once) as rig:
        first = stopped(rig, how)
        here, there = rig.world.pull(REPO, 1).head_sha, len(rig.service.tasks())
        what(rig, first)
        rig.run(wait_minutes="0")
        assert len(rig.service.tasks()) == there + 1
        assert (states(rig), int(ledger(rig).spent), reports_hold(rig, here)) == (["intent", "open"], 2 * HOLD, True)
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["verdict"] == "fail"
        assert reports_hold(rig, here)
        assert len(rig.service.tasks()) == there + 1


def test_the_hold_of_an_unknown_task_counts_against_the_limit(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, RecordedThen(503))
        here = rig.world.pull(REPO, 1).head_sha
        push(rig, "")
        ended = rig.run(wait_minutes="0", max_credits_per_pr=str(2 * HOLD - 1))
        assert (ended.exit_status, ended.outputs["reason"]) == (3, "over-budget")
        assert (len(rig.service.tasks()), reports_hold(rig, here)) == (1, True)


@HOW
def test_a_restored_head_resumes_its_purchase(tmp_path: Path, how: Fault) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, how)
        here = rig.world.pull(REPO, 1).head_sha
        push(rig, "")
        rig.run(wait_minutes="0", supersede="keep")
        rig.world.push(REPO, "topic", {"extra.py": None}, author="mona", parents=(here,))
        rig.run(wait_minutes="0", supersede="keep")
        assert sorted(states(rig)) == ["open", "open"]
        assert len(rig.service.tasks()) == 2
        assert not reports_hold(rig, here)


def test_the_next_head_is_bought_once_when_a_review_is_bought_once(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, DropBefore(), review_on="ready")
        push(rig, "")
        rig.run(wait_minutes="0", review_on="ready")
        assert statuses(rig) == ["processing"]


@HOW
@pytest.mark.parametrize("comes_by", ["a collection", "the closing"])
def test_closing_the_pull_request_ends_an_unknown_purchase(tmp_path: Path, how: Fault, comes_by: str) -> None:
    with open_rig(tmp_path, life=QUEUED) as rig:
        stopped(rig, how)
        here, there = rig.world.pull(REPO, 1).head_sha, len(rig.service.tasks())
        rig.world.close(REPO, 1)
        if comes_by == "the closing":
            rig.run(payload=rig.event("closed"))
        else:
            rig.collect()
        assert (states(rig), int(ledger(rig).spent), reports_hold(rig, here)) == (["ended"], HOLD, True)
        assert rig.checks()[-1].conclusion == "action_required"
        assert "0 of 0" in rig.collect().log
        assert len(rig.service.tasks()) == there


@HOW
def test_an_ended_unknown_purchase_is_bought_again_only_on_request(tmp_path: Path, how: Fault) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, how)
        here, there = rig.world.pull(REPO, 1).head_sha, len(rig.service.tasks())
        order(rig, "/reviewbot cancel")
        assert (states(rig), reports_hold(rig, here)) == (["ended"], True)
        assert "reaction=-1" in rig.summaries()[-1]
        for run in (rig.collect, partial(rig.run, wait_minutes="0")):
            run()
            assert (len(rig.service.tasks()), rig.checks()[-1].conclusion) == (there, "action_required")
        order(rig, "/reviewbot review")
        assert len(rig.service.tasks()) == there + 1


def test_a_task_that_codevf_does_not_know_counts_as_ended(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, RecordedThen(503))
        here = rig.world.pull(REPO, 1).head_sha
        push(rig, "")
        age_state(rig)
        for _ in range(2):
            rig.run(wait_minutes="0")
            assert statuses(rig) == ["processing", "processing"], "the other purchase is for the newer head"
            assert (states(rig), reports_hold(rig, here)) == (["ended", "open"], True)
        assert rig.checks(here)[-1].conclusion == "action_required"


def test_after_an_outage_nothing_is_bought_for_older_heads(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        for number in range(2):
            stopped(rig, Reply(503))
            rig.world.push(REPO, "topic", {"extra.py": f"x = {number}\n"}, author="mona")
        rig.run(wait_minutes="0")
        assert statuses(rig) == ["processing"]
        assert states(rig) == ["intent", "intent", "open"]


def test_a_task_refused_for_missing_credits_is_not_a_purchase(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        for _ in range(4):
            stopped(rig, Reply(402, body=b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}'))
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        assert statuses(rig) == ["processing"]


def test_a_resumed_purchase_keeps_its_approved_credits(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, DropBefore(), max_credits="240")
        rig.run(wait_minutes="0", max_credits="1000")
        assert [one.request.max_credits for one in rig.service.tasks()] == [240]


@pytest.mark.parametrize("now", [{"mode": "standard"}, {"paths": "!**"}], ids=["who reads", "what is read"])
def test_a_collection_with_other_settings_buys_nothing_and_says_so(tmp_path: Path, now: dict[str, str]) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, RecordedThen(503))
        here = rig.world.pull(REPO, 1).head_sha
        rig.collect(**now)
        assert (statuses(rig), states(rig), reports_hold(rig, here)) == (["processing"], ["intent"], True)
        assert rig.checks()[-1].conclusion != "success"
        rig.run(wait_minutes="0")
        assert (statuses(rig), states(rig), reports_hold(rig, here)) == (["processing"], ["open"], False)


def test_a_collection_with_other_settings_does_not_disturb_a_run_that_buys(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, DropBefore())
        rig.collect(mode="standard")
        assert (statuses(rig), rig.checks()[-1].status) == ([], "in_progress")
        age_state(rig)
        rig.collect(mode="standard")
        assert (statuses(rig), rig.checks()[-1].conclusion) == ([], "action_required")


def test_a_late_answer_is_published_without_a_due_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        stopped(rig, RecordedThen(503))
        here = rig.world.pull(REPO, 1).head_sha
        push(rig, "")
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=True)
        rig.run(wait_minutes="0")
        assert (statuses(rig), reports_hold(rig, here)) == (["processing"], True)


# --- Incomplete records of a purchase ---------------------------------------------------------------------------------

BIG = "".join(f"line_{number} = {number}\n" for number in range(3000))
SMALL_ROOM = "attachment-bytes: 20000\n"


def test_missed_files_are_known_from_the_check_alone(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, config=SMALL_ROOM) as rig:
        rig.world.push(REPO, "topic", {"a.py": BIG, "b.py": BIG}, author="mona")
        stopped(rig, Reply(503))
        rig.github_faults.add("issues/comments", Reply(502), times=None, method="PATCH")
        rig.run(wait_minutes="0")
        rig.github_faults.clear()
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["coverage"] == "partial"


def test_more_space_later_does_not_make_a_partial_review_whole(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, config=SMALL_ROOM) as rig:
        rig.world.push(REPO, "topic", {"a.py": BIG, "b.py": BIG}, author="mona")
        stopped(rig, RecordedThen(503))
        rig.world.push(REPO, "main", {".github/reviewbot.yml": "attachment-bytes: 1000000\n"})
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["coverage"] == "partial"
        assert len(rig.service.tasks()) == 1
