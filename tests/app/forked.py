"""Run the action in a process forked from one that has imported everything: starting Python takes longer than a review.

It runs what the container runs (`reviewbot.__main__.main` with a runner's environment and workspace) without the
interpreter's start, which `test_outcomes` and the image's tests cover.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewbot.__main__ import main

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "tests.app.ready"])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: `exit_status` is negative for a signal."""

    exit_status: int
    log: str
    errors: str


@dataclass(frozen=True, slots=True)
class Running:
    """A run of the action, not started yet. Its output is in the files `log` and `errors` of its home."""

    process: multiprocessing.context.ForkServerProcess
    home: Path

    def kill(self) -> None:
        """Send SIGKILL, like a runner that shuts down."""
        self.process.kill()

    def wait(self, seconds: float = 60) -> Ended:
        """Wait until the process has ended, at most the given time."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
        status = self.process.exitcode
        assert status is not None, f"a run did not end: {text_of(self.home / 'log')}"
        self.process.close()
        return Ended(status, text_of(self.home / "log"), text_of(self.home / "errors"))


def prepare(env: Mapping[str, str]) -> Running:
    """Prepare a run of the action with exactly this environment."""
    return Running(FORKS.Process(target=_act, args=(dict(env),), daemon=True), Path(env["HOME"]))


def _act(env: Mapping[str, str]) -> None:
    """Set up the child process like one that the runner started."""
    for number, name in ((1, "log"), (2, "errors")):
        with (Path(env["HOME"]) / name).open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 — as long as the process lives
    os.chdir(env["GITHUB_WORKSPACE"])
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["reviewbot", "action"]
    raise SystemExit(main())


def text_of(file: Path) -> str:
    """Return the text of a file, empty if it does not exist."""
    return file.read_text(encoding="utf-8") if file.exists() else ""
