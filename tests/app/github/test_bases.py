"""A check against a base that is not in `bases` has another name: it meets no ruleset, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, TaskLife, TaskRequest
from reviewbot_sandbox.faults import Meanwhile
from reviewbot_sandbox.github import merge_group_event

from tests.app.comments.test_commands import people, say
from tests.app.rig import CLEAN, HEAD, REPO, Rig, answer, finding, open_rig

REQUIRED = "CodeVF review"
CRITICAL = finding("app.py", 12, severity="critical", code="os.system(command)")
SOON = TaskLife(pending=1, processing=1)
LATE = TaskLife(pending=1, processing=1_000_000)

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory


def shown(rig: Rig) -> dict[str, tuple[str, str | None]]:
    """Return status and conclusion of the newest check run of each name on the head."""
    return {one.name: (one.status, one.conclusion) for one in rig.checks()}


def finds_the_flaw(request: TaskRequest) -> Answer:
    """Return an engineer who reports the flaw in `HEAD` if it is in the change."""
    return answer(CRITICAL) if "os.system" in str(request.attachments) else CLEAN


def stack(rig: Rig, base: str = "next") -> None:
    """Open a pull request with the flaw against another branch."""
    onto = rig.world.push(REPO, base, HEAD, author="mona")
    rig.world.push(REPO, "stacked", {"more.py": "y = 2\n"}, author="mona", parents=(onto,))
    rig.number = rig.world.open_pull_request(REPO, "stacked", base=base, title="Stacked", author="mona").number


def retarget(rig: Rig, base: str) -> None:
    """Change the pull request's base as its author."""
    rig.world.retarget(REPO, rig.number, base)


def test_a_head_that_is_green_against_the_authors_branch_is_not_green_against_the_default_branch(
    tmp_path: Path,
) -> None:
    with open_rig(tmp_path, engineer=finds_the_flaw) as rig:
        stack(rig)
        assert rig.run().outputs["verdict"] == "pass"
        assert shown(rig) == {f"{REQUIRED} (base: next)": ("completed", "success")}
        retarget(rig, "main")
        assert REQUIRED not in shown(rig), "the required check is missing until the next run"
        assert rig.run(payload=rig.event("edited")).outputs["verdict"] == "fail"
        assert shown(rig)[REQUIRED] == ("completed", "failure")


def test_the_check_against_a_listed_branch_has_the_required_name(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=finds_the_flaw, config="bases: ['release/**']\n") as rig:
        stack(rig, "release/1")
        rig.run()
        assert shown(rig) == {REQUIRED: ("completed", "success")}


def test_a_skipped_review_against_the_authors_branch_does_not_pass_the_required_check(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=finds_the_flaw) as rig:
        rig.world.push(REPO, "mine", {"other.txt": "x"}, author="mona", parents=(rig.world.pull(REPO, 1).head_sha,))
        retarget(rig, "mine")
        assert rig.run(review_on="ready").outputs["reason"] == "nothing-selected"
        assert shown(rig) == {f"{REQUIRED} (base: mine)": ("completed", "skipped")}
        retarget(rig, "main")
        rig.run(payload=rig.event("edited"), review_on="ready")
        assert shown(rig)[REQUIRED] == ("completed", "failure")


def test_green_against_one_listed_branch_is_not_green_against_another(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=finds_the_flaw, config="bases: ['release/**']\n") as rig:
        stack(rig, "release/1")
        rig.run(review_on="ready")
        assert shown(rig) == {REQUIRED: ("completed", "success")}
        retarget(rig, "main")
        assert rig.run(payload=rig.event("edited"), review_on="ready").outputs["reason"] == "not-requested"
        assert shown(rig) == {REQUIRED: ("completed", "action_required")}
        retarget(rig, "release/1")
        rig.run(payload=rig.event("edited"), review_on="ready")
        assert shown(rig) == {REQUIRED: ("completed", "success")}


def queued(rig: Rig) -> tuple[int, str | None, str]:
    """Queue the pull request; return the exit status, conclusion and text of the group's run."""
    rig.world.store.queues.clear()
    group = rig.world.queue(REPO, (rig.number,))
    done = rig.run(event="merge_group", payload=merge_group_event(rig.world.store, group, rig.github_url))
    check = rig.checks(group.head_sha)[-1]
    return done.exit_status, check.conclusion, done.log


@pytest.mark.parametrize("skips", [False, True], ids=["reviewed", "skipped"])
def test_a_green_check_for_another_base_is_not_carried_to_a_merge_group(tmp_path: Path, *, skips: bool) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN, config="bases: ['release/**']\n") as rig:
        people(rig)
        stack(rig, "release/1")
        rig.run(payload=rig.labeled("skip-review", "max")) if skips else rig.run()
        green = ("completed", "skipped" if skips else "success")
        assert shown(rig) == {REQUIRED: green}
        retarget(rig, "main")
        exit_status, conclusion, text = queued(rig)
        assert (exit_status, conclusion) == (3, "action_required")
        assert f"#{rig.number}: passed for another base branch or diff" in text
        assert f"Re-run reviewbot on #{rig.number}, then queue #{rig.number} again." in text
        rig.run(payload=rig.event("edited"))
        assert queued(rig)[:2] == (0, "success")
        if skips:
            assert shown(rig) == {REQUIRED: ("completed", "success")}, "the label was set for the other base"
            rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
            rig.world.unlabel(REPO, rig.number, "skip-review")
            rig.run(payload=rig.labeled("skip-review", "max"))
            assert shown(rig) == {REQUIRED: green}
            assert queued(rig)[:2] == (0, "success")
        retarget(rig, "release/1")
        assert queued(rig)[:2] == (3, "action_required")


PADDING = "".join(f"line_{number} = {number}\n" for number in range(1, 30))
FLAW = "os.system(command)\n"


def sees_the_flaw(request: TaskRequest) -> Answer:
    """Answer with a critical finding if the diff adds the flaw."""
    diff = "".join(one.content for one in request.attachments if one.file_name.endswith(".diff"))
    is_added = f"\n+{FLAW}" in diff
    return answer(finding("job.py", 1, severity="critical", code=FLAW.strip())) if is_added else CLEAN


def restoring(rig: Rig) -> tuple[str, str, str]:
    """Open a pull request that fixes a flaw of the base and restores it. Return the base tip, the fix and the head."""
    people(rig)
    tip = rig.world.store.git(REPO).branches()["main"]
    fix = rig.world.push(REPO, "fix", {"job.py": PADDING}, parents=(tip,), author="mona")
    head = rig.world.push(REPO, "more", {"job.py": FLAW + PADDING, "n.py": "n = 1\n"}, parents=(fix,), author="mona")
    rig.number = rig.world.open_pull_request(REPO, "more", author="mona").number
    return tip, fix, head


@pytest.mark.parametrize("review_on", ["push", "ready", "request"])
def test_a_green_check_is_not_for_the_diff_after_the_base_took_a_part_of_the_history(
    tmp_path: Path, review_on: str
) -> None:
    """A commit that fixes a flaw of the base is merged alone; the next commit, which is reviewed, restores the flaw."""
    with open_rig(tmp_path, engineer=sees_the_flaw, files={"job.py": FLAW + PADDING}) as rig:
        tip, fix, _ = restoring(rig)
        say(rig, "/reviewbot review", by="hubot", review_on=review_on)
        assert shown(rig) == {REQUIRED: ("completed", "success")}, "the diff does not add the flaw"
        assert queued(rig)[:2] == (0, "success")
        rig.world.push(REPO, "main", {"job.py": PADDING}, parents=(tip, fix), author="hubot")
        exit_status, conclusion, text = queued(rig)
        assert (exit_status, conclusion) == (3, "action_required")
        assert f"#{rig.number}: passed for another base branch or diff" in text
        rig.run(payload=rig.event("edited"), review_on=review_on)
        now = "failure" if review_on == "push" else "action_required"
        assert shown(rig) == {REQUIRED: ("completed", now)}
        assert queued(rig)[1] == ("failure" if review_on == "push" else "action_required")


def test_a_check_has_the_merge_base_of_the_reviewed_head(tmp_path: Path) -> None:
    """The fix is merged and the head moves while the review is open; then the first head is restored without a run."""
    with open_rig(tmp_path, engineer=sees_the_flaw, files={"job.py": FLAW + PADDING}) as rig:
        tip, fix, head = restoring(rig)

        def during() -> None:
            rig.world.push(REPO, "main", {"job.py": PADDING}, parents=(tip, fix), author="hubot")
            rig.world.push(REPO, "more", {"n.py": "n = 2\n"}, parents=(fix,), author="mona")

        rig.codevf_faults.add("/tasks/", Meanwhile(during), method="GET", times=1)
        rig.run()
        assert [one.conclusion for one in rig.checks(head)] == ["success"]
        rig.world.push(REPO, "more", {}, parents=(head,), author="mona")
        pulls = rig.world.store.pulls
        pulls[REPO, rig.number] = replace(pulls[REPO, rig.number], head_sha=head)
        assert queued(rig)[:2] == (3, "action_required")


def test_green_against_a_listed_branch_is_not_green_against_one_with_a_stricter_rule(tmp_path: Path) -> None:
    config = """\
bases: ['release/**']
review-on: ready
routes:
  - {name: main, base: [main], mode: standard, max-credits: 2000, fail-on: high}
"""
    high = answer(finding("app.py", 12, severity="high", code="os.system(command)"))
    with open_rig(tmp_path, engineer=lambda _: high, config=config) as rig:
        stack(rig, "release/1")
        rig.run()
        assert shown(rig) == {REQUIRED: ("completed", "success")}
        retarget(rig, "main")
        rig.run(payload=rig.event("edited"))
        assert shown(rig) == {REQUIRED: ("completed", "action_required")}


def test_a_change_that_is_reverted_and_applied_again_stays_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        for more in (None, "y = 2\n", None, "y = 2\n"):
            if rig.service.tasks():
                rig.world.push(REPO, "topic", {"more.py": more}, author="mona")
            assert rig.run().exit_status == 0
            assert shown(rig) == {REQUIRED: ("completed", "success")}
        assert len(rig.service.tasks()) == 2


@pytest.mark.parametrize("summary", ["true", "false"])
def test_a_change_is_bought_once_under_different_check_names(tmp_path: Path, summary: str) -> None:
    with open_rig(tmp_path, engineer=finds_the_flaw) as rig:
        rig.world.push(REPO, "same", {}, parents=(rig.world.store.git(REPO).branches()["main"],))
        assert rig.run(summary_comment=summary).outputs["verdict"] == "fail"
        for base in ("same", "main", "same"):
            retarget(rig, base)
            assert rig.run(payload=rig.event("edited"), summary_comment=summary).outputs["verdict"] == "fail"
        assert len(rig.service.tasks()) == 1
        assert shown(rig)[REQUIRED] == shown(rig)[f"{REQUIRED} (base: same)"] == ("completed", "failure")


@pytest.mark.parametrize("base", ["next", "main"])
def test_a_collection_finds_an_open_task_under_another_name(tmp_path: Path, base: str) -> None:
    alone: dict[str, Any] = {"summary_comment": "false", "wait_minutes": "0"}
    with open_rig(tmp_path, engineer=finds_the_flaw, life=SOON) as rig:
        stack(rig)
        rig.run(**alone)
        assert shown(rig) == {f"{REQUIRED} (base: next)": ("in_progress", None)}
        retarget(rig, base)
        for _ in range(2):
            rig.collect(**alone)
        assert shown(rig)[f"{REQUIRED} (base: next)"][0] == "completed"
        assert len(rig.service.tasks()) == 1


def test_a_task_for_another_base_is_replaced_like_that_of_an_older_head(tmp_path: Path) -> None:
    alone: dict[str, Any] = {"summary_comment": "false", "wait_minutes": "0"}
    with open_rig(tmp_path, engineer=finds_the_flaw, life=LATE, config="supersede: always-replace\n") as rig:
        stack(rig)
        rig.run(**alone)
        retarget(rig, "main")
        rig.run(payload=rig.event("edited"), **alone)
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [True, False]
        assert shown(rig) == {
            f"{REQUIRED} (base: next)": ("completed", "action_required"),
            REQUIRED: ("in_progress", None),
        }
