"""Limits of the GitHub adapter: seconds, bytes and redirects of a response."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from reviewbot_sandbox.faults import Drip, Reply

from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.connection import RESPONSE_BYTES
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.domain.github.drafts import NodeChange
from reviewbot.domain.github.pull_request import Permission
from reviewbot.errors import DiffTooLarge, ForgeError, ForgeUnreachable
from tests.adapters.conftest import REPO, TOKEN, GitHubOnLoopback, PatientClock
from tests.network import network_at

BASE, HEAD = "a" * 40, "b" * 40


class FastClock(PatientClock):
    """A clock that advances half a minute per call."""

    def monotonic(self) -> float:
        self.hand = getattr(self, "hand", 0.0) + 31
        return float(self.hand)


@contextmanager
def saturated_server() -> Iterator[str]:
    """Return the URL of a server that accepts no more connections."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(server.getsockname())
        time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize("call", ["permission", "diff"])
def test_connecting_has_a_shorter_timeout_than_reading(call: str) -> None:
    clock = PatientClock()
    with (
        saturated_server() as url,
        GitHubForge(TOKEN, REPO, network_at(url), clock, RetryLimits(connect=0.2, read=30, most=0)) as forge,
    ):
        began = time.monotonic()
        with pytest.raises(ForgeUnreachable, match="cannot reach"):
            forge.permission("mona") if call == "permission" else forge.diff(BASE, HEAD)
    assert time.monotonic() - began < 5


def test_the_limits_are_the_documented_ones() -> None:
    assert (RetryLimits().connect, RetryLimits().read) == (3, 10)


@pytest.mark.parametrize("call", ["permission", "diff"])
def test_a_slow_response_times_out(github: GitHubOnLoopback, call: str) -> None:
    github.faults.add(".", Drip(8, 0.001), times=None)
    with GitHubForge(TOKEN, REPO, github.network, FastClock(), RetryLimits(most=0)) as forge:
        with pytest.raises(ForgeUnreachable, match="in time"):
            forge.permission("mona") if call == "permission" else github.diff(forge=forge)
        assert len(github.sent()) == 1


def test_a_pause_within_a_response_is_reported_as_a_timeout(github: GitHubOnLoopback) -> None:
    github.faults.add(".", Drip(8, 1.5), times=None)
    with (
        github.open(retry_limits=RetryLimits(read=0.3, most=0)) as forge,
        pytest.raises(ForgeUnreachable, match="in time"),
    ):
        forge.permission("mona")


def test_a_response_of_ten_megabytes_is_read_and_an_endless_one_is_not_retried(
    github: GitHubOnLoopback,
) -> None:
    long = b'{"permission": "write", "role_name": "write", "more": "' + b"x" * 10_000_000 + b'"}'
    github.faults.add(".", Reply(200, body=long))
    assert github.forge.permission("mona") is Permission.WRITE
    github.faults.add(".", Reply(200, body=b" " * (RESPONSE_BYTES + 1)), times=None)
    with pytest.raises(ForgeUnreachable, match="final response"):
        github.forge.permission("mona")
    with pytest.raises(DiffTooLarge, match="is larger than"):
        github.diff()
    assert github.clock.waits == []


@pytest.mark.parametrize(("status", "requests"), [(202, 1), (301, 6)])
def test_an_endless_or_circular_redirect_is_aborted(github: GitHubOnLoopback, status: int, requests: int) -> None:
    people = f"{github.network.api_url}/repos/acme/widget/collaborators"
    github.faults.add("mona/", Reply(status, (("Location", f"{people}/hubot/permission"),)), times=None)
    github.faults.add("hubot/", Reply(301, (("Location", f"{people}/mona/permission"),)), times=None)
    began = time.monotonic()
    with pytest.raises(ForgeUnreachable, match="final response"):
        github.forge.permission("mona")
    assert time.monotonic() - began < 2, "PyGithub's own pause"
    assert len([entry for entry in github.faults.requests() if entry.status == status]) <= requests
    assert github.clock.waits == []


class _Counting(BaseHTTPRequestHandler):
    """A handler that always sends the same response and counts connections."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    connections = 0

    def setup(self) -> None:
        super().setup()
        type(self).connections += 1

    def do_GET(self) -> None:
        body = b'{"permission": "read"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_requests_share_one_connection() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Counting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with GitHubForge(TOKEN, REPO, network_at(url), PatientClock()) as forge:
            assert {forge.permission("mona") for _ in range(5)} == {Permission.READ}
        server.shutdown()
        thread.join(10)
    assert _Counting.connections == 1


def test_writes_after_the_first_twenty_are_paced(github: GitHubOnLoopback) -> None:
    # This clock does not advance during a wait, so each wait is longer than the one before.
    for _ in range(10):
        github.forge.create_comment(1, "Seen.")
        with pytest.raises(ForgeError):
            github.forge.change_node("unknown", NodeChange.RESOLVE)
    assert github.clock.waits == []
    github.forge.create_comment(1, "Seen.")
    with pytest.raises(ForgeError):
        github.forge.change_node("unknown", NodeChange.RESOLVE)
    first, second = github.clock.waits
    assert 0 < first <= 60 / 57
    assert first < second <= 120 / 57
    github.diff()
    assert len(github.clock.waits) == 2, "reads are not paced"
