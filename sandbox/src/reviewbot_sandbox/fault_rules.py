"""Fault rules: as records, parsed from JSON, and matched with requests.

`reviewbot_sandbox.faults` documents the JSON and applies the rules.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
        """Return whether the rule matches a request."""
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
        """The path without its query."""
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
        """Remove every rule."""
        with self.lock:
            self.rules.clear()

    def forget(self) -> None:
        """Clear the log."""
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
        """Append to the log."""
        with self.lock:
            self.log.append(entry)


_FORMS = (
    '{"status": 503, "headers": {...}, "body": ...}',
    '{"delay_ms": 200}',
    '{"drip": 16, "delay_ms": 5}',
    '{"drop": "before"}',
    '{"drop": "middle"}',
    '{"drop": "reset"}',
    '{"garbage": true}',
    '{"recorded-then": 502}',
    '{"recorded-then": "drop"}',
)
_STATUSES = range(200, 600)
_LONGEST_MS = 600_000


def read_rule(values: Mapping[str, object]) -> Rule:
    """Return a rule from its JSON; raise ValueError with the problem if it is invalid."""
    known = {"match", "method", "body", "nth", "times", "do"}
    if strange := sorted(values.keys() - known):
        raise ValueError(f"a rule has no {strange[0]!r}, but {', '.join(sorted(known))}")
    do = values.get("do")
    if not isinstance(do, dict):
        raise ValueError(f"do is {_shown(do)}; {_forms()}")  # noqa: TRY004 — one error for everything that makes no sense
    return Rule(
        match=_pattern("match", values.get("match")),
        do=read_fault(do),
        method=None if values.get("method") is None else _text("method", values["method"]).upper(),
        body=None if values.get("body") is None else _pattern("body", values["body"]),
        nth=_count("nth", values.get("nth", 1)),
        times=None if values.get("times", 1) is None else _count("times", values.get("times", 1)),
    )


def read_fault(do: Mapping[str, object]) -> Fault:  # noqa: PLR0911 — one for each form
    """Return what a rule does, from its JSON; raises ValueError for anything else than the documented forms."""
    match do, len(do):
        case {"status": int(status), **more}, _ if status in _STATUSES and more.keys() <= {"headers", "body"}:
            return Reply(status, _headers(more.get("headers", {})), _bytes(more.get("body", "")))
        case {"drip": size, **more}, _ if more.keys() <= {"delay_ms"}:
            return Drip(_count("drip", size), _seconds(more.get("delay_ms", 0)))
        case {"delay_ms": wait}, 1:
            return Delay(_seconds(wait))
        case {"drop": "before"}, 1:
            return DropBefore()
        case {"drop": "middle" | "reset" as how}, 1:
            return DropMiddle(reset=how == "reset")
        case {"garbage": True}, 1:
            return Garbage()
        case {"recorded-then": int(status)}, 1 if status in _STATUSES:
            return RecordedThen(status)
        case {"recorded-then": "drop"}, 1:
            return RecordedThen(None)
        case _:
            raise ValueError(f"no fault is written like {_shown(do)}; {_forms()}")


def _forms() -> str:
    return f"it is one of {', '.join(_FORMS)}; a status is from {_STATUSES.start} to {_STATUSES.stop - 1}"


def _shown(value: object) -> str:
    return json.dumps(value)[:200]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {_shown(value)}; it is a text")  # noqa: TRY004 — as above
    return value


def _pattern(name: str, value: object) -> str:
    text = _text(name, value)
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{name} is {_shown(text)}, which is no regular expression: {error}") from None
    return text


def _count(name: str, value: object) -> int:
    if type(value) is not int or value < 1:  # `bool` is a subclass of `int`
        raise ValueError(f"{name} is {_shown(value)}; it is a whole number from 1")
    return value


def _seconds(value: object) -> float:
    """Return seconds; the JSON has milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST_MS:
        raise ValueError(f"delay_ms is {_shown(value)}; it is a number of milliseconds below {_LONGEST_MS}")
    return value / 1000


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError(f"headers is {_shown(value)}; it is an object")  # noqa: TRY004 — as above
    pairs = tuple((_text("a header's name", name), _text(f"header {name}", text)) for name, text in value.items())
    if not all(part.isascii() and part.isprintable() for pair in pairs for part in pair):
        raise ValueError(f"headers is {_shown(value)}; names and values are printable ASCII")
    return pairs


def _bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
