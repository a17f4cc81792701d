"""`reviewbot sandbox` at the command line: printed commands work, it ends on signals and reports missing packages."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import httpx
import pytest
from reviewbot_sandbox import cli

SANDBOX = (sys.executable, "-I", "-m", "reviewbot", "sandbox")
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
# Runs a command line with one optional dependency hidden, as if it had never been installed.
WITHOUT = (
    "import sys; sys.modules[sys.argv[1]] = None; sys.argv[1:] = sys.argv[2:]; from reviewbot.__main__ import main"
)


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the sandbox's process and its output at the start."""
    command = (*SANDBOX, "--lifetime", "60", *options)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV, encoding="utf-8"
    ) as process:
        assert process.stdout
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Press Ctrl-C to stop both"):
                    break
            yield process, "".join(lines)
        finally:
            process.terminate()  # and not killed, so that it takes its folders along


def run(command: str, cwd: Path) -> str:
    """Run a printed command, which must succeed, and return its output."""
    path = f"{Path(sys.executable).parent}:{ENV['PATH']}"
    done = subprocess.run(
        ("/bin/sh", "-c", command), cwd=cwd, env=ENV | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.proof
@pytest.mark.skipif(shutil.which("curl") is None, reason="the printed commands use curl")
def test_every_printed_line_works(tmp_path: Path) -> None:
    with running("--time-scale", "0.05") as (_, text):
        found = {line: run(line, tmp_path) for line in re.findall(r"^(?:curl|python) .*", text, re.MULTILINE)}
        setup = run(text.partition("# From nothing to a passing `doctor`\n")[2].partition("\n\n")[0], tmp_path)
        action = re.search(r"^env (?:.*\\\n)+.*reviewbot action$", text, re.MULTILINE)
        assert action
        step = subprocess.run(("/bin/sh", "-c", action[0]), env=ENV, capture_output=True, text=True, check=False)
    answers = list(found.values())
    assert len(answers) == 16
    assert "CodeVF's clock is fast: one of its seconds takes 0.05 real seconds; it accepts one request" in text
    assert '"title": "Express parcels' in answers[0]
    assert answers[1:3] == ["[]", "[]"]
    assert '"check_runs": []' in answers[3]
    assert '{"data": {"repository"' in answers[4]
    assert '"/reviewbot help"' in answers[5]
    assert '"available": 5000' in answers[6]
    assert "CreditBalance(available=Decimal('5000')" in answers[7]
    assert answers[8] == '{"rules": 1}'
    assert "Resource not accessible by integration" in answers[11]
    assert '"id": "task_' in answers[13] or '"status"' in answers[13]
    assert "IDEMPOTENCY_CONFLICT" in answers[14]
    statuses = re.findall(r"HTTP/1.1 (\d+)", answers[15])
    assert (len(statuses), "429" in statuses) == (2, True)
    assert "retry-after: 1" in answers[15]
    assert '"retry_after": 1' in answers[15]
    before, after = setup.split("settings:")[1:]
    assert ("problem" in before, "problem" in after) == (True, False)
    assert (tmp_path / "ruleset.json").read_text(encoding="utf-8").startswith("{")
    assert step.returncode == 1, step.stdout
    assert "findings block this pull request" in step.stdout


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_signals(end: signal.Signals) -> None:
    with running() as (process, text):
        folder = re.search(r"GITHUB_WORKSPACE=(\S+)/job/workspace", text)
        process.send_signal(end)
        rest = process.communicate(timeout=20)[0]
        assert process.returncode == 0
    assert "The sandbox has stopped" in rest
    assert folder
    assert not Path(folder[1]).exists()


def test_rate_limits_can_be_disabled_and_a_fork_has_a_pull_request() -> None:
    with running("--no-rate-limit") as (_, text):
        url, codevf = (re.search(rf"^  {name} +(http\S+)", text, re.MULTILINE) for name in ("GitHub, REST", "CodeVF"))
        assert url
        assert codevf
        key = {"Authorization": "Bearer cvf_test_second"}
        balances = [httpx.get(f"{codevf[1]}credits/balance", headers=key) for _ in range(5)]
        fork = httpx.get(f"{url[1]}/repos/harbour/parcel-tracker/pulls/2").json()
    assert [answer.status_code for answer in balances] == [200] * 5
    assert balances[0].json()["available"] == 100
    assert (fork["user"]["login"], fork["head"]["repo"]["fork"]) == ("hubot", True)
    assert not re.search(r"(?<!:)\b429\b", text)  # a port may have it


def test_it_ends_by_itself() -> None:
    begun = time.monotonic()
    done = subprocess.run((*SANDBOX, "--lifetime", "1"), env=ENV, capture_output=True, text=True, check=True)
    assert time.monotonic() - begun < 30
    assert "The sandbox has stopped" in done.stdout


def test_ports_can_be_chosen_and_a_taken_one_is_reported() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with running("--github-port", port) as (_, text):
        assert f"http://127.0.0.1:{port}\n" in text
        taken = (*SANDBOX, "--codevf-port", port)
        done = subprocess.run(taken, env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"--codevf-port: the port {port} is in use" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_mistyped_option_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.sandbox(["--lifetme", "3"], ENV, StringIO())
    assert "unknown argument `--lifetme`; did you mean `--lifetime`?" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--lifetime", "0"), ("--time-scale", "2"), ("--github-port", "x")])
def test_invalid_numbers_are_refused(options: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.sandbox(options, ENV, StringIO())
    assert f"invalid number `{options[1]}`. Allowed:" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "module"), [("demo", "starlette"), ("sandbox", "uvicorn"), ("sandbox", "graphql")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(name: str, module: str) -> None:
    code = f"{WITHOUT}; sys.exit(main())"
    done = subprocess.run(
        (sys.executable, "-I", "-c", code, module, name), env=ENV, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert f"needs a package that is not installed: `{module}`." in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    command = shlex.split(line)
    assert (command[1:4], Path(command[4]).name) == (["-m", "pip", "install"], "sandbox")
    assert any(word.startswith("ruff<") for word in command)
    assert "Traceback" not in done.stdout + done.stderr
