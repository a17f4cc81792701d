"""`action.yml`, `no-docker/action.yml` and the settings agree."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reviewbot.settings import INPUTS, Input

ACTION_INPUTS = [row for row in INPUTS if row.action]
OUTPUTS = [
    *("status", "verdict", "reason", "exit-status", "coverage", "task-id", "reviewed-sha"),
    "published",
    *("findings", "critical", "high", "medium", "low", "info", "unrated", "new", "fixed", "carried"),
    *("posted", "credits-held", "credits-used", "review-url", "summary-url", "check-url"),
    *("json-file", "sarif-file", "html-file", "rdjson-file"),
]
EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)


def test_the_inputs_are_the_settings_in_the_same_order(action: dict[str, Any]) -> None:
    assert list(action["inputs"]) == [row.name for row in ACTION_INPUTS]


def test_only_the_token_has_a_default_that_overrides_the_config_file(action: dict[str, Any]) -> None:
    defaults = {name: row["default"] for name, row in action["inputs"].items() if "default" in row}
    assert defaults == {"github-token": "${{ github.token }}"}


@pytest.mark.parametrize("row", ACTION_INPUTS, ids=lambda row: row.name)
def test_each_description_states_the_default(action: dict[str, Any], row: Input) -> None:
    description = action["inputs"][row.name]["description"]
    assert description.endswith(f" Default: `{row.default}`." if row.default else "."), description
    assert "Default: " in description


@pytest.mark.parametrize("row", [row for row in ACTION_INPUTS if "`" in row.reader.allowed], ids=lambda row: row.name)
def test_each_description_names_the_values_that_are_allowed(action: dict[str, Any], row: Input) -> None:
    description = action["inputs"][row.name]["description"]
    values = set(re.findall(r"`([^`]+)`", row.reader.allowed)) - {"true", "false"}
    assert not {value for value in values if f"`{value}`" not in description}


def test_no_input_is_required_since_a_fork_has_no_secrets(action: dict[str, Any]) -> None:
    assert not [name for name, row in action["inputs"].items() if "required" in row]


def test_every_output_is_declared_and_described(action: dict[str, Any]) -> None:
    assert list(action["outputs"]) == OUTPUTS
    assert all(row["description"].endswith(".") for row in action["outputs"].values())


def test_the_action_runs_the_image_built_from_the_dockerfile(action: dict[str, Any]) -> None:
    assert action["runs"] == {"using": "docker", "image": "Dockerfile", "args": ["action"]}


def test_the_docker_free_action_has_the_same_inputs(action: dict[str, Any], docker_free: dict[str, Any]) -> None:
    assert docker_free["inputs"] == action["inputs"]


def test_the_docker_free_action_has_the_same_outputs(action: dict[str, Any], docker_free: dict[str, Any]) -> None:
    assert list(docker_free["outputs"]) == list(action["outputs"])
    for name, row in docker_free["outputs"].items():
        assert row == {**action["outputs"][name], "value": f"${{{{ steps.review.outputs.{name} }}}}"}


def test_the_docker_free_action_passes_every_input_by_environment(docker_free: dict[str, Any]) -> None:
    (review,) = [step for step in docker_free["runs"]["steps"] if step.get("id") == "review"]
    handed = {name: text for name, text in review["env"].items() if name.startswith("INPUT_")}
    assert handed == {f"INPUT_{name.upper()}": f"${{{{ inputs.{name} }}}}" for name in docker_free["inputs"]}


def test_the_docker_free_action_puts_no_expression_into_a_script(docker_free: dict[str, Any]) -> None:
    scripts = [step["run"] for step in docker_free["runs"]["steps"] if "run" in step]
    assert scripts
    scripts += [step["env"]["START"] for step in docker_free["runs"]["steps"] if "run" in step]
    assert not [script for script in scripts if EXPRESSION.search(script)]


def test_the_docker_free_action_imports_nothing_from_the_working_directory(docker_free: dict[str, Any]) -> None:
    scripts = [step["run"] for step in docker_free["runs"]["steps"] if "run" in step]
    assert scripts == ['exec "$PYTHON" -I -S -u -c "$START" action']


def test_the_key_is_in_the_environment_of_the_reviewing_step_alone(docker_free: dict[str, Any]) -> None:
    holders = [step.get("id") for step in docker_free["runs"]["steps"] if "codevf-api-key" in str(step)]
    assert holders == ["review"]
