"""Check runs with reviewbot's name that another App or workflow created are never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import canned
from reviewbot_sandbox.github import merge_group_event
from reviewbot_sandbox.github.model.records import ACTIONS, App

from tests.app.rig import REPO, Rig, answer, finding, open_rig

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
MALLORY = App(99, "mallory", "Mallory")


def forge(rig: Rig, app: App) -> None:
    """Create a successful check run that claims to be the pull request's."""
    head = rig.world.pull(REPO, rig.number).head_sha
    fields = {"status": "completed", "conclusion": "success", "external_id": f"pr{rig.number}=success"}
    rig.world.check(REPO, app, {"name": "CodeVF review", "head_sha": head, **fields})


@pytest.mark.parametrize("app", [MALLORY, ACTIONS])
def test_a_forged_check_neither_replaces_the_review_nor_hides_its_verdict(tmp_path: Path, app: App) -> None:
    with open_rig(tmp_path, engineer=canned(answer(CRITICAL))) as rig:
        forge(rig, app)
        assert rig.run().exit_status == 1
        assert (len(rig.service.tasks()), rig.checks()[-1].conclusion) == (1, "failure")
        forge(rig, app)
        assert rig.run().exit_status == 1
        assert (rig.checks()[-1].app, rig.checks()[-1].conclusion) == (ACTIONS, "failure")


def test_another_apps_check_is_not_a_verdict_for_a_merge_group(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=canned(answer(CRITICAL))) as rig:
        rig.run()
        forge(rig, MALLORY)
        group = rig.world.queue(REPO, (1,))
        done = rig.run(event="merge_group", payload=merge_group_event(rig.world.store, group, rig.github_url))
        assert (done.exit_status, [one.conclusion for one in rig.checks(group.head_sha)]) == (3, ["action_required"])


def test_another_apps_open_check_does_not_prevent_reviewbots_check(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=canned(answer(CRITICAL))) as rig:
        head = rig.world.pull(REPO, rig.number).head_sha
        fields = {"status": "in_progress", "external_id": f"pr{rig.number}="}
        rig.world.check(REPO, MALLORY, {"name": "CodeVF review", "head_sha": head, **fields})
        assert rig.run().exit_status == 1
        assert (rig.checks()[-1].app, rig.checks()[-1].conclusion) == (ACTIONS, "failure")
