"""State on GitHub, read by runs with another key or other settings, is trusted only as far as it can be verified."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot_sandbox.faults import DropBefore, RecordedThen, Reply
from reviewbot_sandbox.github import Level

from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from tests.app.reviewer.test_durable import (
    IN_REVIEW,
    LONG,
    commanded,
    conclusion,
    delete_summary,
    push,
    until,
)
from tests.app.reviewer.test_intents import report_once
from tests.app.rig import CLEAN, FORGETFUL, HEAD, KEY, OTHER_KEY, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

AT_ONCE = TaskLife(pending=0, processing=0)


def ledger(rig: Rig) -> Ledger:
    """Return the ledger in the summary."""
    [summary] = [one for one in rig.summaries() if "reviewbot:summary" in one]
    return decode(summary, Signer(KEY, rig.world.store.repo(REPO).id, 1, "")).ledger


def order(rig: Rig, text: str, **inputs: Any) -> Finished:  # noqa: ANN401 — any input
    """Write a comment as an admin."""
    rig.world.grant(REPO, "hubot", Level.ADMIN)
    return rig.run(event="issue_comment", payload=commanded(rig, text, "hubot"), wait_minutes="0", **inputs)


def wary(request: TaskRequest) -> Answer:
    """Report a finding for the second push only."""
    objects = any("extra.py" in (one.content or "") for one in request.attachments)
    return answer(finding("extra.py", 1, severity="critical", code="x = 1")) if objects else CLEAN


@pytest.mark.parametrize(
    "come_by", [Rig.collect, lambda rig: order(rig, "/reviewbot collect")], ids=["schedule", "comment"]
)
@pytest.mark.parametrize("config", ["summary-comment: false\n", ""], ids=["without summary", "deleted"])
def test_no_head_turns_green_on_the_review_of_an_older_one(
    tmp_path: Path, config: str, come_by: Callable[[Rig], Finished]
) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=wary, config=config) as rig:
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        rig.run(wait_minutes="0")
        delete_summary(rig)
        clock.advance(2 * LONG)
        come_by(rig)
        assert conclusion(rig) != "success"


def test_a_finding_is_on_its_line_although_a_newer_check_has_its_task(tmp_path: Path) -> None:
    clock, cited = HandClock(), finding("app.py", 12, severity="critical", code="")
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(cited)) as rig:
        rig.run(wait_minutes="0")
        push(rig, app=f"# one\n# two\n{HEAD['app.py']}")
        rig.run(wait_minutes="0")
        delete_summary(rig)
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        assert [one.anchor.line for one in rig.world.store.threads.values()] == [14]


def test_a_restored_change_is_not_bought_again_after_the_summary_was_deleted(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=AT_ONCE, limits=FORGETFUL) as rig:
        rig.run()
        push(rig, extra="x = 1\n")
        clock.advance(10)
        rig.run()
        delete_summary(rig)
        clock.advance(10)
        rig.run(payload=rig.event("edited"))
        push(rig, extra=None)
        rig.run()
        assert len(rig.service.tasks()) == 2
        assert ledger(rig).spent == 720


def test_a_collection_with_other_settings_does_not_buy_a_deferral(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        own: Any = {"wait_minutes": "0", "paths": "app.py", "max_credits": "600", "fail_on": "low"}
        rig.run(**own)
        push(rig, app="z = 1\n")
        rig.run(**own)
        clock.advance(2 * LONG)
        for other in ({"mode": "standard"}, {}):
            rig.collect(**other)
            assert "deferred this review" in rig.checks()[-1].output.title
            assert (len(rig.service.tasks()), rig.checks()[-1].status) == (1, "in_progress")
        rig.collect(paths="app.py")
        assert [one.request.max_credits for one in rig.service.tasks()] == [600, 600]
        assert [one.judgement.rules.fail_on.value for one in ledger(rig).purchases] == ["low", "low"]
        clock.advance(2 * LONG)


def test_a_new_deferral_replaces_an_older_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        for mode in ("fast", "standard"):
            rig.run(wait_minutes="0", mode=mode)
        assert [one.state.value for one in ledger(rig).purchases] == ["open", "ended", "deferred"]
        assert ledger(rig).spent == 360, "a deferral that was never bought cost nothing"


@pytest.mark.parametrize("refused", [False, True])
def test_a_failed_second_attempt_keeps_the_first_result(tmp_path: Path, *, refused: bool) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        if refused:
            no = b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}'
            rig.codevf_faults.add("/tasks/create", Reply(402, body=no), method="POST")
        order(rig, "/reviewbot review")
        order(rig, "/reviewbot cancel")
        rig.run(wait_minutes="0")
        assert (conclusion(rig), len(rig.service.tasks())) == ("success", 1 if refused else 2)


def test_the_check_of_a_finished_head_names_another_heads_open_task(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=wary) as rig:
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        rig.run(wait_minutes="0")
        for number in range(11):
            push(rig, more=f"t = {number}\n")
        push(rig, extra=None, more=None)
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        assert "1 of 1" in rig.collect().log
        assert not ledger(rig).open_tasks()


def test_a_rebase_hides_no_review_from_a_collection_with_other_settings(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0", mode="standard")
        base = rig.world.push(REPO, "main", {"other.md": "hi\n"})
        rig.world.push(REPO, "topic", HEAD, author="mona", parents=(base,))
        rig.run(wait_minutes="0", mode="standard")
        clock.advance(2 * LONG)
        rig.collect()
        assert conclusion(rig) == "success"


@pytest.mark.parametrize("status", [503, 404])
def test_a_verdict_stays_while_codevf_does_not_report_its_task(tmp_path: Path, status: int) -> None:
    with open_rig(tmp_path, life=AT_ONCE, engineer=report_once) as rig:
        rig.run()
        rig.codevf_faults.add("/tasks/task_", Reply(status), times=None, method="GET")
        done = rig.run(payload=rig.event("edited"))
        assert (done.outputs["verdict"], done.exit_status) == ("fail", 1)
        assert [one.conclusion for one in rig.checks()] == ["failure"]


def test_without_summary_and_codevf_no_verdict_is_kept(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=AT_ONCE, engineer=report_once) as rig:
        rig.run()
        delete_summary(rig)
        rig.codevf_faults.add("/tasks/task_", Reply(503), times=None, method="GET")
        assert rig.run(payload=rig.event("edited")).outputs["reason"] == "unreachable"
        assert conclusion(rig) == "action_required"


def test_a_run_that_cannot_read_again_overwrites_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=report_once) as rig, ThreadPoolExecutor(1) as pool:
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        waiting = pool.submit(rig.run)
        until(lambda: bool(ledger(rig).open_tasks()))
        [record] = ledger(rig).findings.records
        order(rig, f"/reviewbot waive {record.id} It is on purpose.")
        rig.github_faults.add("/graphql", Reply(502), times=None, method="POST")
        clock.advance(2 * LONG)
        assert waiting.result(timeout=60).outputs["reason"] == "not-published"
        rig.github_faults.clear()
        assert [bool(one.waiver) for one in ledger(rig).findings.records] == [True]
        assert "1 of 1" in rig.collect().log
        assert conclusion(rig) == "success"


def test_recording_an_intent_does_not_overwrite_a_concurrent_bypass(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=report_once) as rig, ThreadPoolExecutor(1) as pool:
        rig.run(check_run="false")
        sha, before = push(rig, extra="x = 1\n"), len(rig.codevf_faults.log)
        wait = (("Retry-After", "100"),)
        rig.codevf_faults.add("/credits/balance", Reply(503, headers=wait), method="GET")
        buying = pool.submit(rig.run, check_run="false")
        until(lambda: any("balance" in one.path for one in rig.codevf_faults.requests()[before:]))
        order(rig, f"/reviewbot bypass {sha} It is on fire.", check_run="false")
        assert buying.result(timeout=60).exit_status == 0
        assert ledger(rig).bypass


def test_a_purchase_known_only_from_a_check_is_submitted_with_its_findings(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=report_once) as rig:
        rig.run()
        rig.codevf_faults.add("/tasks/create", DropBefore(), times=None, method="POST")
        rig.github_faults.add(".", DropBefore(), times=None, method="PATCH")
        order(rig, "/reviewbot review")
        rig.codevf_faults.clear()
        rig.github_faults.clear()
        rig.collect()
        [_, again] = rig.service.tasks()
        assert any(one.file_name == "conversation.md" for one in again.request.attachments)


def test_a_deferral_that_a_killed_run_bought_is_an_intent(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        rig.codevf_faults.add("/tasks/create", RecordedThen(None), times=None, method="POST")
        rig.github_faults.add(".", DropBefore(), times=None, method="PATCH", body="unreachable|cannot reach")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        rig.github_faults.clear()
        push(rig, more="y = 1\n")
        rig.run(wait_minutes="0")
        assert [one.state.value for one in ledger(rig).purchases] == ["done", "intent", "open"]
        assert "against the limit" in rig.summaries()[0]
        assert len(rig.service.tasks()) == 3


def test_a_red_verdict_stays_red_while_the_service_is_down(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=AT_ONCE) as rig:
        rig.run(paths="app.py")
        rig.codevf_faults.add("/tasks/task_", Reply(503), times=None, method="GET")
        done = rig.run(payload=rig.event("edited"))
        assert (done.outputs["coverage"], conclusion(rig)) == ("partial", "action_required")
        assert "Submitted" not in rig.summaries()[0]


def test_a_red_head_stays_red_on_a_branch_that_has_it_with_any_signature(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=AT_ONCE, engineer=report_once, config="bases: [release]\n") as rig:
        rig.run()
        sha = rig.world.pull(REPO, 1).head_sha
        rig.world.push(REPO, "release", {"other.py": "y = 1\n"}, author="mona", parents=(sha,))
        rig.world.retarget(REPO, 1, "release")
        rig.run(payload=rig.event("edited"), codevf_api_key=OTHER_KEY)
        assert conclusion(rig) == "action_required"


def test_without_checks_a_waiting_run_buys_nothing_for_a_moved_head(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig, ThreadPoolExecutor(1) as pool:
        rig.run(check_run="false", wait_minutes="0", supersede="keep")
        first = rig.service.tasks()[0]
        rig.service.cancel_task(rig.service.setup.config.accounts[0], first.id)
        push(rig, extra="x = 1\n")
        before, wait = len(rig.codevf_faults.log), (("Retry-After", "100"),)
        rig.codevf_faults.add("/credits/balance", Reply(503, headers=wait), method="GET")
        buying = pool.submit(rig.run, check_run="false", wait_minutes="0")
        until(lambda: any("balance" in one.path for one in rig.codevf_faults.requests()[before:]))
        push(rig, more="y = 1\n")
        assert buying.result(timeout=60).outputs["reason"] == "superseded"
        assert len(rig.service.tasks()) == 1


def test_after_a_change_of_the_key_the_check_names_the_cause_and_the_command(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=AT_ONCE) as rig:
        rig.run()
        push(rig, extra="x = 1\n")
        done = rig.run(codevf_api_key=OTHER_KEY)
        text = rig.checks()[-1].output.summary
        assert (done.outputs["reason"], len(rig.service.tasks())) == ("not-approved", 1)
        assert "was signed with another CodeVF key" in text
        assert f"/reviewbot review {rig.world.pull(REPO, 1).head_sha}" in text
        assert "outside contributors" not in text


def test_another_key_keeps_the_check_and_accepts_a_bypass(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        requested: Any = {"codevf_api_key": OTHER_KEY, "review_on": "request"}
        done = rig.run(payload=rig.event("edited"), **requested)
        assert (done.outputs["status"], rig.checks()[-1].status) == ("skipped", "in_progress")
        sha = rig.world.pull(REPO, 1).head_sha
        rig.world.grant(REPO, "hubot", Level.ADMIN)
        payload = commanded(rig, f"/reviewbot bypass {sha} It is on fire.", "hubot")
        time.sleep(1.1)
        rig.run(event="issue_comment", payload=payload, wait_minutes="0", **requested)
        assert conclusion(rig) == "success"
