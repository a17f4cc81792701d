"""What lies between a runner and the services in a serve_with_tls: TLS from a private authority, and a proxy."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_WANTED = b'Proxy-Authenticate: Basic realm="serve_with_tls"\r\nConnection: close\r\n'
SILENCE = 30.0
"""Seconds after which an idle connection is closed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A self-signed certificate and its key, as files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return a TLS context for a server."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate, self.key)
        return made


def identity(folder: Path, *names: str) -> Identity:
    """Create a certificate for these names and 127.0.0.1 that is valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    known = [x509.IPAddress(IPv4Address("127.0.0.1")), *map(x509.DNSName, names)]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    found = Identity(folder / "certificate.pem", folder / "key.pem")
    found.key.write_bytes(key.private_bytes(*form))
    found.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return found


@contextmanager
def secured(url: str, own: Identity) -> Iterator[int]:
    """Serve TLS in front of a plain HTTP service; yield the port."""
    target, context = urlsplit(url).port or 80, own.context()

    class Front(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as ours:
                _join(ours, target)

    with _listening(Front) as port:
        yield port


@dataclass(slots=True)
class Proxy:
    """A proxy and the requests that it received; `url` contains the required password."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def proxy(routes: Mapping[str, int]) -> Iterator[Proxy]:
    """Serve a proxy that resolves only these names and requires a password."""
    made = Proxy("")

    class Handler(socketserver.StreamRequestHandler):
        timeout = SILENCE

        def handle(self) -> None:
            head = [self.rfile.readline().decode("latin-1").strip()]
            while head[-1]:
                head.append(self.rfile.readline().decode("latin-1").strip())
            host = head[0].partition(" ")[2].partition(":")[0]
            if not any(line.lower().startswith("proxy-authorization: basic ") for line in head):
                self.wfile.write(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\n" + _WANTED + b"Content-Length: 0\r\n\r\n"
                )
                return
            made.asked.append(host)
            if host not in routes:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _join(self.connection, routes[host])

    with _listening(Handler) as port:
        made.url = f"http://runner:hush@127.0.0.1:{port}"
        yield made


@contextmanager
def _listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


def _join(one: socket.socket, port: int) -> None:
    """Copy bytes in both directions until one side closes."""
    with socket.create_connection(("127.0.0.1", port), SILENCE) as other:
        one.settimeout(SILENCE)
        back = threading.Thread(target=_carry, args=(other, one), daemon=True)
        back.start()
        _carry(one, other)
        back.join(SILENCE)


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
