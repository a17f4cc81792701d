"""The CodeVF adapter over real TLS with an unknown certificate."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.errors import ServiceUnreachable
from reviewbot.settings.readers import Secret
from tests.app.wires import identity

BALANCE = b'{"available": 1, "onHold": 0, "total": 1}'


class _Balance(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BALANCE)))
        self.end_headers()
        self.wfile.write(BALANCE)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@dataclass(frozen=True)
class Secured:
    """A server and its self-signed certificate."""

    url: str
    certificate: str


@pytest.fixture(name="secured")
def secured_fixture(tmp_path: Path) -> Iterator[Secured]:
    own = identity(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Balance) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is the point
        server.socket = own.context().wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Secured(f"https://127.0.0.1:{server.server_port}/", str(own.certificate))
        server.shutdown()
        thread.join(10)


def test_an_unknown_certificate_is_refused_at_once_with_a_hint(secured: Secured) -> None:
    clock, retries = SystemClock(0.01), list[object]()
    with (
        CodeVF(
            Access(secured.url, Secret("k")),
            clock,
            clock.monotonic() + 600,
            Random(1),  # noqa: S311 — jitter
            lambda error, _: retries.append(error),
        ) as codevf,
        pytest.raises(ServiceUnreachable, match="certificate") as caught,
    ):
        codevf.balance()
    assert not retries
    assert "SSL_CERT_FILE" in caught.value.hint


def test_a_named_certificate_is_trusted(secured: Secured) -> None:
    clock = SystemClock(0.01)
    access = Access(secured.url, Secret("k"), ssl_file=secured.certificate)
    with CodeVF(access, clock, clock.monotonic() + 600, Random(1)) as codevf:  # noqa: S311 — jitter
        assert codevf.balance().available == 1
