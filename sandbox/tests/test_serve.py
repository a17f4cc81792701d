"""The loopback server starts, stops and has a maximum lifetime."""

from __future__ import annotations

import asyncio
import socket
import threading
import time

import httpx
import pytest
from reviewbot_sandbox.serve import Bounds, NotServing, serving, serving_all
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


def taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sandbox_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("sandbox:")]


def test_the_server_responds_immediately_and_stops_after_the_block() -> None:
    with serving(APP) as served:
        assert httpx.get(served.url).text == "hello"
        assert served.running
    assert not served.running
    assert not taken(served.port)
    assert f"sandbox:{served.port}" not in sandbox_threads()


def test_two_servers_take_two_ports() -> None:
    with serving(APP) as one, serving(APP) as two:
        assert one.port != two.port
        assert httpx.get(one.url).text == httpx.get(two.url).text


def test_a_named_port_is_used_and_a_taken_one_is_refused() -> None:
    with serving(APP) as served:
        with pytest.raises(OSError, match="in use"), serving(APP, port=served.port):
            pass
        port = served.port
    with serving(APP, port=port) as again:
        assert again.port == port


def test_a_server_stops_after_its_lifetime() -> None:
    with serving(APP, bounds=Bounds(lifetime=0.2)) as served:
        served.wait(10)
        assert not served.running
        with pytest.raises(httpx.ConnectError):
            httpx.get(served.url)


def test_a_server_stops_after_its_last_request() -> None:
    with serving(APP, bounds=Bounds(requests=2)) as served:
        answers = [httpx.get(served.url).text for _ in range(2)]
        served.wait(10)
        assert not served.running
    assert answers == ["hello", "hello"]


def test_an_idle_keep_alive_connection_does_not_delay_the_stop() -> None:
    with httpx.Client() as client:
        with serving(APP) as served:
            client.get(served.url)
            begun = time.monotonic()
        assert time.monotonic() - begun < 5


def test_stopping_twice_is_fine() -> None:
    with serving(APP) as served:
        served.stop()
        assert not served.running


async def hang(_request: Request) -> PlainTextResponse:
    await asyncio.sleep(3600)
    return PlainTextResponse("at last")


def test_a_request_that_hangs_is_cut_off_when_the_server_stops() -> None:
    cut: list[int | str] = []

    def ask(url: str) -> None:
        try:
            cut.append(httpx.get(url, timeout=30).status_code)
        except httpx.TransportError as error:
            cut.append(type(error).__name__)

    with serving(Starlette(routes=[Route("/", hang)])) as served:
        asking = threading.Thread(target=ask, args=(served.url,))
        asking.start()
        time.sleep(0.2)
        begun = time.monotonic()
    asking.join(5)
    assert time.monotonic() - begun < 5
    assert len(cut) == 1


def test_several_servers_are_named_and_stop_together() -> None:
    with serving_all({"one": APP, "two": APP}) as served:
        ports = {one.port for one in served.values()}
        assert [httpx.get(served[name].url).text for name in ("one", "two")] == ["hello", "hello"]
    assert len(ports) == 2
    assert not any(taken(port) for port in ports)


def test_when_one_server_does_not_start_the_others_stop() -> None:
    before = sandbox_threads()
    with pytest.raises(NotServing), serving_all({"one": APP, "two": failing_startup}):
        pass
    assert sandbox_threads() == before


async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("no lifespan, no answer")


def test_an_application_without_a_lifespan_is_served_anyway() -> None:
    with serving(broken) as served:
        assert httpx.get(served.url).status_code == 500


async def failing_startup(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "not today"})


def test_an_application_that_fails_to_start_is_reported() -> None:
    with pytest.raises(NotServing), serving(failing_startup):
        pass
