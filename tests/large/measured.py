"""Review one large pull request in a process of its own and measure its time and peak memory."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from reviewbot_sandbox.codevf import canned

from bench.action import ACTION
from tests.app.rig import REPO, Rig, open_rig
from tests.large.sizes import Case, Size, read_report, wrong

FILES = {"json-file": "report.json", "sarif-file": "report.sarif", "html-file": "report.html"}


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of a run; `peak` in bytes."""

    exit_status: int
    seconds: float
    peak: int
    requests: int
    wrong: tuple[str, ...]


def measure(case: Case, size: Size, folder: Path) -> Measured:
    """Play a case and measure it."""
    with open_rig(folder, engineer=canned(case.says(size))) as rig:
        rig.world.push(REPO, "topic", dict(case.files(size)), author="mona")
        case.before(rig, size)
        began = time.monotonic()
        status, workspace = _run(rig)
        seconds = time.monotonic() - began
        peak = int((workspace.parent / "peak").read_text(encoding="ascii").split()[0]) * 1024
        found = tuple(wrong(case, size, rig, read_report(workspace), peak))
        return Measured(status, seconds, peak, len(rig.github_faults.log), found)


def _run(rig: Rig) -> tuple[int, Path]:
    env = rig.environment("pull_request", rig.event(), FILES)
    workspace = Path(env["GITHUB_WORKSPACE"])
    command = [sys.executable, "-I", "-c", ACTION]
    done = subprocess.run(command, env=env, cwd=workspace, capture_output=True, text=True, timeout=600, check=False)
    assert not done.stderr, done.stderr[-2000:]
    return done.returncode, workspace
