"""Fault injection: ASGI middleware that delays, breaks or replaces responses, and logs requests.

Rules come from Python (`Faults.add`) or from `POST /_control/faults`, a list of objects:

    {"match": "/check-runs", "method": "POST", "body": "in_progress", "nth": 2, "times": 1, "do": {"status": 502}}

`match` is a regular expression searched in the path with its query, `body` one searched in the request's body (to
distinguish GraphQL operations), `nth` the first matching request that fails (from 1), `times` how
many fail from there on (1; null for all). Each rule has its own counter. If several apply, the first one is used.
`do` is one of:

    {"status": 503, "headers": {"Retry-After": "1"}, "body": "text or any JSON"}
                                   responds at once; the application never sees the request
    {"delay_ms": 200}              waits, then lets the request through
    {"drip": 16, "delay_ms": 5}    sends the answer in pieces of that many bytes, waiting before each
    {"drop": "before"}             closes the connection; the application never sees the request
    {"drop": "middle"}             lets the application answer, and closes halfway through the answer's body
    {"drop": "reset"}              the same with a reset, which also discards data in transit
    {"garbage": true}              responds 200 with bytes that are neither JSON nor text
    {"recorded-then": 502}         lets the application handle it, then sends that status; `"drop"` closes instead

`DELETE /_control/faults` removes all rules; `GET /_control/requests` is the log, `DELETE` of the same empties it.
Control requests are not logged and never fail.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, TypeAlias, assert_never

from msgspec import Meta, Struct, convert
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL = "/_control/"
RESET_AFTER = 0.02
"""Seconds to wait until the first half is sent."""

_GARBAGE = b"\x80\x81<html>{not json"


@dataclass(frozen=True, slots=True)
class Reply:
    """Respond instead of the application."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before letting the request through."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drip:
    """Send the answer in small pieces."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DropBefore:
    """Close the connection; the application never sees the request."""


@dataclass(frozen=True, slots=True)
class DropMiddle:
    """Let the application answer, send half of the body, and close: in order, or with a reset."""

    reset: bool = False


@dataclass(frozen=True, slots=True)
class Garbage:
    """Respond 200 with invalid bytes."""


@dataclass(frozen=True, slots=True)
class RecordedThen:
    """Let the application handle the request, then send another response; None closes the connection instead."""

    status: int | None


@dataclass(frozen=True, slots=True)
class ClientDies:
    """Kill the client before or after the application handles the request, then close.

    `kill` is called while the client waits for the response. Only from Python.
    """

    kill: Callable[[], None]
    recorded: bool


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Run a function while the client waits, before or after the application handles the request.

    `happens` may send requests. Only from Python.
    """

    happens: Callable[[], None]
    recorded: bool = False


Fault: TypeAlias = "Reply | Delay | Drip | DropBefore | DropMiddle | Garbage | RecordedThen | ClientDies | Meanwhile"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests fail, and how; the module documents the fields."""

    match: str
    do: Fault
    method: str | None = None
    body: str | None = None
    nth: int = 1
    times: int | None = 1

    def fits(self, method: str, target: str, body: bytes) -> bool:
        return (
            self.method in (None, method)
            and re.search(self.match, target) is not None
            and (self.body is None or re.search(self.body, body.decode(errors="replace")) is not None)
        )

    def strikes(self, count: int) -> bool:
        """Return whether it strikes the matching request of that number, from 1."""
        return count >= self.nth and (self.times is None or count < self.nth + self.times)


@dataclass(frozen=True, slots=True)
class Logged:
    """A request and its result; `status` 0 means that the connection was closed without a response.

    `target` is the path with its query, `identity` the login behind the token, `body` the parsed JSON or None, `at`
    seconds since the epoch, `fault` the kind of the applied fault.
    """

    method: str
    target: str
    identity: str
    body: object
    at: float
    status: int = 0
    fault: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def as_json(self) -> dict[str, object]:
        """Return the entry as the control address shows it."""
        names = ("method", "path", "target", "identity", "body", "at", "status", "fault")
        return {name: getattr(self, name) for name in names}


@dataclass
class Faults:
    """The rules in force and the log, safe to use from any thread."""

    rules: list[tuple[Rule, list[int]]] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, match: str, do: Fault, **more: object) -> Rule:
        """Add a rule; `more` are the rule's other fields."""
        rule = replace(Rule(match, do), **more)  # type: ignore[arg-type] # dataclasses checks the names
        with self.lock:
            self.rules.append((rule, [0]))
        return rule

    def clear(self) -> None:
        with self.lock:
            self.rules.clear()

    def forget(self) -> None:
        with self.lock:
            self.log.clear()

    def requests(self) -> tuple[Logged, ...]:
        """Return the log so far, in the order in which the requests ended."""
        with self.lock:
            return tuple(self.log)

    def strike(self, method: str, target: str, body: bytes) -> Fault | None:
        """Count a request and return the fault that applies to it."""
        with self.lock:
            struck: list[Fault] = []
            for rule, count in self.rules:
                if rule.fits(method, target, body):
                    count[0] += 1
                    if rule.strikes(count[0]):
                        struck.append(rule.do)
            return struck[0] if struck else None

    def record(self, entry: Logged) -> None:
        with self.lock:
            self.log.append(entry)


Count: TypeAlias = Annotated[int, Meta(ge=1)]
Status: TypeAlias = Annotated[int, Meta(ge=200, le=599)]
Milliseconds: TypeAlias = Annotated[float, Meta(ge=0, lt=600_000)]
Ascii: TypeAlias = Annotated[str, Meta(pattern="^[ -~]*$")]


class _Answer(Struct, frozen=True, forbid_unknown_fields=True):
    status: Status
    headers: dict[Ascii, Ascii] = {}
    body: object = ""


class _Delay(Struct, frozen=True, forbid_unknown_fields=True):
    delay_ms: Milliseconds


class _Drip(Struct, frozen=True, forbid_unknown_fields=True):
    drip: Count
    delay_ms: Milliseconds = 0


class _Drop(Struct, frozen=True, forbid_unknown_fields=True):
    drop: Literal["before", "middle", "reset"]


class _RecordedThen(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    recorded_then: Status | Literal["drop"]


class _Rule(Struct, frozen=True, forbid_unknown_fields=True):
    match: str
    do: dict[str, object]
    method: str | None = None
    body: str | None = None
    nth: Count = 1
    times: Count | None = 1


_FORMS = {"status": _Answer, "drip": _Drip, "delay_ms": _Delay, "drop": _Drop, "recorded-then": _RecordedThen}
"""The type of a fault by the key that identifies it."""


def read_rule(values: object) -> Rule:
    """Return a rule from its JSON; raise ValueError with the problem if it is invalid."""
    rule = convert(values, _Rule)
    for pattern in filter(None, (rule.match, rule.body)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    method = rule.method and rule.method.upper()
    return Rule(rule.match, read_fault(rule.do), method, rule.body, rule.nth, rule.times)


def read_fault(do: Mapping[str, object]) -> Fault:
    """Return what a rule does, from its JSON; raise ValueError with the problem if it is invalid."""
    if do == {"garbage": True}:
        return Garbage()
    kind = next((form for key, form in _FORMS.items() if key in do), None)
    if kind is None:
        raise ValueError(f"unknown fault {str(do)[:200]}; expected one of {', '.join(_FORMS)}, garbage")
    fault: _Answer | _Drip | _Delay | _Drop | _RecordedThen = convert(do, kind)
    match fault:
        case _Answer():
            text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            return Reply(fault.status, tuple(fault.headers.items()), text.encode())
        case _Drip():
            return Drip(fault.drip, fault.delay_ms / 1000)
        case _Delay():
            return Delay(fault.delay_ms / 1000)
        case _Drop():
            return DropBefore() if fault.drop == "before" else DropMiddle(reset=fault.drop == "reset")
        case _RecordedThen():
            return RecordedThen(None if isinstance(fault.recorded_then, str) else fault.recorded_then)


def with_faults(app: ASGIApp, faults: Faults, *, identify: Callable[[Mapping[str, str]], str] | None = None) -> ASGIApp:
    """Wrap an application; `identify` returns the sender's login from the headers (lower-case names)."""
    who = identify or (lambda _headers: "")

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await _whole_body(receive)
        if scope["path"].startswith(CONTROL):
            await _control(faults, scope, body, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        entry = Logged(scope["method"], _target(scope), who(headers), _parsed(body), time.time())
        await _Exchange(app, faults, scope, body, receive, send, entry).run()

    return wrapped


async def _whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


@dataclass
class _Exchange:
    app: ASGIApp
    faults: Faults
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    entry: Logged
    replayed: bool = False
    logged: bool = False

    async def run(self) -> None:
        fault = self.faults.strike(self.entry.method, self.entry.target, self.body)
        self.entry = replace(self.entry, fault=None if fault is None else type(fault).__name__)
        try:
            await self._apply(fault)
        finally:
            self._log()

    def _log(self) -> None:
        """Write the log entry once, before the response ends, because tests read the log right after it."""
        if not self.logged:
            self.logged = True
            self.faults.record(self.entry)

    async def _apply(self, fault: Fault | None) -> None:  # noqa: C901 — one case for each fault
        match fault:
            case None:
                await self.app(self.scope, self._replay, self._pass)
            case Reply(status, headers, body):
                await self._answer(status, headers, body)
            case Garbage():
                await self._answer(200, (("content-type", "application/json"),), _GARBAGE)
            case Delay(seconds):
                await asyncio.sleep(seconds)
                await self.app(self.scope, self._replay, self._pass)
            case Drip(size, seconds):
                await self._drip(size, seconds)
            case DropBefore():
                await self._close()
            case DropMiddle(reset):
                await self._break_off(reset=reset)
            case RecordedThen(status):
                await self._collect()
                await (self._close() if status is None else self._answer(status, (), b""))
            case ClientDies(kill, recorded):
                if recorded:
                    await self._collect()
                kill()
                await self._close()
            case Meanwhile(happens, recorded):
                await self._wait_for(happens, recorded=recorded)
            case _:
                assert_never(fault)

    async def _wait_for(self, happens: Callable[[], None], *, recorded: bool) -> None:
        kept = await self._collect() if recorded else None
        await asyncio.to_thread(happens)
        if kept is None:
            await self.app(self.scope, self._replay, self._pass)
        else:
            start, body = kept
            await self._pass(start)
            await self._pass({"type": "http.response.body", "body": body})

    async def _replay(self) -> Message:
        if self.replayed:
            return await self.receive()
        self.replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.entry = replace(self.entry, status=message["status"])
        elif not message.get("more_body"):
            self._log()
        await self.send(message)

    async def _answer(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        named = {name.lower() for name, _ in headers}
        kind = [] if "content-type" in named else [(b"content-type", b"application/json")]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        length = (b"content-length", str(len(body)).encode())
        await self._pass({"type": "http.response.start", "status": status, "headers": [*raw, *kind, length]})
        await self._pass({"type": "http.response.body", "body": body})

    async def _collect(self) -> tuple[Message, bytes]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(self.scope, self._replay, keep)
        return messages[0], b"".join(message.get("body", b"") for message in messages[1:])

    async def _drip(self, size: int, seconds: float) -> None:
        start, body = await self._collect()
        await self._pass(start)
        for at in range(0, len(body), size):
            await asyncio.sleep(seconds)
            await self.send({"type": "http.response.body", "body": body[at : at + size], "more_body": True})
        await self._pass({"type": "http.response.body", "body": b""})

    async def _break_off(self, *, reset: bool) -> None:
        start, body = await self._collect()
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self._close(reset=reset)

    async def _close(self, *, reset: bool = False) -> None:
        self._log()
        # ASGI has no message for this: the transport is reached through the server's own `send`, which is uvicorn's.
        transport = getattr(getattr(self.send, "__self__", None), "transport", None)
        if transport is None:
            raise RuntimeError("the connection can be closed only when uvicorn serves this layer directly")
        if reset:
            # A socket that does not linger says RST instead of FIN.
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await asyncio.sleep(RESET_AFTER)
        transport.close()
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _target(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
    return f"{raw}?{query}" if query else raw


def _parsed(body: bytes) -> object:
    try:
        value: object = json.loads(body)
    except ValueError:
        return None
    return value


async def _control(faults: Faults, scope: Scope, body: bytes, send: Send) -> None:
    status, answer = _controlled(faults, scope["method"], scope["path"].removeprefix(CONTROL), body)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def _controlled(faults: Faults, method: str, name: str, body: bytes) -> tuple[int, object]:
    match method, name:
        case "POST", "faults":
            return _add_rules(faults, _parsed(body))
        case "DELETE", "faults":
            faults.clear()
            return 200, {}
        case "GET", "requests":
            return 200, [entry.as_json() for entry in faults.requests()]
        case "DELETE", "requests":
            faults.forget()
            return 200, {}
        case _:
            return 404, {"error": f"unknown control request {method} {name}"}


def _add_rules(faults: Faults, body: object) -> tuple[int, object]:
    if not isinstance(body, list):
        return 400, {"error": "expected a list of rules"}
    try:
        rules = [read_rule(item) for item in body]
    except ValueError as error:
        return 400, {"error": str(error)}
    with faults.lock:
        faults.rules.extend((rule, [0]) for rule in rules)
    return 200, {"rules": len(rules)}
