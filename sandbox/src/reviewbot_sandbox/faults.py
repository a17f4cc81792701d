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
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reviewbot_sandbox.fault_rules import (
    ClientDies,
    Delay,
    Drip,
    DropBefore,
    DropMiddle,
    Fault,
    Faults,
    Garbage,
    Logged,
    Meanwhile,
    RecordedThen,
    Reply,
    Rule,
    read_rule,
)

__all__ = [
    "ClientDies",
    "Delay",
    "Drip",
    "DropBefore",
    "DropMiddle",
    "Fault",
    "Faults",
    "Garbage",
    "Logged",
    "Meanwhile",
    "RecordedThen",
    "Reply",
    "Rule",
    "with_faults",
]

CONTROL = "/_control/"
RESET_AFTER = 0.02
"""Seconds to wait until the first half is sent."""

_GARBAGE = b"\x80\x81<html>{not json"


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
            return 404, {"error": f"no control {method} {name}"}


def _add_rules(faults: Faults, body: object) -> tuple[int, object]:
    if not isinstance(body, list):
        return 400, {"error": "send a list of rules"}
    try:
        rules = [read_rule(item) for item in body]
    except ValueError as error:
        return 400, {"error": str(error)}
    with faults.lock:
        faults.rules.extend((rule, [0]) for rule in rules)
    return 200, {"rules": len(rules)}
