"""A late answer is announced once over HTTP; `tests/simulation` plays kills and races in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, TaskLife
from reviewbot_sandbox.faults import DropBefore, RecordedThen, Reply
from reviewbot_sandbox.github import Level

from bench.requests import COLLECTED
from tests.app.rig import CLEAN, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof

LATER = TaskLife(2, 2)
LOW = answer(finding("app.py", 12, severity="low"))
LEAVING: Any = {"wait_minutes": "0"}
COMMENTS = "/issues/1/comments"


def late(rig: Rig, clock: HandClock, **inputs: Any) -> Finished:  # noqa: ANN401 — any input
    """Leave before the answer, and collect it."""
    rig.run(**LEAVING, **inputs)
    clock.advance(10)
    return rig.collect(**inputs)


@pytest.mark.parametrize(
    ("reply", "inputs", "says"),
    [
        (CLEAN, {}, "**No findings** · [summary]("),
        (LOW, {"comment_from": "high"}, "**1 finding, not blocking** · 🔵 1 low · [summary]("),
        (LOW, {"comment_from": "high", "summary_comment": "false"}, "· 🔵 1 low · [check]("),
    ],
)
def test_an_answer_that_no_review_shows_is_announced_once(
    tmp_path: Path,
    reply: Answer,
    inputs: Any,  # noqa: ANN401 — any input
    says: str,
) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=LATER, clock=clock, engineer=lambda _: reply) as rig:
        done = late(rig, clock, **inputs)
        [text] = rig.announcements()
        head = rig.world.pull(REPO, 1).head_sha[:7]
        assert f"-->\n@mona The review of `{head}` is finished." in text
        assert says in text
        [entry] = json.loads(done.outputs["published"])
        assert (entry["repository"], entry["number"], entry["verdict"]) == (REPO, 1, "pass")
        assert sum(entry["findings"].values()) == (reply is LOW)
        rig.collect(**inputs)
        rig.run(**inputs)
        assert rig.announcements() == [text]


@pytest.mark.parametrize("is_posted", [True, False])
def test_an_answer_in_a_review_or_within_its_run_is_not_announced(tmp_path: Path, is_posted: bool) -> None:  # noqa: FBT001 — a table
    clock = HandClock()
    with open_rig(
        tmp_path, life=LATER, clock=clock if is_posted else None, engineer=lambda _: LOW if is_posted else CLEAN
    ) as rig:
        if is_posted:
            late(rig, clock)
        else:
            rig.run()
            rig.collect()
        assert len(rig.comments()) == is_posted
        assert not rig.announcements()


def test_the_requester_is_mentioned_unless_it_is_a_bot(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=LATER, clock=clock, engineer=lambda _: CLEAN) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        comment = rig.world.comment(REPO, 1, "hubot", "/reviewbot review")
        user = {"login": "hubot", "type": "User"}
        event = {
            "action": "created",
            "issue": {"number": 1, "pull_request": {"url": "x"}},
            "comment": {"id": comment.id, "body": comment.body, "user": user},
            "sender": user,
        }
        rig.run(event="issue_comment", payload=event, review_on="request", **LEAVING)
        clock.advance(10)
        rig.collect(review_on="request")
        [text] = rig.announcements()
        assert "\n@mona @hubot The review of " in text


@pytest.mark.parametrize("fault", [DropBefore(), RecordedThen(502)])
def test_a_lost_response_of_github_leaves_one_announcement(tmp_path: Path, fault: Any) -> None:  # noqa: ANN401 — a fault
    clock = HandClock()
    with open_rig(tmp_path, life=LATER, clock=clock, engineer=lambda _: CLEAN) as rig:
        rig.run(**LEAVING)
        clock.advance(10)
        rig.github_faults.add(COMMENTS, fault, times=1, method="POST")
        assert rig.collect().exit_status == 0
        assert len(rig.announcements()) == 1


def test_a_failed_announcement_is_retried_unless_github_refuses_it(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=LATER, clock=clock, engineer=lambda _: CLEAN) as rig:
        rig.run(**LEAVING)
        clock.advance(10)
        rig.github_faults.add(COMMENTS, Reply(502), times=None, method="POST")
        rig.collect()
        assert (rig.announcements(), rig.checks()[-1].conclusion) == ([], "success")
        assert "not finished" in rig.summaries()[0]
        rig.github_faults.clear()
        rig.collect()
        assert (len(rig.announcements()), rig.checks()[-1].conclusion) == (1, "success")
    clock = HandClock()
    with open_rig(tmp_path / "locked", life=LATER, clock=clock, engineer=lambda _: CLEAN) as rig:
        rig.run(**LEAVING)
        clock.advance(10)
        rig.github_faults.add(COMMENTS, Reply(422, body=b'{"message": "Locked"}'), times=None, method="POST")
        rig.collect()
        assert (rig.announcements(), rig.checks()[-1].conclusion) == ([], "success")


@pytest.mark.parametrize("reply", [LOW, CLEAN])
def test_an_announcement_takes_as_many_requests_as_a_review(tmp_path: Path, reply: Answer) -> None:
    """The comment is posted, and read back like a review."""
    clock = HandClock()
    with open_rig(tmp_path, life=LATER, clock=clock, engineer=lambda _: reply) as rig:
        rig.run(**LEAVING)
        clock.advance(10)
        before = len(rig.github_requests())
        rig.collect()
        assert len(rig.github_requests()) - before == 3 + COLLECTED
