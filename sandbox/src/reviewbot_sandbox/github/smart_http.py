"""Git over HTTP, answered by git's own `http-backend` as a CGI program."""

from __future__ import annotations

import subprocess

from starlette.requests import Request
from starlette.responses import Response

from reviewbot_sandbox.github.git.repository import ENVIRONMENT
from reviewbot_sandbox.github.model.records import Access, Repository, Scope
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.state.access import Viewer, can_see, require, viewer_of
from reviewbot_sandbox.github.state.github_state import GitHubState
from reviewbot_sandbox.github.state.pulls import follow

GIT_PATHS = tuple(
    f"/{{owner}}/{{name}}{suffix}/{service}"
    for suffix in (".git", "")
    for service in ("info/refs", "git-upload-pack", "git-receive-pack")
)
"""The three addresses of the protocol, with and without `.git`; the dumb protocol's are not served."""

_LOGIN = {"WWW-Authenticate": 'Basic realm="GitHub"'}


def answer_git(state: GitHubState, request: Request, secret: str, body: bytes) -> Response:
    """Serve fetches with read access and pushes with write access; open pull requests follow a push."""
    service = request.query_params.get("service") or request.url.path.rpartition("/")[2]
    pushing = service == "git-receive-pack"
    try:
        with state.store.lock:
            viewer = viewer_of(state.store, secret)
            repo = _repository(state, request, viewer, pushing=pushing)
    except Refusal as refusal:
        return _refused(refusal, secret)
    response = _backend(state, repo, request, viewer, body)
    if pushing and request.method == "POST":
        with state.store.lock:
            follow(state.store, repo.full_name, viewer.login)
    return response


def _repository(state: GitHubState, request: Request, viewer: Viewer, *, pushing: bool) -> Repository:
    owner, name = request.path_params["owner"], request.path_params["name"]
    repo = state.store.repo(f"{owner}/{name}")
    if not can_see(state.store, viewer, repo):
        raise Refusal(404, "Repository not found.")
    access = Access.WRITE if pushing else Access.READ
    require(state.store, viewer, repo, ((Scope.CONTENTS, access),))
    return repo


def _refused(refusal: Refusal, secret: str) -> Response:
    if not secret or refusal.status == 401:  # noqa: PLR2004 — git asks for a password on 401 only
        return Response("Authentication required.\n", 401, _LOGIN, "text/plain")
    return Response(f"{refusal.message}\n", refusal.status, media_type="text/plain")


def _backend(state: GitHubState, repo: Repository, request: Request, viewer: Viewer, body: bytes) -> Response:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "http-backend"],  # noqa: S607 — found on the fixed PATH below
        env={**ENVIRONMENT, **_cgi(state, repo, request, viewer, body)},
        input=body,
        capture_output=True,
        check=False,
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    rows = [row.split(": ", 1) for row in head.decode().split("\r\n") if ": " in row]
    headers = {name: value for name, value in rows if name.lower() != "status"}
    status = next((int(value.split()[0]) for name, value in rows if name.lower() == "status"), 200)
    return Response(content, status, headers)


def _cgi(state: GitHubState, repo: Repository, request: Request, viewer: Viewer, body: bytes) -> dict[str, str]:
    service = "info/refs" if request.url.path.endswith("/info/refs") else request.url.path.rpartition("/")[2]
    return {
        "GIT_PROJECT_ROOT": str(state.store.root.resolve()),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repo.full_name}.git/{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": viewer.login,
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
