"""Fault rules: as records, parsed from JSON, and matched with requests.

`reviewbot_sandbox.faults` documents the JSON and applies the rules.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, convert


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
    """Which requests fail, and how; `reviewbot_sandbox.faults` documents the fields."""

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
        raise ValueError(f"unknown fault {str(do)[:200]}; one of {', '.join(_FORMS)}, garbage")
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
