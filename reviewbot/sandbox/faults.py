"""Faults on purpose: a layer around any ASGI application that delays, breaks or hides its answers, and keeps a log.

Rules come from Python (`Faults.add`) or from `POST /_control/faults`, a list of objects:

    {"match": "/check-runs", "method": "POST", "body": "in_progress", "nth": 2, "times": 1, "do": {"status": 502}}

`match` is a regular expression searched in the path with its query, `body` one searched in the request's body (so that one
GraphQL operation can be told from another), `nth` the first matching request that it strikes (from 1), `times` how many it
strikes from there on (1; null for all). Each rule counts for itself; of those that strike, the first one acts. `do` is one of:

    {"status": 503, "headers": {"Retry-After": "1"}, "body": {...} or "text"}    answers at once, the application never sees it
    {"delay_ms": 200}                       waits, then lets the request through
    {"drip": 16, "delay_ms": 5}             sends the answer in pieces of that many bytes, waiting before each
    {"drop": "before"} or {"drop": "middle"}  closes the connection without an answer, or halfway through the answer's body;
                                            before: the application never sees the request; middle: it does
    {"garbage": true}                       answers 200 with bytes that are no JSON and no text
    {"recorded-then": 502} or "drop"        lets the application do its work, then answers that status, or closes instead

`DELETE /_control/faults` removes all rules; `GET /_control/requests` is the log, `DELETE` of the same empties it. Control
requests are not logged and never struck.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL = "/_control/"
_GARBAGE = b"\xff\xfe\x00<html>{not json"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer in the application's place."""

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
    """Let the application answer, send half of the body, close."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Answer 200 with bytes that mean nothing."""


@dataclass(frozen=True, slots=True)
class RecordedThen:
    """Let the application do its work, then answer something else; None closes the connection instead."""

    status: int | None


Fault: TypeAlias = "Reply | Delay | Drip | DropBefore | DropMiddle | Garbage | RecordedThen"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests are struck, and how; the words are explained at the top of this file."""

    match: str
    do: Fault
    method: str | None = None
    body: str | None = None
    nth: int = 1
    times: int | None = 1

    def fits(self, method: str, target: str, body: bytes) -> bool:
        """Whether the rule is about such a request."""
        return (
            self.method in (None, method)
            and re.search(self.match, target) is not None
            and (self.body is None or re.search(self.body, body.decode(errors="replace")) is not None)
        )

    def strikes(self, count: int) -> bool:
        """Whether it strikes the matching request of that number, from 1."""
        return count >= self.nth and (self.times is None or count < self.nth + self.times)


@dataclass(frozen=True, slots=True)
class Logged:
    """A request and how it ended; `status` 0 means that the connection was closed instead of an answer.

    `target` is the path with its query, `identity` whose token it was, `body` the parsed JSON or None, `at` seconds since the
    epoch, `fault` the kind of fault that struck.
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
        """The path without its query."""
        return self.target.partition("?")[0]

    def as_json(self) -> dict[str, object]:
        """The entry as the control address shows it."""
        names = ("method", "path", "target", "identity", "body", "at", "status", "fault")
        return {name: getattr(self, name) for name in names}


@dataclass
class Faults:
    """The rules in force and the log, safe to use from any thread."""

    rules: list[tuple[Rule, list[int]]] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, match: str, do: Fault, **more: object) -> Rule:
        """Puts a rule in force; `more` are the rule's other fields."""
        rule = replace(Rule(match, do), **more)  # type: ignore[arg-type] # dataclasses checks the names
        with self.lock:
            self.rules.append((rule, [0]))
        return rule

    def clear(self) -> None:
        """Removes every rule."""
        with self.lock:
            self.rules.clear()

    def forget(self) -> None:
        """Empties the log."""
        with self.lock:
            self.log.clear()

    def requests(self) -> tuple[Logged, ...]:
        """The log so far, in the order in which the requests ended."""
        with self.lock:
            return tuple(self.log)

    def strike(self, method: str, target: str, body: bytes) -> Fault | None:
        """Counts a request and says what is to happen to it."""
        with self.lock:
            struck: list[Fault] = []
            for rule, count in self.rules:
                if rule.fits(method, target, body):
                    count[0] += 1
                    if rule.strikes(count[0]):
                        struck.append(rule.do)
            return struck[0] if struck else None

    def record(self, entry: Logged) -> None:
        """Writes into the log."""
        with self.lock:
            self.log.append(entry)


def read_rule(values: Mapping[str, object]) -> Rule:
    """A rule from its JSON; raises ValueError with a sentence for anything that makes no sense."""
    known = {"match", "method", "body", "nth", "times", "do"}
    if set(values) - known or not isinstance(values.get("match"), str):
        raise ValueError(f"a rule has a match (text), a do, and of {sorted(known)} nothing else")
    do = values.get("do")
    if not isinstance(do, dict):
        raise ValueError("a rule needs a do (object)")
    times = values.get("times", 1)
    return Rule(
        match=str(values["match"]),
        do=read_fault(do),
        method=None if values.get("method") is None else str(values["method"]).upper(),
        body=None if values.get("body") is None else str(values["body"]),
        nth=int(str(values.get("nth", 1))),
        times=None if times is None else int(str(times)),
    )


def read_fault(do: Mapping[str, object]) -> Fault:
    """What a rule does, from its JSON; raises ValueError for anything else than the forms at the top of this file."""
    wait = float(str(do.get("delay_ms", 0))) / 1000
    match do:
        case {"status": int(status)}:
            headers = do.get("headers")
            pairs = headers.items() if isinstance(headers, dict) else ()
            return Reply(status, tuple((str(name), str(value)) for name, value in pairs), _bytes(do.get("body", "")))
        case {"drip": int(size)}:
            return Drip(max(1, size), wait)
        case {"delay_ms": _}:
            return Delay(wait)
        case {"drop": "middle"}:
            return DropMiddle()
        case {"drop": _}:
            return DropBefore()
        case {"garbage": _}:
            return Garbage()
        case {"recorded-then": int(status)}:
            return RecordedThen(status)
        case {"recorded-then": "drop"}:
            return RecordedThen(None)
        case _:
            raise ValueError(f"no fault is written like this: {json.dumps(dict(do))[:200]}")


def _bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def with_faults(app: ASGIApp, faults: Faults, *, identify: Callable[[Mapping[str, str]], str] | None = None) -> ASGIApp:
    """Wraps an application; `identify` names whoever sent a request, from its headers (lower-case names)."""
    who = identify or (lambda _headers: "")

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await _whole_body(receive)
        if scope["path"].startswith(CONTROL):
            await _control(faults, scope, body, send)
            return
        await _Exchange(app, faults, scope, body, receive, send).run(who)

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
    """One request on its way through."""

    app: ASGIApp
    faults: Faults
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    status: int = 0
    replayed: bool = False

    async def run(self, who: Callable[[Mapping[str, str]], str]) -> None:
        method, target = self.scope["method"], _target(self.scope)
        fault = self.faults.strike(method, target, self.body)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}
        entry = Logged(method, target, who(headers), _parsed(self.body), time.time())
        try:
            await self._suffer(fault)
        finally:
            kind = None if fault is None else type(fault).__name__
            self.faults.record(replace(entry, status=self.status, fault=kind))

    async def _suffer(self, fault: Fault | None) -> None:
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
            case DropMiddle():
                await self._break_off()
            case RecordedThen(status):
                await self._collect()
                await (self._close() if status is None else self._answer(status, (), b""))
            case _:
                assert_never(fault)

    async def _replay(self) -> Message:
        if self.replayed:
            return await self.receive()
        self.replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.send(message)

    async def _answer(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        named = {name.lower() for name, _ in headers}
        kind = [] if "content-type" in named else [(b"content-type", b"application/json")]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        length = (b"content-length", str(len(body)).encode())
        await self._pass({"type": "http.response.start", "status": status, "headers": [*raw, *kind, length]})
        await self.send({"type": "http.response.body", "body": body})

    async def _collect(self) -> tuple[Message, bytes]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:  # noqa: RUF029 — ASGI's send is awaited
            messages.append(message)

        await self.app(self.scope, self._replay, keep)
        return messages[0], b"".join(message.get("body", b"") for message in messages[1:])

    async def _drip(self, size: int, seconds: float) -> None:
        start, body = await self._collect()
        await self._pass(start)
        for at in range(0, len(body), size):
            await asyncio.sleep(seconds)
            await self.send({"type": "http.response.body", "body": body[at : at + size], "more_body": True})
        await self.send({"type": "http.response.body", "body": b""})

    async def _break_off(self) -> None:
        start, body = await self._collect()
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self._close()

    async def _close(self) -> None:
        # ASGI has no message for this: the transport is reached through the server's own `send`, which is uvicorn's.
        transport = getattr(getattr(self.send, "__self__", None), "transport", None)
        if transport is None:
            raise RuntimeError("the connection can be closed only when uvicorn serves this layer directly")
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
    if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
        return 400, {"error": "send a list of rules"}
    try:
        rules = [read_rule(item) for item in body]
    except (ValueError, re.error) as error:
        return 400, {"error": str(error)}
    with faults.lock:
        faults.rules.extend((rule, [0]) for rule in rules)
    return 200, {"rules": len(rules)}
