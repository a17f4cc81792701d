"""Run ASGI applications on loopback, in a thread, for a bounded time."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
READY_WITHIN = 10.0
STOPPED_WITHIN = 10.0
TICK = 0.01


class NotServing(Exception):
    """A server did not start, or did not stop, in time."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A server stops by itself after this many seconds, or after this many requests."""

    lifetime: float = 600.0
    requests: int = 100_000


class _PromptServer(uvicorn.Server):
    """Checks ten times as often whether it should stop: tests start and stop hundreds of these."""

    async def main_loop(self) -> None:
        """Run until stopped or until the last request that the bounds allow."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            await asyncio.sleep(TICK)


class Served:
    """A running server. `url` has no trailing slash."""

    def __init__(self, app: ASGIApp, port: int, bounds: Bounds) -> None:
        self._listening = _listen(port)
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._server = _PromptServer(_config(app, bounds))
        self._thread = threading.Thread(target=self._run, name=f"sandbox:{self.port}", daemon=True)
        self._deadline = threading.Timer(bounds.lifetime, self.ask_to_stop)
        self._deadline.daemon = True

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and not self._server.should_exit

    def start(self) -> None:
        """Start, and return when the first request can be sent.

        Raises:
            NotServing: the application did not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + READY_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.ask_to_stop()
                raise NotServing("the sandbox server did not start")
            time.sleep(0.005)
        self._deadline.start()

    def stop(self) -> None:
        """Stop, and return when the port is free. Stopping twice is fine.

        Raises:
            NotServing: a request did not end.
        """
        self._deadline.cancel()
        self.ask_to_stop()
        self.wait(STOPPED_WITHIN)
        if self._thread.is_alive():
            raise NotServing("the sandbox server did not stop")

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it stops by itself, at most this many seconds."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        # The server leaves by SystemExit when the application does not come up; `start` says so in the caller's thread.
        with self._listening, suppress(SystemExit):
            self._server.run(sockets=[self._listening])

    def ask_to_stop(self) -> None:
        """Stop accepting requests, without waiting for the end."""
        self._server.should_exit = True


@contextmanager
def serving(app: ASGIApp, *, port: int = 0, bounds: Bounds = Bounds()) -> Iterator[Served]:
    """Serve for the length of a `with` block; port 0 selects a free one.

    Raises:
        NotServing: the application did not come up, or a request did not end.
        OSError: the port is taken.
    """
    with serving_all({"app": app}, ports={"app": port}, bounds=bounds) as served:
        yield served["app"]


@contextmanager
def serving_all(
    apps: Mapping[str, ASGIApp],
    *,
    ports: Mapping[str, int] = MappingProxyType({}),
    bounds: Bounds = Bounds(),
) -> Iterator[Mapping[str, Served]]:
    """Serve several applications by name, and stop them together, which takes no longer than stopping one.

    Raises:
        NotServing: an application did not come up, or a request did not end.
        OSError: a port is taken.
    """
    served: dict[str, Served] = {}
    try:
        for name, app in apps.items():
            one = Served(app, ports.get(name, 0), bounds)
            one.start()
            served[name] = one
        yield served
    finally:
        for one in served.values():
            one.ask_to_stop()
        for one in served.values():
            one.stop()


def _listen(port: int) -> socket.socket:
    """Bind the port here instead of in uvicorn, so that it is known before the server runs."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError:
        listening.close()
        raise
    return listening


def _config(app: ASGIApp, bounds: Bounds) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        log_level="error",
        http="h11",
        ws="none",
        loop="asyncio",
        limit_max_requests=bounds.requests,
        timeout_graceful_shutdown=1,
    )
