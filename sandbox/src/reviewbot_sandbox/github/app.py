"""The ASGI application: REST, GraphQL and git on one host, over one `World`."""

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

from reviewbot_sandbox.github import graph, rest_code, rest_pulls, rest_talk
from reviewbot_sandbox.github.access import Viewer, require, viewer_of
from reviewbot_sandbox.github.addresses import Addresses
from reviewbot_sandbox.github.call import Answer, Call, Route, with_headers
from reviewbot_sandbox.github.refusal import Refusal
from reviewbot_sandbox.github.smart_http import GIT_PATHS, answer_git
from reviewbot_sandbox.github.world import World

ROUTES: tuple[Route, ...] = (*rest_pulls.ROUTES, *rest_talk.ROUTES, *rest_code.ROUTES)
"""Every REST endpoint, in matching order."""


def build_github(world: World, *, base_path: str = "") -> Starlette:
    """Return the application.

    `base_path` is where REST begins: empty as on github.com, where GraphQL is at `/graphql`, or `/api/v3` as on GitHub
    Enterprise Server, where it is at `/api/graphql`.
    """
    graphql = f"{base_path.removesuffix('/v3')}/graphql"
    routes = [
        HttpRoute(
            base_path + route.path, _endpoint(partial(_answer_rest, world, base_path, route)), methods=[route.method]
        )
        for route in ROUTES
    ]
    routes.append(HttpRoute(graphql, _endpoint(partial(_answer_graphql, world, base_path)), methods=["POST"]))
    git = _endpoint(lambda request, body: answer_git(world, request, token_in(request.headers), body))
    routes += [HttpRoute(path, git, methods=["GET", "POST"]) for path in GIT_PATHS]
    nowhere = _not_found(world)
    app = Starlette(routes=routes, exception_handlers={404: nowhere, 405: nowhere})
    app.router.redirect_slashes = False
    return app


def _not_found(world: World) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def endpoint(request: Request, _error: Exception) -> Response:
        token = world.store.tokens.get(token_in(request.headers))
        headers = world.limits.headers(Viewer(token), "core")
        return _response(Answer(404, Refusal(404, "Not Found").body(), headers))

    return endpoint


def _endpoint(answer: Callable[[Request, bytes], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request, await request.body())

    return endpoint


def _answer_rest(world: World, base_path: str, route: Route, request: Request, body: bytes) -> Response:
    def answer(viewer: Viewer) -> Answer:
        if not request.headers.get("user-agent"):
            text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
            raise Refusal(403, text)
        return _admitted(world, route, _call(world, viewer, base_path, request, body))

    return _answered(world, request, "core", answer)


def _answered(world: World, request: Request, resource: str, answer: Callable[[Viewer], Answer]) -> Response:
    """Return what the sender of a request gets, with the headers of the rate limits."""
    viewer = Viewer()
    with world.store.lock:
        try:
            viewer = viewer_of(world.store, token_in(request.headers))
            found = answer(viewer)
        except Refusal as refusal:
            found = Answer(refusal.status, refusal.body(), refusal.headers)
        return _response(with_headers(found, world.limits.headers(viewer, resource)))


def _call(world: World, viewer: Viewer, base_path: str, request: Request, body: bytes) -> Call:
    at = _addresses(request, base_path)
    url = f"{at.web}{request.url.path}"
    query = dict(request.query_params)
    accept = request.headers.get("accept", "")
    return Call(world.store, world.limits, viewer, at, url, request.path_params, query, accept, _json(body))


def _admitted(world: World, route: Route, call: Call) -> Answer:
    world.limits.spend(call.viewer)
    world.limits.check(call.viewer)
    if "owner" in call.path:
        require(world.store, call.viewer, call.repo, route.needs)
    if route.creates:
        world.limits.write()
    return route.handler(call)


def _answer_graphql(world: World, base_path: str, request: Request, body: bytes) -> Response:
    def answer(viewer: Viewer) -> Answer:
        world.limits.spend(viewer, "graphql")
        return Answer(200, graph.execute(world, viewer, _addresses(request, base_path), _json(body)))

    return _answered(world, request, "graphql", answer)


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


def identify(world: World) -> Callable[[Mapping[str, str]], str]:
    """Return the login behind a request's token, for the log of `faults`; `?` for an unknown token."""

    def name(headers: Mapping[str, str]) -> str:
        secret = token_in(headers)
        token = world.store.tokens.get(secret)
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
