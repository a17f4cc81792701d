"""Read the environment of a runner or a terminal once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os.path import normpath
from pathlib import PurePath

from msgspec import Struct

from reviewbot.domain.model.events import Rerun
from reviewbot.domain.model.urls import is_loopback
from reviewbot.errors import SettingsError
from reviewbot.settings.table import INPUTS, peek_settings

PASSED_ON = ("PATH", "TZ", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
"""The variables that child processes receive: the search path, the time zone and proxies."""


_WORKFLOW_FILE = re.compile(r"/\.github/workflows/(\w[\w.-]*\.ya?ml)@", re.ASCII)
"""Matches the workflow's file name if it is safe to paste into a shell. An author may have chosen the name."""

_ON_BRANCH = re.compile(
    r"(?P<repository>[^/]+/[^/]+)/(?P<path>.+)@(?P<ref>refs/heads/(?!gh-readonly-queue/).+)", re.DOTALL
)
"""Matches `GITHUB_WORKFLOW_REF`, unless the workflow file is from a pull request or a merge queue."""

_ACTION = re.compile(r"[\w.-]+/reviewbot@[\w.-]+", re.ASCII)


def passed_on(env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment of child processes."""
    return {name: env[name] for name in PASSED_ON if name in env}


_DOTCOM_API = "https://api.github.com"


class Network(Struct, frozen=True):
    """The network settings. `children` is the environment of child processes. `time_scale` is 1.0 except in tests."""

    api_url: str
    graphql_url: str
    server_url: str
    ssl_file: str | None
    proxy: str | None
    children: Mapping[str, str]
    time_scale: float

    @property
    def is_dotcom(self) -> bool:
        return self.api_url.rstrip("/") == _DOTCOM_API


class RunnerFiles(Struct, frozen=True):
    """The runner's files for outputs and the job summary, the workspace, and whether debug logging is on."""

    output_file: str | None = None
    summary_file: str | None = None
    workspace: str | None = None
    debug: bool = False


class Environment(Struct, frozen=True):
    """The environment of a workflow step.

    Attributes:
        workflow: the file name of the workflow, or empty if unknown.
        docs_url: the URL of the folder `docs/` of the running action on github.com, or None if unknown.
        rerun: the re-run, if its workflow file is from a branch of this repository.
    """

    network: Network
    inputs: Mapping[str, str]
    repository: str
    event_name: str
    event_path: str
    files: RunnerFiles
    run_url: str | None
    workflow: str
    docs_url: str | None
    is_repeated: bool
    rerun: Rerun | None


class Desktop(Struct, frozen=True):
    """The environment of a terminal. A missing key or token is an empty string."""

    network: Network
    api_key: str
    token: str
    index_file: str | None
    state: str


def read_environment(env: Mapping[str, str]) -> Environment:
    """Read the environment of a workflow step, or raise `SettingsError` outside a workflow or for an invalid value."""
    inputs = {row.name: env.get(f"INPUT_{row.name.upper()}", "") for row in INPUTS if row.action}
    missing = [name for name in ("GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH") if not env.get(name)]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        what = f"`reviewbot action` and `reviewbot collect` run only in GitHub Actions; not set: {names}"
        raise SettingsError.of("", what, todo="At a terminal, run: reviewbot review")
    network = _network(env, peek_settings(inputs).codevf_url)
    repository, run_id = env["GITHUB_REPOSITORY"], env.get("GITHUB_RUN_ID")
    is_repeated = env.get("GITHUB_RUN_ATTEMPT") not in {None, "", "1"}
    return Environment(
        network=network,
        inputs=inputs,
        repository=repository,
        event_name=env["GITHUB_EVENT_NAME"],
        event_path=env["GITHUB_EVENT_PATH"],
        files=RunnerFiles(
            env.get("GITHUB_OUTPUT") or None,
            env.get("GITHUB_STEP_SUMMARY") or None,
            env.get("GITHUB_WORKSPACE") or None,
            env.get("RUNNER_DEBUG") == "1",
        ),
        run_url=f"{network.server_url}/{repository}/actions/runs/{run_id}" if run_id else None,
        workflow="".join(_WORKFLOW_FILE.findall(env.get("GITHUB_WORKFLOW_REF", ""))),
        docs_url=_docs_url(env),
        is_repeated=is_repeated,
        rerun=_rerun(env) if is_repeated else None,
    )


def _rerun(env: Mapping[str, str]) -> Rerun | None:
    file, sha = _ON_BRANCH.fullmatch(env.get("GITHUB_WORKFLOW_REF", "")), env.get("GITHUB_WORKFLOW_SHA")
    is_own = file is not None and file["repository"].casefold() == env["GITHUB_REPOSITORY"].casefold()
    return Rerun(file["path"], sha, file["ref"]) if file and is_own and sha else None


def _docs_url(env: Mapping[str, str]) -> str | None:
    """Return the URL of the running action's documentation, or None if unknown.

    The variables are empty in a composite action (https://github.com/actions/runner/issues/2473). On an Enterprise
    Server, the action may be on another host.
    """
    repository, ref = env.get("GITHUB_ACTION_REPOSITORY", ""), env.get("GITHUB_ACTION_REF", "")
    if env.get("GITHUB_SERVER_URL") != "https://github.com" or not _ACTION.fullmatch(f"{repository}@{ref}"):
        return None
    return f"https://github.com/{repository}/blob/{ref}/docs"


def read_desktop(env: Mapping[str, str], codevf_url: str | None) -> Desktop:
    """Read the environment of a terminal. `codevf_url` is None for a command that sends nothing to CodeVF."""
    return Desktop(
        network=_network(env, codevf_url),
        api_key=env.get("CODEVF_API_KEY", ""),
        token=env.get("GITHUB_TOKEN") or env.get("GH_TOKEN", ""),
        index_file=env.get("GIT_INDEX_FILE") or None,
        state=env.get("XDG_STATE_HOME") or f"{env.get('HOME', '')}/.local/state",
    )


def _network(env: Mapping[str, str], codevf_url: str | None) -> Network:
    api_url = env.get("GITHUB_API_URL") or _DOTCOM_API
    return Network(
        api_url=api_url,
        graphql_url=env.get("GITHUB_GRAPHQL_URL") or _graphql_beside(api_url),
        server_url=env.get("GITHUB_SERVER_URL") or "https://github.com",
        ssl_file=_outside(env.get("SSL_CERT_FILE"), env.get("GITHUB_WORKSPACE")),
        proxy=env.get("HTTPS_PROXY") or env.get("https_proxy") or None,
        children=passed_on(env),
        time_scale=_time_scale(env, *filter(None, (codevf_url, api_url))),
    )


def _outside(ca_file: str | None, workspace: str | None) -> str | None:
    """Return the certificate file, and refuse a file in the workspace, which may contain files of the pull request.

    With such a file, the author could redirect the key and the token to another server.
    """
    if ca_file and workspace and PurePath(normpath(PurePath(workspace) / ca_file)).is_relative_to(normpath(workspace)):
        what = "the file is in the workspace, which may contain files from the pull request"
        allowed = "a file that a step has written to `${{ runner.temp }}/_github_home`"
        raise SettingsError.of("environment `SSL_CERT_FILE`", what, allowed)
    return ca_file or None


def _graphql_beside(api_url: str) -> str:
    """Return the GraphQL URL of the same host. On GitHub Enterprise Server, `api_url` ends in `/api/v3`."""
    base = api_url.rstrip("/")
    return f"{base.removesuffix('/v3')}/graphql" if base.endswith("/api/v3") else f"{base}/graphql"


def _time_scale(env: Mapping[str, str], *asked: str) -> float:
    """Return the factor for sleeps and deadlines, which is 1.0 unless all URLs in `asked` are on loopback."""
    text = env.get("REVIEWBOT_TIME_SCALE")
    if not text or not all(map(is_loopback, asked)):
        return 1.0
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1:
        where, what = "environment `REVIEWBOT_TIME_SCALE`", f"invalid value `{text[:20]}`"
        raise SettingsError.of(where, what, "a number above 0 and up to 1")
    return scale
