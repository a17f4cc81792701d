"""A stand-in for GitHub's runner: an event file, the variables that a step gets, a process, and its output.

The process is the action itself, started as its container starts it, with only the environment of a runner.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewbot_sandbox.demo.seed import NUMBER, REPOSITORY, WORKFLOW_TOKEN
from reviewbot_sandbox.demo.services import API_KEY, Sandbox

JSON_REPORT, HTML_REPORT = "reviewbot.json", "reviewbot.html"
STEP = (sys.executable, "-I", "-m", "reviewbot", "action")
STEP_SECONDS = 120

_OUTPUT = re.compile(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", re.DOTALL | re.MULTILINE)


class Job:
    """The folder of one job, with the files of the runner and the workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workspace = folder, folder / "workspace"
        self.event, self.output = folder / "event.json", folder / "output.txt"
        self.summary, self.log = folder / "job-summary.md", folder / "log.txt"
        self.report, self.html_report = self.workspace / JSON_REPORT, self.workspace / HTML_REPORT


@dataclass(frozen=True, slots=True)
class Done:
    """A finished step, with its real seconds."""

    job: Job
    exit_status: int
    outputs: Mapping[str, str]
    seconds: float


def step_environment(sandbox: Sandbox, job: Job, env: Mapping[str, str], **more: str) -> dict[str, str]:
    """Return the environment that a runner sets for the step; `more` are inputs, with underscores for hyphens.

    From `env`, the step gets `PATH` and `RUNNER_DEBUG`.
    """
    inputs = {
        "github-token": WORKFLOW_TOKEN,
        "codevf-api-key": API_KEY,
        "codevf-url": sandbox.codevf_url,
        "json-file": JSON_REPORT,
        "html-file": HTML_REPORT,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return {
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        **{name: env[name] for name in ("PATH", "RUNNER_DEBUG") if name in env},
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": sandbox.github.url,
        "GITHUB_GRAPHQL_URL": sandbox.graphql_url,
        "GITHUB_SERVER_URL": sandbox.github.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(job.event),
        "GITHUB_OUTPUT": str(job.output),
        "GITHUB_STEP_SUMMARY": str(job.summary),
        "GITHUB_WORKSPACE": str(job.workspace),
        "GITHUB_RUN_ID": "1",
        "REVIEWBOT_TIME_SCALE": str(sandbox.scale),
    }


def prepare_job(folder: Path, action: str, pull: Mapping[str, object]) -> Job:
    """Create a job's folder with its event, for a pull request as GitHub's REST API gives it."""
    job = Job(folder)
    job.workspace.mkdir(parents=True)
    base = pull["base"]
    repository = base["repo"] if isinstance(base, dict) else None
    payload = {
        "action": action,
        "number": NUMBER,
        "pull_request": pull,
        "repository": repository,
        "sender": pull["user"],
    }
    job.event.write_text(json.dumps(payload, indent=2), encoding="utf-8")
    for file in (job.output, job.summary):
        file.touch()
    return job


def run_step(
    job: Job, environment: Mapping[str, str], on_line: Callable[[str], None], now: Callable[[], float]
) -> Done:
    """Run the action.

    Raises:
        subprocess.TimeoutExpired: the action did not end in time.
    """
    begun = now()
    with (
        job.log.open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 — our own interpreter with our own words
            STEP,
            cwd=job.workspace,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                log.write(line)
                on_line(line.rstrip("\n"))
            status = process.wait(timeout=STEP_SECONDS)
        finally:
            process.kill()
    return Done(job, status, read_outputs(job.output.read_text(encoding="utf-8")), now() - begun)


def read_outputs(text: str) -> dict[str, str]:
    """Return the step's outputs, in the form with a delimiter."""
    return {found[1]: found[3] for found in _OUTPUT.finditer(text)}
