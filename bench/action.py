"""One run of the action as a process, from the interpreter's start to its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.ground import Ground
from bench.meter import Exchange, Sample, served

ACTION = """
import sys
from pathlib import Path
from reviewbot.__main__ import main
sys.argv = ["reviewbot", "action"]
status = main()
[peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
Path("../peak").write_text(peak)
sys.exit(status)
"""
"""The action, which tells its own memory at the peak: what the system tells of a child may be its parent's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, with when it began and when that was, and its bytes of memory at the peak."""

    exit_status: int
    began: float
    ended: float
    peak: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run took.

    Attributes:
        seconds: from the process's start to its end.
        submitting: seconds from the process's start until the task was handed in, None when none was.
        publishing: seconds from the answer of the last poll until the process's end.
        peak: bytes of memory.
        sample: what it took without the reviewer's own time: what lies between submission and completion counts as
            far as GitHub had something to answer then.
    """

    exit_status: int
    seconds: float
    submitting: float | None
    publishing: float | None
    peak: int
    sample: Sample

    @classmethod
    def of(cls, end: Ended, github: tuple[Exchange, ...], codevf: tuple[Exchange, ...]) -> Ran:
        """What a process has taken, by what went through to both services."""
        bought = [one for one in codevf if one.path.endswith("/tasks/create")]
        polled = [one for one in codevf if one.method == "GET" and "/tasks/" in one.path]
        submitting = bought[0].began - end.began if bought else None
        publishing = end.ended - polled[-1].ended if polled else None
        took = (submitting or 0.0) + (publishing or 0.0)
        if bought and polled:
            took += served(one for one in github if bought[0].began <= one.began < polled[-1].ended)
        return cls(end.exit_status, end.ended - end.began, submitting, publishing, end.peak, Sample.of(took, github))


def launch(ground: Ground, number: int, inputs: Mapping[str, str]) -> Ended:
    """Run the action on a pull request, and look at nothing else.

    Raises:
        RuntimeError: it said something that only a bug says.
    """
    env = ground.environment(number, {"wait-minutes": "60", **inputs})
    workspace = Path(env["GITHUB_WORKSPACE"])
    began = time.monotonic()
    command = [sys.executable, "-I", "-c", ACTION]
    done = subprocess.run(command, env=env, cwd=workspace, capture_output=True, text=True, timeout=300, check=False)
    ended = time.monotonic()
    if done.stderr:
        raise RuntimeError(done.stderr[-2000:])
    peak = int((workspace.parent / "peak").read_text(encoding="ascii")) * 1024
    return Ended(done.returncode, began, ended, peak)


def run_action(ground: Ground, number: int, inputs: Mapping[str, str]) -> Ran:
    """Run it on a pull request, alone.

    Raises:
        RuntimeError: it said something that only a bug says.
    """
    ground.forget()
    end = launch(ground, number, inputs)
    return Ran.of(end, ground.github_meter.take(), ground.codevf_meter.take())
