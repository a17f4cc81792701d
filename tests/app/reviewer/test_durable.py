"""A purchase is neither repeated nor lost when the head moves, state is deleted or the run is killed."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.faults import DropBefore, RecordedThen, Reply
from reviewbot_sandbox.github import WORKFLOW, Access, Level, Scope
from reviewbot_sandbox.github.state import pulls

from reviewbot.domain.github.check_identity import split_tag, with_tag
from reviewbot.domain.ledger.codec import decode, encode, replace_ledger
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import SHORT_SIGNATURE, Signer
from reviewbot.values import replace
from tests.app.rig import BASE, CLEAN, FORGETFUL, HEAD, KEY, OTHER_KEY, REPO, Rig, answer, earlier, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
LONG = 10_000
IN_REVIEW = TaskLife(pending=0, processing=LONG)
"""A task that is processing as soon as it is created."""
QUEUED = TaskLife(pending=LONG, processing=1)
LIMIT: Any = {"max_credits": "240", "max_credits_per_pr": "400"}
"""Enough credits for one review, not for two."""


def push(rig: Rig, **files: str | None) -> str:
    return rig.world.push(REPO, "topic", {f"{name}.py": text for name, text in files.items()}, author="mona")


def force_push(rig: Rig, **files: str | None) -> str:
    """Replace the pull request's commits by another one."""
    base = rig.world.pull(REPO, 1).base_sha
    names = {f"{name}.py": text for name, text in files.items()}
    return rig.world.push(REPO, "topic", {**HEAD, **names}, author="mona", parents=(base,))


def delete_summary(rig: Rig) -> None:
    for one in [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]:
        rig.world.delete_comment(one.id)


def conclusion(rig: Rig, sha: str | None = None) -> str | None:
    """Return the conclusion of a commit's newest check run, by default of the head."""
    found: str | None = rig.checks(sha)[-1].conclusion
    return found


def required(rig: Rig) -> str | None:
    """Return the conclusion of the head's newest check run with the required name."""
    found: str | None = [one for one in rig.checks() if one.name == "CodeVF review"][-1].conclusion
    return found


def until(is_so: Callable[[], bool]) -> None:
    """Wait until another run has done something."""
    for _ in range(400):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def ledger(rig: Rig) -> Ledger:
    """Return the ledger in the summary."""
    [summary] = rig.summaries()
    return decode(summary, Signer(KEY, rig.world.store.repo(REPO).id, 1, "")).ledger


def cancelled(rig: Rig) -> list[bool]:
    return [one.cancelled_at is not None for one in rig.service.tasks()]


def commanded(rig: Rig, text: str, by: str) -> Mapping[str, Any]:
    """Return the event of a new comment."""
    comment = rig.world.comment(REPO, 1, by, text)
    user = {"login": by, "type": "User"}
    issue = {"number": 1, "pull_request": {"url": "x"}}
    return {
        "action": "created",
        "issue": issue,
        "comment": {"id": comment.id, "body": text, "user": user},
        "sender": user,
    }


# --- Runs that are killed during a purchase --------------------------------------------------------------------------


def test_a_collection_fetches_a_lost_answer(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.codevf_faults.add("/tasks/create", RecordedThen(503), times=None, method="POST")
        assert rig.run(wait_minutes="0").outputs["reason"] == "unreachable"
        rig.codevf_faults.clear()
        clock.advance(2 * LONG)
        assert "reviewbot published 1 of 1 open review" in rig.collect().log
        assert (len(rig.service.tasks()), conclusion(rig)) == (1, "failure")
        assert len(rig.checks()) == 2, "the run that could not buy completed its check"


@pytest.mark.parametrize("comes_by", ["push", "collect"])
def test_an_expired_intent_is_not_sent_again_automatically(tmp_path: Path, comes_by: str) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, limits=FORGETFUL) as rig:
        rig.codevf_faults.add("/tasks/create", RecordedThen(503), times=None, method="POST")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        age_state(rig)
        for _ in range(3):
            done = rig.run(wait_minutes="0") if comes_by == "push" else rig.collect()
            assert len(rig.service.tasks()) == 1, done.log
        assert conclusion(rig) == "action_required"
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(event="issue_comment", payload=commanded(rig, "/reviewbot review", "hubot"), wait_minutes="0")
        assert len(rig.service.tasks()) == 2, "a person requests another one"


def age_state(rig: Rig, back: timedelta = timedelta(days=2)) -> None:
    """Rewrite the recorded times as if the state were that old."""
    store = rig.world.store
    signer = Signer(KEY, store.repo(REPO).id, 1, "")
    for check in list(store.checks.values()):
        tag, copy = split_tag(check.external_id)
        assert tag is not None
        words = copy.split(" ")
        words[9] = str(int(words[9]) - int(back.total_seconds()))
        payload = " ".join(words[1:-1])
        aged = " ".join((words[0], payload, signer.sign(payload)[:SHORT_SIGNATURE]))
        store.checks[check.id] = dataclasses.replace(check, external_id=with_tag(tag, aged))
    for comment in [one for one in store.comments.values() if one.author.endswith("[bot]")]:
        ledger = decode(comment.body, signer).ledger
        purchases = tuple(replace(one, submitted_at=_before(one.submitted_at, back)) for one in ledger.purchases)
        body = replace_ledger(comment.body, encode(replace(ledger, purchases=purchases), signer))
        store.comments[comment.id] = dataclasses.replace(comment, body=body)


def _before(moment: str, back: timedelta) -> str:
    return (datetime.fromisoformat(moment) - back).isoformat()


def test_a_refused_task_is_not_a_purchase(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.codevf_faults.add(
            "/tasks/create", Reply(400, body=b'{"error": {"code": "INVALID_REQUEST"}}'), method="POST"
        )
        assert rig.run(**LIMIT).outputs["reason"] == "refused"
        assert not rig.service.tasks()
        assert rig.run(**LIMIT).outputs["verdict"] == "pass", "nothing is held for it"
        assert len(rig.service.tasks()) == 1


# --- Deleted state ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", [push, force_push])
def test_a_deleted_summary_and_another_head_do_not_reset_the_budget(tmp_path: Path, move: Callable[..., str]) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(**LIMIT).exit_status == 0
        for number in range(3):
            delete_summary(rig)
            move(rig, extra=f"x = {number}\n")
            done = rig.run(**LIMIT)
            assert (done.exit_status, done.outputs["reason"]) == (3, "over-budget"), done.log
        assert len(rig.service.tasks()) == 1


def test_many_commits_and_force_pushes_do_not_hide_a_check(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(**LIMIT).exit_status == 0
        for number in range(7):
            force_push(rig, extra=f"x = {number}\n")
        for number in range(12):
            push(rig, extra=f"y = {number}\n")
        delete_summary(rig)
        assert rig.run(**LIMIT).outputs["reason"] == "over-budget"
        assert len(rig.service.tasks()) == 1


def test_without_any_state_only_a_person_can_buy(tmp_path: Path) -> None:
    inputs: Any = {**LIMIT, "check_run": "false", "on_pending": "pass"}
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(**inputs)
        delete_summary(rig)
        push(rig, extra="x = 1\n")
        done = rig.run(**inputs)
        assert done.outputs["reason"] == "not-approved"
        assert "does not know whether" in done.log
        rig.run(event="issue_comment", payload=commanded(rig, "/reviewbot review", "hubot"), **inputs)
        assert len(rig.service.tasks()) == 2


@pytest.mark.parametrize("ruin", ["a garbled sign", "a later version", "another key"])
def test_an_untrusted_ledger_buys_nothing_automatically(tmp_path: Path, ruin: str) -> None:
    inputs: Any = {"check_run": "false", "on_pending": "pass"}
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), limits=FORGETFUL) as rig:
        rig.run(**inputs)
        [summary] = [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]
        other = Signer("cvf_test_before", rig.world.store.repo(REPO).id, 1, "")
        mine = decode(summary.body, replace(other, secret=KEY)).ledger
        body = {
            "a garbled sign": re.sub(r"(ledger:v1 .{9}).", r"\1_", summary.body),
            "a later version": summary.body.replace("ledger:v1", "ledger:v9"),
            "another key": replace_ledger(summary.body, encode(mine, other)),
        }[ruin]
        rig.world.store.comments[summary.id] = dataclasses.replace(summary, body=body)
        for _ in range(2):
            assert rig.run(**inputs).outputs["reason"] == "not-approved"
            push(rig, extra="x = 1\n")
        assert len(rig.service.tasks()) == 1


def test_a_free_review_does_not_prevent_a_later_paid_one(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(reviewer="local").exit_status in {0, 1}
        assert rig.run().outputs["verdict"] == "pass"


def test_a_task_stored_only_in_the_check_survives_a_push(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        delete_summary(rig)
        push(rig, extra="x = 1\n")
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        assert len(rig.service.tasks()) == 1, "the newer head waits for the older one's review"
        clock.advance(LONG)
        rig.collect()
        clock.advance(LONG)
        rig.collect()
        assert [bool(earlier(one.request)) for one in rig.service.tasks()] == [False, True], "its task was looked up"
        assert conclusion(rig) == "failure"


def test_reviews_are_read_again_when_the_summary_is_gone(tmp_path: Path) -> None:
    def engineer(request: Any) -> Any:  # noqa: ANN401 — an engineer
        return CLEAN if any(one.file_name == "conversation.md" for one in request.attachments) else answer(CRITICAL)

    with open_rig(tmp_path, engineer=engineer) as rig:
        rig.run()
        push(rig, extra="x = 1\n")
        rig.run()
        delete_summary(rig)
        push(rig, more="y = 1\n")
        assert rig.run().outputs["verdict"] == "fail"
        assert len(rig.service.tasks()) == 3, "each change was bought once"


# --- A collection with other settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bought", [{"mode": "standard"}, {"paths": "app.py"}, {"expertise": "Engineer"}])
def test_a_purchase_is_collected_under_any_settings(tmp_path: Path, bought: Any) -> None:  # noqa: ANN401 — inputs
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        assert rig.run(wait_minutes="0", **bought).outputs["status"] == "pending"
        clock.advance(2 * LONG)
        done = rig.collect()
        assert "1 of 1" in done.log, done.log
        assert conclusion(rig) == "success"


@pytest.mark.parametrize("summary_comment", ["true", "false"])
def test_the_requested_settings_judge_even_if_only_the_check_has_them(tmp_path: Path, summary_comment: str) -> None:
    clock = HandClock()
    high = finding("app.py", 12, severity="high", code="os.system(command)")
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(high)) as rig:
        rig.run(wait_minutes="0", fail_on="high", summary_comment=summary_comment)
        delete_summary(rig)
        clock.advance(2 * LONG)
        rig.collect(summary_comment=summary_comment)
        assert conclusion(rig) == "failure"


def test_files_that_were_not_submitted_do_not_count_as_read(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(paths="app.py").outputs["coverage"] == "full"
        done = rig.run()
        assert (done.outputs["coverage"], done.outputs["verdict"]) == ("partial", "none"), done.log
        assert conclusion(rig) == "action_required"
        assert rig.run(paths="app.py").outputs["verdict"] == "pass"
        assert len(rig.service.tasks()) == 1


def test_an_unreachable_service_keeps_an_open_review_open(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        rig.codevf_faults.add("/tasks/task_", Reply(503, body=b"{}"), method="GET", times=None)
        assert rig.collect().exit_status == 0
        assert conclusion(rig) is None
        push(rig, extra="x = 1\n")
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        assert len(rig.service.tasks()) == 1, "the older task's state is unknown, so the run waits for it"


# --- A push, an approval and a budget --------------------------------------------------------------------------------


def test_an_unapproved_push_keeps_the_approved_task(tmp_path: Path) -> None:
    clock = HandClock()
    made: Any = {"clock": clock, "life": QUEUED, "config": "approve-spend: buy\n"}
    with open_rig(tmp_path, **made, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.world.label(REPO, 1, "buy", "hubot")
        labelled = rig.event("labeled", label={"name": "buy"}, sender={"login": "hubot", "type": "User"})
        rig.run(payload=labelled, wait_minutes="0")
        approved = rig.world.pull(REPO, 1).head_sha
        push(rig, extra="x = 1\n")
        assert rig.run(wait_minutes="0").outputs["reason"] == "not-approved"
        assert cancelled(rig) == [False]
        assert_collected(rig, clock)
        assert conclusion(rig, approved) == "action_required", "its review is shown on the newer head"
        assert conclusion(rig) == "action_required", "there is no such review"


def test_a_push_beyond_the_budget_keeps_the_older_task(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=QUEUED, available=400) as rig:
        rig.run(wait_minutes="0", max_credits="240")
        push(rig, extra="x = 1\n")
        assert rig.run(wait_minutes="0", max_credits="300").outputs["reason"] == "over-budget"
        assert cancelled(rig) == [False]


def test_a_refused_cancellation_releases_no_credits(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=QUEUED) as rig:
        rig.run(wait_minutes="0", **LIMIT)
        push(rig, extra="x = 1\n")
        rig.codevf_faults.add("/cancel", Reply(409, body=b"{}"), method="POST", times=None)
        assert rig.run(wait_minutes="0", **LIMIT).outputs["status"] == "pending"
        clock.advance(2 * LONG)
        rig.collect(**LIMIT)
        assert len(rig.service.tasks()) == 1


def test_one_approval_buys_one_change(tmp_path: Path) -> None:
    clock = HandClock()
    made: Any = {"clock": clock, "life": IN_REVIEW, "config": "approve-spend: buy\n"}
    with open_rig(tmp_path, **made) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        for number in range(2):
            if number:
                push(rig, extra="x = 1\n")
            rig.world.label(REPO, 1, "buy", "hubot")
            labelled = rig.event("labeled", label={"name": "buy"}, sender={"login": "hubot", "type": "User"})
            rig.run(payload=labelled, wait_minutes="0")
        assert "buy" not in rig.world.pull(REPO, 1).labels, "the deferral has used the approval"
        for number in range(2):
            branch = f"older-{number}"
            rig.world.push(REPO, branch, {f"{branch}.py": "x = 1\n"}, author="mona")
            rig.world.retarget(REPO, 1, branch)
            assert rig.run(payload=rig.event("edited"), wait_minutes="0").outputs["reason"] in {
                "not-approved",
                "pending",
            }
        clock.advance(2 * LONG)
        assert len(rig.service.tasks()) == 1


def test_the_hold_of_the_cancelled_task_is_available_to_the_newer_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=QUEUED, available=400) as rig:
        for number in range(2):
            rig.run(wait_minutes="0", **LIMIT)
            push(rig, extra=f"x = {number}\n")
        assert cancelled(rig) == [True, False]


# --- Tasks that a collection has to find -----------------------------------------------------------------------------


def assert_collected(rig: Rig, clock: HandClock, **inputs: str) -> None:
    """A collection publishes the finished review, and a second one has nothing to do."""
    clock.advance(2 * LONG)
    rig.collect(**inputs)
    [summary] = [one for one in rig.summaries() if "reviewbot:summary" in one]
    assert "A shell runs it" in summary
    assert "0 of 0" in rig.collect(**inputs).log
    assert len(rig.service.tasks()) == 1


@pytest.mark.parametrize("review_on", ["request", "ready"])
def test_a_collection_finds_the_task_of_a_force_pushed_head(tmp_path: Path, review_on: str) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        force_push(rig, extra="x = 1\n")
        assert rig.run(wait_minutes="0", review_on=review_on).outputs["status"] == "pending"
        assert_collected(rig, clock, review_on=review_on)
        assert conclusion(rig) == "action_required", "no review of this head was requested"


def test_a_collection_finds_the_task_with_a_token_that_cannot_write_checks(tmp_path: Path) -> None:
    clock = HandClock()
    made: Any = {"clock": clock, "permissions": {**WORKFLOW, Scope.CHECKS: Access.READ}, "life": IN_REVIEW}
    with open_rig(tmp_path, **made, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        assert_collected(rig, clock)


def test_a_collection_finds_the_task_behind_the_skip_label(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        rig.world.grant(REPO, "boss", Level.MAINTAIN)
        assert rig.run(payload=rig.labeled("skip-review", "boss")).outputs["reason"] == "skip-review"
        assert conclusion(rig) == "skipped"
        assert_collected(rig, clock)
        assert conclusion(rig) == "skipped", "the label decides"


def test_a_collection_finds_the_task_of_a_pull_request_that_became_a_draft(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        rig.world.store.pulls[REPO, 1] = dataclasses.replace(rig.world.pull(REPO, 1), draft=True)
        assert rig.run(payload=rig.event("converted_to_draft")).outputs["status"] == "pending"
        assert_collected(rig, clock)
        assert conclusion(rig) == "failure"


def test_a_collection_finds_the_task_of_a_bypassed_head(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "max", Level.MAINTAIN)
        rig.run(wait_minutes="0")
        rig.run(
            event="issue_comment",
            payload=commanded(rig, f"/reviewbot bypass {rig.world.pull(REPO, 1).head_sha} it burns", "max"),
        )
        assert conclusion(rig) == "success"
        assert_collected(rig, clock)
        assert conclusion(rig) == "success", "it was bypassed"


def test_a_collection_finds_the_task_after_a_push_with_nothing_to_review(tmp_path: Path) -> None:
    clock = HandClock()
    made: Any = {"clock": clock, "life": IN_REVIEW, "files": {"node_modules/a/index.js": "a\n"}}
    with open_rig(tmp_path, **made, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        back = {"app.py": BASE["app.py"], "gone.py": BASE["gone.py"], "new file.py": None}
        rig.world.push(REPO, "topic", {"node_modules/a/index.js": "b\n", **back}, author="mona")
        for has_check in ("false", "true"):
            waits = rig.run(wait_minutes="0", check_run=has_check)
            assert (waits.outputs["status"], waits.exit_status) == ("pending", int(has_check == "false"))
        clock.advance(2 * LONG)
        rig.collect()
        assert conclusion(rig) == "failure", "its findings count although nothing is left to review"
        assert "0 of 0" in rig.collect().log


def test_a_collection_cancels_queued_tasks_of_closed_pull_requests(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=QUEUED) as rig:
        rig.run(wait_minutes="0")
        rig.world.close(REPO, 1)
        rig.collect()
        assert cancelled(rig) == [True]
        assert "0 of 0" in rig.collect().log


def test_a_run_without_the_key_keeps_the_ledger_and_executes_no_command(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "max", Level.MAINTAIN)
        rig.run()
        before = rig.summaries()
        commanded(rig, f"/reviewbot bypass {rig.world.pull(REPO, 1).head_sha} it burns", "max")
        assert rig.run(codevf_api_key="").outputs["reason"] == "no-key"
        assert rig.summaries() == before
        rig.run()
        assert conclusion(rig) == "success", "the run with the key executes it"


# --- Restored heads, moved bases, and commands that are executed again -----------------------------------------------


@pytest.mark.parametrize("text", ["bypass {head:.12} harmless", "review {head:.12}", "review"])
def test_a_bypass_of_another_head_does_not_apply_to_a_restored_one(tmp_path: Path, text: str) -> None:
    with open_rig(tmp_path, config="approve-spend: spend\n", engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "max", Level.MAINTAIN)
        evil = rig.world.pull(REPO, 1).head_sha
        approved = commanded(rig, f"/reviewbot review {evil}", "max")
        rig.run(event="issue_comment", payload=approved)
        tiny = force_push(rig, tiny="x = 1\n")
        approved = commanded(rig, f"/reviewbot review {tiny}", "max")
        rig.run(event="issue_comment", payload=approved)
        tasks = len(rig.service.tasks())
        payload = commanded(rig, f"/reviewbot {text.format(head=evil)}", "max")
        come_back(rig, evil)
        done = rig.run(event="issue_comment", payload=payload)
        assert "or a force-push followed" in done.log, done.log
        assert (conclusion(rig), len(rig.service.tasks())) == ("failure", tasks)


def test_a_waiver_on_a_restored_head_works_after_the_review_that_the_refusal_advises(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run()
        older = rig.world.pull(REPO, 1).head_sha
        force_push(rig, tiny="x = 1\n")
        come_back(rig, older)
        time.sleep(2)  # until the second of the force-push has passed
        rig.run()
        found = rig.comments()[0].body.partition("ids=")[2][:10]
        waive = f"/reviewbot waive {found} it is a test"
        refused = rig.run(event="issue_comment", payload=commanded(rig, waive, "hubot"))
        assert f"first buy a review with /reviewbot review {older}." in refused.log, refused.log
        rig.run(event="issue_comment", payload=commanded(rig, f"/reviewbot review {older}", "hubot"))
        time.sleep(1)  # GitHub's times have no fractions, and the comment must be later than the answer
        done = rig.run(event="issue_comment", payload=commanded(rig, waive, "hubot"))
        assert conclusion(rig) == "success", done.log


def come_back(rig: Rig, sha: str) -> None:
    """Force-push an older head as the author, one second later."""
    store = rig.world.store
    store.clock = lambda: datetime.now(UTC) + timedelta(seconds=1)
    store.git(REPO).set_ref("refs/heads/topic", sha)
    pulls.follow(store, REPO, "mona")
    store.clock = lambda: datetime.now(UTC)


def test_each_of_several_pending_commands_buys_one_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run()
        for _ in range(2):
            rig.world.comment(REPO, 1, "hubot", "/reviewbot review")
        rig.github_faults.add("/issues/1/comments", DropBefore(), method="POST", times=None)
        rig.run()
        rig.run()
        rig.github_faults.clear()
        rig.run()
        rig.run()
        assert len(rig.service.tasks()) == 3, "the event's, and one for each comment"


def test_a_command_on_an_open_review_buys_none_when_it_is_executed_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(wait_minutes="0")
        payload = commanded(rig, "/reviewbot review", "hubot")
        rig.github_faults.add("/issues/1/comments", DropBefore(), method="POST", times=None)
        rig.run(event="issue_comment", payload=payload)
        rig.github_faults.clear()
        rig.run()
        assert len(rig.service.tasks()) == 1


def test_a_task_that_codevf_lost_can_be_bought_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=IN_REVIEW) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(wait_minutes="0")
        [first] = rig.service.tasks()
        rig.codevf_faults.add(f"/tasks/{first.id}", Reply(404, body=b"{}"), method="GET", times=None)
        assert rig.run(wait_minutes="0").exit_status == 3
        rig.run(event="issue_comment", payload=commanded(rig, "/reviewbot review", "hubot"), wait_minutes="0")
        assert len(rig.service.tasks()) == 2


def test_a_review_can_be_asked_for_again_without_a_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(summary_comment="false")
        payload = commanded(rig, "/reviewbot review", "hubot")
        for _ in range(2):
            rig.run(event="issue_comment", payload=payload, summary_comment="false")
            for one in [one for one in rig.world.store.reactions if one.user.endswith("[bot]")]:
                rig.world.store.reactions.remove(one)
            delete_summary(rig)
        assert len(rig.service.tasks()) == 2, "once for the comment, whatever happened to its answer"


def test_a_base_that_moved_back_needs_a_review_of_the_whole_change(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        old = rig.world.pull(REPO, 1).base_sha
        rig.world.push(REPO, "main", {"sly.py": "import os\n"}, author="mona")
        rig.world.push(
            REPO,
            "topic",
            {**HEAD, "sly.py": "import os\n"},
            author="mona",
            parents=(rig.world.store.git(REPO).branches()["main"],),
        )
        rig.run()
        rig.world.store.git(REPO).set_ref("refs/heads/main", old)
        pulls.follow(rig.world.store, REPO, "mona")
        rig.run()
        whole = [
            not any("NEW SINCE" in (one.content or "") for one in task.request.attachments)
            for task in rig.service.tasks()
        ]
        assert whole == [True, True], "the added file was not reviewed"


# --- Two runs that wrote at the same time ----------------------------------------------------------------------------


def test_a_purchase_in_a_second_summary_is_not_bought_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        assert rig.run(check_run="false").outputs["verdict"] == "fail"
        store, signer = rig.world.store, Signer(KEY, rig.world.store.repo(REPO).id, 1, "")
        [full] = [one for one in store.comments.values() if one.author.endswith("[bot]")]
        empty = replace_ledger(full.body, encode(Ledger(), signer))
        store.comments[full.id] = dataclasses.replace(full, body=empty)
        double = rig.world.comment(REPO, 1, full.author, full.body)
        store.comments[double.id] = dataclasses.replace(full, id=double.id)
        again = rig.run(check_run="false")
        assert (again.outputs["verdict"], len(rig.service.tasks())) == ("fail", 1), again.log
        assert len(rig.summaries()) == 1
        assert len(rig.comments()) == 1


def test_a_deferral_of_an_older_head_is_dropped(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock(), life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0", check_run="false")
        for number in range(2):
            push(rig, extra=f"x = {number}\n")
            rig.run(wait_minutes="0", check_run="false")
        assert [one.state.value for one in ledger(rig).purchases] == ["open", "ended", "deferred"]


def test_a_task_named_only_by_the_check_is_not_bought_again(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, limits=FORGETFUL) as rig:
        rig.codevf_faults.add("/tasks/create", Reply(503), times=None, method="POST")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        rig.github_faults.add("issues/comments", Reply(502), times=None, method="PATCH")
        rig.run(wait_minutes="0")
        rig.github_faults.clear()
        clock.advance(2 * LONG)
        assert rig.run(wait_minutes="0").outputs["coverage"] == "full"
        assert len(rig.service.tasks()) == 1


# --- Files that were not reviewed ------------------------------------------------------------------------------------


def test_files_that_other_rules_had_left_out_are_reviewed_with_the_next_push(tmp_path: Path) -> None:
    asked: list[str] = []

    def engineer(request: Any) -> Any:  # noqa: ANN401 — the sandbox's
        asked.append(" ".join(one.content for one in request.attachments))
        return CLEAN

    with open_rig(tmp_path, engineer=engineer) as rig:
        rig.run(paths="app.py")
        push(rig, extra="x = 1\n")
        assert rig.run().outputs["verdict"] == "pass"
        assert "gone.py" in asked[-1]
        [_, second] = rig.service.tasks()
        assert not any(one.file_name == "conversation.md" for one in second.request.attachments), (
            "it is a review of the whole change"
        )


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize("config", ["", "bases: [mine]\n"])
def test_a_red_head_stays_red_after_a_retarget_to_a_branch_that_has_it(
    tmp_path: Path,
    config: str,
    forgotten: bool,  # noqa: FBT001 — a column
) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config=config) as rig:
        assert rig.run().outputs["verdict"] == "fail"
        head = rig.world.pull(REPO, 1).head_sha
        rig.world.push(REPO, "mine", {"other.txt": "x"}, author="mona", parents=(head,))
        rig.world.retarget(REPO, 1, "mine")
        if forgotten:
            delete_summary(rig)
        rig.run(payload=rig.event("edited"))
        assert required(rig) in {"failure", "action_required"}


MOVED = {**BASE, "new file.py": None, "node_modules/a/index.js": HEAD["app.py"]}
"""The flaw, where no file is selected."""


@pytest.mark.parametrize("how", ["another key", "no key", "CodeVF has lost it"])
def test_a_red_pull_request_without_its_record_does_not_pass_with_nothing_selected(tmp_path: Path, how: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        assert rig.run().outputs["verdict"] == "fail"
        rig.world.push(REPO, "topic", MOVED, author="mona")
        if how == "CodeVF has lost it":
            [there] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
            rig.world.delete_comment(there.id)
            lost = Reply(404, body=b'{"error": {"code": "not_found", "message": "no such task"}}')
            rig.codevf_faults.add(f"/tasks/{rig.service.tasks()[0].id}", lost, method="GET", times=None)
        key: Any = {"another key": {"codevf_api_key": OTHER_KEY}, "no key": {"codevf_api_key": ""}}.get(how, {})
        for _ in range(2):
            done = rig.run(**key)
            reason = "no-key" if how == "no key" else "memory"
            assert (done.outputs["reason"], rig.checks()[-1].conclusion) == (reason, "action_required")


@pytest.mark.parametrize(("answered", "reason"), [(False, "nothing-selected"), (True, "memory")])
def test_a_task_that_codevf_has_lost_counts_only_if_it_was_answered(
    tmp_path: Path, reason: str, *, answered: bool
) -> None:
    clock = HandClock()
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), clock=clock, life=TaskLife(pending=9)) as rig:
        rig.run(wait_minutes="0")
        if answered:
            clock.advance(100)
            rig.run(wait_minutes="0")
            [there] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
            rig.world.delete_comment(there.id)
        rig.world.push(REPO, "topic", MOVED, author="mona")
        lost = Reply(404, body=b'{"error": {"code": "not_found", "message": "no such task"}}')
        rig.codevf_faults.add(f"/tasks/{rig.service.tasks()[0].id}", lost, times=None)
        assert rig.run(wait_minutes="0").outputs["reason"] == reason


def test_deleting_the_summary_does_not_hide_that_files_were_not_submitted(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run(paths="gone.py")
        assert rig.run().outputs["coverage"] == "partial"
        delete_summary(rig)
        assert rig.run().outputs["coverage"] == "partial"
        assert conclusion(rig) == "action_required"


@pytest.mark.parametrize("config", ["", "bases: [mine]\n"])
def test_an_amended_commit_does_not_turn_a_red_head_green(tmp_path: Path, config: str) -> None:
    more = {"node_modules/x.js": "x = 1\n"}
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config=config) as rig:
        bad = rig.world.pull(REPO, 1).head_sha
        first = rig.world.push(REPO, "topic", more, author="mona")
        assert rig.run().outputs["verdict"] == "fail"
        rig.world.push(REPO, "topic", more, author="mona", message="other words", parents=(bad,))
        rig.run()
        rig.world.push(REPO, "mine", {"other.txt": "x"}, author="mona", parents=(bad,))
        rig.world.retarget(REPO, 1, "mine")
        rig.world.store.git(REPO).run("update-ref", "refs/heads/topic", first)
        pulls.follow(rig.world.store, REPO, "mona")
        rig.run(payload=rig.event("edited"))
        assert required(rig) in {"failure", "action_required"}


def test_an_untrusted_ledger_counts_against_the_budget(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        store = rig.world.store
        [summary] = [one for one in store.comments.values() if one.author.endswith("[bot]")]
        ledger = decode(summary.body, Signer(KEY, store.repo(REPO).id, 1, "")).ledger
        more = replace(ledger, purchases=tuple(replace(one, used=Decimal(5000)) for one in ledger.purchases))
        forged = encode(more, Signer("another key", store.repo(REPO).id, 1, ""))
        store.comments[summary.id] = dataclasses.replace(summary, body=replace_ledger(summary.body, forged))
        push(rig, extra="x = 1\n")
        assert rig.run(max_credits_per_pr="2000").outputs["reason"] == "over-budget"


def test_a_late_partial_review_is_followed_by_one_of_the_whole_change(tmp_path: Path) -> None:
    clock, big = HandClock(), "".join(f"line_{number} = {number}\n" for number in range(3000))
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, config="attachment-bytes: 20000\n") as rig:
        push(rig, a=big, b=big)
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        rig.run(wait_minutes="0")
        clock.advance(2 * LONG)
        rig.run(wait_minutes="0")
        [_, second] = rig.service.tasks()
        assert not any(one.file_name == "conversation.md" for one in second.request.attachments)


def test_cancelling_while_a_run_waits_for_an_older_review_buys_nothing_after_it(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW) as rig, ThreadPoolExecutor(1) as pool:
        rig.run(wait_minutes="0")
        push(rig, extra="x = 1\n")
        waiting = pool.submit(rig.run, wait_minutes="60")
        until(lambda: bool(ledger(rig).deferred()))
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(event="issue_comment", payload=commanded(rig, "/reviewbot cancel", "hubot"), wait_minutes="0")
        assert waiting.result(timeout=60).outputs["status"] != "completed"
        assert cancelled(rig) == [True]


def test_a_request_during_the_creation_of_a_task_is_kept(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig, ThreadPoolExecutor(1) as pool:
        rig.run()
        push(rig, extra="x = 1\n")
        rig.world.grant(REPO, "hubot", Level.ADMIN)
        wait = (("Retry-After", "100"),)
        rig.codevf_faults.add("/tasks/create", Reply(503, headers=wait), method="POST")
        buying = pool.submit(rig.run)
        until(lambda: any(" intent " in one.external_id for one in rig.checks()))
        sha = rig.world.pull(REPO, 1).head_sha
        payload = commanded(rig, f"/reviewbot bypass {sha} It is on fire.", "hubot")
        rig.run(event="issue_comment", payload=payload, wait_minutes="0")
        assert buying.result(timeout=60).exit_status == 0
        assert conclusion(rig) == "success"
        assert len(rig.service.tasks()) == 2


def test_a_title_or_label_event_does_not_retry_a_cancelled_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        rig.run(wait_minutes="0")
        rig.world.grant(REPO, "hubot", Level.WRITE)
        rig.run(event="issue_comment", payload=commanded(rig, "/reviewbot cancel", "hubot"), wait_minutes="0")
        for action in ("edited", "labeled", "unlabeled"):
            rig.run(payload=rig.event(action), wait_minutes="0")
            assert (cancelled(rig), conclusion(rig)) == ([True], "action_required")
        rig.run(payload=rig.event("synchronize"), wait_minutes="0")
        assert cancelled(rig) == [True, False]


def test_the_check_of_a_head_with_nothing_to_review_does_not_wait_for_the_intent_of_another_head(
    tmp_path: Path,
) -> None:
    with open_rig(tmp_path, life=IN_REVIEW) as rig:
        rig.codevf_faults.add("/tasks/create", Reply(503), times=None, method="POST")
        rig.run(wait_minutes="0")
        base = rig.world.pull(REPO, 1).base_sha
        between = rig.world.push(REPO, "topic", {"node_modules/a/index.js": "1\n"}, author="mona", parents=(base,))
        rig.run(wait_minutes="0")
        assert conclusion(rig, between) == "skipped"
        assert "reviewbot counts 360 credits against the limit" in rig.summaries()[-1]
