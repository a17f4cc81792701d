"""Validate all traffic between reviewbot and the sandbox with GitHub's descriptions and the vendor's client.

Two layers wrap the sandbox's GitHub: `Referee.requests` outside the fault layer, so that requests with faulty responses
are validated, too, and `Referee.answers` inside it, so that only the sandbox's own responses are validated.

Validated: REST requests and responses against the OpenAPI description (openapi-core), REST requests with `rest_rules`
and for unknown keys and parameters, GraphQL documents and variables against the published schema. Not validated:
- git's protocol under `/owner/name.git`: git validates it on both sides;
- the data of a GraphQL response: graphql-core creates it from a schema that is compared with the published one;
- the bytes of a diff, a patch or raw content, except the media type: the description covers JSON only;
- whether a line is part of the diff: the sandbox rejects it like GitHub, and its own tests compare it with git.

`Referee.bought` is a layer around the sandbox's CodeVF; see `vendor`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.contract import published, rest_rules, vendor
from tests.contract.published import Json

_LONGEST = 600
_SHOWN = 200
_GIT = re.compile(r"/[^/]+/[^/]+\.git/")
_CONTROL = "/_control/"
_BOUGHT = "/api/v1/"
"""Every other path is a deliverable."""
_GENERAL = frozenset({304, 400, 401, 403, 404, 410, 422, 429})
"""Statuses that GitHub documents for every endpoint, also if the description omits them."""


@dataclass(slots=True)
class Request:
    """A request in openapi-core's form."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    host_url: str = "http://localhost"
    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        query = ImmutableMultiDict(parse_qsl(self.query, keep_blank_values=True))
        self.parameters = RequestParameters(query=query, header=Headers(dict(self.headers)))

    def at(self, path: str) -> Request:
        """Return the same request with another path."""
        return replace(self, path=path)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").lower()

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Answered:
    """A response in openapi-core's form."""

    status_code: int
    headers: Headers
    data: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").lower()


@dataclass
class Referee:
    """Records violations and never changes the traffic. `judged` counts validated messages by kind.

    `rest` is the prefix of REST paths: `/api/v3` on an Enterprise Server.
    """

    rest: str = ""
    violations: list[str] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)

    def verdict(self) -> str:
        """Return the violations as text, empty if there are none."""
        return "\n".join(["The referees would not have it so:", *self.violations[:20]]) if self.violations else ""

    def requests(self, app: ASGIApp) -> ASGIApp:
        """Wrap the fault layer and validate reviewbot's requests."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith(_CONTROL):
                await app(scope, receive, send)
                return
            body = await _whole(receive)
            self._judge(self._request(scope, body))
            # `send` is passed through, because the fault layer closes its connection.
            await app(scope, _replay(body, receive), send)

        return watched

    def answers(self, app: ASGIApp) -> ASGIApp:
        """Wrap the sandbox and validate its responses."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            messages: list[Message] = []

            async def overheard(message: Message) -> None:
                messages.append(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    self._judge_answer(self._request(scope, None), _answered(messages))
                await send(message)

            await app(scope, receive, overheard)

        return watched

    def bought(self, app: ASGIApp) -> ASGIApp:
        """Wrap the sandbox's CodeVF and validate reviewbot's requests to it."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith(_CONTROL):
                await app(scope, receive, send)
                return
            body = await _whole(receive)
            request = request_of(scope, body)
            if request.path.startswith(_BOUGHT):
                self._note("CodeVF requests", request, vendor.complaints(request.method, request.path, body))
            await app(scope, _replay(body, receive), send)

        return watched

    def _request(self, scope: Scope, body: bytes | None) -> Request:
        request = request_of(scope, body)
        return request.at(request.path.removeprefix(self.rest))

    def _judge(self, request: Request) -> None:
        if _GIT.match(request.path):
            self.judged["git requests, not judged"] += 1
        elif request.path.endswith("/graphql"):
            self._note("GraphQL requests", request, graphql_complaints(request))
        else:
            self._note("REST requests", request, rest_complaints(request))

    def _judge_answer(self, request: Request, answer: Answered) -> None:
        if _GIT.match(request.path):
            return
        if request.path.endswith("/graphql"):
            self._note("GraphQL answers", request, graphql_answer_complaints(answer))
        else:
            self._note("REST answers", request, answer_complaints(request, answer))

    def _note(self, kind: str, request: Request, complaints: Iterator[str]) -> None:
        self.judged[kind] += 1
        self.violations += [f"{kind}: {request.title}: {complaint}"[:_LONGEST] for complaint in complaints]


@contextmanager
def refereed(rest: str = "") -> Iterator[Referee]:
    """Yield a referee and fail at the end of the block if it recorded a violation.

    Without GitHub's descriptions nothing is validated; the header of the test run says so.
    """
    referee = _Absent() if published.missing() else Referee(rest)
    if type(referee) is Referee:
        # Loaded before anything is served: the first requests would wait longer than some tests' deadlines.
        _api()
        published.graphql_schema()
    try:
        yield referee
    except BaseException as error:
        # A test that fails for another reason often has violations, too.
        error.add_note(referee.verdict())
        raise
    assert not referee.violations, referee.verdict()


class _Absent(Referee):
    """A referee without GitHub's descriptions, which validates nothing."""

    def requests(self, app: ASGIApp) -> ASGIApp:
        return app

    def answers(self, app: ASGIApp) -> ASGIApp:
        return app


def request_of(scope: Scope, body: bytes | None) -> Request:
    """Return the request of an ASGI scope."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.decode("latin-1").partition("?")[0]
    return Request(scope["method"].lower(), path, scope["query_string"].decode("latin-1"), headers, body or None)


def _answered(messages: list[Message]) -> Answered:
    start, *parts = messages
    headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]])
    return Answered(start["status"], headers, b"".join(part.get("body", b"") for part in parts))


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


# REST


@cache
def _api() -> OpenAPI:
    # The description is GitHub's and is not checked here.
    return OpenAPI.from_dict(published.description(), config=Config(spec_validator_cls=None))  # type: ignore[arg-type]  # None is its documented way to skip it


def rest_complaints(request: Request) -> Iterator[str]:
    """Yield what is wrong with a REST request."""
    found = published.operation(request.method, request.path)
    if found is None:
        yield "GitHub has no such operation, or reviewbot should not use it"
        return
    yield from _schema_complaints(request.at(found.path))
    yield from _header_complaints(request)
    yield from _parameter_complaints(request, found)
    if request.body:
        body = json.loads(request.body)
        yield from rest_rules.unknown_keys(body, _body_schema(found.described))
        yield from rest_rules.complaints(found.template, request.method.upper(), body)


def _schema_complaints(request: Request) -> Iterator[str]:
    try:
        _api().validate_request(request)
    except OpenAPIError as error:
        yield from _explained(error)


def _explained(error: BaseException) -> Iterator[str]:
    """Return an error's message with those of its causes: only the innermost ones name the field."""
    cause = error.__cause__
    inner = getattr(error, "schema_errors", None) or getattr(cause, "schema_errors", None)
    if inner:
        for each in list(inner)[:5]:
            place = ".".join(str(step) for step in each.absolute_path)
            yield f"{type(error).__name__} at {place or 'the top'}: {_ends(str(each.message))}"
    else:
        yield f"{type(error).__name__}: {error}: {cause or ''}"[:_LONGEST]


def _ends(message: str) -> str:
    """Return both ends of a message: the validator puts the whole value before the error."""
    return message if len(message) <= _SHOWN else f"{message[: _SHOWN // 2]} … {message[-_SHOWN // 2 :]}"


def _header_complaints(request: Request) -> Iterator[str]:
    if not request.headers.get("user-agent"):
        yield "GitHub refuses requests without a User-Agent"
    if request.body and not request.content_type.startswith("application/json"):
        yield f"the body's media type is {request.content_type!r}"
    if not request.headers.get("authorization"):
        yield "there is no token"


def _parameter_complaints(request: Request, found: published.Operation) -> Iterator[str]:
    parameters = (*found.described.get("parameters", []), *found.shared)
    described = [published.resolved(each) for each in parameters]
    known = {each["name"] for each in described if each["in"] == "query"}
    # GitHub pages every list, and its description names the parameters of each.
    yield from (f"the parameter {name!r} is not described" for name in request.parameters.query if name not in known)


def _body_schema(operation: Json) -> Json:
    content = published.resolved(operation.get("requestBody", {})).get("content", {})
    schema: Json = content.get("application/json", {}).get("schema", {})
    return schema


def answer_complaints(request: Request, answer: Answered) -> Iterator[str]:
    """Yield what is wrong with the sandbox's response to a REST request."""
    found = published.operation(request.method, request.path)
    if found is None:
        if answer.status_code not in {404, 405}:
            yield f"an answer of {answer.status_code} where GitHub has no operation"
        return
    described = found.described["responses"]
    status = str(answer.status_code)
    if status not in described or "content" not in published.resolved(described[status]):
        yield from _plain_complaints(answer, status in described)
    elif not answer.content_type.startswith("application/json"):
        yield from _media_complaints(request, answer)
    else:
        yield from _answer_schema_complaints(request.at(found.path), answer)


def _plain_complaints(answer: Answered, described: bool) -> Iterator[str]:  # noqa: FBT001 — one question
    if not described and answer.status_code not in _GENERAL:
        yield f"the status {answer.status_code} is not described"
    if answer.status_code in {204, 304} or not answer.data:
        if answer.data:
            yield f"a body under {answer.status_code}"
        return
    if answer.status_code < 400:
        return
    refusal = json.loads(answer.data)
    if not isinstance(refusal, dict) or not isinstance(refusal.get("message"), str):
        yield "a refusal without a message"


def _media_complaints(request: Request, answer: Answered) -> Iterator[str]:
    asked = request.headers.get("accept", "")
    kind = answer.content_type.partition(";")[0].replace(".v3.", ".")
    if kind not in asked.replace(".v3.", "."):
        yield f"{kind} was not asked for: {asked!r}"


def _answer_schema_complaints(request: Request, answer: Answered) -> Iterator[str]:
    try:
        _api().validate_response(request, answer)
    except OpenAPIError as error:
        yield from _explained(error)


# GraphQL


@cache
def _document(text: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error.message,)
    return document, tuple(error.message for error in validate(published.graphql_schema(), document))


def document_complaints(text: str) -> tuple[str, ...]:
    """Return the errors of a document against GitHub's schema."""
    return _document(text)[1]


def graphql_complaints(request: Request) -> Iterator[str]:
    """Yield what is wrong with a GraphQL request."""
    body: Any = json.loads(request.body or b"null")
    if request.method != "post" or not isinstance(body, dict) or not isinstance(body.get("query"), str):
        yield "a GraphQL request is a POST of an object with a query"
        return
    yield from (
        f"the envelope has the unknown key {key!r}" for key in set(body) - {"query", "variables", "operationName"}
    )
    document, complaints = _document(body["query"])
    yield from complaints
    if document is not None and not complaints:
        yield from _variable_complaints(document, body.get("variables") or {})


def _variable_complaints(document: DocumentNode, variables: Json) -> Iterator[str]:
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    declared = operation.variable_definitions or ()
    found = get_variable_values(published.graphql_schema(), declared, variables)
    if isinstance(found, list):
        yield from (error.message[:200] for error in found)
    names = {each.variable.name.value for each in declared}
    yield from (f"the variable {name!r} is not declared" for name in variables if name not in names)


def graphql_answer_complaints(answer: Answered) -> Iterator[str]:
    """Yield what is wrong with the envelope of a GraphQL response."""
    body: Any = json.loads(answer.data)
    if answer.status_code != 200:
        if "message" not in body:
            yield "a refusal without a message"
        return
    if not {"data", "errors"} & set(body) or set(body) - {"data", "errors", "extensions"}:
        yield f"an envelope of {sorted(body)}"
    for error in body.get("errors", []):
        if not isinstance(error.get("message"), str):
            yield "an error without a message"
