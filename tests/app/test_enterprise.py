"""A whole review through an Enterprise Server, private certificates and a proxy, or a clear error."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import Answer, Garbage, TaskLife
from reviewbot_sandbox.github import Rules

from tests.app.rig import REPO, Rig, answer, finding, open_rig
from tests.app.wires import Identity, identity, proxy, secured

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
PLAIN = answer(CRITICAL)
AT_ONCE = TaskLife(pending=0, processing=0)
REST = "/api/v3"


def at(github: str, own: Identity | None, **more: str) -> dict[str, str]:
    """Return a runner's environment for an Enterprise Server at that URL."""
    trust = {} if own is None else {"SSL_CERT_FILE": str(own.certificate)}
    return {
        "GITHUB_API_URL": f"{github}{REST}",
        "GITHUB_GRAPHQL_URL": f"{github}/api/graphql",
        "GITHUB_SERVER_URL": github,
        **trust,
        **more,
    }


@contextmanager
def serve_with_tls(folder: Path, says: Answer = PLAIN) -> Iterator[tuple[Rig, Identity, dict[str, int]]]:
    """Serve both services with TLS from a private authority; yield the ports by name."""
    own = identity(folder, "github.test", "codevf.test", "files.codevf.test")
    with (
        open_rig(folder, engineer=lambda _: says, life=AT_ONCE, rest=REST) as rig,
        secured(rig.github_url, own) as github,
        secured(rig.codevf_url, own) as codevf,
    ):
        yield rig, own, {"github.test": github, "codevf.test": codevf}


def review(rig: Rig, ports: Mapping[str, int], runner: Mapping[str, str]) -> tuple[int, str, str]:
    """Return exit status, reason and log of a run that also uses TLS for CodeVF."""
    done = rig.run(runner=runner, codevf_url=f"https://127.0.0.1:{ports['codevf.test']}/api/v1/")
    return done.exit_status, done.outputs.get("reason", ""), done.log


def test_an_enterprise_server_has_its_own_urls(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), rest=REST) as rig:
        assert rig.run().exit_status == 1
        assert (len(rig.comments()), rig.checks()[0].conclusion) == (1, "failure")
        assert f"{rig.github_url}/{REPO}/pull/1#discussion_r" in rig.summaries()[0]
        asked = {one.partition(" ")[2] for one in rig.github_requests()}
        assert all(one.startswith(("/api/v3/", "/api/graphql")) for one in asked)


def test_the_private_certificates_are_trusted_by_every_client(tmp_path: Path) -> None:
    with serve_with_tls(tmp_path) as (rig, own, ports):
        rig.world.store.rules = Rules(diff_files=0)  # so that git fetches, too
        status, reason, log = review(rig, ports, at(f"https://127.0.0.1:{ports['github.test']}", own))
        assert (status, reason) == (1, "gate"), log
        assert len(rig.comments()) == 1
        diff = re.compile(rf"GET {REST}/repos/{REPO}/compare/\w+\.\.\.\w+")
        assert any(map(diff.fullmatch, rig.github_requests())), "another library requests the diff"


def test_untrusted_certificates_are_reported_with_a_hint(tmp_path: Path) -> None:
    with serve_with_tls(tmp_path) as (rig, own, ports):
        unheard = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(own.certificate))
        status, reason, log = review(rig, ports, at(f"https://127.0.0.1:{ports['github.test']}", None, **unheard))
        assert (status, reason) == (3, "github")
        assert "reviewbot does not trust GitHub's TLS certificate." in log
        assert "Set `SSL_CERT_FILE`" in log
        assert not rig.github_requests(), "other variables are ignored"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("/home/runner/ca.pem", "`${{ runner.temp }}/_github_home`"),
        ("{workspace}/ca.pem", "is in the workspace"),
        ("ca.pem", "is in the workspace"),
        ("{workspace}/../workspace/ca.pem", "is in the workspace"),
    ],
)
def test_a_certificate_file_that_is_missing_or_in_the_workspace_is_refused(
    tmp_path: Path, place: str, words: str
) -> None:
    with open_rig(tmp_path) as rig:
        workspace = rig.folder / "run 1" / "workspace"
        done = rig.run(runner={"SSL_CERT_FILE": place.format(workspace=workspace)})
        assert done.exit_status == 2
        assert "environment `SSL_CERT_FILE`" in done.log
        assert words in done.log
        assert not rig.github_requests()
        assert not rig.codevf_faults.log


@contextmanager
def delivering(own: Identity, name: str, content: bytes) -> Iterator[int]:
    """Serve one file over TLS; yield the port."""
    folder = own.certificate.parent / "delivered"
    folder.mkdir()
    (folder / name).write_bytes(content)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        with secured(f"http://127.0.0.1:{server.server_port}", own) as port:
            yield port
        server.shutdown()
        thread.join(10)


def test_a_review_and_its_deliverable_go_through_the_proxy(tmp_path: Path) -> None:
    says = Garbage({"deliverables": [{"fileName": "review.json", "url": "https://files.codevf.test/review.json"}]})
    inside = json.dumps({"summary": "Read.", "files": [{"path": "app.py", "findings": [{**CRITICAL}]}]}).encode()
    with (
        serve_with_tls(tmp_path, says) as (rig, own, ports),
        delivering(own, "review.json", inside) as files,
        proxy({**ports, "files.codevf.test": files}) as through,
    ):
        rig.world.store.rules = Rules(diff_files=0)
        runner = at("https://github.test", own, HTTPS_PROXY=through.url)
        done = rig.run(runner=runner, codevf_url="https://codevf.test/api/v1/", mode="realtime_answer")
        assert (done.exit_status, done.outputs["reason"]) == (1, "gate"), done.log
        assert len(rig.comments()) == 1
        assert set(through.asked) == {"github.test", "codevf.test", "files.codevf.test"}
        assert "hush" not in done.log


def test_a_proxy_that_refuses_is_named(tmp_path: Path) -> None:
    with serve_with_tls(tmp_path) as (rig, own, ports), proxy({}) as through:
        runner = at(f"https://127.0.0.1:{ports['github.test']}", own, HTTPS_PROXY=through.url)
        status, reason, log = review(rig, ports, runner)
        assert (status, reason) == (3, "github"), log
        assert "Check the network, the proxy and `GITHUB_API_URL`." in log
        assert "hush" not in log
