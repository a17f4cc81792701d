"""The ASGI application: REST, GraphQL and git on one host, over one `GitHubState`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from reviewbot_sandbox.github.graphql.execute import execute
from reviewbot_sandbox.github.model.addresses import Addresses
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.rest import checks, issues, pulls, repositories
from reviewbot_sandbox.github.rest.call import Answer, Call, Route, with_headers
from reviewbot_sandbox.github.smart_http import GIT_PATHS, answer_git
from reviewbot_sandbox.github.state.access import Viewer, require, viewer_of
from reviewbot_sandbox.github.state.github_state import GitHubState

ROUTES: tuple[Route, ...] = (*pulls.ROUTES, *issues.ROUTES, *checks.ROUTES, *repositories.ROUTES)
"""Every REST endpoint, in matching order."""


def build_github(state: GitHubState, *, base_path: str = "") -> Starlette:
    """Return the application.

    `base_path` is where REST begins: empty as on github.com, where GraphQL is at `/graphql`, or `/api/v3` as on GitHub
    Enterprise Server, where it is at `/api/graphql`.
    """
    graphql = f"{base_path.removesuffix('/v3')}/graphql"
    routes = [
        HttpRoute(
            base_path + route.path, _endpoint(partial(_answer_rest, state, base_path, route)), methods=[route.method]
        )
        for route in ROUTES
    ]
    routes.append(HttpRoute(graphql, _endpoint(partial(_answer_graphql, state, base_path)), methods=["POST"]))
    git = _endpoint(lambda request, body: answer_git(state, request, token_in(request.headers), body))
    routes += [HttpRoute(path, git, methods=["GET", "POST"]) for path in GIT_PATHS]
    nowhere = _not_found(state)
    app = Starlette(routes=routes, exception_handlers={404: nowhere, 405: nowhere})
    app.router.redirect_slashes = False
    return app


def _not_found(state: GitHubState) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def endpoint(request: Request, _error: Exception) -> Response:
        token = state.store.tokens.get(token_in(request.headers))
        headers = state.limits.headers(Viewer(token), "core")
        return _response(Answer(404, Refusal(404, "Not Found").body(), headers))

    return endpoint


def _endpoint(answer: Callable[[Request, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request, await request.body())

    return endpoint


def _answer_rest(state: GitHubState, base_path: str, route: Route, request: Request, body: bytes) -> Response:
    def answer(viewer: Viewer) -> Answer:
        if not request.headers.get("user-agent"):
            text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
            raise Refusal(403, text)
        return _admitted(state, route, _call(state, viewer, base_path, request, body))

    return _answered(state, request, "core", answer)


def _answered(state: GitHubState, request: Request, resource: str, answer: Callable[[Viewer], Answer]) -> Response:
    """Return what the sender of a request gets, with the headers of the rate limits."""
    viewer = Viewer()
    with state.store.lock:
        try:
            viewer = viewer_of(state.store, token_in(request.headers))
            found = answer(viewer)
        except Refusal as refusal:
            found = Answer(refusal.status, refusal.body(), refusal.headers)
        return _response(with_headers(found, state.limits.headers(viewer, resource)))


def _call(state: GitHubState, viewer: Viewer, base_path: str, request: Request, body: bytes) -> Call:
    at = _addresses(request, base_path)
    url = f"{at.web}{request.url.path}"
    query = dict(request.query_params)
    accept = request.headers.get("accept", "")
    return Call(state.store, state.limits, viewer, at, url, request.path_params, query, accept, _json(body))


def _admitted(state: GitHubState, route: Route, call: Call) -> Answer:
    state.limits.spend(call.viewer)
    state.limits.check(call.viewer)
    if "owner" in call.path:
        require(state.store, call.viewer, call.repo, route.needs)
    if route.creates:
        state.limits.write()
    return route.handler(call)


def _answer_graphql(state: GitHubState, base_path: str, request: Request, body: bytes) -> Response:
    def answer(viewer: Viewer) -> Answer:
        state.limits.spend(viewer, "graphql")
        return Answer(200, execute(state, viewer, _addresses(request, base_path), _json(body)))

    return _answered(state, request, "graphql", answer)


def token_in(headers: Mapping[str, str]) -> str:
    """Return the token of an Authorization header: `token …`, `Bearer …`, or the password of `Basic …`; else empty."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer"):
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def identify(state: GitHubState) -> Callable[[Mapping[str, str]], str]:
    """Return the login behind a request's token, for the log of `faults`; `?` for an unknown token."""

    def name(headers: Mapping[str, str]) -> str:
        secret = token_in(headers)
        token = state.store.tokens.get(secret)
        return token.login if token else "?" if secret else ""

    return name


def _addresses(request: Request, base_path: str) -> Addresses:
    host = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
    return Addresses(host + base_path, host)


def _json(body: bytes) -> object:
    if not body:
        return None
    try:
        value: object = json.loads(body)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    return value


def _bytes(body: object) -> bytes:
    if body is None:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _response(answer: Answer) -> Response:
    headers = {"x-github-media-type": "github.v3; format=json", **answer.headers}
    media = None if answer.body is None else answer.media
    return Response(_bytes(answer.body), answer.status, headers, media_type=media)
