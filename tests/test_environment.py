"""The environment is read once, by the runner's rules, and the time scale is for loopback only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.events import Rerun
from reviewbot.errors import SettingsError
from reviewbot.settings.environment import PASSED_ON, Environment, RunnerFiles, read_environment

LEAST = {"GITHUB_REPOSITORY": "acme/parcels", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": "/e.json"}
LOCAL = {**LEAST, "GITHUB_API_URL": "http://127.0.0.1:9/api/v3", "INPUT_CODEVF-URL": "http://127.0.0.1:8/"}


def read(**more: str) -> Environment:
    return read_environment({**LEAST, **more})


def test_the_required_variables_of_a_runner_are_enough() -> None:
    env = read()
    assert (env.repository, env.event_name, env.event_path) == ("acme/parcels", "pull_request", "/e.json")
    assert (env.network.api_url, env.network.server_url) == ("https://api.github.com", "https://github.com")
    assert env.network.graphql_url == "https://api.github.com/graphql"
    nothing = (env.run_url, env.network.ssl_file, env.network.proxy)
    assert nothing == (None,) * 3
    assert (env.files, env.network.children, env.network.time_scale) == (RunnerFiles(), {}, 1.0)
    assert set(env.inputs.values()) == {""}


def test_every_variable_of_the_runner_is_kept() -> None:
    env = read(
        GITHUB_API_URL="https://ghe.test/api/v3",
        GITHUB_GRAPHQL_URL="https://ghe.test/api/graphql",
        GITHUB_SERVER_URL="https://ghe.test",
        GITHUB_OUTPUT="/out",
        GITHUB_STEP_SUMMARY="/summary",
        GITHUB_WORKSPACE="/ws",
        GITHUB_RUN_ID="42",
        RUNNER_DEBUG="1",
        SSL_CERT_FILE="/ca.pem",
        https_proxy="http://proxy.test:3128",
    )
    assert (env.network.api_url, env.network.graphql_url) == ("https://ghe.test/api/v3", "https://ghe.test/api/graphql")
    assert env.run_url == "https://ghe.test/acme/parcels/actions/runs/42"
    assert env.files == RunnerFiles("/out", "/summary", "/ws", debug=True)
    assert (env.network.ssl_file, env.network.proxy) == ("/ca.pem", "http://proxy.test:3128")
    assert read(HTTPS_PROXY="http://a.test", https_proxy="http://b.test").network.proxy == "http://a.test"


def test_an_empty_value_counts_as_missing() -> None:
    env = read(GITHUB_OUTPUT="", GITHUB_STEP_SUMMARY="", GITHUB_WORKSPACE="", GITHUB_API_URL="", RUNNER_DEBUG="0")
    assert env.files == RunnerFiles()
    assert env.network.api_url == "https://api.github.com"


@pytest.mark.parametrize(
    ("name", "workflow"),
    [("review.yml", "review.yml"), ("a-b_c.2.yaml", "a-b_c.2.yaml"), ("x.yml; id", ""), ("-R.yml", ""), ("x", "")],
)
def test_a_workflow_is_named_if_its_file_name_can_be_pasted(name: str, workflow: str) -> None:
    assert read(GITHUB_WORKFLOW_REF=f"acme/parcels/.github/workflows/{name}@refs/pull/7/merge").workflow == workflow
    assert not read().workflow


ACTION = {"GITHUB_ACTION_REPOSITORY": "octocat/reviewbot", "GITHUB_ACTION_REF": "0123abc"}


def test_links_lead_to_the_documentation_of_the_running_action() -> None:
    there = {**ACTION, "GITHUB_SERVER_URL": "https://github.com"}
    assert read(**there).docs_url == "https://github.com/octocat/reviewbot/blob/0123abc/docs"
    for name, value in (
        ("GITHUB_SERVER_URL", "https://ghe.test"),
        ("GITHUB_ACTION_REPOSITORY", "actions/setup-python"),
        ("GITHUB_ACTION_REPOSITORY", ""),
        ("GITHUB_ACTION_REF", ""),
        ("GITHUB_ACTION_REF", "a) [b](c"),
    ):
        assert read(**{**there, name: value}).docs_url is None


@pytest.mark.parametrize(("attempt", "repeated"), [("", False), ("1", False), ("2", True)])
def test_a_rerun_is_recognized(attempt: str, repeated: bool) -> None:  # noqa: FBT001 — a column
    assert read(GITHUB_RUN_ATTEMPT=attempt).is_repeated is repeated
    assert not read().is_repeated


@pytest.mark.parametrize(
    ("repository", "ref", "rerun"),
    [
        ("acme/parcels", "refs/heads/main", Rerun(".github/workflows/review.yml", "0123abc", "refs/heads/main")),
        ("Acme/Parcels", "refs/heads/a@b", Rerun(".github/workflows/review.yml", "0123abc", "refs/heads/a@b")),
        ("acme/parcels", "refs/heads/gh-readonly-queue/main/pr-1-0123abc", None),
        ("acme/parcels", "refs/pull/7/merge", None),
        ("acme/central", "refs/heads/main", None),
    ],
)
def test_a_rerun_names_the_workflow_file_of_its_first_attempt(repository: str, ref: str, rerun: Rerun | None) -> None:
    file = {"GITHUB_WORKFLOW_REF": f"{repository}/.github/workflows/review.yml@{ref}", "GITHUB_WORKFLOW_SHA": "0123abc"}
    assert read(GITHUB_RUN_ATTEMPT="2", **file).rerun == rerun
    assert read(GITHUB_RUN_ATTEMPT="1", **file).rerun is None
    assert read(GITHUB_RUN_ATTEMPT="2").rerun is None


def test_inputs_arrive_in_upper_case_with_their_hyphens() -> None:
    env = read(**{"INPUT_FAIL-ON": "high", "INPUT_FAIL_ON": "low", "INPUT_MADE-UP": "x"})
    assert env.inputs["fail-on"] == "high"
    assert "made-up" not in env.inputs


def test_child_processes_get_paths_and_no_secrets() -> None:
    env = read(**dict.fromkeys(PASSED_ON, "x"), **{"INPUT_CODEVF-API-KEY": "cvf_test_1", "GITHUB_TOKEN": "ghs_1"})
    assert set(env.network.children) == set(PASSED_ON)
    assert not {name for name in env.network.children if "TOKEN" in name or "KEY" in name}


def test_missing_variables_are_listed_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_environment({"GITHUB_EVENT_NAME": ""})
    (problem,) = caught.value.problems
    names = "`GITHUB_REPOSITORY`, `GITHUB_EVENT_NAME`, `GITHUB_EVENT_PATH`"
    where = f"`reviewbot action` and `reviewbot collect` run only in GitHub Actions; not set: {names}"
    assert str(problem) == f"{where}. At a terminal, run: reviewbot review"


@pytest.mark.parametrize(("text", "scale"), [("0.02", 0.02), ("1", 1.0), ("", 1.0), ("1e-3", 0.001)])
def test_a_time_scale_is_allowed_on_loopback(text: str, scale: float) -> None:
    assert read_environment({**LOCAL, "REVIEWBOT_TIME_SCALE": text}).network.time_scale == scale


@pytest.mark.parametrize(
    "more",
    [
        {"GITHUB_API_URL": "https://api.github.com"},
        {"INPUT_CODEVF-URL": ""},
        {"INPUT_CODEVF-URL": "https://codevf.com/api/v1/"},
        {"GITHUB_API_URL": "http://127.0.0.1.example.test/"},
        {"GITHUB_API_URL": "http://127.0.0.1@example.test/"},
        {"GITHUB_API_URL": "no address [at all"},
    ],
)
def test_other_hosts_ignore_the_time_scale(more: dict[str, str]) -> None:
    for text in ("0.02", "nonsense"):
        assert read_environment({**LOCAL, "REVIEWBOT_TIME_SCALE": text, **more}).network.time_scale == 1.0


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "inf", "nan", "fast", "0,5"])
def test_an_invalid_time_scale_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_environment({**LOCAL, "REVIEWBOT_TIME_SCALE": text})
    assert f"invalid value `{text}`" in caught.value.hint


@given(st.dictionaries(st.sampled_from([*LEAST, *LOCAL, "REVIEWBOT_TIME_SCALE", "GITHUB_RUN_ID"]), st.text()))
def test_any_environment_is_read_or_refused_with_a_message(env: dict[str, str]) -> None:
    try:
        scale = read_environment(env).network.time_scale
    except SettingsError as error:
        scale = 1.0 if error.problems else 0.0
    assert 0 < scale <= 1


@pytest.mark.parametrize("name", ["/ws/ca.pem", "/ws", "ca.pem", "./certs/../ca.pem", "/opt/../ws/ca.pem"])
def test_certificates_in_the_workspace_are_refused(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(GITHUB_WORKSPACE="/ws", SSL_CERT_FILE=name)
    assert "SSL_CERT_FILE" in caught.value.hint


@pytest.mark.parametrize("name", ["/wsx/ca.pem", "../ca.pem", "/github/home/ca.pem"])
def test_certificates_beside_the_workspace_are_used(name: str) -> None:
    assert read(GITHUB_WORKSPACE="/ws", SSL_CERT_FILE=name).network.ssl_file == name
