"""A repository behind git's own HTTP server on loopback."""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.git.process import Bounds
from tests.network import network_at


class Remote:
    """A repository `octo/repo` behind `git http-backend`, and the requests it received."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "octo" / "repo.git"
        self.work = root / "work"
        self.authorizations: list[str | None] = []
        self.git("init", "--quiet", "--bare", str(self.path), at=root)
        self.git("init", "--quiet", "--initial-branch=main", str(self.work), at=root)
        self.git("config", "uploadpack.allowAnySHA1InWant", "true", at=self.path)
        self.url = ""

    def git(self, *arguments: str, at: Path | None = None) -> str:
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.com",
        }
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=at or self.work, env=environment, check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()

    def write(self, name: str, content: bytes | str) -> None:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, *options: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x", *options)
        return self.git("rev-parse", "HEAD")

    def commits(self, count: int) -> str:
        """Create this many empty commits in a row; return the last one's SHA."""
        tree, sha = self.git("rev-parse", "HEAD^{tree}"), self.git("rev-parse", "HEAD")
        for _ in range(count):
            sha = self.git("commit-tree", tree, "-p", sha, "-m", "x")
        return sha

    def publish(self, ref: str, sha: str) -> None:
        self.git("push", "--quiet", "--force", str(self.path), f"{sha}:{ref}")

    def reader(self, *, token: str = "", seconds: float = 60, disk: int = Bounds().disk) -> GitChangeReader:
        children = {"PATH": os.defpath, "GIT_TRACE": "1", "GIT_SSH_COMMAND": "false"}
        return GitChangeReader(network_at(self.url, children=children), token, Bounds(seconds, disk))

    def serve_request(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path, _, query = handler.path.partition("?")
        answer = subprocess.run(
            ["git", "http-backend"],  # noqa: S607 — the same git as the adapter's
            env={
                "PATH": os.defpath,
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": handler.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
            },
            input=body,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n"))
        handler.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def handler_for(remote: Remote) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            remote.authorizations.append(self.headers.get("Authorization"))
            remote.serve_request(self, b"")

        def do_POST(self) -> None:
            remote.authorizations.append(self.headers.get("Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            remote.serve_request(self, body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class's own name
            pass

    return Handler


@contextmanager
def serving_remote(root: Path) -> Iterator[Remote]:
    """Serve a remote on loopback while the block runs."""
    made = Remote(root)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_for(made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join(timeout=10)
