"""The action as a process of its own, forked from one that is ready: a cold interpreter takes longer than a review.

It is what the container starts (`reviewbot.__main__.main`, a runner's environment, a workspace to stand in) but for
the interpreter's own start, which `test_outcomes` and the tests of the image see.
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
    """A run of the action, to be started; what it prints stands in `log` and `errors` of its home."""

    process: multiprocessing.context.ForkServerProcess
    home: Path

    def kill(self) -> None:
        """SIGKILL, as a runner does that is in a hurry."""
        self.process.kill()

    def wait(self, seconds: float = 60) -> Ended:
        """Until it has ended, however that was; it may not take longer than that."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
        status = self.process.exitcode
        assert status is not None, f"a run did not end: {text_of(self.home / 'log')}"
        self.process.close()
        return Ended(status, text_of(self.home / "log"), text_of(self.home / "errors"))


def prepare(env: Mapping[str, str]) -> Running:
    """The action with that environment and nothing else."""
    return Running(FORKS.Process(target=_act, args=(dict(env),), daemon=True), Path(env["HOME"]))


def _act(env: Mapping[str, str]) -> None:
    """In the child: become what the runner would have started."""
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
    """What stands in a file that may not have been written."""
    return file.read_text(encoding="utf-8") if file.exists() else ""
