"""What can go wrong on purpose, and when: rules as records, as JSON, and counted as requests come in.

The JSON is explained in `reviewbot.sandbox.faults`, which does what the rules say.
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


@dataclass(frozen=True, slots=True)
class ClientDies:
    """The client is killed, before the application sees the request or once it has done its work; then close.

    `kill` is called while the client waits for the answer, so that it can do nothing more. From Python only.
    """

    kill: Callable[[], None]
    recorded: bool


Fault: TypeAlias = "Reply | Delay | Drip | DropBefore | DropMiddle | Garbage | RecordedThen | ClientDies"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests are struck, and how; the words are explained in `reviewbot.sandbox.faults`."""

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

    `target` is the path with its query, `identity` whose token it was, `body` the parsed JSON or None, `at` seconds
    since the epoch, `fault` the kind of fault that struck.
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
    """A rule from its JSON; raises ValueError or re.error for anything that makes no sense."""
    known = {"match", "method", "body", "nth", "times", "do"}
    if set(values) - known or not isinstance(values.get("match"), str):
        raise ValueError(f"a rule has a match (text), a do, and of {sorted(known)} nothing else")
    do = values.get("do")
    if not isinstance(do, dict):
        raise ValueError("a rule needs a do (object)")  # noqa: TRY004 — one error for everything that makes no sense
    times = values.get("times", 1)
    for pattern in (values["match"], values.get("body") or ""):
        re.compile(str(pattern))
    return Rule(
        match=str(values["match"]),
        do=read_fault(do),
        method=None if values.get("method") is None else str(values["method"]).upper(),
        body=None if values.get("body") is None else str(values["body"]),
        nth=int(str(values.get("nth", 1))),
        times=None if times is None else int(str(times)),
    )


def read_fault(do: Mapping[str, object]) -> Fault:  # noqa: PLR0911 — one for each form
    """What a rule does, from its JSON; raises ValueError for anything else than the documented forms."""
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
