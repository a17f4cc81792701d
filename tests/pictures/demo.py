"""The state of the pull request after the demo's first run."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

from reviewbot_sandbox.demo.readback import Landed, Reader
from reviewbot_sandbox.demo.runner import prepare_job, run_step, step_environment
from reviewbot_sandbox.demo.services import Plan, open_sandbox

from reviewbot.analyzers.reviewer import examine, with_interpreter

LIFETIME = 120.0
HTML_REPORT = "report.html"


def landed(folder: Path) -> tuple[Landed, Path]:
    """Review the demo's pull request; return its state and the path of the HTML report.

    Args:
        folder: an empty folder for the runner's files.
    """
    path = os.environ["PATH"]
    path_env = with_interpreter({"PATH": path})
    with (
        open_sandbox(
            lambda sent: examine(sent, path_env=path_env).answer, Plan(scale=0.1, lifetime=LIFETIME)
        ) as sandbox,
        closing(Reader(sandbox)) as reader,
    ):
        job = prepare_job(folder / "opened", "opened", reader.pull())
        environment = step_environment(sandbox, job, {"PATH": path}) | {"INPUT_HTML-FILE": HTML_REPORT}
        run_step(job, environment, lambda _: None, time.monotonic)
        return reader.landed(), job.workspace / HTML_REPORT
