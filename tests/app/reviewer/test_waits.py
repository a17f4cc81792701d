"""A purchase waits for other checks of the head and for a pause in pushes; the next event or a collection makes it."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.github import WORKFLOW, App, Level, Scope

from reviewbot.domain.ledger.codec import decode, encode, replace_ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.values import replace
from tests.app.rig import HEAD, KEY, REPO, Finished, Rig, fork, from_fork, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CI = App(7, "other-ci", "Other CI")
WAITS_FOR_CI = "wait-for-checks: [CI, 'lint / *']\n"
AT_ONCE: Any = {"wait_minutes": "0"}


def check(rig: Rig, name: str, conclusion: str | None) -> None:
    """Start or end a check run of another App on the head."""
    done = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
    rig.world.check(REPO, CI, {"name": name, "head_sha": rig.world.pull(REPO, rig.number).head_sha, **done})


def ended(rig: Rig, branch: str = "topic") -> Finished:
    """Run the workflow that listens to the end of other workflows."""
    head = rig.world.pull(REPO, rig.number).head_sha
    run = {"event": "pull_request", "display_title": "Fix #12", "head_sha": head, "head_branch": branch}
    return rig.run(event="workflow_run", payload={"action": "completed", "workflow_run": run}, **AT_ONCE)


def ours(rig: Rig) -> Any:  # noqa: ANN401 — the sandbox's record
    return [one for one in rig.checks() if one.name == "CodeVF review"][-1]


def test_the_event_of_the_last_check_buys_the_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=WAITS_FOR_CI) as rig:
        check(rig, "lint / python", None)
        first = rig.run(**AT_ONCE)
        assert (first.exit_status, first.outputs["status"], first.outputs["reason"]) == (0, "pending", "deferred")
        assert (ours(rig).status, ours(rig).output.title) == (
            "in_progress",
            "No review bought yet. `CI` is missing, `lint / python` is running.",
        )
        assert "no review bought yet. " in rig.summaries()[0]
        check(rig, "CI", "success")
        check(rig, "lint / python", "failure")
        assert ended(rig).outputs["reason"] == "deferred"
        assert ours(rig).output.title == "No review bought yet. `lint / python` is not successful."
        assert rig.run(on_pending="fail", **AT_ONCE).exit_status == 1
        assert not rig.service.tasks()
        check(rig, "lint / python", "neutral")
        bought = ended(rig)
        assert (bought.exit_status, bought.outputs["reason"]) == (0, "pending"), bought.log
        ended(rig)
        assert len(rig.service.tasks()) == 1
        assert rig.run().outputs["verdict"] == "pass"


def test_nothing_waits_if_the_checks_are_green_already(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=WAITS_FOR_CI) as rig:
        check(rig, "CI", "success")
        check(rig, "lint / go", "skipped")
        before = len(rig.github_requests())
        assert rig.run().outputs["verdict"] == "pass"
        asked = len(rig.github_requests()) - before
    with open_rig(tmp_path / "without") as rig:
        rig.run()
        assert asked == len(rig.github_requests()) + 1


def test_a_collection_or_a_command_buys_a_deferred_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="wait-for-checks: [CI]\n") as rig:
        rig.run(**AT_ONCE)
        rig.collect(**AT_ONCE)
        assert not rig.service.tasks()
        check(rig, "CI", "success")
        rig.collect(**AT_ONCE)
        assert len(rig.service.tasks()) == 1
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        rig.run(**AT_ONCE)
        assert len(rig.service.tasks()) == 1
        rig.world.grant(REPO, "hubot", Level.WRITE)
        posted = rig.world.comment(REPO, 1, "hubot", "/reviewbot review")
        sender = {"login": "hubot", "type": "User"}
        comment = {"id": posted.id, "body": posted.body, "user": sender}
        issue = {"number": 1, "pull_request": {}}
        payload = {"action": "created", "issue": issue, "comment": comment, "sender": sender}
        rig.run(event="issue_comment", payload=payload, **AT_ONCE)
        assert len(rig.service.tasks()) == 2, "a person who may spend requested it"


def test_a_missing_check_ends_the_wait(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="wait-for-checks: [CI]\nwait-for-checks-hours: 2\n") as rig:
        rig.run(**AT_ONCE)
        age(rig, timedelta(hours=3))
        late = rig.run(**AT_ONCE)
        assert (late.exit_status, late.outputs["reason"]) == (3, "checks")
        assert ours(rig).conclusion == "action_required"
        assert "`CI` is missing" in ours(rig).output.summary
        check(rig, "CI", "success")
        ended(rig)
        rig.collect(**AT_ONCE)
        assert not rig.service.tasks(), "the wait has ended"
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        check(rig, "CI", "success")
        assert rig.run().outputs["verdict"] == "pass"


def age(rig: Rig, by: timedelta) -> None:
    """Let time pass for the deferred purchase."""
    store, signer = rig.world.store, Signer(KEY, rig.world.store.repo(REPO).id, rig.number, "")
    [summary] = [one for one in store.comments.values() if one.author.endswith("[bot]")]
    ledger = decode(summary.body, signer).ledger
    older = tuple(
        replace(one, submitted_at=(datetime.fromisoformat(one.submitted_at) - by).isoformat())
        for one in ledger.purchases
    )
    body = replace_ledger(summary.body, encode(replace(ledger, purchases=older), signer))
    store.comments[summary.id] = dataclasses.replace(summary, body=body)


def test_only_the_newest_head_is_bought_after_a_pause(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="quiet-minutes: 10\n", clock=HandClock()) as rig:
        for number in range(3):
            rig.world.push(REPO, "topic", {"more.py": f"x = {number}\n"}, author="mona")
            assert rig.run(**AT_ONCE).outputs["reason"] == "deferred"
        rig.collect(**AT_ONCE)
        assert not rig.service.tasks()
        assert "less than 10 minutes ago" in ours(rig).output.title
        age(rig, timedelta(minutes=10))
        rig.collect(**AT_ONCE)
        [task] = rig.service.tasks()
        assert (task.request.metadata or {})["headSha"] == rig.world.pull(REPO, 1).head_sha


def test_a_dry_run_says_whether_it_would_wait(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="wait-for-checks: [CI]\nquiet-minutes: 5\n") as rig:
        shown = rig.run(dry_run="true")
        assert "reviewbot would now wait before buying a review. `CI` is missing." in shown.summary.replace("\\", "")
        assert "5 minutes after the last push" in shown.summary


def test_a_token_that_cannot_read_the_checks_does_not_block_the_review(tmp_path: Path) -> None:
    assert Scope.STATUSES not in WORKFLOW
    with open_rig(tmp_path, config="wait-for-checks: [CI]\n", permissions=WORKFLOW, private=True) as rig:
        done = rig.run()
        assert done.outputs["verdict"] == "pass"
        assert "ignores `wait-for-checks`" in rig.summaries()[0]


def test_the_approval_of_a_fork_is_kept_for_exactly_its_head(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="wait-for-checks: [CI]\napprove-spend: review-please\n") as rig:
        fork(rig)
        rig.world.grant(REPO, "hubot", Level.WRITE)
        assert rig.run(event="pull_request_target", payload=from_fork(rig)).outputs["reason"] == "not-approved"
        rig.world.label(REPO, rig.number, "review-please", "hubot")
        by = {"label": {"name": "review-please"}, "sender": {"login": "hubot", "type": "User"}}
        labeled = {**from_fork(rig), **by, "action": "labeled"}
        assert rig.run(event="pull_request_target", payload=labeled, **AT_ONCE).outputs["reason"] == "deferred"
        assert rig.world.pull(REPO, rig.number).labels == (), "the label is removed"
        check(rig, "CI", "success")
        assert ended(rig, "attack").outputs["reason"] == "pending"
        assert len(rig.service.tasks()) == 1


@pytest.mark.parametrize("branch", ["topic", "other"])
def test_an_event_of_another_head_or_branch_buys_nothing(tmp_path: Path, branch: str) -> None:
    with open_rig(tmp_path, config="wait-for-checks: [CI]\n") as rig:
        old = rig.world.pull(REPO, 1).head_sha
        rig.run(**AT_ONCE)
        check(rig, "CI", "success")
        rig.world.push(REPO, "topic", {**HEAD, "more.py": "x = 1\n"}, author="mona")
        run = {"event": "push", "display_title": "", "head_sha": old, "head_branch": branch}
        done = rig.run(event="workflow_run", payload={"action": "completed", "workflow_run": run}, **AT_ONCE)
        assert done.outputs["reason"] == "event"
        assert not rig.service.tasks()


@pytest.mark.parametrize("config", ["", "wait-for-checks: [CI]\n"], ids=["older head", "checks"])
def test_a_deferral_is_found_without_a_summary_while_an_older_head_is_reviewed(tmp_path: Path, config: str) -> None:
    life, clock, alone = TaskLife(pending=0, processing=20), HandClock(), "summary-comment: false\n"
    with open_rig(tmp_path, life=life, clock=clock, config=alone + config) as rig:
        check(rig, "CI", "success")
        rig.run(**AT_ONCE)
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        assert rig.run(**AT_ONCE).outputs["status"] == "pending"
        assert len(rig.service.tasks()) == 1
        check(rig, "CI", "success")
        for _ in range(2):
            clock.advance(21)
            rig.collect(**AT_ONCE)
        assert (len(rig.service.tasks()), ours(rig).conclusion) == (2, "success")


def test_a_rule_without_a_review_never_waits(tmp_path: Path) -> None:
    rules = "wait-for-checks: [CI]\nquiet-minutes: 10\nroutes:\n- {name: all, only-paths: ['**'], reviewer: none}\n"
    with open_rig(tmp_path, config=rules) as rig:
        done = rig.run(**AT_ONCE)
        assert (ours(rig).status, ours(rig).conclusion) == ("completed", "skipped")
        assert (done.exit_status, done.outputs["status"], done.outputs["reason"]) == (0, "skipped", "route")
