"""Middleware that counts and times a service's requests."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


UNMETERED = b"x-unmetered"
"""Header of requests that do not belong to the measured program."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its answer.

    Attributes:
        began: arrival, in seconds of `time.monotonic`, which all processes share.
        ended: end of the answer.
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
        """Whether git sent it, so that it does not count against the API's limits."""
        return "/info/refs" in self.path or self.path.endswith("-upload-pack")

    @property
    def writes(self) -> bool:
        """Whether it changes something by REST; GraphQL reads are POSTs too."""
        return self.method != "GET" and not self.is_git and not self.path.endswith("/graphql")


@dataclass(slots=True)
class Meter:
    """The requests so far."""

    seen: list[Exchange] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take(self) -> tuple[Exchange, ...]:
        """Return and forget the requests since the last call."""
        with self._lock:
            seen, self.seen = tuple(self.seen), []
        return seen

    def note(self, exchange: Exchange) -> None:
        """Record a finished request."""
        with self._lock:
            self.seen.append(exchange)

    def around(self, app: ASGIApp) -> ASGIApp:

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or UNMETERED in dict(scope["headers"]):
                await app(scope, receive, send)
                return
            counted = _Counted(self, scope, receive, send, time.monotonic())
            await app(scope, counted.receive, counted.send)

        return measured


@dataclass(slots=True)
class _Counted:
    """A request in progress."""

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
            self._note()  # before the client sees the end
        await self.send_(message)

    def _note(self) -> None:
        method, path = self.scope["method"], self.scope["path"]
        self.meter.note(Exchange(method, path, self.status, self.began, time.monotonic(), self.received, self.sent))


def api(seen: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Return the requests that GitHub counts."""
    return tuple(one for one in seen if not one.is_git)


def refusals(seen: Iterable[Exchange]) -> int:
    """Return how many requests were refused for a rate limit."""
    return sum(one.status in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS} for one in seen)


def served(seen: Iterable[Exchange]) -> float:
    """Return the seconds in which the service had a request to answer; parallel requests count once."""
    total, until = 0.0, 0.0
    for one in sorted(seen, key=lambda each: each.began):
        total += max(0.0, one.ended - max(one.began, until))
        until = max(until, one.ended)
    return total


@dataclass(frozen=True, slots=True)
class Sample:
    """Requests and seconds of a process.

    Attributes:
        seconds: from start to end, including the sandbox's answers.
        requests: those that GitHub counts.
        git: those of git.
        writes: REST requests that change something.
        traffic: bytes of bodies in both directions.
        served: seconds in which the sandbox had a request to answer.
        processor: processor seconds of the process and its children, where they were measured.
        refused: requests that were refused for a rate limit.
    """

    seconds: float
    requests: int
    git: int
    writes: int
    traffic: int
    served: float
    processor: float = 0.0
    refused: int = 0

    @classmethod
    def of(cls, seconds: float, seen: tuple[Exchange, ...], processor: float = 0.0) -> Sample:
        """Compute it from a process's requests."""
        traffic = sum(one.received + one.sent for one in seen)
        requests, writes = len(api(seen)), sum(one.writes for one in seen)
        git = len(seen) - requests
        return cls(seconds, requests, git, writes, traffic, served(seen), processor, refusals(seen))
