"""Open reviews of a pull request that is closed, in a merge queue, or without check runs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.faults import Reply
from reviewbot_sandbox.github import WORKFLOW, Access, Scope, merge_group_event

from reviewbot.domain.ledger.codec import decode, replace_ledger
from reviewbot.domain.ledger.opinions import SUMMARY, Opinions
from reviewbot.domain.ledger.signing import Signer
from tests.app.reviewer.test_durable import delete_summary, force_push
from tests.app.rig import CLEAN, KEY, REPO, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
QUICK = TaskLife(pending=2, processing=2)


def closed(rig: Rig) -> Any:  # noqa: ANN401 — JSON
    rig.world.close(REPO, 1)
    return rig.event("closed")


def test_a_queued_task_is_cancelled_when_the_pull_request_is_closed(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=100_000, processing=1)) as rig:
        rig.run(wait_minutes="0")
        done = rig.run(payload=closed(rig))
        assert (done.exit_status, done.outputs["status"], done.outputs["reason"]) == (0, "skipped", "closed"), done.log
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [True]
        assert [(one.status, one.conclusion) for one in rig.checks()] == [("completed", "action_required")]


def test_a_review_in_progress_is_collected_into_the_summary_later(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(
        tmp_path, life=TaskLife(pending=0, processing=9), clock=clock, engineer=lambda _: answer(CRITICAL)
    ) as rig:
        rig.run(wait_minutes="0")
        assert rig.run(payload=closed(rig)).exit_status == 0
        assert [one.status for one in rig.checks()] == ["in_progress"]
        clock.advance(10)
        done = rig.collect()
        assert done.exit_status == 0, done.log
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        assert "A shell runs it" in rig.summaries()[0]
        assert not rig.comments(), "a closed pull request gets no notification"


def test_a_finished_review_is_published_when_the_pull_request_is_closed(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=QUICK, clock=clock, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        clock.advance(10)
        assert rig.run(payload=closed(rig)).outputs["reason"] == "closed"
        assert "A shell runs it" in rig.summaries()[0]
        assert "closed before the review finished" in rig.summaries()[0]
        assert not rig.comments()
        assert rig.service.tasks()[0].cancelled_at is None


def test_check_runs_that_cannot_be_read_are_logged_when_the_pull_request_is_closed(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        force_push(rig, extra="x = 1\n")
        delete_summary(rig)
        rig.github_faults.add("/graphql", Reply(422), times=None, method="POST", body="query Checks\\(")
        done = rig.run(payload=closed(rig))
        assert done.outputs["reason"] == "closed"
        assert "could not read the check runs of older heads" in done.log


def test_a_closed_pull_request_without_a_review_is_not_changed(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(payload=closed(rig)).outputs["reason"] == "closed"
        assert not rig.codevf_faults.log
        assert len(rig.github_requests()) == 1


def test_reactions_are_recorded_when_the_pull_request_is_closed(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run()
        (comment,) = rig.comments()
        for who, content in (("mona", "-1"), ("kim", "+1"), ("stranger", "-1"), ("mona", "heart")):
            rig.world.react(comment.id, who, content)
        rig.world.react(min(rig.world.store.comments), "kim", "+1")
        before = rig.summaries()[0]
        done = rig.run(payload=closed(rig))
        assert (done.outputs["reason"], done.exit_status) == ("closed", 0), done.log
        on_summary, found = opinions_in(rig)
        assert on_summary == Opinions(SUMMARY, up=1)
        assert (found.up, found.down) == (1, 2)
        assert found.about in comment.body
        after = rig.summaries()[0]
        assert replace_ledger(before, "") == replace_ledger(after, "")
        requests = len(rig.github_requests())
        rig.run(payload=rig.event("closed"))
        assert rig.summaries() == [after]
        assert len(rig.github_requests()) == requests + 1


def opinions_in(rig: Rig) -> tuple[Opinions, ...]:
    signer = Signer(KEY, rig.world.store.repo(REPO).id, 1, "")
    return decode(rig.summaries()[0], signer).ledger.opinions


# --- The merge queue --------------------------------------------------------------------------------------------------


def second(rig: Rig) -> int:
    """Open a second pull request without conflicts with the first."""
    rig.world.push(REPO, "second", {"second.py": "x = 1\n"}, author="mona")
    return rig.world.open_pull_request(REPO, "second", title="Second", author="mona").number


@pytest.mark.parametrize(("bad", "conclusion"), [(1, "failure"), (2, "failure"), (0, "success")])
def test_a_merge_group_has_the_worst_verdict_of_its_pull_requests(tmp_path: Path, bad: int, conclusion: str) -> None:
    path = {1: "app.py", 2: "second.py"}

    def engineer(request: Any) -> Any:  # noqa: ANN401 — as the sandbox gives and takes it
        is_bad = int(request.metadata["pullRequest"]) == bad
        return answer(finding(path[bad], 1, severity="critical", code="")) if is_bad else CLEAN

    with open_rig(tmp_path, engineer=engineer) as rig:
        other = second(rig)
        for number in (1, other):
            rig.number = number
            rig.run()
        group = rig.world.queue(REPO, (1, other))
        done = rig.run(event="merge_group", payload=merge_group_event(rig.world.store, group, rig.github_url))
        [check] = rig.checks(group.head_sha)
        assert check.conclusion == conclusion, done.log
        assert len(rig.service.tasks()) == 2


def test_a_merge_group_missing_in_the_queue_uses_the_branch_name_and_says_so(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        group = rig.world.queue(REPO, (1,))
        payload = merge_group_event(rig.world.store, group, rig.github_url)
        rig.world.store.queues.clear()
        done = rig.run(event="merge_group", payload=payload)
        assert done.exit_status == 0, done.log
        assert "reviewbot could not read the merge queue" in done.log


# --- Without check runs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [False, True])
def test_without_check_runs_the_summaries_show_open_reviews(tmp_path: Path, hidden: bool) -> None:  # noqa: FBT001 — a column
    permissions, clock = {**WORKFLOW, Scope.CHECKS: Access.NONE} if hidden else WORKFLOW, HandClock()
    with open_rig(
        tmp_path, life=QUICK, clock=clock, engineer=lambda _: answer(CRITICAL), permissions=permissions
    ) as rig:
        run = rig.run if hidden else partial(rig.run, check_run="false")
        store = rig.world.store
        store.repos[REPO] = replace(store.repos[REPO], private=True)  # anyone reads check runs of a public repository
        run(wait_minutes="0")
        second(rig)
        clock.advance(10)
        collect = partial(run, event="schedule", payload={}, command="collect")
        done = collect()
        assert done.exit_status == 0, done.log
        assert "reviewbot published 1 of 1 " in done.log
        assert len(rig.comments()) == 1
        assert "reviewbot published 0 of 0 " in collect().log
