"""Two pull requests with the same head share one check, which succeeds for both or for neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.faults import Meanwhile
from reviewbot_sandbox.github import merge_group_event

from reviewbot.domain.github.check_identity import CheckTag, split_tag
from tests.app.comments.test_commands import bypass, people, say
from tests.app.rig import CLEAN, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
SLOW = TaskLife(pending=2, processing=2)


@contextmanager
def shared_head(folder: Path, *, bad: bool = True, skipped: bool = True, **more: Any) -> Iterator[Rig]:  # noqa: ANN401
    """Open a second pull request from the first one's head, against a branch that already has its change.

    `bad` is the first one's change; the second one's is clean, and nothing of it is reviewed when it is `skipped`.
    """

    def engineer(request: Any) -> Any:  # noqa: ANN401 — as the sandbox gives and takes it
        return answer(CRITICAL) if bad and int(request.metadata["pullRequest"]) == 1 else CLEAN

    with open_rig(folder, engineer=engineer, **{"config": "bases: [landing]\n", **more}) as rig:
        last = "node_modules/a/index.js" if skipped else "later.py"
        rig.world.push(REPO, "landing", {}, parents=(rig.world.pull(REPO, 1).head_sha,))
        rig.world.push(REPO, "topic", {last: "x = 1\n"}, author="mona")
        assert rig.world.open_pull_request(REPO, "topic", base="landing", author="mallory").number == 2
        yield rig


def run(rig: Rig, number: int, **inputs: Any) -> Finished:  # noqa: ANN401 — as `Rig.run` takes them
    rig.number = number
    return rig.run(**inputs)


def shown(rig: Rig) -> str | None:
    """Return status and conclusion of the head's newest check run."""
    found: str | None = max(rig.checks(), key=lambda one: one.id).conclusion
    return found


def result_of(done: Finished) -> tuple[int, str, str]:
    return done.exit_status, done.outputs["verdict"], done.outputs["reason"]


def changed(rig: Rig, number: int, **values: Any) -> None:  # noqa: ANN401 — as the record has them
    """Change fields of a pull request that people cannot change."""
    pulls = rig.world.store.pulls
    pulls[REPO, number] = replace(pulls[REPO, number], **values)


def own(rig: Rig, number: int) -> list[str]:
    """Return the verdicts in the check runs of a pull request."""
    tags = (split_tag(one.external_id)[0] for one in rig.checks())
    return [tag.verdict for tag in tags if tag and tag.number == number]


def test_every_check_run_names_its_pull_request(tmp_path: Path) -> None:
    with shared_head(tmp_path) as rig:
        run(rig, 1, codevf_api_key="")
        assert own(rig, 1) == ["action_required"]
        run(rig, 1, wait_minutes="0")
        assert own(rig, 1) == ["action_required", ""]


@pytest.mark.parametrize("skipped", [True, False])
def test_a_second_pull_request_does_not_turn_the_check_of_the_first_green(tmp_path: Path, skipped: bool) -> None:  # noqa: FBT001 — a column
    with shared_head(tmp_path, skipped=skipped) as rig:
        assert result_of(run(rig, 1)) == (1, "fail", "gate")
        done = run(rig, 2)
        assert result_of(done) == (3, "none", "shared-head"), done.log
        assert shown(rig) == "action_required"
        assert own(rig, 2)[-1] == ("skipped" if skipped else "success")
        assert "#1" in done.log
        assert own(rig, 1) == ["failure"], "its own check is unchanged"


def test_a_second_one_against_a_branch_that_is_not_listed_has_a_check_of_its_own(tmp_path: Path) -> None:
    with shared_head(tmp_path, config=None) as rig:
        assert result_of(run(rig, 1)) == (1, "fail", "gate")
        assert result_of(run(rig, 2)) == (0, "none", "nothing-selected")
        shown_by_name = {one.name: one.conclusion for one in rig.checks()}
        assert shown_by_name == {"CodeVF review": "failure", "CodeVF review (base: landing)": "skipped"}


def test_a_pull_request_without_a_requested_review_keeps_the_other_ones_check_from_turning_green(
    tmp_path: Path,
) -> None:
    with shared_head(tmp_path) as rig:
        assert result_of(run(rig, 1, review_on="request")) == (0, "none", "not-requested")
        assert (own(rig, 1), shown(rig)) == (["action_required"], "action_required")
        assert result_of(run(rig, 2, review_on="request")) == (3, "none", "shared-head")
        assert shown(rig) == "action_required"


def test_a_reopened_pull_request_shows_its_own_check_again(tmp_path: Path) -> None:
    config, life = "bases: [landing]\nreview-on: request\n", TaskLife(pending=50, processing=50)
    with shared_head(tmp_path, clock=HandClock(), life=life, config=config) as rig:
        people(rig)
        rig.number = 1
        for command in ("review", "cancel"):
            say(rig, f"/reviewbot {command}", by="hubot", wait_minutes="0")
        rig.world.close(REPO, 1)
        assert result_of(run(rig, 2)) == (0, "none", "nothing-selected")
        assert shown(rig) == "skipped"
        changed(rig, 1, closed_at=None)
        rig.number = 1
        run(rig, 1, payload=rig.event("reopened"))
        assert shown(rig) == "action_required"


def test_the_message_about_a_shared_head_is_not_repeated(tmp_path: Path) -> None:
    with shared_head(tmp_path) as rig:
        run(rig, 1)
        run(rig, 2)
        before = rig.checks()
        run(rig, 2)
        run(rig, 1)
        assert rig.checks() == before


def test_an_open_review_of_another_pull_request_is_neither_adopted_nor_lost(tmp_path: Path) -> None:
    clock = HandClock()
    with shared_head(tmp_path, clock=clock, life=SLOW) as rig:
        run(rig, 1, wait_minutes="0")
        done = run(rig, 2)
        assert result_of(done) == (3, "none", "shared-head"), done.log
        [first, second] = rig.checks()
        assert (first.status, second.status) == ("in_progress", "completed")
        tag, copy = split_tag(second.external_id)
        assert tag == CheckTag(2, "skipped", merge_base=tag.merge_base if tag else "")
        assert copy == "", "the first one's copy is not adopted"
        clock.advance(10)
        collected = rig.collect()
        assert "reviewbot published 1 of 1 " in collected.log
        assert own(rig, 1) == ["failure"]
        assert len(rig.service.tasks()) == 1
        assert len(rig.comments()) == 1


def test_two_clean_pull_requests_do_not_wait_for_each_other(tmp_path: Path) -> None:
    clock = HandClock()
    with shared_head(tmp_path, bad=False, skipped=False, clock=clock, life=SLOW) as rig:
        run(rig, 1, wait_minutes="0")
        run(rig, 2, wait_minutes="0")
        clock.advance(10)
        assert result_of(run(rig, 2)) == (3, "none", "shared-head"), "the first one is still open"
        assert shown(rig) == "action_required"
        assert result_of(run(rig, 1)) == (0, "pass", "reviewed")
        assert shown(rig) == "success"
        assert result_of(run(rig, 2)) == (0, "pass", "reviewed")
        assert len(rig.service.tasks()) == 2


def test_a_red_result_is_not_hidden_by_the_others_green_one(tmp_path: Path) -> None:
    clock = HandClock()
    with shared_head(tmp_path, clock=clock, life=SLOW) as rig:
        run(rig, 1, wait_minutes="0")
        rig.world.close(REPO, 1)
        assert result_of(run(rig, 2)) == (0, "none", "nothing-selected")
        assert shown(rig) == "skipped"
        changed(rig, 1, closed_at=None)
        clock.advance(10)
        assert result_of(run(rig, 1)) == (1, "fail", "gate")
        assert shown(rig) == "failure"


@pytest.mark.parametrize("at_once", [False, True])
def test_a_green_check_does_not_cover_an_open_review_of_another_pull_request(tmp_path: Path, *, at_once: bool) -> None:
    clock = HandClock()
    with shared_head(tmp_path, clock=clock, life=SLOW) as rig:
        if at_once:

            def begin() -> None:
                run(rig, 1, wait_minutes="0")
                rig.number = 2

            rig.github_faults.add("/check-runs", Meanwhile(begin), method="POST", times=1)
            run(rig, 2)
        else:
            run(rig, 1, wait_minutes="0")
            rig.world.close(REPO, 1)
            run(rig, 2)
            changed(rig, 1, closed_at=None)
        assert shown(rig) == "skipped"
        run(rig, 1, wait_minutes="0")
        assert shown(rig) is None
        before = rig.checks()
        run(rig, 1, wait_minutes="0")
        assert rig.checks() == before
        clock.advance(10)
        rig.collect()
        assert shown(rig) == "failure"
        assert all(one.status == "completed" for one in rig.checks())


def test_a_closed_pull_request_does_not_hide_the_others_green_check(tmp_path: Path) -> None:
    clock = HandClock()
    with shared_head(tmp_path, clock=clock, life=SLOW) as rig:
        run(rig, 1, wait_minutes="0")
        rig.world.close(REPO, 1)
        run(rig, 2)
        clock.advance(10)
        rig.collect()
        assert (own(rig, 1), shown(rig)) == (["failure"], "skipped")


@pytest.mark.parametrize("ended", ["closed", "pushed"])
def test_a_closed_or_moved_pull_request_blocks_no_other(tmp_path: Path, ended: str) -> None:
    with shared_head(tmp_path) as rig:
        run(rig, 1)
        head = rig.world.pull(REPO, 1).head_sha
        run(rig, 2)
        if ended == "closed":
            rig.world.close(REPO, 1)
        else:
            moved = rig.world.push(REPO, "elsewhere", {"else.py": "y = 2\n"}, parents=(head,), author="mona")
            changed(rig, 1, head_ref="elsewhere", head_sha=moved)
        assert result_of(run(rig, 2)) == (0, "none", "nothing-selected")
        assert shown(rig) == "skipped"


def test_a_bypass_applies_to_one_pull_request(tmp_path: Path) -> None:
    with shared_head(tmp_path, skipped=False) as rig:
        people(rig)
        run(rig, 1)
        run(rig, 2, codevf_api_key="")
        done = say(rig, f"{bypass(rig)} it burns", by="max")
        assert done.outputs["reason"] == "shared-head", done.log
        assert (shown(rig), own(rig, 2)) == ("action_required", ["action_required", "success"])
        rig.number = 1
        assert say(rig, f"{bypass(rig)} it burns", by="max").outputs["reason"] == "bypass"
        assert (shown(rig), own(rig, 1)[-1]) == ("success", "success")
        assert result_of(run(rig, 2)) == (0, "pass", "bypass")


def test_a_nonexistent_pull_request_blocks_no_other(tmp_path: Path) -> None:
    with shared_head(tmp_path) as rig:
        run(rig, 2)
        [check] = rig.checks()
        made_up = check.external_id.replace("pr2=skipped", "pr999=failure")
        rig.world.check(
            REPO, check.app, {"name": check.name, "head_sha": check.head_sha, "external_id": made_up,
                              "conclusion": "failure"},
        )  # fmt: skip
        assert result_of(run(rig, 2)) == (0, "none", "nothing-selected")
        assert shown(rig) == "skipped"


@pytest.mark.parametrize("number", [1, 2])
def test_a_merge_group_uses_each_pull_requests_own_verdict(tmp_path: Path, number: int) -> None:
    with shared_head(tmp_path) as rig:
        run(rig, 1)
        run(rig, 2)
        group = rig.world.queue(REPO, (number,))
        payload = merge_group_event(rig.world.store, group, rig.github_url)
        done = rig.run(event="merge_group", payload=payload)
        [check] = rig.checks(group.head_sha)
        assert check.conclusion == {1: "failure", 2: "success"}[number], done.log


def test_a_dry_run_writes_no_check_for_a_merge_group(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        group = rig.world.queue(REPO, (1,))
        payload = merge_group_event(rig.world.store, group, rig.github_url)
        rig.run(event="merge_group", payload=payload, dry_run="true")
        assert not rig.checks(group.head_sha)


def test_a_second_pull_request_without_a_review_does_not_show_the_green_check_of_the_first(
    tmp_path: Path,
) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config="bases: [next]\nreview-on: request\n") as rig:
        people(rig)
        rig.world.push(REPO, "next", {}, parents=(rig.world.store.git(REPO).branches()["main"],))
        say(rig, "/reviewbot review", by="hubot")
        say(rig, f"{bypass(rig)} it burns", by="max")
        assert rig.checks()[-1].conclusion == "success"
        rig.world.store.git(REPO).set_ref("refs/heads/again", rig.world.pull(REPO, 1).head_sha)
        rig.number = rig.world.open_pull_request(REPO, "again", title="Two", author="mona", base="next").number
        assert rig.run(payload=rig.event("opened")).outputs["reason"] == "not-requested"
        assert rig.checks()[-1].conclusion == "action_required"
