"""Deliverables are fetched from allowed hosts only, because the URL in an answer is untrusted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import httpx
import pytest

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.adapters.codevf.urls import is_own_host, is_public
from reviewbot.errors import ServiceRefused
from reviewbot.settings.readers import Secret


@dataclass
class Listener:
    """A server that records its first request."""

    port: int = 0
    said: list[bytes] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])
        thread = threading.Thread(target=_listen, args=(server, listener), daemon=True)
        thread.start()
        yield listener
        # One more connection ends the thread in any case.
        with socket.create_connection(("127.0.0.1", listener.port)):
            pass
        thread.join(10)


def _listen(server: socket.socket, listener: Listener) -> None:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(5)
        listener.said.append(connection.recv(65_536))
        listener.heard.set()


def connect(url: str) -> CodeVF:
    clock = SystemClock(0.01)
    return CodeVF(Access(url, Secret("k3y")), clock, clock.monotonic(), Random(1))  # noqa: S311 — jitter


def test_a_private_address_is_refused_before_anything_is_sent() -> None:
    with listening() as listener, connect("http://127.0.0.1:9/api/v1/") as codevf:
        with pytest.raises(ServiceRefused, match="private network"):
            codevf.deliverable(f"http://127.0.0.1:{listener.port}/files/1")
        assert listener.heard.wait(5), "the resolved address counts, not the name"
        assert listener.said == [b""]


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://codevf.com/files/1", True),
        ("https://files.codevf.com/1", True),
        ("https://codevf.com:8443/files/1", True),
        ("https://evilcodevf.com/1", False),
        ("https://codevf.com.evil.example/1", False),
        ("https://com/1", False),
        ("https://.codevf.com.evil/1", False),
    ],
)
def test_files_on_the_services_own_hosts_are_allowed(url: str, own: bool) -> None:  # noqa: FBT001 — a column of the table
    assert is_own_host(httpx.URL(url), httpx.URL("https://codevf.com/api/v1/")) is own


@pytest.mark.parametrize(
    "url",
    [
        "http://files.codevf.com/1",
        "ftp://codevf.com/1",
        "https://me:hush@codevf.com/1",
        "https://evilcodevf.com/1",
        "//elsewhere.example/1",
        "data:text/plain,hello",
    ],
)
def test_foreign_or_unencrypted_urls_are_not_requested(url: str) -> None:
    with connect("https://codevf.com/api/v1/") as codevf, pytest.raises(ServiceRefused, match="not on CodeVF's host"):
        codevf.deliverable(url)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::",
        "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe", "2001:db8::1", "64:ff9b:1::a00:1", "fec0::1", "::10.0.0.1",
        "::ffff:0:10.0.0.1", "168.63.129.16", "::ffff:168.63.129.16",
    ],
)  # fmt: skip
def test_loopback_and_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


class _FileServer(BaseHTTPRequestHandler):
    """A handler that serves a file and records the headers."""

    timeout = 10
    headers_seen: list[str | None] = []  # noqa: RUF012 — one list for all requests of the one test

    def do_GET(self) -> None:
        self.headers_seen.append(self.headers.get("Authorization"))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_the_key_is_sent_only_to_the_api() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _FileServer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with connect(f"{url}/api/v1/") as codevf:
            for path in ("/files/1", "/api/v2/files/1", "/api/v1/files/1"):
                assert codevf.deliverable(f"{url}{path}") == "hi"
        server.shutdown()
        thread.join(10)
    assert _FileServer.headers_seen == [None, None, "Bearer k3y"]
