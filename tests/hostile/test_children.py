"""git's arguments, environment and open files, recorded by a wrapper that then executes git."""

from __future__ import annotations

import os
import select
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from reviewbot_sandbox.github import Rules

from reviewbot.adapters.git.process import OUTPUT_LIMIT, Bounds, Git, isolated_environment
from reviewbot.adapters.subprocess_limits import MEMORY_LIMIT
from reviewbot.errors import ChangeUnreadable
from tests.app.rig import CLEAN, KEY, TOKEN, open_rig
from tests.hostile.leaks import leaks

WITNESS = """#!/bin/sh
{{ ulimit -v; ulimit -f; ulimit -c; ulimit -t; }} > '{seen}'/$$."$1".limits
/usr/bin/env > '{seen}'/$$."$1".environment
exec '{git}' "$@"
"""
# Variables of the runner and the shells in between, except git's own settings.
ALLOWED = {"PATH", "HOME", "XDG_CONFIG_HOME", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"}
HOSTILE = {
    "AWS_SECRET_ACCESS_KEY": "amazon-secret",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc-secret",
    "ACTIONS_RUNTIME_TOKEN": "runtime-secret",
    "GITHUB_TOKEN": "other-secret",
    "GIT_SSH_COMMAND": "false",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_CONFIG_PARAMETERS": "'core.fsmonitor'='false'",
    "GIT_TRACE_CURL": "1",
    "LD_PRELOAD": "",
    "BASH_ENV": "/nowhere",
    "ENV": "/nowhere",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What each git process of a review received."""

    environments: Mapping[str, Mapping[str, str]]
    limits: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Run a review that fetches the change with git."""
    folder = tmp_path_factory.mktemp("children")
    notes, programs = folder / "notes", folder / "programs"
    notes.mkdir()
    programs.mkdir()
    (programs / "git").write_text(WITNESS.format(seen=notes, git=shutil.which("git")), encoding="utf-8")
    (programs / "git").chmod(0o755)
    with open_rig(folder, engineer=lambda _: CLEAN) as rig:
        rig.world.store.rules = Rules(diff_files=1)
        path = f"{programs}:{rig.environment('', {}, {})['PATH']}"
        assert rig.run(runner={**HOSTILE, "PATH": path}).exit_status == 0
    return Seen(
        {
            one.stem: dict(line.split("=", 1) for line in one.read_text(encoding="utf-8").splitlines())
            for one in notes.glob("*.environment")
        },
        {one.stem: one.read_text(encoding="utf-8").split() for one in notes.glob("*.limits")},
    )


def test_git_gets_an_allow_listed_environment(seen: Seen) -> None:
    assert len(seen.environments) >= 5
    for variables in seen.environments.values():
        assert not {name for name in variables if not name.startswith("GIT_")} - ALLOWED
        assert not set(HOSTILE) & set(variables)


def test_hostile_variables_are_dropped_from_the_environment() -> None:
    kept = isolated_environment("https://x.example/o/r.git", "t", {"PATH": "/bin", **HOSTILE}, None)
    assert not set(HOSTILE) & set(kept)
    assert kept["PATH"] == "/bin"


def test_only_the_git_that_fetches_gets_the_token_and_none_gets_the_key(seen: Seen) -> None:
    shown = {name: str(variables).encode() for name, variables in seen.environments.items()}
    fetching = {name for name in shown if name.endswith(".fetch")}
    assert fetching
    assert {found.partition(":")[0] for found in leaks(shown, [TOKEN])} == fetching
    assert not leaks(shown, [KEY, *(value for name, value in HOSTILE.items() if "TOKEN" in name or "SECRET" in name)])


def test_git_is_limited_in_memory_disk_and_time(seen: Seen) -> None:
    kilobytes = str(MEMORY_LIMIT // 1024)
    for name, limits in seen.limits.items():
        file = Bounds().disk if name.endswith(".fetch") else OUTPUT_LIMIT
        assert limits[:3] == [kilobytes, str(file // 512), "0"]
        assert 0 < int(limits[3]) < 100_000


def test_git_is_stopped_if_it_prints_without_end(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec /usr/bin/yes\n", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(ChangeUnreadable, match="was killed by signal"):
        Git(tmp_path, {"PATH": str(tmp_path)}, Bounds(seconds=60)).run("diff")


def test_gits_child_processes_are_ended_with_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "line")
    (tmp_path / "git").write_text("#!/bin/sh\n(echo begun; exec /bin/sleep 20) > line; :\n", encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    line = os.open(tmp_path / "line", os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(line, "rb", buffering=0) as held:
        with pytest.raises(ChangeUnreadable, match="took longer"):
            Git(tmp_path, {"PATH": str(tmp_path)}, Bounds(seconds=0.4)).run("fetch")
        assert held.read(10) == b"begun\n"
        assert select.select([held], [], [], 5)[0], "another process still has the pipe open"
