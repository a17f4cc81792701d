"""A full or closed output changes no exit status to 1 and reports no bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reviewbot import __main__
from reviewbot.cli.invocation import INTERRUPTED
from reviewbot.domain.policy import verdict
from tests.terminal.session import Clone, make_clone

REVIEW = ("review", "--reviewer", "local", "--base", "main", "--fail-on", "never")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return make_clone(tmp_path / "shop")


def run(clone: Clone, *arguments: str, into: str) -> tuple[int, str]:
    """Return the exit status and standard error, with standard output redirected by the shell."""
    program = f'"$PYTHON" -m reviewbot {" ".join(arguments)}'
    env = {"PATH": os.environ["PATH"], "HOME": str(clone.root.parent), "PYTHON": sys.executable, "TERM": "dumb"}
    shell = ["bash", "-c", f"set -o pipefail; {program} {into}"]
    done = subprocess.run(shell, cwd=clone.root, env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_closed_pipe_does_not_exit_with_the_status_of_findings(clone: Clone, kind: str) -> None:
    status, err = run(clone, *REVIEW, "--format", kind, into="| (exec <&-; sleep 3)")
    assert status in {0, 141}, err
    assert "bug" not in err


@pytest.mark.parametrize("into", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(REVIEW, 0), ((*REVIEW, "--format", "json"), 0), (("config", "show"), 0), (("config", "show", "x.yml"), 2)],
)
def test_a_closed_stream_is_no_bug(clone: Clone, arguments: tuple[str, ...], expected: int, into: str) -> None:
    status, err = run(clone, *arguments, into=into)
    assert status == expected, err


def test_a_full_disk_is_named(clone: Clone) -> None:
    status, err = run(clone, *REVIEW, "--format", "json", into="> /dev/full")
    assert (status, "No space left" in err, "bug" in err) == (4, True, False), err


def test_a_full_log_is_reported_on_the_other_stream(tmp_path: Path) -> None:
    """Without inputs the action stops at once: its first line is the one that does not fit."""
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-I", "-m", "reviewbot", "action"]
        env = {"PATH": os.defpath, "GITHUB_WORKSPACE": str(tmp_path), "GITHUB_REPOSITORY": "acme/parcels"}
        done = subprocess.run(
            command, env=env, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 4
    kept = "reviewbot recorded the submitted tasks. Run this job again to continue. You are not charged twice."
    assert done.stderr == f"reviewbot could not write its output: No space left on device. {kept}\n"


def test_the_exit_statuses_of_the_program_are_those_of_its_modules() -> None:
    assert (__main__.EXIT_BUG, __main__.EXIT_NOT_PUBLISHED) == (verdict.EXIT_BUG, verdict.EXIT_NOT_PUBLISHED)
    assert __main__.INTERRUPTED == INTERRUPTED


EARLY = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "reviewbot.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["review", "--base", "a b"],
            " To continue a review that reviewbot bought, run:\n  reviewbot review --base 'a b'",
        ),
        (
            ["action"],
            " reviewbot recorded the submitted tasks. Run this job again to continue. You are not charged twice.",
        ),
        (["plan"], ""),
        (["review", "--reviewer", "local"], ""),
    ],
)
def test_an_early_interrupt_exits_with_130_and_promises_nothing(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(EARLY, encoding="utf-8")
    program = [sys.executable, "-m", "reviewbot", *arguments]
    env = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(program, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (INTERRUPTED, f"Interrupted.{words}\n")
