"""A command with limits keeps its behaviour."""

from __future__ import annotations

import os
import subprocess

import pytest

from reviewbot.adapters.subprocess_limits import CANNOT_START, Limits, confined

LIMITS = Limits(seconds=7, file=2**20)


DUMPING = ("/bin/sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; unset PWD OLDPWD; exec "$@"', "sh")
"""Start a command with core dumps enabled, which many machines disable."""


def run(*command: str) -> subprocess.CompletedProcess[bytes]:
    begun = [*DUMPING, *confined(command, LIMITS)]
    return subprocess.run(begun, capture_output=True, check=False, timeout=20, env={})


def test_the_limits_apply_to_the_program_and_its_children() -> None:
    output = run("/bin/sh", "-c", "/bin/sh -c 'ulimit -v; ulimit -t; ulimit -f; ulimit -c'").stdout.split()
    assert output == [b"4194304", str(7 * (os.cpu_count() or 1)).encode(), b"2048", b"0"]


@pytest.mark.parametrize("argument", ["a b", "$(touch x)", "'", '"', "-n", "", "\\", "ä\n"])
def test_no_argument_is_interpreted_by_a_shell(argument: str) -> None:
    assert run("/usr/bin/printf", "%s", argument).stdout == argument.encode()


def test_the_program_sees_the_given_environment_only() -> None:
    assert run("/usr/bin/env").stdout == b""


@pytest.mark.parametrize("program", ["/nowhere/at/all", "/dev/null"])
def test_a_program_that_cannot_be_started_is_reported(program: str) -> None:
    assert run(program).returncode in CANNOT_START
