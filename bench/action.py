"""Run the action as a process and measure it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.meter import Exchange, Sample, served
from bench.services import Services

ACTION = """
import sys, time
from pathlib import Path
from reviewbot.__main__ import main
sys.argv = ["reviewbot", "action"]
status = main()
[peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
Path("../peak").write_text(f"{peak} {time.process_time()}")
sys.exit(status)
"""
"""The action; it writes its own peak memory and processor seconds, because the system's may include other processes."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished process: status, start and end in monotonic seconds, peak memory in bytes, processor seconds, log."""

    exit_status: int
    began: float
    ended: float
    peak: int
    processor: float = 0.0
    log: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """Measurements of a run.

    Attributes:
        seconds: from the process's start to its end.
        submitting: seconds from the process's start to the task's creation; None without a task.
        publishing: seconds from the last poll's answer to the process's end.
        peak: bytes of memory.
        sample: the same without the reviewer's time: between submission and completion, only the seconds in which
            GitHub had a request to answer count.
    """

    exit_status: int
    seconds: float
    submitting: float | None
    publishing: float | None
    peak: int
    sample: Sample

    @classmethod
    def of(cls, end: Ended, github: tuple[Exchange, ...], codevf: tuple[Exchange, ...]) -> Ran:
        """Compute them from the requests to both services."""
        bought = [one for one in codevf if one.path.endswith("/tasks/create")]
        polled = [one for one in codevf if one.method == "GET" and "/tasks/" in one.path]
        submitting = bought[0].began - end.began if bought else None
        publishing = end.ended - polled[-1].ended if polled else None
        took = (submitting or 0.0) + (publishing or 0.0)
        if bought and polled:
            took += served(one for one in github if bought[0].began <= one.began < polled[-1].ended)
        return cls(
            end.exit_status,
            end.ended - end.began,
            submitting,
            publishing,
            end.peak,
            Sample.of(took, github, end.processor),
        )


def launch(services: Services, number: int, inputs: Mapping[str, str]) -> Ended:
    """Run the action on a pull request.

    Raises:
        RuntimeError: it wrote to standard error.
    """
    env = services.environment(number, {"wait-minutes": "60", **inputs})
    workspace = Path(env["GITHUB_WORKSPACE"])
    began = time.monotonic()
    command = [sys.executable, "-I", "-c", ACTION]
    done = subprocess.run(command, env=env, cwd=workspace, capture_output=True, text=True, timeout=300, check=False)
    ended = time.monotonic()
    if done.stderr:
        raise RuntimeError(done.stderr[-2000:])
    peak, processor = (workspace.parent / "peak").read_text(encoding="ascii").split()
    return Ended(done.returncode, began, ended, int(peak) * 1024, float(processor), done.stdout)


def run_action(services: Services, number: int, inputs: Mapping[str, str]) -> Ran:
    """Run the action on a pull request and measure its requests; nothing else may run meanwhile.

    Raises:
        RuntimeError: it wrote to standard error.
    """
    services.forget()
    end = launch(services, number, inputs)
    return Ran.of(end, services.github_meter.take(), services.codevf_meter.take())
