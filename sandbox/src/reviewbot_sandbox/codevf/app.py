"""The routes: each translates a request into one call of the service."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reviewbot_sandbox.codevf import refusal, wire
from reviewbot_sandbox.codevf.model import Account, Delivered, JsonValue
from reviewbot_sandbox.codevf.refusal import FieldProblem, Refusal
from reviewbot_sandbox.codevf.rules import Body
from reviewbot_sandbox.codevf.service import CodeVFService
from reviewbot_sandbox.codevf.state import TaskView

BASE_PATH = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted request. `origin` is scheme, host and port as the client wrote them."""

    account: Account
    body: Body
    task_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    form: dict[str, JsonValue]
    headers: Mapping[str, str] = field(default_factory=dict)


Operation: TypeAlias = Callable[[CodeVFService, Call], Reply]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def build_codevf(service: CodeVFService) -> Starlette:
    """Return the service as an ASGI application, under `/api/v1/`; deliverables are under `/files/`."""
    return Starlette(
        routes=[
            _route(service, "projects/create", create_project),
            _route(service, "tasks/create", create_task),
            _route(service, "tasks/{task_id}", get_task, "GET"),
            _route(service, "tasks/{task_id}/cancel", cancel_task),
            _route(service, "credits/balance", get_balance, "GET"),
            _route(service, "tags", get_tags, "GET"),
            Route("/files/{task_id}/{position:int}/{signature}/{name:path}", _files(service)),
        ],
        exception_handlers={HTTPException: _elsewhere(service), 500: _elsewhere(service)},
    )


def create_project(service: CodeVFService, call: Call) -> Reply:
    """`POST projects/create`: 201 new, 200 reused."""
    project, is_new = service.create_project(call.account, call.body)
    return Reply(201 if is_new else 200, wire.project_form(project))


def create_task(service: CodeVFService, call: Call) -> Reply:
    """`POST tasks/create`: 200 for a repeated key."""
    view, is_new = service.create_task(call.account, call.body)
    return _task_reply(service, call, view, 201 if is_new else 200)


def get_task(service: CodeVFService, call: Call) -> Reply:
    return _task_reply(service, call, service.task(call.account, call.task_id), 200)


def cancel_task(service: CodeVFService, call: Call) -> Reply:
    """`POST tasks/{id}/cancel`: the shape of the response is not documented; this one is the task."""
    return _task_reply(service, call, service.cancel_task(call.account, call.task_id), 200)


def get_balance(service: CodeVFService, call: Call) -> Reply:
    return Reply(200, wire.balance_form(service.balance(call.account)))


def get_tags(service: CodeVFService, _call: Call) -> Reply:
    return Reply(200, wire.tags_form(service.tags()))


def _task_reply(service: CodeVFService, call: Call, view: TaskView, status: int) -> Reply:
    def file_url(position: int, delivered: Delivered) -> str:
        signature = service.signature(view.task.id, position)
        return f"{call.origin}/files/{view.task.id}/{position}/{signature}/{quote(delivered.file_name, safe='')}"

    headers = {}
    if not view.standing.ended:
        headers["Retry-After"] = str(wire.poll_hint(view.task.request.mode, view.standing.status))
    return Reply(status, wire.task_form(view, file_url), headers)


def _route(service: CodeVFService, path: str, operation: Operation, method: str = "POST") -> Route:
    return Route(BASE_PATH + path, _endpoint(service, operation), methods=[method])


def _endpoint(service: CodeVFService, operation: Operation) -> Endpoint:
    """Check in this order: key, rate, size, JSON, then the operation's checks."""

    async def endpoint(request: Request) -> Response:
        raw = await _received(request, service.setup.config.limits.body_bytes)
        try:
            reply = await run_in_threadpool(operation, service, _admitted(service, request, raw))
        except Refusal as refused:
            return _refused(service, refused)
        return Response(json.dumps(reply.form), reply.status, reply.headers, "application/json")

    return endpoint


async def _received(request: Request, limit: int) -> bytes | None:
    """Return the body, or None if it exceeds the limit.

    It is read to the end, because a client that is still sending would see a broken connection instead of the 413.
    """
    kept = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            kept += chunk
    return bytes(kept) if size <= limit else None


def _admitted(service: CodeVFService, request: Request, raw: bytes | None) -> Call:
    account = _account(service, request)
    service.admit(account)
    if raw is None:
        raise refusal.too_large(service.setup.config.limits.body_bytes)
    origin = str(request.base_url).rstrip("/")
    return Call(account, _body(raw), str(request.path_params.get("task_id", "")), origin)


def _account(service: CodeVFService, request: Request) -> Account:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise refusal.unauthorized()
    return service.account(key.strip())


def _body(raw: bytes) -> Body:
    """Return a JSON object; an empty body is an empty object."""
    try:
        body: JsonValue = json.loads(raw.strip() or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise refusal.invalid([FieldProblem("body", "Must be a JSON object")])
    return body


def _refused(service: CodeVFService, refused: Refusal) -> Response:
    reply = wire.error_reply(refused, service.setup.error_style, service.now())
    return Response(reply.body, reply.status, dict(reply.headers))


def _files(service: CodeVFService) -> Endpoint:
    """Serve a deliverable. Its address is the secret, as with presigned URLs, so no key is needed."""

    async def endpoint(request: Request) -> Response:
        params = request.path_params
        try:
            delivered = service.delivered(params["task_id"], params["position"], params["signature"])
        except Refusal as refused:
            return _refused(service, refused)
        return Response(delivered.content, media_type=delivered.mime_type or "application/octet-stream")

    return endpoint


def _elsewhere(service: CodeVFService) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return unknown paths, wrong methods and exceptions of the engineer in the service's error form."""

    async def handler(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = {404: "not_found", 405: "method_not_allowed"}.get(status, "internal_error")
        message = error.detail if isinstance(error, HTTPException) else "Internal server error"
        return _refused(service, Refusal(status, code, message))

    return handler
