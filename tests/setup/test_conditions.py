"""The workflows that `init` writes start jobs only for relevant events.

act evaluates the conditions (https://github.com/nektos/act); `--dryrun` starts nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reviewbot.domain.model.events import RelayEvent, read_event
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.setup.files import LABELS, InitOptions, commands_workflow, review_workflow, threads_workflow

ACT = Path(sys.executable).parent / "act"
ADVISORY, GATE = InitOptions(), InitOptions(gate=True)
LOCAL = InitOptions(reviewer=ReviewerKind.LOCAL)

BASE = {"base": {"ref": {"from": "old"}, "sha": {"from": "0" * 40}}}
PULL_REQUESTS: list[tuple[dict[str, Any], bool]] = [
    *(({"action": action}, True) for action in ("opened", "reopened", "synchronize", "ready_for_review", "closed")),
    ({"action": "edited", "changes": {"title": {"from": "old"}}}, False),
    ({"action": "edited", "changes": {"body": {"from": "old"}}}, False),
    ({"action": "edited", "changes": {}}, False),
    ({"action": "edited", "changes": BASE}, True),
    ({"action": "edited", "changes": {"title": {"from": "old"}, **BASE}}, True),
    ({"action": "labeled", "label": {"name": "skip-review"}}, True),
    ({"action": "unlabeled", "label": {"name": "skip-review"}}, True),
    ({"action": "labeled", "label": {"name": "bug"}}, False),
    ({"action": "unlabeled", "label": {"name": "bug"}}, False),
    ({"action": "labeled", "label": {"name": "not-skip-review"}}, False),
]
COMMENTS: list[tuple[dict[str, Any], bool]] = [
    ({"issue": {"number": 1, "pull_request": {}}, "comment": {"body": "/reviewbot help"}}, True),
    ({"issue": {"number": 1, "pull_request": {}}, "comment": {"body": "Try /reviewbot help"}}, False),
    ({"issue": {"number": 1}, "comment": {"body": "/reviewbot help"}}, False),
]
THREADS: list[tuple[dict[str, Any], bool]] = [
    ({"pull_request": {"number": 1}, "comment": {"body": "/reviewbot waive generated"}}, True),
    ({"pull_request": {"number": 1}, "comment": {"body": "I agree."}}, False),
]


def started(text: str, event: str, payload: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the jobs of a workflow that start for an event."""
    (folder / "event.json").write_text(json.dumps({"action": "", **payload}), encoding="utf-8")
    # The action's steps would be downloaded.
    steps = re.sub(r"(?m)^      - uses: .*\n(        with:\n(          .*\n)*)?", '      - run: "true"\n', text)
    (folder / "workflow.yml").write_text(steps, encoding="utf-8")
    done = subprocess.run(
        [str(ACT), event, "--dryrun", "--json", "--platform", "ubuntu-latest=-self-hosted",
         "--workflows", "workflow.yml", "--eventpath", "event.json"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line["jobID"] for line in lines if line.get("jobResult") == "success"]


def rows(rows: list[tuple[dict[str, Any], bool]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("payload", "starts"), rows, ids=lambda value: json.dumps(value)[:70])


@rows(PULL_REQUESTS)
@pytest.mark.parametrize("options", [ADVISORY, GATE, LOCAL], ids=["advisory", "gate", "local"])
def test_a_review_starts_where_it_may_be_due(
    tmp_path: Path, options: InitOptions, payload: Mapping[str, Any], starts: bool  # noqa: FBT001 — a column of the table
) -> None:  # fmt: skip
    event = "pull_request_target" if options.gate else "pull_request"
    assert started(review_workflow(options), event, payload, tmp_path) == ["review"] * starts


@pytest.mark.parametrize(("event", "job"), [("workflow_dispatch", "review"), ("merge_group", "queue")])
def test_a_gate_starts_one_job_for_other_events(tmp_path: Path, event: str, job: str) -> None:
    payload = {"action": "checks_requested"} if event == "merge_group" else {"inputs": {"pr": "1"}}
    assert started(review_workflow(GATE), event, payload, tmp_path) == [job]


@rows(COMMENTS)
@pytest.mark.parametrize("options", [ADVISORY, GATE], ids=["advisory", "gate"])
def test_a_command_starts_for_comments_on_pull_requests(
    tmp_path: Path, options: InitOptions, payload: Mapping[str, Any], starts: bool  # noqa: FBT001 — a column of the table
) -> None:  # fmt: skip
    assert started(commands_workflow(options), "issue_comment", payload, tmp_path) == ["command"] * starts


@rows(THREADS)
def test_a_command_starts_for_comments_in_review_threads(
    tmp_path: Path, payload: Mapping[str, Any], starts: bool  # noqa: FBT001 — a column of the table
) -> None:  # fmt: skip
    assert (
        started(commands_workflow(ADVISORY), "pull_request_review_comment", payload, tmp_path) == ["command"] * starts
    )


@rows(THREADS)
def test_a_gate_relays_commands_in_review_threads(
    tmp_path: Path, payload: Mapping[str, Any], starts: bool  # noqa: FBT001 — a column of the table
) -> None:  # fmt: skip
    assert started(threads_workflow(), "pull_request_review_comment", payload, tmp_path) == ["thread"] * starts


@pytest.mark.parametrize(("conclusion", "starts"), [("success", True), ("skipped", False), ("failure", False)])
def test_a_gate_reads_commands_after_a_relay(tmp_path: Path, conclusion: str, *, starts: bool) -> None:
    payload = {"workflow_run": {"conclusion": conclusion, "display_title": "#1"}}
    assert started(commands_workflow(GATE), "workflow_run", payload, tmp_path) == ["command"] * starts


def test_a_relay_is_read_by_its_run_name() -> None:
    read = YAML(typ="safe").load
    title = read(threads_workflow())["run-name"].replace("${{ github.event.pull_request.number }}", "12")
    assert read_event(
        "workflow_run", {"workflow_run": {"display_title": title, "event": "pull_request_review_comment"}}
    ) == RelayEvent(12)
    assert read(commands_workflow(GATE))["on"]["workflow_run"]["workflows"] == [read(threads_workflow())["name"]]
    assert "workflow_run" not in read(commands_workflow(ADVISORY))["on"]


def test_of_many_comments_one_relay_runs_and_one_waits() -> None:
    """A run that is displaced reads the commands of the same pull request: both have the same title."""
    group = YAML(typ="safe").load(commands_workflow(GATE))["jobs"]["command"]["concurrency"]["group"]
    assert group.endswith("|| github.event.workflow_run.display_title }}")


def test_the_approval_label_can_be_added_to_the_list(tmp_path: Path) -> None:
    assert review_workflow(GATE).count(LABELS) == 1
    text = review_workflow(GATE).replace('["skip-review"]', '["skip-review", "approve"]')
    payload = {"action": "labeled", "label": {"name": "approve"}}
    assert started(text, "pull_request_target", payload, tmp_path) == ["review"]


@pytest.mark.parametrize("options", [ADVISORY, GATE], ids=["advisory", "gate"])
def test_a_run_that_does_not_start_cancels_no_other(options: InitOptions) -> None:
    """A workflow's group would: a run joins it before the conditions of its jobs are evaluated."""
    for text in (review_workflow(options), commands_workflow(options)):
        assert "\nconcurrency:" not in text
        assert text.count("\n    concurrency:\n") == text.count("runs-on:")
