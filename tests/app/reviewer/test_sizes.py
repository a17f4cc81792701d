"""A review is as large as its change, and a limit that stops one names the ways to continue, which work."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife

from tests.app.comments.test_commands import bypass, check, people, say, summary
from tests.app.rig import REPO, open_rig

CONFIG = ".github/reviewbot.yml"
AUTO = "max-credits: auto\nbase-credits: 60\ncredits-per-100-lines: 2000\nmax-credits-ceiling: 600\n"
LINES = 6
"""Changed lines of the first change: four added, two deleted."""


def test_a_review_is_sized_by_the_whole_change_and_a_later_one_by_what_is_new(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=AUTO) as rig:
        first = rig.run()
        [task] = rig.service.tasks()
        assert task.request.max_credits == 240
        size = f"{LINES} changed lines; 60 + 2,000 × {LINES} / 100 = 180, raised to 240, the minimum for fast"
        assert f"Size: {size}." in first.log
        assert f"Size: {size}." in summary(rig)
        assert "This pull request: 360 of 2,160 credits" in summary(rig)
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n" * 20, "logo.png": b"\0" * 9_000}, author="mona")
        later = rig.run()
        assert rig.service.tasks()[-1].request.max_credits == 480
        assert "Size: 20 changed lines; 60 + 2,000 × 20 / 100 = 460, rounded up to 480." in later.log
        assert later.outputs["credits-held"] == "720"


@pytest.mark.proof
def test_a_dry_run_shows_the_size_of_the_whole_change(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=AUTO) as rig:
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n" * 400}, author="mona")
        done = rig.run(dry_run="true")
        assert "900 credits would be reserved (600 × 1.5 `fast`)" in done.summary
        assert "limited to 600, max-credits-ceiling." in done.summary
        assert "This pull request: 0 of 5,400 credits" in done.summary
        assert not rig.service.tasks()


@pytest.mark.proof
def test_a_collection_buys_a_deferred_review_in_the_size_of_its_change(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, config=AUTO, clock=clock, life=TaskLife(pending=0, processing=900)) as rig:
        rig.run(wait_minutes="0")
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n" * 20}, author="mona")
        rig.run(wait_minutes="0")
        assert len(rig.service.tasks()) == 1
        clock.advance(1_000)
        rig.collect(max_credits="240")
        assert [one.request.max_credits for one in rig.service.tasks()] == [240, 480]


@pytest.mark.proof
def test_a_limit_that_stops_a_review_names_two_ways_to_continue(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="max-credits-per-pr: 400\n") as rig:
        people(rig)
        assert rig.run().exit_status == 0
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (3, "over-budget")
        text = rig.checks()[-1].output.summary
        assert "it would reserve 360 credits, and 360 of 400 are already reserved or used" in text
        assert "`max-credits-per-pr: 720`" in text
        assert f"{bypass(rig)} REASON" in text
        assert "it would reserve 360 credits, and 360 of 400 are already reserved or used" in summary(rig)
        assert rig.run(max_credits_per_pr="500").outputs["reason"] == "over-budget"
        raised = rig.checks()
        for shown in (raised[-1].output.summary, summary(rig)):
            assert "360 of 500 are already reserved or used" in shown, "both show the newest figures"
        assert rig.run(max_credits_per_pr="500").outputs["reason"] == "over-budget"
        assert rig.checks() == raised
        assert say(rig, f"{bypass(rig)} it burns", by="max").outputs["reason"] == "bypass"
        assert check(rig) == "success"
        rig.world.push(REPO, "topic", {"more.py": "x = 2\n"}, author="mona")
        assert rig.run().outputs["reason"] == "over-budget"
        rig.world.push(REPO, "main", {CONFIG: "max-credits-per-pr: 720\n"}, author="max")
        assert rig.run().outputs["reason"] == "reviewed"
        assert len(rig.service.tasks()) == 2


@pytest.mark.proof
def test_the_limit_is_six_times_the_first_review_unless_set(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        for number in range(6):
            rig.world.push(REPO, "topic", {"more.py": f"x = {number}\n"}, author="mona")
            assert rig.run().outputs["reason"] == "reviewed"
        rig.world.push(REPO, "topic", {"more.py": "x = 6\n"}, author="mona")
        done = rig.run()
        assert done.outputs["reason"] == "over-budget"
        assert "2,160 of 2,160" in done.log
        assert "6 times the 360 credits that the first review reserved" in done.log
        assert len(rig.service.tasks()) == 6
        assert rig.run(max_credits_per_pr="0").outputs["reason"] == "reviewed"
