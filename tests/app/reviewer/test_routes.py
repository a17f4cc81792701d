"""Rules choose the review of a pull request; its author can only make it larger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Engineer, Mode, canned

from tests.app.comments.test_commands import answers, bypass, people, say
from tests.app.rig import CLEAN, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/domain/policy` and `tests/domain/machine` have the rules

RULES = """\
routes:
- {name: payments, paths: ['pay/**'], mode: standard, max-credits: 600, fail-on: low, instructions: Mind the cents.}
- {name: asked, labels: [deep], reviewer: codevf, mode: standard, max-credits: 500, fail-on: medium}
- {name: docs, only-paths: ['docs/**'], reviewer: none}
- {name: tests, only-paths: ['tests/**', 'docs/**'], reviewer: local, fail-on: low}
- {name: trivial, labels: [trivial], reviewer: none}
"""
FINDS: Engineer = canned(answer(finding("docs/a.md", 1)))
DOCS = {"docs/a.md": "# How to\n"}
TESTS = {"tests/a.py": "import subprocess\nsubprocess.run('ls', shell=True)\n"}


def change(rig: Rig, files: dict[str, Any], branch: str = "change") -> None:
    """Open a pull request with these files, or push them to it; later runs review it."""
    is_new = not any(branch == pull.head_ref for pull in rig.world.store.pulls.values())
    rig.world.push(REPO, branch, files, author="mona")
    if is_new:
        rig.number = rig.world.open_pull_request(REPO, branch, title="Change", author="mona").number


def ended(rig: Rig, done: Finished) -> tuple[str | None, int, str, int]:
    """Return the check's conclusion, the exit status, the reason, and how many tasks were bought."""
    check = rig.checks()[-1]
    assert check.name == "CodeVF review"
    return check.conclusion, done.exit_status, done.outputs["reason"], len(rig.service.tasks())


def test_a_rule_skips_the_review_until_a_file_of_a_stricter_rule_is_added(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES) as rig:
        change(rig, DOCS)
        first = rig.run()
        assert ended(rig, first) == ("skipped", 0, "route", 0)
        assert "rule docs" in rig.checks()[-1].output.title
        assert "no review: by the rule docs" in first.log
        change(rig, {"pay/card.py": "fee = 1\n"})
        second = rig.run(json_file="a.json")
        assert json.loads((second.workspace / "a.json").read_text(encoding="utf-8"))["route"] == "payments"
        assert ended(rig, second) == ("success", 0, "reviewed", 1)
        (task,) = rig.service.tasks()
        assert (task.request.mode, task.request.max_credits) == (Mode.STANDARD, 600)
        assert "Mind the cents." in task.request.prompt
        assert "rule `payments`" in rig.summaries()[-1]
        change(rig, {"pay/card.py": None, "docs/b.md": "# More\n"})
        assert ended(rig, rig.run()) == ("skipped", 0, "route", 1)


def test_moving_a_file_does_not_escape_its_rule(tmp_path: Path) -> None:
    code = "".join(f"fee_{number} = {number}\n" for number in range(40))
    with open_rig(tmp_path, config=RULES, files={"pay/card.py": code}) as rig:
        change(rig, {"pay/card.py": None, "docs/card.py": code})
        assert ended(rig, rig.run()) == ("success", 0, "reviewed", 1)
        assert rig.service.tasks()[0].request.max_credits == 600


def test_a_file_that_leaves_a_rule_without_a_reviewer_is_sent_or_missed(tmp_path: Path) -> None:
    text = "run()\n" + ("b" * 500 + "\n") * 2_200  # more than one attachment holds
    with open_rig(tmp_path, engineer=lambda _: CLEAN, config=RULES, files={"docs/a.js": text}) as rig:
        change(rig, {"docs/a.js": None, "src/a.js": text})
        assert ended(rig, rig.run())[:3] == ("action_required", 3, "partial")


def test_a_label_makes_a_review_larger_and_its_removal_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES, engineer=canned(CLEAN)) as rig:
        assert ended(rig, rig.run()) == ("success", 0, "reviewed", 1)
        assert ended(rig, rig.run(payload=rig.labeled("trivial", "mona"))) == ("success", 0, "reviewed", 1)
        assert ended(rig, rig.run(payload=rig.labeled("deep", "mona"))) == ("success", 0, "reviewed", 2)
        rig.world.unlabel(REPO, rig.number, "deep")
        again = rig.run(payload=rig.event("unlabeled", label={"name": "deep"}))
        assert ended(rig, again) == ("success", 0, "reviewed", 2)
        assert [one.request.mode for one in rig.service.tasks()] == [Mode.FAST, Mode.STANDARD]
        assert again.outputs["task-id"] == rig.service.tasks()[-1].id


@pytest.mark.parametrize("push_again", [False, True])
def test_a_red_change_does_not_turn_green_by_another_rule(tmp_path: Path, *, push_again: bool) -> None:
    with open_rig(tmp_path, config=RULES, engineer=FINDS) as rig:
        change(rig, DOCS)
        rig.run()
        assert ended(rig, rig.run(payload=rig.labeled("deep", "mona"))) == ("failure", 1, "gate", 1)
        rig.world.unlabel(REPO, rig.number, "deep")
        if push_again:  # the finding is open, but below the `fail-on` of another change
            change(rig, {"docs/b.md": "# More\n"})
            assert ended(rig, rig.run()) == ("skipped", 0, "route", 1)
        else:
            assert ended(rig, rig.run()) == ("failure", 1, "gate", 1)


def test_a_collection_judges_by_the_rule_at_submission(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES, engineer=FINDS) as rig:
        change(rig, DOCS)
        rig.run(payload=rig.labeled("deep", "mona"), wait_minutes="0")
        rig.world.unlabel(REPO, rig.number, "deep")
        for _ in range(50):
            rig.collect()
            if rig.checks()[-1].conclusion:
                break
        assert rig.checks()[-1].conclusion == "failure"
        assert len(rig.service.tasks()) == 1


def test_analyzers_review_what_a_rule_gives_them_until_codevf_has_reviewed_it(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES) as rig:
        change(rig, TESTS)
        first = rig.run()
        assert first.outputs["credits-held"] == ""
        assert ended(rig, first) == ("failure", 1, "gate", 0), first.log
        change(rig, {"pay/card.py": "fee = 1\n"})
        assert ended(rig, rig.run()) == ("success", 0, "reviewed", 1)
        change(rig, {"pay/card.py": None, "tests/b.py": "x = 1\n"})
        third = rig.run()
        assert ended(rig, third) == ("success", 0, "reviewed", 2)
        assert "despite the rule" in rig.summaries()[-1]


def test_a_command_requests_a_review_despite_the_rule(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES) as rig:
        people(rig)
        change(rig, DOCS)
        rig.run()
        say(rig, "/reviewbot review", by="max")
        assert ended(rig, rig.run()) == ("success", 0, "reviewed", 1)


def test_a_bypass_that_is_not_stored_does_not_turn_the_check_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES) as rig:
        people(rig)
        change(rig, TESTS)
        rig.run()
        say(rig, f"{bypass(rig)} it is a test", by="max")
        assert "could not store the command" in answers(rig)[0]
        assert rig.checks()[-1].conclusion == "failure"


def test_a_dry_run_names_the_rule(tmp_path: Path) -> None:
    with open_rig(tmp_path, config=RULES) as rig:
        change(rig, {"pay/card.py": "fee = 1\n"})
        done = rig.run(dry_run="true")
        assert done.outputs["reason"] == "dry-run"
        assert "rule `payments`" in done.summary
        assert not rig.service.tasks()
