"""The other programs, each doing the comparable part on the same sandbox and pull request.

Each peer is a process that reads the pull request, comments on the lines of the findings and writes a summary; `does`
lists what else. `make bench` installs them into their own folders; a missing one is reported as not installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from bench.meter import Sample
from bench.services import REPO, TOKEN, Services, spots

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VENV = ROOT / ".venv-bench/bin/python"
PR_AGENT = ROOT / ".venv-pr-agent/bin/python"
DANGER = ROOT / "bench/node_modules/danger/distribution/commands/danger-ci.js"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another reviewer.

    Attributes:
        does: what it does on a pull request.
        command: its process, started in an empty folder.
        needs: a file that exists if it is installed.
    """

    name: str
    does: str
    command: tuple[str, ...]
    needs: Path

    @property
    def missing(self) -> bool:
        return not self.needs.exists()


LIGHT = (
    Peer(
        "danger-js 14",
        "reads the pull request, its commits, reviews, files and comments; a review, a comment, a status",
        ("node", str(DANGER), "--dangerfile", str(HERE / "dangerfile.js")),
        DANGER,
    ),
    Peer(
        "cpp-linter 1.15",
        "its GitHub half, without compilers or search for earlier reviews: reads files, comments; a comment, a review",
        (str(VENV), str(HERE / "cpp_linter_half.py")),
        VENV,
    ),
)
"""Installed by `make peers`."""

HEAVY = (
    Peer(
        "pr-agent 0.49",
        "its GitHub half, without a model: reads files, the texts of the first fifty, comments; a comment, a review",
        (str(PR_AGENT), str(HERE / "pr_agent_half.py")),
        PR_AGENT,
    ),
)
"""Installed by `make bench`, if there is Python 3.12 or newer."""

PEERS = (
    *LIGHT,
    *HEAVY,
    Peer(
        "PyGithub 2.10",
        "with its default pauses: reads the pull request and its files; a review, a comment, a check",
        (sys.executable, str(HERE / "pygithub_half.py")),
        Path(sys.executable),
    ),
)


HALF = Peer(
    "reviewbot, posting only",
    "its connection to GitHub: reads the pull request and its diff; a review, a comment, a check",
    (sys.executable, "-I", str(HERE / "reviewbot_half.py")),
    Path(sys.executable),
)
"""Our own program, doing no more than the others."""


def missing(peers: Sequence[Peer], target: str) -> str:
    """Return a line that names the missing peers and the make target; empty if none is missing."""
    lacking = [peer.name for peer in peers if peer.missing]
    return f"no review is measured beside {' or '.join(lacking)} (make {target})" if lacking else ""


def run_peer(peer: Peer, services: Services, number: int) -> Sample:
    """Run it on a pull request.

    Raises:
        RuntimeError: it did not comment on every finding.
    """
    env = services.environment(number, {})
    home = Path(env["HOME"])
    (home / "pull.json").write_text(json.dumps(_pull(services, number)), encoding="utf-8")
    more = {
        "BENCH_PULL": str(home / "pull.json"),
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REF": f"refs/pull/{number}/merge",
        "GITHUB_SHA": services.state.pull(REPO, number).head_sha,
        "GITHUB_WORKFLOW": "bench",
        "DANGER_GITHUB_API_BASE_URL": services.github,
    }
    before = len(services.state.store.replies)
    services.github_meter.take()
    spent, processor, words = _timed(peer.command, {**env, **more}, home / "workspace")
    comments = len(services.state.store.replies) - before
    if comments != services.findings:  # not by exit status: one of them may crash after it has posted everything
        raise RuntimeError(f"{peer.name}: {words[:800]} {words[-900:]}")
    return Sample.of(spent, services.github_meter.take(), processor)


def _timed(command: Sequence[str], env: Mapping[str, str], folder: Path) -> tuple[float, float, str]:
    """Run a program; return its seconds, the processor seconds of it and its children, and what it wrote."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        limit = Timer(300, process.kill)
        limit.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            limit.cancel()
        spent = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)  # it is not waited for again
        output.seek(0)
        return spent, usage.ru_utime + usage.ru_stime, f"{process.returncode} {output.read()}"


def _pull(services: Services, number: int) -> dict[str, object]:
    words = "**The value is never used.** It is computed and thrown away. Either use it, or do not compute it at all."
    listed = [
        {"path": path, "line": line, "body": f"Number {at}. {words}"}
        for at, (path, line) in enumerate(spots(services.findings, services.files))
    ]
    sha = services.state.pull(REPO, number).head_sha
    return {"repository": REPO, "number": number, "sha": sha, "summary": "Read.", "findings": listed}
