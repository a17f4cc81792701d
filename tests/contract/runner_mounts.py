"""The folders that GitHub's runner mounts into the container of an action."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mounts:
    """The folders that GitHub's runner mounts into a container action.

    https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support
    """

    folder: Path

    @property
    def workspace(self) -> Path:
        """Return the checkout, which belongs to the runner's user and not to the container's."""
        return self.folder / "workspace"

    @property
    def home(self) -> Path:
        """HOME."""
        return self.folder / "home"

    @property
    def commands(self) -> Path:
        """Return the folder for outputs and job summary."""
        return self.folder / "file_commands"

    def make(self, payload: object) -> None:
        """Create the folders, with the event."""
        for name in ("workspace", "home", "workflow", "file_commands", "runner_temp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "workflow" / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        for name in ("output", "summary"):
            (self.commands / name).touch()

    def arguments(self, environment: Mapping[str, str]) -> list[str]:
        """Return the arguments of `run`: mounts, working directory and environment as on a runner."""
        inside = dict(environment) | {
            "HOME": "/github/home",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
            "RUNNER_TEMP": "/github/runner_temp",
        }
        inside.pop("PATH", None)
        mounts = [f"{self.folder}/{name}:/github/{name}" for name in
                  ("workspace", "home", "workflow", "file_commands", "runner_temp")]  # fmt: skip
        arguments = ["--workdir", "/github/workspace"]
        for mount in mounts:
            arguments += ["--volume", mount]
        for name, value in inside.items():
            arguments += ["--env", f"{name}={value}"]
        return arguments
