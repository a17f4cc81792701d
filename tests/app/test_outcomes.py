"""The outcomes table, row by row: the check on GitHub and the step's exit status."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import End, HandClock, Limits, TaskLife
from reviewbot_sandbox.faults import Delay, Reply
from reviewbot_sandbox.github import Access, Level, Scope

from tests.app.rig import CLEAN, FORGETFUL, KEY, OTHER_KEY, REPO, SCALE, Rig, answer, finding, open_rig

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
BUMPED = "".join(f"value_{number} = {number}\n" for number in range(11)) + "os.system(command)\n"
LONG = TaskLife(pending=100_000, processing=100_000)
STORY = pytest.mark.proof
"""`tests/simulation` plays such histories in memory."""


def test_all_invalid_settings_are_listed_and_nothing_is_spent(tmp_path: Path) -> None:
    config = "fail-on: sometimes\nnonsense: 1\ncodevf-url: https://elsewhere.example/\n"
    with open_rig(tmp_path, config=config) as rig:
        done = rig.run(mode="quick", max_comments="many")
        assert done.exit_status == 2
        for word in ("fail-on", "nonsense", "codevf-url", "mode", "max-comments"):
            assert word in done.log, word
        assert rig.checks()[0].conclusion == "action_required"
        assert not rig.codevf_faults.log
        assert (done.outputs["status"], done.outputs["reason"]) == ("failed", "settings")


def test_a_file_that_sets_a_locked_key_gets_no_review_and_does_not_name_the_check(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="fail-on: never\ninstance: mine\ncheck-run: false\n") as rig:
        done = rig.run(locked="fail-on\ninstance\ncheck-run", config="fail-on: low")
        assert (done.exit_status, done.outputs["reason"]) == (2, "settings")
        assert [(one.name, one.conclusion) for one in rig.checks()] == [("CodeVF review", "action_required")]
        for line, key in enumerate(("fail-on", "instance", "check-run"), start=1):
            assert (
                f"`{key}` in the config file on `main`, line {line}: `.github/reviewbot.yml` sets this key" in done.log
            )
        assert not rig.codevf_faults.log


def test_the_input_config_applies_where_the_file_sets_nothing(tmp_path: Path) -> None:
    medium = answer(finding("app.py", 12, severity="medium", title="A shell", code="os.system(command)"))
    with open_rig(tmp_path, engineer=lambda _: medium, config="max-comments: 3\n") as rig:
        assert rig.run(config="fail-on: medium", locked="fail-on").exit_status == 1


def test_incompatible_mode_and_credits_are_refused(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(mode="fast", max_credits="100").exit_status == 2


def test_a_due_review_without_a_key_is_reported(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(codevf_api_key="")
        assert (done.exit_status, done.outputs["reason"]) == (3, "no-key")
        assert rig.checks()[0].conclusion == "action_required"


def test_on_error_pass_passes_the_step_and_not_the_check(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(codevf_api_key="", on_error="pass")
        assert done.exit_status == 0
        assert rig.checks()[0].conclusion == "action_required"


def test_a_balance_that_cannot_cover_the_hold_stops_before_submitting(tmp_path: Path) -> None:
    with open_rig(tmp_path, available=300) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (3, "over-budget")
        assert "360" in done.log
        assert "300" in done.log
        assert not rig.service.tasks()
        assert rig.checks()[0].conclusion == "action_required"


@STORY
def test_budgets_of_the_pull_request_count_what_was_used(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(max_credits_per_pr="500").exit_status == 0
        rig.world.push(REPO, "topic", {"extra.py": "x = 1\n"}, author="mona")
        done = rig.run(max_credits_per_pr="500")
        assert (done.exit_status, done.outputs["reason"]) == (3, "over-budget")
        assert len(rig.service.tasks()) == 1
        [summary] = rig.summaries()
        assert "no review: it would cost more than is allowed" in summary, "the check says the same"


@STORY
def test_min_balance_is_kept(tmp_path: Path) -> None:
    with open_rig(tmp_path, available=1000) as rig:
        assert rig.run(min_balance="700").outputs["reason"] == "over-budget"


@STORY
def test_a_task_that_ends_without_a_result_can_be_tried_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=1, processing=1, end=End.CANCELLED)) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (3, "cancelled")
        assert rig.checks()[0].conclusion == "action_required"
        rig.run()
        keys = {body["idempotencyKey"] for body in creations(rig)}
        assert len(rig.service.tasks()) == 2
        assert len(keys) == 2


def creations(rig: Rig) -> list[Any]:
    """Return the bodies of the requests that create tasks, as far as they were received."""
    return [one.body for one in rig.codevf_faults.log if one.target.endswith("tasks/create")]


def test_at_the_deadline_the_review_stays_open_and_a_later_run_finds_it(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=20, processing=20), engineer=lambda _: answer(CRITICAL)) as rig:
        done = rig.run(wait_minutes="0")
        assert (done.exit_status, done.outputs["status"], done.outputs["verdict"]) == (0, "pending", "none")
        [check] = rig.checks()
        assert (check.status, check.conclusion) == ("in_progress", None)
        [task] = rig.service.tasks()
        assert done.outputs["task-id"] == task.id
        assert task.id in rig.summaries()[0]
        assert done.outputs["findings"] == "", "unknown, not 0"
        later = rig.run()
        assert later.exit_status == 1
        assert len(rig.service.tasks()) == 1
        assert [one.conclusion for one in rig.checks()] == ["failure"]


def test_on_pending_fail_fails_the_step(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        assert rig.run(wait_minutes="0", on_pending="fail").exit_status == 1


@STORY
def test_without_a_check_run_an_open_review_fails_the_step(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        assert rig.run(wait_minutes="0", check_run="false").exit_status == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=STORY)])
def test_a_signal_ends_the_wait_with_everything_recorded(tmp_path: Path, number: signal.Signals) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=1, processing=100_000)) as rig:
        env = rig.environment("pull_request", rig.event(), {"wait-minutes": "300"})
        command = [sys.executable, "-I", "-m", "reviewbot", "action"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: bool(rig.summaries()) and sum(one.method == "GET" for one in rig.codevf_faults.log[3:]) > 1)
        [before], [check] = rig.summaries(), rig.checks()
        for text in (f"{check.output.title}\n{check.output.summary}".lower(), before):
            assert re.search("(submitted|in the queue), not finished yet", text)
            assert "a run on this pull request or a scheduled collection publishes" in text.lower()
        process.send_signal(number)
        log, _ = process.communicate(timeout=7)
        assert process.returncode == 0, log
        assert log.count("The task is in review.") == 1
        assert "in review, not finished yet" in rig.summaries()[0]
        assert rig.checks()[0].status == "in_progress"
        assert rig.service.tasks()[0].id in rig.summaries()[0]
        assert rig.service.tasks()[0].cancelled_at is None
        assert "status<<" in Path(env["GITHUB_OUTPUT"]).read_text(encoding="utf-8")


def test_a_signal_during_a_purchase_is_delayed_until_it_is_recorded(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        rig.codevf_faults.add("/tasks/create", Delay(1.5), method="POST")
        env = rig.environment("pull_request", rig.event(), {"wait-minutes": "300"})
        command = [sys.executable, "-I", "-m", "reviewbot", "action"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        wait_for(lambda: bool(rig.checks()))
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=7)
        assert rig.service.tasks()[0].id in rig.summaries()[0], log


def wait_for(condition: object, seconds: float = 30) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_draft_that_becomes_ready_is_reviewed(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.close(REPO, rig.number)
        rig.number = rig.world.open_pull_request(REPO, "topic", title="Draft", author="mona", draft=True).number
        done = rig.run()
        assert (done.exit_status, done.outputs["status"], done.outputs["reason"]) == (0, "skipped", "draft")
        assert not rig.checks(), "no check that turns green when the draft is ready"
        rig.world.ready(REPO, rig.number)
        assert rig.run(payload=rig.event("ready_for_review")).exit_status == 1
        assert rig.checks()[0].conclusion == "failure"


def test_nothing_selected_is_skipped_with_the_reason(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(paths="docs/**")
        assert (done.exit_status, done.outputs["reason"]) == (0, "nothing-selected")
        assert rig.checks()[0].conclusion == "skipped"
        assert not rig.service.tasks()


@pytest.mark.parametrize(("level", "skipped"), [(Level.MAINTAIN, True), (Level.ADMIN, True), (Level.WRITE, False)])
def test_the_skip_label_counts_when_a_maintainer_set_it(tmp_path: Path, level: Level, skipped: bool) -> None:  # noqa: FBT001 — a column of the table
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", level)
        done = rig.run(payload=rig.labeled("skip-review", "hubot"))
        assert (done.outputs["reason"] == "skip-review") is skipped
        assert bool(rig.service.tasks()) is not skipped
        assert ("reviewbot ignores the label `skip-review`" in done.log) is not skipped
        assert ("reviewbot ignores the label `skip-review`" in str(rig.summaries())) is not skipped
        later = rig.run(payload=rig.event("edited"))
        assert (later.outputs["reason"] == "skip-review") is skipped, "its check has the record"
        assert bool(rig.service.tasks()) is not skipped


@STORY
def test_a_skip_label_without_a_record_of_its_own_run_is_ignored(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        payload = rig.labeled("skip-review", "hubot")
        done = rig.run()
        assert (done.outputs["reason"], len(rig.service.tasks())) == ("reviewed", 1)
        again = rig.run(payload=payload, runner={"GITHUB_RUN_ATTEMPT": "2"})
        assert again.outputs["reason"] == "reviewed", "a person who restarts a run chooses its time"
        assert rig.run(payload=payload).outputs["reason"] == "skip-review"


@STORY
def test_removing_a_skip_label_ends_its_record(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        assert rig.run(payload=rig.labeled("skip-review", "hubot")).outputs["reason"] == "skip-review"
        rig.world.unlabel(REPO, 1, "skip-review")
        payload = rig.labeled("skip-review", "mona")
        assert rig.run(payload=payload).outputs["reason"] == "reviewed", "the author set it again"
        assert rig.checks()[-1].conclusion == "success"


@STORY
def test_removing_a_skip_label_ends_its_check_if_no_review_is_requested(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        rig.run(payload=rig.labeled("skip-review", "hubot"), review_on="request")
        assert rig.checks()[-1].conclusion == "skipped"
        rig.world.unlabel(REPO, 1, "skip-review")
        payload = rig.event("unlabeled", label={"name": "skip-review"})
        assert rig.run(payload=payload, review_on="request").outputs["reason"] == "not-requested"
        assert rig.checks()[-1].conclusion == "action_required"
        rig.run(review_on="request")
        assert len(rig.checks()) == 2, "it is written once"


@STORY
def test_a_skip_label_counts_on_a_draft_and_once_it_is_ready(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=True)
        for review_on in ("push", "request"):
            payload = rig.labeled("skip-review", "hubot")
            assert rig.run(payload=payload, review_on=review_on).outputs["reason"] == "skip-review"
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=False)
        assert rig.run(payload=rig.event("ready_for_review")).outputs["reason"] == "skip-review"
        assert not rig.service.tasks()


@STORY
@pytest.mark.parametrize("inputs", [{"check_run": "false"}, {"reviewer": "local"}])
def test_without_a_signed_check_a_skip_label_counts_for_its_own_run_alone(
    tmp_path: Path, inputs: dict[str, Any]
) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        assert rig.run(payload=rig.labeled("skip-review", "hubot"), **inputs).outputs["reason"] == "skip-review"
        assert rig.run(payload=rig.event("edited"), **inputs).outputs["reason"] != "skip-review"


MORE = "print(3)\n"


@STORY
def test_the_skip_label_does_not_apply_to_later_pushes(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=LONG) as rig:
        clock.advance(60)
        rig.run(wait_minutes="0")
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        labeled = rig.labeled("skip-review", "hubot")
        assert rig.run(payload=labeled, wait_minutes="0").outputs["reason"] == "skip-review"
        clock.advance(60)
        rig.world.push(REPO, "topic", {"more.py": MORE})
        for payload in (rig.event(), labeled):
            assert rig.run(payload=payload, wait_minutes="0").outputs["reason"] != "skip-review"
        rig.world.unlabel(REPO, 1, "skip-review")
        labeled = rig.labeled("skip-review", "hubot")
        assert rig.run(payload=labeled, wait_minutes="0").outputs["reason"] == "skip-review"


def test_a_closed_pull_request_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.world.close(REPO, 1)
        assert rig.run().outputs["reason"] == "closed"
        assert rig.run(payload=rig.event("closed")).outputs["reason"] == "closed"
        assert not rig.service.tasks()


def test_other_events_are_skipped_with_the_reason(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(event="push", payload={"ref": "refs/heads/main"})
        assert (done.exit_status, done.outputs["status"], done.outputs["reason"]) == (0, "skipped", "event")
        assert not rig.github_requests()


def test_a_broken_event_is_an_error(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(payload={"action": "opened"})
        assert (done.exit_status, done.outputs["status"]) == (3, "failed")


def test_a_person_can_start_it_manually(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        payload = {"inputs": {"pr": "1"}, "ref": "refs/heads/main", "sender": {"login": "hubot", "type": "User"}}
        assert rig.run(event="workflow_dispatch", payload=payload).exit_status == 1
        assert rig.run(event="workflow_dispatch", payload={**payload, "inputs": None}).exit_status == 3


def group(rig: Rig) -> dict[str, object]:
    """Return the payload of a merge group that contains the pull request."""
    pull = rig.world.pull(REPO, 1)
    head, ref = pull.head_sha, f"refs/heads/gh-readonly-queue/main/pr-1-{pull.base_sha}"
    return {"action": "checks_requested", "merge_group": {"head_sha": head, "head_ref": ref}}


@pytest.mark.parametrize(
    ("says", "exit_status", "conclusion"), [(CLEAN, 0, "success"), (answer(CRITICAL), 1, "failure")]
)
def test_a_merge_group_carries_the_verdicts(tmp_path: Path, says: object, exit_status: int, conclusion: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: says) as rig:  # type: ignore[arg-type,return-value]
        rig.run()
        done = rig.run(event="merge_group", payload=group(rig))
        assert done.exit_status == exit_status
        assert rig.checks()[-1].conclusion == conclusion
        assert len(rig.service.tasks()) == 1


def test_a_merge_group_without_a_verdict_stops_the_queue_with_a_message(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(event="merge_group", payload=group(rig))
        assert done.exit_status == 3
        assert rig.checks()[-1].conclusion == "action_required"


def test_a_refusal_of_the_service_is_an_error_with_its_message(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(codevf_api_key="cvf_test_wrong")
        assert (done.exit_status, done.outputs["reason"]) == (3, "refused")
        assert "cvf_test_wrong" not in done.log.replace("::add-mask::cvf_test_wrong", "")


@STORY
def test_a_request_that_is_too_large_is_packed_smaller_with_the_same_key(tmp_path: Path) -> None:
    files = {f"src/part_{index}.py": "" for index in range(8)}
    with open_rig(tmp_path, files=files, limits=Limits(rate=None, body_bytes=150_000)) as rig:
        big = {name: "".join(f"number_{line} = {line}\n" for line in range(2500)) for name in files}
        rig.world.push(REPO, "topic", big, author="mona")
        done = rig.run()
        tried = creations(rig)
        assert len(tried) > 1
        assert len({body["idempotencyKey"] for body in tried if body}) == 1
        assert (done.exit_status, done.outputs["coverage"], done.outputs["reason"]) == (3, "partial", "partial")
        assert rig.checks()[0].conclusion == "action_required"
        assert len(rig.service.tasks()) == 1


def test_a_result_that_github_refuses_is_in_the_job_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.github_faults.add("/reviews", Reply(500), method="POST", times=None)
        done = rig.run(json_file="report.json")
        assert (done.exit_status, done.outputs["reason"]) == (4, "not-published")
        assert "A shell runs it" in done.summary
        assert (done.workspace / "report.json").exists()
        assert rig.checks()[0].conclusion == "failure"
        again = rig.run()
        assert again.exit_status == 4
        assert len(rig.service.tasks()) == 1


def test_one_invalid_line_does_not_lose_the_other_comments(tmp_path: Path) -> None:
    many = [finding("app.py", line, title=f"number {line}") for line in (9, 10, 11, 12, 13)]
    with open_rig(tmp_path, engineer=lambda _: answer(*many)) as rig:
        refusal = json.dumps({"message": "Unprocessable Entity", "errors": ["line must be part of the diff"]})
        reply = Reply(422, body=refusal.encode())
        rig.github_faults.add("/reviews$", reply, method="POST", body="number 12", times=None)
        done = rig.run()
        assert len(rig.comments()) == 4
        assert "number 12" in rig.summaries()[0]
        assert done.outputs["posted"] == "4"
        assert done.exit_status == 0


@pytest.mark.parametrize(
    ("missing", "left"),
    [(Scope.CHECKS, "summary"), (Scope.PULL_REQUESTS, "check")],
)
def test_a_missing_permission_degrades_that_part_alone(tmp_path: Path, missing: Scope, left: str) -> None:
    permissions = dict.fromkeys((Scope.CHECKS, Scope.PULL_REQUESTS), Access.WRITE) | {Scope.CONTENTS: Access.READ}
    permissions[missing] = Access.READ
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), permissions=permissions) as rig:
        done = rig.run()
        assert done.exit_status == 1, done.log
        assert ("A shell runs it" in done.summary) is (left == "check"), "the summary comment has it"
        assert bool(rig.checks()) is (left == "check")
        assert bool(rig.summaries()) is (left == "summary")
        assert done.summary.count("failed because the token lacks") <= 2


def test_a_read_only_token_writes_everything_on_the_runner(tmp_path: Path) -> None:
    permissions = dict.fromkeys((Scope.CHECKS, Scope.PULL_REQUESTS, Scope.CONTENTS), Access.READ)
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), permissions=permissions) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"], done.outputs["verdict"]) == (4, "not-published", "fail")
        assert "A shell runs it" in done.summary
        assert "::error file=app.py,line=12" in done.log
        assert not rig.checks()
        refused = rig.run(wait_minutes="0")
        assert refused.exit_status != 0


def test_a_hostile_workspace_changes_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        env = rig.environment("pull_request", rig.event(), {"json-file": "report.json"})
        workspace = Path(env["GITHUB_WORKSPACE"])
        for name in ("httpx.py", "sitecustomize.py", "reviewbot.py", "github.py", "jinja2.py"):
            (workspace / name).write_text("raise SystemExit('trapped')\n", encoding="utf-8")
        (workspace / "report.json").symlink_to(tmp_path / "outside.json")
        command = [sys.executable, "-I", "-m", "reviewbot", "action"]
        done = subprocess.run(command, env=env, cwd=workspace, capture_output=True, text=True, timeout=60, check=False)
        assert "trapped" not in done.stdout + done.stderr
        assert not (tmp_path / "outside.json").exists()
        assert (workspace / "report.json").is_symlink() or done.returncode == 0


def test_a_bug_of_reviewbot_is_reported_as_one(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        env = rig.environment("pull_request", rig.event(), {})
        # No handler expects a missing function.
        broken = (
            "import sys, runpy; sys.argv = ['reviewbot', 'action']; "
            "import reviewbot.app.perform as perform; perform.read_answer = None; "
        )
        command = [sys.executable, "-I", "-c", broken + "runpy.run_module('reviewbot', run_name='__main__')"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 70, done.stdout
        assert "has a bug: TypeError" in done.stdout
        assert "reviewbot/app/perform.py" in done.stdout
        assert [one.conclusion for one in rig.checks()] == ["action_required"]
        assert "exit-status<<" in Path(env["GITHUB_OUTPUT"]).read_text(encoding="utf-8")


def test_collecting_publishes_what_is_finished_and_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=2, processing=2), engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0")
        rig.world.push(REPO, "other", {"other.py": "x = 1\n"}, author="mona")
        rig.world.open_pull_request(REPO, "other", title="Never reviewed", author="mona")
        time.sleep(6 * SCALE)
        done = rig.collect()
        assert (done.exit_status, done.outputs["status"]) == (0, "completed"), done.log
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        assert len(rig.comments()) == 1
        assert len(rig.service.tasks()) == 1


@STORY
def test_collecting_leaves_an_open_review_open(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        rig.run(wait_minutes="0")
        assert rig.collect().exit_status == 0
        assert [one.status for one in rig.checks()] == ["in_progress"]


@STORY
def test_a_stale_open_check_is_created_again(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        rig.run(wait_minutes="0")
        rig.world.mark_stale(rig.checks()[0].id)
        rig.collect()
        assert [(one.status, one.conclusion) for one in rig.checks()] == [("completed", "stale"), ("in_progress", None)]


@STORY
@pytest.mark.parametrize(
    ("key", "status"),
    [("", 3), ("cvf_test_nobody", 3), (KEY, 3), (OTHER_KEY, 0)],
    ids=["none", "unknown", "revoked", "another"],
)
def test_a_key_that_cannot_look_up_tasks_completes_no_open_check(tmp_path: Path, key: str, status: int) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        rig.run(wait_minutes="0")
        if key == KEY:
            rig.codevf_faults.add(".", Reply(401), times=None)
        other: Any = {"codevf_api_key": key}
        assert rig.collect(**other).exit_status == status
        assert [one.status for one in rig.checks()] == ["in_progress"]


@STORY
def test_a_waiting_summary_is_edited_only_when_its_state_changes(tmp_path: Path) -> None:
    life, clock = TaskLife(pending=1000, processing=1000), HandClock()
    with open_rig(tmp_path, life=life, clock=clock) as rig:
        collect = partial(rig.collect, expertise="Engineer")
        rig.run(wait_minutes="0", expertise="Engineer")
        summaries = rig.summaries()
        assert (
            "612 credits are reserved (240 \N{MULTIPLICATION SIGN} 1.5 `fast` \N{MULTIPLICATION SIGN} 1.7"
            in summaries[0]
        )
        collect()
        assert rig.summaries() == summaries
        clock.advance(1500)
        collect()
        assert ["in review, not finished yet" in text for text in rig.summaries()] == [True]


@STORY
@pytest.mark.parametrize(("signed", "reason"), [("verified", "bot"), ("signed", "gate"), ("", "gate")])
def test_only_commits_signed_by_github_count_as_a_bots_own(tmp_path: Path, signed: str, reason: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.world.user("dependabot[bot]", kind="Bot")
        head = rig.world.push(REPO, "bump", {"app.py": BUMPED}, author="dependabot[bot]")
        if signed:
            getattr(rig.world.store, signed).add(head)
        rig.number = rig.world.open_pull_request(REPO, "bump", title="Bump", author="dependabot[bot]").number
        pushed = rig.event("opened", sender={"login": "dependabot[bot]", "type": "Bot"})
        assert rig.run(payload=pushed).outputs["reason"] == reason
        assert rig.checks()[0].conclusion == ("skipped" if reason == "bot" else "failure")
        assert rig.run().outputs["reason"] == reason, "an event of a user"


@STORY
def test_a_person_named_like_a_bot_is_not_the_bot(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        for login, kind in (("acme-release[bot]", "Bot"), ("acme-release", "User")):
            rig.world.user(login, kind=kind)
        head = rig.world.push(REPO, "bump", {"app.py": BUMPED}, author="acme-release")
        rig.world.store.verified.add(head)
        rig.number = rig.world.open_pull_request(REPO, "bump", title="Bump", author="acme-release[bot]").number
        assert rig.run().outputs["reason"] == "gate"


@STORY
def test_later_runs_keep_the_record_of_a_purchase(tmp_path: Path) -> None:
    with open_rig(tmp_path, limits=FORGETFUL, engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run()
        before = rig.summaries()
        assert rig.run(codevf_api_key="").outputs["reason"] == "no-key"
        assert rig.run(mode="quick").outputs["reason"] == "settings"
        rig.world.grant(REPO, "hubot", Level.ADMIN)
        assert rig.run(payload=rig.labeled("skip-review", "hubot")).outputs["reason"] == "skip-review"
        rig.world.unlabel(REPO, 1, "skip-review")
        assert rig.summaries() == before
        assert rig.run().exit_status == 1
        assert len(creations(rig)) == 1


@STORY
@pytest.mark.parametrize("off", ["check", "summary"])
def test_without_check_or_summary_the_other_keeps_the_state(tmp_path: Path, off: str) -> None:
    with open_rig(tmp_path, limits=FORGETFUL, engineer=lambda _: answer(CRITICAL)) as rig:
        run = partial(rig.run, check_run="false") if off == "check" else partial(rig.run, summary_comment="false")
        run()
        assert run(codevf_api_key="").exit_status == 3
        assert run(mode="quick").exit_status == 2
        assert run().exit_status == 1
        assert len(creations(rig)) == 1


@STORY
def test_the_local_reviewer_reviews_the_same_commit_again(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        first = rig.run(reviewer="local", fail_on="low")
        again = rig.run(reviewer="local", fail_on="low")
        assert (first.exit_status, again.exit_status) == (1, 1), again.log
        assert len({one.body for one in rig.comments()}) == len(rig.comments())


@STORY
def test_an_answer_for_an_older_head_is_published_on_the_current_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=2, processing=2), engineer=lambda _: answer(CRITICAL)) as rig:
        rig.run(wait_minutes="0", review_on="ready")
        older = rig.world.pull(REPO, 1).head_sha
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        time.sleep(6 * SCALE)
        done = rig.collect(review_on="ready")
        assert done.exit_status == 0, done.log
        [check] = rig.checks(older)
        assert (check.status, check.conclusion) == ("completed", "action_required"), "neither green nor open forever"
        [comment] = rig.comments()
        assert "A shell runs it" in comment.body
        [summary] = rig.summaries()
        assert "A shell runs it" in summary
        assert not rig.checks(), "the newer head was not reviewed"
        assert len(rig.service.tasks()) == 1


@STORY
def test_a_failed_task_is_bought_again_only_on_request(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=1, processing=1, end=End.CANCELLED)) as rig:
        payload = {"inputs": {"pr": "1"}, "sender": {"login": "hubot", "type": "User"}}
        assert rig.run(event="workflow_dispatch", payload=payload, review_on="request").exit_status == 3
        rig.run(review_on="request")
        assert len(rig.service.tasks()) == 1
        rig.run(event="workflow_dispatch", payload=payload, review_on="request")
        assert len(rig.service.tasks()) == 2


@STORY
def test_events_buy_at_most_three_times_when_tasks_keep_failing(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=1, processing=1, end=End.CANCELLED)) as rig:
        for _ in range(5):
            rig.run()
        assert len(rig.service.tasks()) == 3


@pytest.mark.parametrize("broken", ["settings", "template"])
def test_a_merge_group_gets_its_check_despite_errors(tmp_path: Path, broken: str) -> None:
    files = {".github/reviewbot/summary.md.j2": "{{ nothing }"} if broken == "template" else {}
    config = "fail-on: sometimes\n" if broken == "settings" else None
    with open_rig(tmp_path, files=files, config=config) as rig:
        done = rig.run(event="merge_group", payload=group(rig))
        assert done.exit_status == 2
        assert rig.checks()[-1].conclusion == "action_required"


@STORY
def test_a_collection_uses_the_config_file(tmp_path: Path) -> None:
    life = TaskLife(pending=2, processing=2)
    with open_rig(tmp_path, life=life, engineer=lambda _: answer(CRITICAL), config="instance: nightly\n") as rig:
        rig.run(wait_minutes="0")
        time.sleep(6 * SCALE)
        rig.collect()
        assert [(one.name, one.conclusion) for one in rig.checks()] == [("CodeVF review: nightly", "failure")]


def test_the_event_of_a_submitted_review_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        assert rig.run(event="pull_request_review", payload=rig.event("submitted")).outputs["reason"] == "event"
        assert not rig.service.tasks()
