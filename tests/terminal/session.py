"""A clone with a branch, a CodeVF on loopback, and calls of the command in the clone."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from reviewbot_sandbox.codevf import (
    Account,
    Clock,
    CodeVFService,
    Engineer,
    Limits,
    ServiceConfig,
    Setup,
    TaskLife,
    build_codevf,
    canned,
    scaled_clock,
)
from reviewbot_sandbox.faults import Faults, with_faults
from reviewbot_sandbox.serve import serving

from reviewbot import cli
from tests.app.rig import CLEAN, answer, finding

KEY, OTHER_KEY = "cvf_test_desk", "cvf_test_other_desk"
SCALE = 0.02
BASE = {"app.py": "".join(f"value_{number} = {number}\n" for number in range(1, 31)), "run.sh": "#!/bin/sh\necho a\n"}
RISKY = "import os\n\n\ndef run(command):\n    os.system(command)\n"
CRITICAL = finding("risky.py", 5, severity="critical", title="A shell runs it", code="    os.system(command)")
FIXED = finding(
    "app.py",
    3,
    severity="low",
    title="A better value",
    code="value_3 = 33",
    existing_code="value_3 = 33",
    suggestion="value_3 = 3.0",
)
FOUND = answer(CRITICAL, FIXED)


class Clone:
    """A git work tree, and git in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def git(self, *arguments: str) -> str:
        """Run git with a placeholder identity."""
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.root.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 — the same git as the adapter's
            cwd=self.root,
            env=environment,
            check=True,
            capture_output=True,
            timeout=60,
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the work tree."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes], message: str = "x") -> str:
        """Write files, commit them and return the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git("rev-parse", "HEAD")


def make_clone(root: Path, base: Mapping[str, str | bytes] = MappingProxyType({})) -> Clone:
    """Create a clone with `topic` checked out, one commit after `main`; `base` adds files to `main`."""
    clone = Clone(root)
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.commit({**BASE, **base}, "Begin")
    clone.git("checkout", "--quiet", "-b", "topic")
    changed = BASE["app.py"].replace("value_3 = 3\n", "value_3 = 33\n")
    clone.commit({"app.py": changed, "risky.py": RISKY}, "Run things\n\nFor the counter.")
    return clone


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command."""

    status: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The output as JSON."""
        read: dict[str, Any] = json.loads(self.out)
        return read


@dataclass
class Session:
    """A user at a terminal, in a clone.

    Attributes:
        more: additional environment variables.
    """

    clone: Clone
    service: CodeVFService
    url: str
    faults: Faults
    monkeypatch: pytest.MonkeyPatch
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the commands."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.clone.root.parent),
            "CODEVF_API_KEY": KEY,
            "REVIEWBOT_TIME_SCALE": str(SCALE),
            "GITHUB_API_URL": "http://127.0.0.1:9",  # a review of a branch does not connect to it
            "TERM": "dumb",
            **self.more,
        }

    def call(self, *arguments: str, at: Path | None = None) -> Result:
        """Call the program in this process, in the clone or elsewhere."""
        self.monkeypatch.chdir(at or self.clone.root)
        out, err = io.StringIO(), io.StringIO()
        return Result(cli.main(arguments, self.environment, out, err), out.getvalue(), err.getvalue())

    def review(self, *arguments: str, at: Path | None = None) -> Result:
        """Call `reviewbot review` with the service on loopback."""
        return self.call("review", "--codevf-url", self.url, *arguments, at=at)

    def page(self) -> Path:
        """Return the clone's only state file."""
        (page,) = (self.clone.root / ".git" / "reviewbot").glob("*.md")
        return page


@contextmanager
def served(
    engineer: Engineer | None, life: TaskLife | None, clock: Clock | None
) -> Iterator[tuple[CodeVFService, str, Faults]]:
    """Serve a CodeVF with two accounts."""
    config = ServiceConfig(
        accounts=(Account(KEY, Decimal(10_000)), Account(OTHER_KEY, Decimal(10_000), "other")),
        limits=Limits(rate=None),
        life_of=lambda _: life or TaskLife(pending=1, processing=1),
    )
    setup = Setup(config, engineer=engineer or canned(FOUND), clock=clock or scaled_clock(SCALE))
    service, faults = CodeVFService(setup), Faults()
    with serving(with_faults(build_codevf(service), faults)) as serving_:
        yield service, f"{serving_.url}/api/v1/", faults


__all__ = ["CLEAN", "answer", "finding"]
