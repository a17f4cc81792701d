"""The runner's environment, read once into one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os.path import normpath
from pathlib import PurePath

from reviewbot.domain.model.urls import is_loopback
from reviewbot.errors import Problem, SettingsError
from reviewbot.settings.table import INPUTS, peek_settings


@dataclass(frozen=True, slots=True)
class Environment:
    """What a runner gives every step; names as in GitHub's documentation.

    Attributes:
        inputs: input name to text, as the workflow set them.
        path_env: the few variables that children may see.
        time_scale: of `REVIEWBOT_TIME_SCALE`, heard only when both services are on loopback.
    """

    inputs: Mapping[str, str]
    api_url: str
    graphql_url: str
    server_url: str
    repository: str
    event_name: str
    event_path: str
    output_file: str | None
    summary_file: str | None
    workspace: str | None
    run_url: str | None
    debug: bool
    ssl_file: str | None
    proxy: str | None
    path_env: Mapping[str, str]
    time_scale: float


PASSED_ON = ("PATH", "TZ", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
"""What children may see of the environment: where programs and proxies are."""


def read_environment(env: Mapping[str, str]) -> Environment:
    """The environment of a run.

    Raises:
        SettingsError: the step does not run under a runner, or not with what one gives.
    """
    inputs = {row.name: env.get(f"INPUT_{row.name.upper()}", "") for row in INPUTS if row.action}
    missing = [name for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH") if not env.get(name)]
    if missing:
        allowed = "`reviewbot action` runs as a step of a GitHub workflow, which sets it"
        raise SettingsError(tuple(Problem(f"environment `{name}`", "it is not set", allowed) for name in missing))
    api_url = env.get("GITHUB_API_URL") or "https://api.github.com"
    server_url = env.get("GITHUB_SERVER_URL") or "https://github.com"
    repository, run_id = env["GITHUB_REPOSITORY"], env.get("GITHUB_RUN_ID")
    return Environment(
        inputs=inputs,
        api_url=api_url,
        graphql_url=env.get("GITHUB_GRAPHQL_URL") or _graphql_beside(api_url),
        server_url=server_url,
        repository=repository,
        event_name=env["GITHUB_EVENT_NAME"],
        event_path=env["GITHUB_EVENT_PATH"],
        output_file=env.get("GITHUB_OUTPUT") or None,
        summary_file=env.get("GITHUB_STEP_SUMMARY") or None,
        workspace=env.get("GITHUB_WORKSPACE") or None,
        run_url=f"{server_url}/{repository}/actions/runs/{run_id}" if run_id else None,
        debug=env.get("RUNNER_DEBUG") == "1",
        ssl_file=_outside(env.get("SSL_CERT_FILE"), env.get("GITHUB_WORKSPACE")),
        proxy=env.get("HTTPS_PROXY") or env.get("https_proxy") or None,
        path_env={name: env[name] for name in PASSED_ON if name in env},
        time_scale=_time_scale(env, api_url, peek_settings(inputs).codevf_url),
    )


def _outside(ca_file: str | None, workspace: str | None) -> str | None:
    """A file of certificates: none of the workspace, where what was checked out may be a pull request's.

    Its author would say whom the key and the token are shown to.
    """
    if ca_file and workspace and PurePath(normpath(PurePath(workspace) / ca_file)).is_relative_to(normpath(workspace)):
        what = "it lies in the workspace, where a pull request's own files may be"
        allowed = "a file that a step has written to `${{ runner.temp }}/_github_home`"
        raise SettingsError((Problem("environment `SSL_CERT_FILE`", what, allowed),))
    return ca_file or None


def _graphql_beside(api_url: str) -> str:
    """Where GraphQL is when the runner does not say: on the API's own host, which the token is for."""
    base = api_url.rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql" if base.endswith("/api/v3") else f"{base}/graphql"


def _time_scale(env: Mapping[str, str], *asked: str) -> float:
    """For tests alone: nobody outside this machine may be asked at another pace."""
    text = env.get("REVIEWBOT_TIME_SCALE")
    if not text or not all(map(is_loopback, asked)):
        return 1.0
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1:
        problem = Problem("environment `REVIEWBOT_TIME_SCALE`", f"`{text[:20]}` is no scale", "a number from 0 to 1")
        raise SettingsError((problem,))
    return scale


@dataclass(frozen=True, slots=True)
class Desktop:
    """What a review at a terminal takes from the environment.

    Attributes:
        api_key: of CodeVF, empty when there is none; `token` of GitHub likewise.
        path_env: the few variables that children may see; `index_file` is what git tells a hook to look at.
        state: the user's folder for what programs remember.
        time_scale: of `REVIEWBOT_TIME_SCALE`, heard only when every service that is asked is on loopback.
    """

    api_key: str
    token: str
    api_url: str
    graphql_url: str
    server_url: str
    ssl_file: str | None
    proxy: str | None
    path_env: Mapping[str, str]
    index_file: str | None
    state: str
    time_scale: float


def read_desktop(env: Mapping[str, str], codevf_url: str, *, asks_github: bool) -> Desktop:
    """The environment of a terminal.

    Args:
        env: the environment.
        codevf_url: where CodeVF is.
        asks_github: whether GitHub will be asked, too.

    Raises:
        SettingsError: the time's scale is none.
    """
    api_url = env.get("GITHUB_API_URL") or "https://api.github.com"
    return Desktop(
        api_key=env.get("CODEVF_API_KEY", ""),
        token=env.get("GITHUB_TOKEN") or env.get("GH_TOKEN", ""),
        api_url=api_url,
        graphql_url=env.get("GITHUB_GRAPHQL_URL") or _graphql_beside(api_url),
        server_url=env.get("GITHUB_SERVER_URL") or "https://github.com",
        ssl_file=env.get("SSL_CERT_FILE") or None,
        proxy=env.get("HTTPS_PROXY") or env.get("https_proxy") or None,
        path_env={name: env[name] for name in PASSED_ON if name in env},
        index_file=env.get("GIT_INDEX_FILE") or None,
        state=env.get("XDG_STATE_HOME") or f"{env.get('HOME', '')}/.local/state",
        time_scale=_time_scale(env, codevf_url, *([api_url] if asks_github else [])),
    )
