"""The examples for an organization: the reusable workflow and its caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reviewbot.errors import SettingsError
from reviewbot.settings import INPUTS, Settings, read_settings
from reviewbot.setup.files import LABELS, LIMITS, PLACEHOLDER, config_file
from tests.contract.test_snippets import LINTERS, complaint, saved
from tests.setup.test_conditions import COMMENTS, PULL_REQUESTS, started

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "organization"
CALLED, CALLER, COLLECTOR = (
    (FOLDER / name).read_text(encoding="utf-8") for name in ("reviewbot.yml", "caller.yml", "collector.yml")
)
JOBS = YAML(typ="safe").load(CALLED)["jobs"]
ENV = YAML(typ="safe").load(CALLED)["env"]
OPEN = {
    "agent-prompt", "comment-from", "context", "instructions", "max-comments", "on-error", "on-pending",
    "path-instructions", "quiet-minutes", "redact", "review-event", "wait-for-checks", "wait-for-checks-hours",
    "wait-minutes",
}  # fmt: skip
"""The keys that the example leaves to a repository's file: none spends, or passes the check with less review."""
REMOTE = "YOUR-ORG/.github/.github/workflows/reviewbot.yml@COMMIT # vX.Y.Z"


@pytest.mark.parametrize("linter", LINTERS, ids=lambda linter: " ".join(linter[::2][:2]))
def test_the_examples_pass_every_linter(linter: tuple[str, ...], tmp_path: Path) -> None:
    callers = {"reviews": CALLER, "collect": COLLECTOR}
    texts = {"reviewbot": CALLED, **{name: text.replace("YOUR-ORG/", "acme/") for name, text in callers.items()}}
    assert not complaint(linter, *(saved(tmp_path, text, name) for name, text in texts.items()))


@pytest.mark.parametrize("text", [CALLER, COLLECTOR])
def test_the_job_of_a_caller_has_four_lines(text: str) -> None:
    job = text.partition("jobs:\n")[2]
    assert [line.split()[0] for line in job.splitlines()] == ["reviewbot:", "name:", "uses:", "secrets:"]


def started_by(event: str, payload: Mapping[str, Any], folder: Path, text: str) -> list[str]:
    """Return the jobs that a workflow starts, with the reusable workflow at the path that it calls."""
    called = folder / ".github" / "workflows" / "reviewbot.yml"
    called.parent.mkdir(parents=True)
    called.write_text(without_actions(CALLED), encoding="utf-8")
    text = text.replace(REMOTE, "./.github/workflows/reviewbot.yml")
    return started(text.replace("cache-mode: none\n", ""), event, payload, folder)  # act does not know that key yet


def without_actions(text: str) -> str:
    """Return the workflow with a step that does nothing in place of each action, which act would download."""
    lines = text.splitlines()
    steps = [number for number, line in enumerate(lines) if line == "    steps:"]
    kept = []
    for number, line in enumerate(lines):
        inside = any(
            at < number and all(one.startswith("      ") for one in lines[at + 1 : number + 1]) for at in steps
        )
        if not inside:
            kept.append(line)
        if line == "    steps:":
            kept.append('      - run: "true"')
    return "\n".join(kept) + "\n"


@pytest.mark.parametrize(
    ("event", "payload", "starts"),
    [
        *(("pull_request_target", payload, starts) for payload, starts in PULL_REQUESTS),
        *(("issue_comment", payload, starts) for payload, starts in COMMENTS),
        ("merge_group", {"action": "checks_requested", "merge_group": {"head_ref": "refs/heads/queue"}}, True),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_a_called_workflow_starts_when_a_review_may_be_due(
    tmp_path: Path, event: str, payload: Mapping[str, Any], starts: bool  # noqa: FBT001 — a column of the table
) -> None:  # fmt: skip
    assert started_by(event, payload, tmp_path, CALLER) == ["review"] * starts


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_the_caller_with_a_schedule_collects(tmp_path: Path, event: str) -> None:
    assert started_by(event, {}, tmp_path, COLLECTOR) == ["collect"]


def test_both_jobs_read_the_same_settings_and_the_settings_are_valid() -> None:
    for job in JOBS.values():
        inputs = job["steps"][-1]["with"]
        assert inputs.keys() <= {row.name for row in INPUTS if row.action}
        assert (inputs["config"], inputs["locked"]) == ("${{ env.CONFIG }}", "${{ env.LOCKED }}")
        given = {"config": ENV["CONFIG"], "locked": ENV["LOCKED"], "command": inputs.get("command", "")}
        found = read_settings({**given, "repositories": inputs.get("repositories", "")}, None)
        assert (found.fail_on, found.max_credits_per_pr) == ("high", 3600)
        assert found.check_name == Settings().check_name
    assert LABELS in JOBS["review"]["if"]


def test_every_config_key_is_either_locked_or_left_to_the_repositories() -> None:
    assert sorted([*ENV["LOCKED"].split(), *OPEN]) == sorted(row.name for row in INPUTS if row.config)


def test_the_limits_of_a_file_that_init_has_written_are_named_where_they_are_locked() -> None:
    text = config_file(PLACEHOLDER)
    lines = {line.partition(":")[0]: number for number, line in enumerate(text.splitlines(), 1)}
    with pytest.raises(SettingsError) as caught:
        read_settings({"codevf-api-key": "k", "config": ENV["CONFIG"], "locked": ENV["LOCKED"]}, text)
    assert {problem.line for problem in caught.value.problems} == {lines[name] for name in LIMITS}
    assert {problem.todo for problem in caught.value.problems} == {
        f"Remove `{name}` from the file. To check the file, run: reviewbot config check --input locked={name}"
        for name in LIMITS
    }


@pytest.mark.parametrize(
    "line",
    ["review-on: request", "bases: ['**']", "instance: again", "drafts: true", "min-balance: 0", "incremental: false",
     "summary-comment: false", "check-run: false", "attachment-bytes: 1000"],
)  # fmt: skip
def test_no_repository_spends_more_or_passes_the_check_with_less_review(line: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({"codevf-api-key": "k", "config": ENV["CONFIG"], "locked": ENV["LOCKED"]}, line)
    assert [one.where for one in refused.value.problems] == [f"`{line.partition(':')[0]}` in the config file"]


def test_both_jobs_act_as_the_same_app() -> None:
    tokens = [job["steps"][0] for job in JOBS.values()]
    assert len({(one["uses"], one["with"]["client-id"], one["with"]["private-key"]) for one in tokens}) == 1
    for job in JOBS.values():
        assert job["steps"][-1]["with"]["github-token"] == "${{ steps.app.outputs.token }}"
        assert job["environment"] == "reviewbot"
    assert [one["with"].get("owner") for one in tokens] == [None, "${{ github.repository_owner }}"]
