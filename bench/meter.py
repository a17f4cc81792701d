"""A layer around a service that counts what goes through, and times it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


UNMETERED = b"x-unmetered"
"""A header of requests that are none of anybody's who is measured."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its answer.

    Attributes:
        began: when the request was there, in the seconds of `time.monotonic`, which all processes share.
        ended: when the answer was out.
        received: bytes of the request's body.
        sent: bytes of the answer's body.
    """

    method: str
    path: str
    status: int
    began: float
    ended: float
    received: int
    sent: int

    @property
    def is_git(self) -> bool:
        """Whether git sent it: no request of the API, and not counted against its limits."""
        return "/info/refs" in self.path or self.path.endswith("-upload-pack")

    @property
    def writes(self) -> bool:
        """Whether it changes something by REST; GraphQL's reads are POSTs, too."""
        return self.method != "GET" and not self.is_git and not self.path.endswith("/graphql")


@dataclass(slots=True)
class Meter:
    """What went through so far."""

    seen: list[Exchange] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self) -> tuple[Exchange, ...]:
        """What went through since the last look."""
        with self._lock:
            seen, self.seen = tuple(self.seen), []
        return seen

    def note(self, exchange: Exchange) -> None:
        """Remember one that is over."""
        with self._lock:
            self.seen.append(exchange)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, measured."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or UNMETERED in dict(scope["headers"]):
                await app(scope, receive, send)
                return
            counted = _Counted(self, scope, receive, send, time.monotonic())
            await app(scope, counted.receive, counted.send)

        return measured


@dataclass(slots=True)
class _Counted:
    """One request on its way through."""

    meter: Meter
    scope: Scope
    receive_: Receive
    send_: Send
    began: float
    received: int = 0
    sent: int = 0
    status: int = 0

    async def receive(self) -> Message:
        message = await self.receive_()
        self.received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.sent += len(message.get("body", b""))
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._note()  # before the client can see the end and look at what went through
        await self.send_(message)

    def _note(self) -> None:
        method, path = self.scope["method"], self.scope["path"]
        self.meter.note(Exchange(method, path, self.status, self.began, time.monotonic(), self.received, self.sent))


def api(seen: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """The requests that GitHub counts."""
    return tuple(one for one in seen if not one.is_git)


def served(seen: Iterable[Exchange]) -> float:
    """Seconds for which the service had a request to answer; requests at the same time count once."""
    total, until = 0.0, 0.0
    for one in sorted(seen, key=lambda each: each.began):
        total += max(0.0, one.ended - max(one.began, until))
        until = max(until, one.ended)
    return total


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process took of GitHub, and of time.

    Attributes:
        seconds: from its start to its end, the sandbox's answers included.
        requests: those that GitHub counts.
        git: those of git.
        writes: those requests that change something, GraphQL's apart.
        traffic: bytes of bodies in both directions.
        served: seconds of it for which the sandbox had something to answer.
    """

    seconds: float
    requests: int
    git: int
    writes: int
    traffic: int
    served: float

    @classmethod
    def of(cls, seconds: float, seen: tuple[Exchange, ...]) -> Sample:
        """What the exchanges of that time come to."""
        traffic = sum(one.received + one.sent for one in seen)
        requests, writes = len(api(seen)), sum(one.writes for one in seen)
        return cls(seconds, requests, len(seen) - requests, writes, traffic, served(seen))
